"""The store that a fleet may share for its rate limits: asked beside requests, never on their way."""
