"""Where the records of a ledger lie.

`store` says what any engine must do, `sqlite` is the one that comes with Python. What a record, a
leaf or a head is stands in `aztrust.core.ledger`.
"""
