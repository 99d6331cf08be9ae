"""The files of the checklist's evidence, for the archive: each read again, and copied as recorded.

A file of the launch directory keeps its place below `data/launch`, one of another root goes to
`data/evidence/ROOT`. What is not here with its recorded bytes is named, and nothing else is copied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from aztrust.acts.checklist.evidence import OUTPUTS
from aztrust.acts.shown_evidence import evidence_readings, look_at_evidence
from aztrust.core.archive.layout import EVIDENCE, LAUNCH
from aztrust.core.archive.preserved import Item, evidence_item
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.records.checklist import ChecklistEvidence
from aztrust.core.records.go_hold import GoNoGoDecision, Minutes
from aztrust.core.state.checklist.files import EvidenceStates, FileState, file_states
from aztrust.core.state.checklist.named import checklist_records
from aztrust.core.state.checklist.records import Shown
from aztrust.core.state.context import Context, require_policy
from aztrust.storage.bag.collecting import refuse_private_key
from aztrust.storage.bag.writing import EvidenceFile, Source
from aztrust.storage.evidenceroots import LAUNCH as OF_LAUNCH
from aztrust.storage.evidenceroots import known_roots


@frozen
class ArchivedEvidence:
    """What goes into the archive, and what it has to hold.

    Attributes:
        sources: path in the bag to the file.
        items: what a launch has to leave behind; () without a checklist.
        states: what became of each file; None where no file was looked at.
    """

    sources: Mapping[str, Source]
    items: tuple[Item, ...]
    states: EvidenceStates | None = None


def archived_evidence(
    context: Context, launch: Path, others: Mapping[str, Source]
) -> ArchivedEvidence:
    """The files of the evidence, each as it was recorded.

    Args:
        context: the launch, as of its last head.
        launch: the launch directory.
        others: what is in the archive anyway.

    Raises:
        Refused: `private-key-exposed`: one of the files holds a private key.
        CouldNotCheck: the list of roots cannot be used.
    """
    if require_policy(context).checklist is None:
        return ArchivedEvidence({}, ())
    if context.checklist is None:
        error = context.checklist_error
        cause = error.message if error is not None else "its definitions are not here"
        return ArchivedEvidence({}, (evidence_item((), (cause,)),))
    records = checklist_records(context)
    states = look_at_evidence(records, launch, {})
    decided = _decided_on(context, records.files)
    readings = evidence_readings(known_roots(launch), [shown.place for shown in decided])
    roots = known_roots(launch)
    sources: dict[str, Source] = {}
    found: set[str] = set()
    lacking: list[str] = [states.unread] if states.unread else []
    for state in (*states.files, *file_states(decided, readings)):
        shown = state.shown
        if shown is None or state.state != "same":
            lacking.append(_why(state))
            continue
        place = _place(shown)
        if place not in others and shown.root == OF_LAUNCH and _is_managed(context, shown):
            lacking.append(f"{_name(shown)} is in a folder of which only sealed files are kept")
            continue
        if place not in others:
            refuse_private_key(roots[shown.root], shown.file.path)
            file = shown.file
            entry = FileEntry(file.path, file.size, False, file.sha256, file.blake3)
            sources[place] = EvidenceFile(roots[shown.root], entry)
        found.add(place)
    return ArchivedEvidence(sources, (evidence_item(sorted(found), lacking),), states)


def _decided_on(context: Context, counted: Collection[Shown]) -> tuple[Shown, ...]:
    """The files that a decision rests on, and that do not count any more.

    Their record was revoked or replaced later. Without them no audit makes that score again.
    """
    named: set[str] = set()
    counting = {(*shown.record.identity, *shown.place) for shown in counted}
    effective = context.records.effective.verified
    for record in effective:
        if isinstance(record.body, GoNoGoDecision) and record.body.minutes_hash is not None:
            score = record.preimage("minutes", Minutes).score
            named |= {id_ for item in (score.items if score else ()) for id_ in item.evidence}
    return tuple(
        shown
        for record in effective
        if isinstance(body := record.body, ChecklistEvidence) and record.record_id in named
        for shown in (Shown(record, body.root, file, body.item) for file in body.files)
        if (*record.identity, *shown.place) not in counting
    )


def _place(shown: Shown) -> str:
    if shown.root == OF_LAUNCH:
        return f"{LAUNCH}/{shown.file.path}"
    return f"{EVIDENCE}{shown.root}/{shown.file.path}"


def _is_managed(context: Context, shown: Shown) -> bool:
    """Whether a file more would change what is judged there: a package, or a signed folder."""
    return not shown.file.path.startswith(f"{OUTPUTS}/") and any(
        shown.file.path.startswith(f"{folder}/") for folder in _managed(context)
    )


def _managed(context: Context) -> Iterator[str]:
    yield from ("manifests", "keys")
    for package_class in PACKAGE_CLASSES:
        yield require_policy(context).package(package_class).path


def _name(shown: Shown) -> str:
    return f"{shown.root}:{escape(shown.file.path)}"


def _why(state: FileState) -> str:
    where = f" {_name(state.shown)}" if state.shown is not None else ""
    return f"{state.item}{where} is {state.state}: {state.detail}"
