"""Processes: a supervisor that owns the sockets, and the workers that serve."""
