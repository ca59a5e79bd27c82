"""One gateway's way to its pods: published objects, and which generation the pods serve."""
