"""The routing table: an immutable lookup, made from a snapshot."""
