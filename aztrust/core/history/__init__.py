"""What was signed: records, verdicts and the ledger, opened once and verified."""
