"""Forms that write manifests: one document at a time, and nothing else of a file."""
