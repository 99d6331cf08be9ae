"""What the verified records make of a launch under its policy."""
