"""What a ledger means for a launch: whose it is, what it takes, how old it is."""
