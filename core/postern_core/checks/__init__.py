"""Whether one object makes sense by itself: each check is a function named as the violation.

What a type can say belongs in `resources`; what needs a second object in `link`.
"""
