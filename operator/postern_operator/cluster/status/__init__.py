"""What users see of their objects: conditions and Events."""
