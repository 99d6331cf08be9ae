"""A confirmation as one line of 156 characters: docs/formats/confirmation-line.md."""
