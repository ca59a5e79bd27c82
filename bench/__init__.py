"""Measures the gateway as a whole process, from outside."""
