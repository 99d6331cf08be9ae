"""What was known at an earlier head: the ledger up to there, and no record that came later.

An auditor asks what a verdict could have known when it was signed. The ledger here is audited whole
first; only then it is cut at the head, and of the files only those stay whose records the head
covers. A file that cannot be read as an envelope stays: it is not known since when it was there
(law 2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import parse_envelope

if TYPE_CHECKING:
    from aztrust.core.history.heads import NamedHead
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.state.evidence import Evidence

LATER: Final = "ledger-later"


def as_known_at(
    evidence: Evidence,
    reading: LedgerReading,
    named: NamedHead,
    also: Collection[str] = (),
) -> Evidence:
    """The same evidence, as it was when the ledger had this head.

    Args:
        evidence: records and verdicts from anywhere.
        reading: the ledger of today, which holds.
        named: one of the heads that it was held against.
        also: ids of records that were known besides: someone had their files before the ledger.
    """
    size = named.verified.head.size
    entries = reading.entries[:size]
    known = {(e.record.record_id, e.record.fingerprint) for e in entries}
    table = identities(evidence)
    records = _known(evidence.records, table, known, also)
    verdicts = _known(evidence.verdicts, table, known, also)
    gone = len(evidence.records) + len(evidence.verdicts) - len(records) - len(verdicts)
    later = reading.size - size
    message = f"as of {named.name}, over {size} entries: {later} later ones and {gone} files do not"
    cut = replace(
        reading,
        size=size,
        root=f"sha256:{named.verified.head.root.hex()}",
        heads=tuple(n for n in reading.heads if n.verified.head.size <= size),
        entries=entries,
        notices=(Finding(LATER, reading.name, f"{message} count"), *reading.notices),
        left_out=later,
    )
    return replace(evidence, records=records, verdicts=verdicts, ledger=cut)


def keep_files(evidence: Evidence, ids: Collection[str]) -> Evidence:
    """The same evidence with only the files of these records and verdicts; its ledger stays.

    A file that is not an envelope stays (law 2).
    """
    table = identities(evidence)
    return replace(
        evidence,
        records=_known(evidence.records, table, (), ids),
        verdicts=_known(evidence.verdicts, table, (), ids),
    )


def identities(evidence: Evidence) -> dict[bytes, tuple[str, str] | None]:
    """The bytes of each record and verdict to (record id, key fingerprint) as they claim them.

    None for what is not an envelope. Read once in a run: an audit asks it of every verdict.
    """
    table: dict[bytes, tuple[str, str] | None] = evidence.opener.last(dict, identities, "table")
    for files in (evidence.records, evidence.verdicts):
        for data in files.values():
            if data not in table:
                table[data] = _identity(data)
    return table


def _known(
    files: Mapping[str, bytes],
    table: Mapping[bytes, tuple[str, str] | None],
    known: Collection[tuple[str, str]],
    also: Collection[str],
) -> dict[str, bytes]:
    return {
        name: data
        for name, data in files.items()
        if (found := table[data]) is None or found in known or found[0] in also
    }


def _identity(data: bytes) -> tuple[str, str] | None:
    try:
        envelope = parse_envelope(data, name="")
    except Malformed:
        return None
    return sha256_id(envelope.payload), f"sha256:{envelope.keyid}"
