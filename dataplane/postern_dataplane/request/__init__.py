"""Values that describe a request, and the refusals it may get; every package may import them."""
