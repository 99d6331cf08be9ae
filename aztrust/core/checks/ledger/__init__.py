"""The checks of a ledger: one module and one `CHECK` each, imported by `core.checks` alone."""
