"""Observing the network that a launch starts: looks, proofs, and what is kept of them."""
