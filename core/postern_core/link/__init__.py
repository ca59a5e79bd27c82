"""The four kinds and their references, resolved into entries of the snapshot.

This folder and `resources` are all that knows the four kinds; what follows
speaks of snapshot entries only.  Everything is a pure function of the parsed
objects; a reference that leads nowhere becomes a problem and, where it guards
something, a refusal.
"""
