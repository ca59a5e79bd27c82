"""What is accepted and can yet never match, verify or be reached: each lint is a function named as what it finds.

A lint refuses nothing and changes no snapshot: what it finds is a warning.
What can match nothing whatever comes belongs in `checks`, as a mistake.
"""
