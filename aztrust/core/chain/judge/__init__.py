"""What the facts of a running network amount to: signals, never acts. Pure."""
