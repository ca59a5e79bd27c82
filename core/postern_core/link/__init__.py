"""The six kinds, Ingresses and their references, resolved into entries of the snapshot.

Only this folder and `resources` know these kinds; what follows knows entries
of a snapshot.  Everything is a pure function of the parsed objects; a reference
to what does not exist becomes a problem and, where it guards something, a refusal.
"""
