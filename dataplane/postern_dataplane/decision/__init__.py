"""The decision about one request: pure, and the only place where policy lives."""
