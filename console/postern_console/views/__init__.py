"""What each page shows: pure functions from the state of the folders to the context of a template."""
