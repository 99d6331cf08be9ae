"""References into documents, and when two values are equal (the policy's linkage rules)."""
