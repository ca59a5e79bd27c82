"""What the command line reads of a cluster, with the rights of whoever calls it; it writes nothing there."""
