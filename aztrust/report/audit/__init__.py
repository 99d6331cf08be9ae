"""An audit as a document, as text, and as one page."""
