"""Archives on disk: written, and read with every file hashed."""
