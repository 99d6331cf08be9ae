"""Measurements against the tools people use today: `make bench`."""
