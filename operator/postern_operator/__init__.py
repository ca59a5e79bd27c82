"""The shell around the core: where resources come from and where snapshots go.

Today the resources come from folders (`local`); nothing here serves traffic.
"""
