"""A cluster as what a console is about: read by the API server, with the rights of the user who started it."""
