"""What the records of a launch say about its readiness checklist."""
