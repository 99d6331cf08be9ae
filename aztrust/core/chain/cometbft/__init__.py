"""CometBFT 0.38 and 1.0, and the Cosmos SDK chains that run on it."""
