"""One module for each kind of input: `opened()` gives what it runs against, `once` tries one input."""
