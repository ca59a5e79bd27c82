"""The operator in a cluster: reads with watches, publishes objects, and writes statuses and Events."""
