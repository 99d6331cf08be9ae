"""The readiness checklist: its definitions, and what is read into them."""
