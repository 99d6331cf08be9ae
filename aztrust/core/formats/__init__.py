"""Other people's formats: keys, DSSE envelopes, in-toto statements, checkpoints, Merkle trees."""
