"""The archive: one BagIt bag with everything about a launch."""
