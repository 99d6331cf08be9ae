"""The launch window: its table of steps, and what has become of one window."""
