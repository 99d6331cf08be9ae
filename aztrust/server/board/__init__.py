"""The board: one page for the war room, which the server keeps up to date while it is open."""
