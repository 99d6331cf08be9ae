"""The heads that a user knows of: the one kept from earlier runs, and those that a person named."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.errors import AztrustError
from aztrust.core.base.findings import CheckResult, Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.opener import Opener
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.core.state.ledger.unavailable import NOT_KEPT, unreadable
from aztrust.storage.config import shown
from aztrust.storage.heads import head_path, keep_head, read_given_head, read_head


@frozen
class KnownHeads:
    """Heads from elsewhere.

    Attributes:
        notes: name to note.
        spoilt: what is wrong with the head that was kept, where it cannot be relied on.
    """

    notes: dict[str, bytes]
    spoilt: tuple[Finding, ...] = ()


def known_heads(keeping: Keeping, opener: Opener, *named: Path | None) -> KnownHeads:
    """The heads of a ledger that lie outside of it.

    Args:
        keeping: whose ledger.
        opener: opens each content once in a run.
        named: files with a head each, as a person named them.

    Raises:
        CouldNotCheck: one of them cannot be read.
    """
    notes: dict[str, bytes] = {}
    for path in filter(None, named):
        notes[head_name(path)] = read_given_head(path)
    try:
        path = head_path(keeping.origin, keeping.keeper.fingerprint)
        note = read_head(path)
        if note is not None:
            opener.head(note, keeping.keeper, keeping.origin, name=shown(path))
            notes[f"the head kept in {shown(path)}"] = note
    except AztrustError as error:
        # A head that is lost silently would make a ledger that was cut back look like a whole one.
        mend = "restore a copy of it; or move it away, and get a head from the ledger's keeper"
        cause = f"the head that was kept is unknown: {error.message}"
        return KnownHeads(notes, (unreadable(error.subject, cause, mend),))
    return KnownHeads(notes)


def head_name(path: Path) -> str:
    """What a head that a person named is called in messages."""
    return f"the head in {shown(path)}"


def keep_largest(verdict: Verdict) -> Verdict:
    """Keep the head that a run verified, where it is larger than the one kept before.

    What stands in the way is a notice: it changes nothing about this verdict.
    """
    reading = verdict.context.evidence.ledger
    head = reading.head if reading is not None else None
    if reading is None or head is None:
        return verdict
    new = head.verified
    try:
        path = head_path(reading.origin, reading.keeper)
        note = read_head(path)
        if note is not None:
            opener = verdict.context.evidence.opener
            old = opener.head(note, new.keeper, reading.origin, name=shown(path))
            if old.head.size >= new.head.size:
                return verdict
        keep_head(path, new)
    except AztrustError as error:
        return _noted(verdict, error)
    return verdict


def _noted(verdict: Verdict, error: AztrustError) -> Verdict:
    notice = Finding(NOT_KEPT, error.subject or "heads", error.message, mend=error.mend)

    def with_notice(result: CheckResult) -> CheckResult:
        return replace(result, notices=(*result.notices, notice))

    results = (with_notice(r) if r.id == "ledger" else r for r in verdict.results)
    return replace(verdict, results=tuple(results))
