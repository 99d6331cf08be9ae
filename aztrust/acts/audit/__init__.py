"""The audit of a launch from its own files alone: no host file, no network, no pin of this home."""
