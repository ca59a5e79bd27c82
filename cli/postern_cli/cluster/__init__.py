"""What the command line reads of a cluster, with the rights of its user; it writes nothing there."""
