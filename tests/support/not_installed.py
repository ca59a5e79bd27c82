"""What a test raises and a person reads where a program of others is missing."""


class NotInstalled(Exception):
    """A program can't be started here; the message says what it needs."""
