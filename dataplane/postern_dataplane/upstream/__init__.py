"""Connections to applications: pooled, balanced over their addresses, and retried where that is safe."""
