"""What is concluded from the checks: verdicts, matrices, drafts to sign."""
