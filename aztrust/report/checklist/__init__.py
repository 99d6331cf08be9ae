"""The readiness checklist as text and as documents."""
