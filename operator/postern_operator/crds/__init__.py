"""The CustomResourceDefinitions of the six kinds, made from their typed models.

The prose, bounds, defaults and rules live in `postern_core.resources`; here
they only take the form that the API server wants.
"""
