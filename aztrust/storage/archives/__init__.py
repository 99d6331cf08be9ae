"""Members of tar and zip archives, read within bounds and without unpacking to disk."""
