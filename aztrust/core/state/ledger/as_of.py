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


def as_known_at(evidence: Evidence, reading: LedgerReading, named: NamedHead) -> Evidence:
    """The same evidence, as it was when the ledger had this head.

    Args:
        evidence: records and verdicts from anywhere.
        reading: the ledger of today, which holds.
        named: one of the heads that it was held against.
    """
    size = named.verified.head.size
    entries = reading.entries[:size]
    known = {(e.record.record_id, e.record.fingerprint) for e in entries}
    records = _known(evidence.records, known)
    verdicts = _known(evidence.verdicts, known)
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


def _known(files: Mapping[str, bytes], known: Collection[tuple[str, str]]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if _may_count(data, known)}


def _may_count(data: bytes, known: Collection[tuple[str, str]]) -> bool:
    try:
        envelope = parse_envelope(data, name="")
    except Malformed:
        return True
    return (sha256_id(envelope.payload), f"sha256:{envelope.keyid}") in known
