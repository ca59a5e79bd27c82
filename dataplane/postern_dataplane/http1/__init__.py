"""HTTP/1.1: bytes to values and back, without a socket and without policy."""
