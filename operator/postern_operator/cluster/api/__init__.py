"""Requests to the API server: reading, writing, and how fast."""
