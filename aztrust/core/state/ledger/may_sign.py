"""Whose keys may sign a record, as the policy says: one key proves by itself who signed."""

from __future__ import annotations

from collections.abc import Collection

from aztrust.core.base.errors import Malformed
from aztrust.core.history.leaf import LedgerRecord
from aztrust.core.history.published import MaySign
from aztrust.core.records.records import KINDS, read_body
from aztrust.core.state.context import Context


def keys_that_may_sign(context: Context) -> MaySign:
    """Asks of a record for the fingerprints of all keys whose signature the policy takes on it.

    Every key of a holder counts, also one that is not available here. None is returned for a record
    that cannot be read, and for a verdict, whose leaf names its key.
    """
    policy = context.policy

    def ask(record: LedgerRecord) -> Collection[str]:
        kind, statement = KINDS.get(record.kind), record.statement
        if policy is None or kind is None or statement is None:
            return ()
        try:
            body = read_body(statement, what=record.record_id)
        except Malformed:
            return ()
        holders = policy.key_holders()
        # The owner of what a negative record takes back may sign it, in whatever role.
        if kind.is_negative(body):
            return tuple(holders)
        return tuple(key for key, name in holders.items() if kind.is_by_a_role(policy, name, body))

    return ask
