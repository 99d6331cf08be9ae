"""The ledger: what was said, in one order that nobody can change without being found (law 12).

`tree` is the Merkle tree, `proof` what can be shown about it, `leaf` what of a record goes into it,
`note` the signed head over it, `heads` which heads contradict each other, `replay` the audit from
record 0. Where the records lie is `aztrust.storage.ledger`'s.
"""
