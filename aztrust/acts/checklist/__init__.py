"""Acts of the readiness checklist: one file each."""
