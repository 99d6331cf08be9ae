"""A mutation run: change one thing at a time in the security checks, and see if a test notices."""
