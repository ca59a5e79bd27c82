"""The certificates that the gateway shows to clients: read from a folder, chosen by the name that a client asks for."""
