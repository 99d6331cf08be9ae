"""Who keeps a log, entry by entry: the keeper, the deputies who took over, and the end of the log.

The policy lists the keepers in their order. A deputy takes over by an entry that cites size and
root of the log before it; that size is the last one whose head the former keeper may have signed.
From then on only heads by the deputy count. A closing is the last entry that grants anything:
after it, only negative records are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.leaf import LedgerRecord, is_negative, kind_and_body
from aztrust.core.records.administration import CLOSING, TAKE_OVER, Closing, TakeOver

KEEPERS_OWN: Final = frozenset({TAKE_OVER.name, CLOSING.name})
"""The kinds that only a keeper's own command appends, with the head over it."""


@frozen
class Reign:
    """A part of a log under one keeper: heads over more than `start` entries are by `keeper`."""

    start: int
    keeper: VerificationMaterial


class Succession:
    """The keepers of a log as its entries show them, folded from entry 0 on.

    Args:
        keepers: the keeper of the policy, and the deputies in their order.
    """

    def __init__(self, keepers: tuple[VerificationMaterial, ...]) -> None:
        self._keepers = keepers
        self._current = 0
        self.reigns: list[Reign] = [Reign(-1, keepers[0])]
        self.closed_at: int | None = None

    @property
    def earlier(self) -> tuple[VerificationMaterial, ...]:
        """The keepers before the present one, in the order of their parts of the log."""
        return tuple(reign.keeper for reign in self.reigns[:-1])

    @property
    def keeper(self) -> VerificationMaterial:
        """Whose heads count at the end."""
        return self._keepers[self._current]

    def take(self, index: int, record: LedgerRecord, root_before: Callable[[], bytes]) -> str:
        """Fold the next entry; why it is not allowed in its place, "" where it is.

        Args:
            index: its place.
            record: what it is.
            root_before: the root over the entries before it, computed on demand.
        """
        if self.closed_at is not None and not is_negative(record):
            return f"was appended after the ledger was closed by entry {self.closed_at}"
        if record.kind not in KEEPERS_OWN:
            return ""
        _, body = kind_and_body(record)
        if isinstance(body, TakeOver):
            return self._take_over(index, record, body, root_before)
        if isinstance(body, Closing):
            return self._close(index, record)
        return f"is not a {record.kind} record"

    def _take_over(
        self, index: int, record: LedgerRecord, body: TakeOver, root_before: Callable[[], bytes]
    ) -> str:
        place = next(
            (n for n, key in enumerate(self._keepers) if key.fingerprint == record.fingerprint), -1
        )
        if place <= self._current:
            return "takes the ledger over, and its signer is not a deputy after the present keeper"
        if body.size != index or body.root != f"sha256:{root_before().hex()}":
            return f"takes the ledger over after {body.size} entries that are not those before it"
        self._current = place
        self.reigns.append(Reign(index, self._keepers[place]))
        return ""

    def _close(self, index: int, record: LedgerRecord) -> str:
        if record.fingerprint != self.keeper.fingerprint:
            return "closes the ledger, and its signer is not the keeper"
        self.closed_at = index
        return ""


def keeper_at(reigns: tuple[Reign, ...], size: int) -> VerificationMaterial | None:
    """Whose head counts over so many entries; None where no one is named."""
    counting = [reign.keeper for reign in reigns if reign.start < size]
    return counting[-1] if counting else None


_MARKS: Final = tuple(
    f'"predicateType":"urn:aztrust:{kind}:v1"'.encode() for kind in sorted(KEEPERS_OWN)
)


def is_administration(payload: bytes) -> bool:
    """Whether a payload means to be a take-over or a closing; what it is, `read_record` says."""
    return any(mark in payload for mark in _MARKS)
