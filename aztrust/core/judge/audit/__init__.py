"""The audit: each signed verdict recomputed from what its signer knew, and what came later."""
