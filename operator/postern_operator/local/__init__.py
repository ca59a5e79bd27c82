"""Local mode: folders of manifests as a source, and a private folder as the place to publish to."""
