"""What the operator, the data plane and the command line share and the core may not have: clocks, files, signals, logs.

Small things that know of the core what is published, and nothing of Postern's resources; a module that knows what a
Route is belongs elsewhere.
"""
