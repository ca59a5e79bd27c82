"""The kinds a user may write, and the kinds of Kubernetes that are read, as typed values.

One file a kind.  A type here says what is well-formed and carries the prose of
its fields; whether an object makes sense belongs in `checks`, whether it fits
with the others in `link`.
"""
