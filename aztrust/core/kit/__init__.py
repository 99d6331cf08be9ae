"""The kit: one small file with all of a launch but its packages."""
