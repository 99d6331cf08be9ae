"""The readiness checklist judged: what its items come to, the sign-offs, and the score."""
