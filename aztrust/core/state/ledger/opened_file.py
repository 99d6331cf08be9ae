"""A file that holds by itself: what is to be appended, before its place is judged."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.leaf import LedgerRecord, is_negative
from aztrust.core.history.operators import operator_title
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION, OperatorConfirmation
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.records.records import VerifiedRecord


@frozen
class Opened:
    """A file that holds by itself; its record, its verdict or its confirmation is set.

    Args:
        name: the file.
        record: what a ledger takes.
        verified: the record of a holder.
        verdict: the verdict of a holder.
        confirmation: what the key of an operator confirmed, or saw of its nodes.
        operator: whose key that is, as an enrolment says.
        enrolments: ids of the records among which one has to be taken before it; () where the
            ledger has the enrolment of its key.
    """

    name: str
    record: LedgerRecord
    verified: VerifiedRecord | None = None
    verdict: HeldVerdict | None = None
    confirmation: OperatorConfirmation | NodeFactsRecord | None = None
    operator: str = ""
    enrolments: tuple[str, ...] = ()

    @property
    def claimed_unix_ms(self) -> int:
        """The time that its signer claims, in milliseconds since the epoch."""
        if self.verdict is not None:
            return self.verdict.statement.checkpoint.timestamp_unix_ms
        if isinstance(self.confirmation, NodeFactsRecord):
            return self.confirmation.seen_at_unix_ms
        if self.confirmation is not None:
            return self.confirmation.confirmed_at_unix_ms
        return self.verified.claimed_unix_ms if self.verified is not None else 0

    @property
    def holder(self) -> str:
        """Who signed it: a holder, or `operator` and its name."""
        if self.confirmation is not None:
            return operator_title(self.operator)
        if self.verdict is not None:
            return self.verdict.holder
        return self.verified.holder if self.verified is not None else ""

    @property
    def is_negative(self) -> bool:
        """Whether it stops or takes back something, so that it waits for no other (law 9)."""
        if isinstance(self.confirmation, OperatorConfirmation):
            return OPERATOR_CONFIRMATION.is_negative(self.confirmation)
        return self.verified.is_negative if self.verified is not None else is_negative(self.record)
