"""What `aztrust observe` shows: the facts as a document, and as a screen."""
