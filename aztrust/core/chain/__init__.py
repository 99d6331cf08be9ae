"""Running networks, observed and proven: facts of nodes, adapters for chains. No network here."""
