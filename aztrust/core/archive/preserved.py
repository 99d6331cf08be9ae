"""What a launch has to leave behind, and whether it is there (AZ-37.1, RC-J).

Each item of the clause is in the archive, or is named as missing with what would bring it. That
something is present says that the records of its kind are here; what they are worth is for the
audit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from aztrust.core.archive.logs import Around, NodeLog
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.state.context import Context

PRESERVE: Final = "AZ-37.1"
PACKET: Final = "RC-J"
EVIDENCE: Final = "checklist-evidence-files"
_SHOWN: Final = 5
"""Files of evidence that are named in one line."""
SHOWN: Final = "RC-H"
_NEXT: Final = "aztrust window next"


@frozen
class Item:
    """Something that a launch leaves behind.

    Attributes:
        clause: that demands it.
        id: of the item, kebab-case.
        says: what it is.
        found: ids of the records, digests or paths that are it, sorted.
        missing: why it is not there, as a sentence; "" where it is.
        mend: what would bring it; "" where it is there.
    """

    clause: str
    id: str
    says: str
    found: tuple[str, ...] = ()
    missing: str = ""
    mend: str = ""

    def document(self) -> dict[str, Any]:
        """The item as a JSON value."""
        return {
            "clause": self.clause,
            "item": self.id,
            "says": self.says,
            "found": list(self.found),
            "missing": self.missing,
            "mend": self.mend,
        }


def preserved(
    context: Context,
    logs: Sequence[NodeLog],
    reports: Collection[str],
    *,
    changed: Collection[str] = (),
) -> tuple[Item, ...]:
    """Every item, in the order of AZ-37.1, then what RC-J and a checklist (RC-H, RC-J) add.

    Args:
        context: the launch, with its ledger.
        logs: the logs that are kept with it.
        reports: the file names of the reports that are kept with it, without ending.
        changed: paths of logs that have other bytes than their documents say.
    """
    return (
        *_of_launch(context),
        *_logs(logs, changed),
        _roots(context),
        *_packet(context, reports),
        *_checklist(context),
    )


def _of_launch(context: Context) -> Iterator[Item]:
    ids = [context.manifest_ids[c] for c in PACKAGE_CLASSES if c in context.manifest_ids]
    yield _item(
        "artifact-ids",
        "the exact ids and hashes of the artifacts",
        ids if len(ids) == len(PACKAGE_CLASSES) else (),
        "not every package has a manifest that can be read",
        "seal the packages: aztrust seal release, then aztrust seal genesis",
    )
    confirmed = _records(context, "approval", "operator-confirmation", "check-attestation")
    freezes = sorted(verdict.record_id for verdict in context.state.freezes)
    yield _item(
        "confirmations",
        "the records of who confirmed what, and the freeze",
        (*confirmed, *freezes) if confirmed and freezes else (),
        "no package was approved and frozen",
        "aztrust approve release, then aztrust freeze",
    )
    yield _item(
        "decisions",
        "the records of decisions",
        _records(context, "go-no-go-decision", "launch-defer", "launch-abort"),
        "no decision of go, no-go, defer or abort is recorded",
        _NEXT,
    )
    yield _item(
        "bootstrap-instruction",
        "the instruction to start",
        _records(context, "bootstrap-start-instruction"),
        "no instruction to start is recorded",
        _NEXT,
    )
    yield _item(
        "live-status",
        "the records of the live status",
        _records(context, "launch-live-status"),
        "no live status is recorded",
        "aztrust window live-status",
    )
    yield _anomalies(context)


def _anomalies(context: Context) -> Item:
    found = _records(context, "launch-anomaly", "anomaly-resolution")
    reading = context.evidence.ledger
    # Only a ledger from which no entry was taken shows that there was no anomaly.
    known = bool(found) or (reading is not None and reading.head is not None)
    return Item(
        PRESERVE,
        "anomaly-evidence",
        "the anomalies with their evidence" + ("" if found else ": the ledger has none"),
        found,
        "" if known else "no anomaly is recorded, and no ledger shows that none was left out",
        "" if known else "keep a ledger: aztrust ledger init, then aztrust ledger append",
    )


def _logs(logs: Sequence[NodeLog], changed: Collection[str]) -> Iterator[Item]:
    about: tuple[tuple[Around, str], ...] = (
        ("bootstrap", "node logs around the bootstrap"),
        ("first-epochs", "node logs of the first epochs"),
    )
    for around, says in about:
        paths = sorted(log.path for log in logs if around in log.around)
        found = tuple(path for path in paths if path not in changed)
        other = [path for path in paths if path in changed]
        missing = "" if found else "no such log is kept"
        if other:
            missing = f"other bytes than were kept: {', '.join(other)}"
        command = f"aztrust evidence log FILE --around {around}"
        mend = f"move it away, and keep the log again: {command}" if other else command
        yield Item(PRESERVE, f"logs-{around}", says, found, missing, mend if missing else "")


def _roots(context: Context) -> Item:
    return _item(
        "first-finalized-roots",
        "the first finalized roots, each with its proof",
        sorted(f"manifests/observations/{name}" for name in context.evidence.observations),
        "no proof of a finalized block is kept",
        "aztrust observe --proof FILE, while the nodes have the first blocks; it goes to"
        " manifests/observations",
    )


def _packet(context: Context, reports: Collection[str]) -> Iterator[Item]:
    """The report of each verdict as it was given; each that is not there is named."""
    held = context.verdicts.verdicts
    lacking = sorted(
        {v.record_id for v in held if not any(v.record_id[7:23] in name for name in reports)}
    )
    yield Item(
        PACKET,
        "reports",
        "the report of each verdict as it was given",
        tuple(sorted(f"data/reports/{name}.json" for name in reports)),
        f"of {', '.join(map(_short, lacking))} no report is kept" if lacking else "",
        "ask its signer for the file in manifests/reports" if lacking else "",
    )


def evidence_item(found: Sequence[str], lacking: Sequence[str]) -> Item:
    """The files that the checklist's evidence names (RC-H, RC-J).

    Args:
        found: their paths in the bag.
        lacking: why others are not in it, a sentence each.
    """
    more = f"; and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    return Item(
        PACKET,
        EVIDENCE,
        "the files of the checklist's evidence" + ("" if found or lacking else ": none is asked"),
        tuple(found),
        "; ".join(lacking[:_SHOWN]) + more,
        "aztrust evidence verify" if lacking else "",
    )


def _checklist(context: Context) -> Iterator[Item]:
    """What a checklist leaves behind; nothing where the policy names none."""
    if context.checklist is None and context.checklist_error is None:
        return
    about = (
        (
            SHOWN,
            "checklist-evidence",
            "the records of the evidence",
            "aztrust evidence add ITEM FILE",
        ),
        (
            PACKET,
            "checklist-sign-off",
            "the sign-offs of the areas",
            "aztrust checklist score, which lists the areas that wait",
        ),
        (
            PACKET,
            "go-no-go-decision",
            "the decision record",
            "aztrust checklist decide go --reason T --chair HOLDER",
        ),
        (PACKET, "checklist-closed", "the end of the checklist", "aztrust checklist freeze"),
    )
    for clause, kind, says, mend in about:
        found = _records(context, kind)
        missing = "" if found else f"no {kind} is recorded"
        yield Item(clause, kind, says, found, missing, "" if found else mend)


def _short(record_id: str) -> str:
    return record_id.rpartition(":")[2][:12]


def _records(context: Context, *kinds: str) -> tuple[str, ...]:
    return tuple(sorted(r.record_id for r in context.records.effective.verified if r.kind in kinds))


def _item(item_id: str, says: str, found: Iterable[str], missing: str, mend: str) -> Item:
    found = tuple(found)
    if found:
        return Item(PRESERVE, item_id, says, found)
    return Item(PRESERVE, item_id, says, (), missing, mend)


def required(items: Sequence[Item]) -> tuple[Item, ...]:
    """What `--strict` refuses to leave out: all of AZ-37.1, and the evidence of the checklist."""
    return tuple(
        item for item in items if item.missing and (item.clause == PRESERVE or item.id == EVIDENCE)
    )
