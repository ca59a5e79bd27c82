"""Fuzzing: random input to the doors that strangers reach; `make fuzz` runs it, and a short run is among the tests."""
