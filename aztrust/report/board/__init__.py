"""The board: one launch as one page for a war room."""
