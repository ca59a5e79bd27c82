"""The operator in a cluster: reads with watches, publishes objects, and writes what each object is told."""
