"""Where the records of a ledger are stored.

`store` says what any engine must do, `sqlite` is the one that comes with Python. What a record, a
leaf or a head is is defined in `aztrust.core.history` and `aztrust.core.formats`.
"""
