"""The console: pages on loopback about folders of manifests, for the browser of the user who started it."""
