"""One host that wants to join: its binary, its genesis, its consensus key."""
