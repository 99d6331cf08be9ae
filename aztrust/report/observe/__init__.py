"""What `aztrust observe` shows and writes, for people and for other programs."""
