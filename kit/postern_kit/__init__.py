"""What the operator, the data plane and the command line share and the core may not have: clocks, files, signals, logs.

Small things without any knowledge of Postern's resources; a module that knows what a Route is belongs elsewhere.
"""
