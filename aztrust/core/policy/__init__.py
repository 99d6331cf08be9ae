"""Who may decide what: the policy as it is written, and what follows from it."""
