"""The bytes, both ways: no file here knows why a request may pass."""
