"""Where snapshots go: a module a place, all of which `reconciler.Publisher` describes."""
