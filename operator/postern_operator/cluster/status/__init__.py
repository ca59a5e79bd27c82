"""What users are told of their objects: conditions and Events."""
