"""One client connection, from accept to close: requests in, responses out in the same order."""
