"""A launch window for a person and as JSON documents."""
