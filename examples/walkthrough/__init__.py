"""`make demo`: the walkthrough of README.md, played against a real gateway in front of a real httpbin.

What the gateway does is not decided here: these programs only start it, ask it and look.
"""
