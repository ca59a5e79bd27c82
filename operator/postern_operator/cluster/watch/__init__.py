"""What is known of the cluster: informers, kopf's watch, and the cache that both feed."""
