"""The ledger of a launch in the acts that read it, append to it and sign its heads."""
