"""A directory of files: what is in it, its manifest, and how two of them compare."""
