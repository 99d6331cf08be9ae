"""Acts in a launch window: it is opened, ends, and everything between (docs/window.md)."""
