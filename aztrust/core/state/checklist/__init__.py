"""What the records of a readiness checklist say, and why each of the others does not count."""
