"""What an observer shows and writes for people and for other programs."""
