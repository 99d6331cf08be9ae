"""The records of the readiness checklist: evidence, answers, sign-offs, and its end.

Each names the policy and the definitions that it is about. What an item or an area is, the
definitions say (`core.checklist.definitions`); a record about something that they do not have
counts nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.checklist.definitions import ItemId, Line, Priority
from aztrust.core.records.contents import Contents
from aztrust.core.records.kind import (
    KindText,
    Reason,
    RecordKind,
    UnixMs,
    about_policy,
    about_scope,
    act_roles,
    signers_of,
)

MAX_FILES: Final = 1000
"""How many files one record of evidence may name."""
Answer = Literal["pass", "warning", "fail", "not-applicable"]
Status = Literal["pass", "warning", "fail", "not-applicable", "pending", "unknown"]
"""What an item is. `pending` was not answered, `unknown` could not be looked at."""


class ShownFile(Model):
    """A file that is evidence: its path below the root, `/` between its parts."""

    blake3: Blake3
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    sha256: Sha256
    size: UnixMs


class ChecklistEvidence(Model):
    """Files that show something about an item (RC-H).

    Args:
        root: the name of the folder that the paths are relative to.
        files: sorted by path, each once.
        command: what produced the output, as it was typed.
        output: the path, one of `files`, of what the command wrote.
    """

    added_at_unix_ms: UnixMs
    checklist_digest: Sha256
    command: Reason | None = None
    exit_code: Annotated[int, Field(ge=-255, le=255)] | None = None
    files: Annotated[Items[ShownFile], Field(min_length=1, max_length=MAX_FILES)]
    item: ItemId
    output: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    policy_digest: Sha256
    root: Name


class Drill(Model):
    """A rehearsal that took place (RC-D, RC-E): what, where, how long, and what came out."""

    kind: Name
    environment: Line
    from_unix_ms: UnixMs
    until_unix_ms: UnixMs
    results: Reason


class ChecklistAnswer(Model):
    """An answer of a holder to an item.

    Args:
        definition_digest: of the item's definition.
        mitigation_owner, due_unix_ms: who mitigates a warning, and until when.
        rests_on: ids of the evidence records that it is about, sorted, each once.
        role: the role that it is signed in: the item's owner.
    """

    answer: Answer
    answered_at_unix_ms: UnixMs
    checklist_digest: Sha256
    definition_digest: Sha256
    drill: Drill | None = None
    due_unix_ms: UnixMs | None = None
    item: ItemId
    mitigation_owner: Line | None = None
    policy_digest: Sha256
    reason: Reason
    rests_on: Items[Sha256] = ()
    role: Name


class ItemState(Model):
    """One item of an area as its sign-off saw it.

    Args:
        evidence: ids of the evidence records of the item, sorted, each once.
        detail: why it has its status, in words.
    """

    item: ItemId
    definition_digest: Sha256
    priority: Priority
    status: Status
    evidence: Items[Sha256] = ()
    files: Annotated[Items[ShownFile], Field(max_length=10_000)] = ()


class AreaState(Model):
    """What `state_hash` is over: an area's items, their states and their evidence."""

    area: Name
    items: Items[ItemState]


class ChecklistSignOff(Model):
    """A sign-off of one area (RC-A).

    Args:
        cites: the item or the clause that a rejection rests on.
        mitigation_owner, due_unix_ms: who meets the condition of a conditional one, and until when.
        role: the area's approver.
    """

    area: Name
    checklist_digest: Sha256
    cites: Line | None = None
    decision: Literal["approve", "conditional", "reject"]
    due_unix_ms: UnixMs | None = None
    mitigation_owner: Line | None = None
    policy_digest: Sha256
    reason: Reason
    role: Name
    signed_at_unix_ms: UnixMs
    state_hash: Sha256


class ChecklistClosed(Model):
    """The end of a checklist: what it came to, and where everything is (RC-J)."""

    checklist_digest: Sha256
    closed_at_unix_ms: UnixMs
    decision: Sha256
    index_hash: Sha256
    launch_window_id: Sha256
    policy_digest: Sha256
    scope_hash: Sha256


class Indexed(Model):
    """A record in the index of a closed checklist, and what it is for."""

    record_id: Sha256
    kind: Name
    about: Line


class ClosedIndex(Model):
    """What `index_hash` is over: the digests of score and evidence, and every record."""

    score_digest: Sha256
    evidence_digest: Sha256
    records: Annotated[Items[Indexed], Field(max_length=100_000)]


def _evidence_faults(body: ChecklistEvidence, _: Mapping[str, Any]) -> Iterator[str]:
    paths = [file.path for file in body.files]
    if paths != sorted(set(paths)):
        yield "its files are not sorted by path, each once"
    if body.output is not None and body.output not in paths:
        yield "its output is not one of its files"
    if (body.output is None) != (body.command is None):
        yield "has a command exactly if it has its output"


def _mitigation_faults(needed: bool, body: ChecklistAnswer | ChecklistSignOff) -> Iterator[str]:
    given = body.mitigation_owner is not None and body.due_unix_ms is not None
    some = body.mitigation_owner is not None or body.due_unix_ms is not None
    if needed and not given:
        yield "has no mitigation_owner and due_unix_ms"
    if not needed and some:
        yield "has a mitigation, and nothing to mitigate"


def _answer_faults(body: ChecklistAnswer, _: Mapping[str, Any]) -> Iterator[str]:
    yield from _mitigation_faults(body.answer == "warning", body)
    if body.due_unix_ms is not None and body.due_unix_ms <= body.answered_at_unix_ms:
        yield "its due_unix_ms is not later than the record"
    drill = body.drill
    if drill is not None and drill.until_unix_ms <= drill.from_unix_ms:
        yield "its drill ends before it begins"
    if drill is not None and drill.until_unix_ms > body.answered_at_unix_ms:
        yield "its drill ends after the record"


def _sign_off_faults(body: ChecklistSignOff, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from _mitigation_faults(body.decision == "conditional", body)
    if body.due_unix_ms is not None and body.due_unix_ms <= body.signed_at_unix_ms:
        yield "its due_unix_ms is not later than the record"
    if (body.decision == "reject") != (body.cites is not None):
        yield "cites an item or a clause exactly if it rejects"
    state: AreaState = parts["state"]
    if state.area != body.area:
        yield "its preimages.state is about another area"


EVIDENCE_CONTENTS: Final = Contents(faults=_evidence_faults)
ANSWER_CONTENTS: Final = Contents(faults=_answer_faults)
SIGN_OFF_CONTENTS: Final = Contents(preimages={"state": AreaState}, faults=_sign_off_faults)
CLOSED_CONTENTS: Final = Contents(preimages={"index": ClosedIndex})


_POLICY: Final = "`policy`, the policy digest"
_OWN_ROLE: Final = "a holder of the role in `role`"
_DIGEST: Final = "`sha256:` of the bytes of `manifests/checklist.toml`"

CHECKLIST_EVIDENCE: Final = RecordKind(
    name="checklist-evidence",
    model=ChecklistEvidence,
    time_field="added_at_unix_ms",
    subject=about_policy,
    check=EVIDENCE_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"for {body.item}",
    text=KindText(
        about="Files that show something about an item of the checklist.",
        subject=_POLICY,
        fields={
            "added_at_unix_ms": "",
            "checklist_digest": _DIGEST,
            "command": "optional: what produced the output, as it was typed",
            "exit_code": "optional: the exit code of the command",
            "files": '`[{"blake3", "path", "sha256", "size"}]`, sorted by path, each once',
            "item": "the item of the checklist",
            "output": "optional, with `command`: the path of what it wrote, one of `files`",
            "policy_digest": "",
            "root": "the name of the folder that the paths are relative to",
        },
    ),
)
CHECKLIST_ANSWER: Final = RecordKind(
    name="checklist-answer",
    model=ChecklistAnswer,
    time_field="answered_at_unix_ms",
    subject=about_policy,
    is_negative=lambda body: body.answer == "fail",
    # Whether the role is the item's owner, the checklist decides.
    may_sign=lambda _, body: frozenset({body.role}),
    check=ANSWER_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"{body.item}: {body.answer}",
    text=KindText(
        about="What a holder says of an item of the checklist that is not computed.",
        subject=_POLICY,
        signer=_OWN_ROLE,
        negative="when `answer` is `fail`",
        fields={
            "answer": "`pass`, `warning`, `fail` or `not-applicable`",
            "answered_at_unix_ms": "",
            "checklist_digest": _DIGEST,
            "definition_digest": "`sha256:` of the item's definition in canonical JSON",
            "drill": "optional: `kind`, `environment`, `from_unix_ms`, `until_unix_ms`, `results`",
            "due_unix_ms": "exactly with a warning: until when it is mitigated",
            "item": "the item",
            "mitigation_owner": "exactly with a warning: who mitigates it",
            "policy_digest": "",
            "reason": "",
            "rests_on": "ids of the evidence records that it is about, sorted, each once",
            "role": "the role that it is signed in; the item's owner",
        },
    ),
)
CHECKLIST_SIGN_OFF: Final = RecordKind(
    name="checklist-sign-off",
    model=ChecklistSignOff,
    time_field="signed_at_unix_ms",
    subject=about_policy,
    is_negative=lambda body: body.decision == "reject",
    # Whether the role is the area's approver, the checklist decides.
    may_sign=lambda _, body: frozenset({body.role}),
    check=SIGN_OFF_CONTENTS.check,
    preimages=SIGN_OFF_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: f"{body.area}: {body.decision}",
    text=KindText(
        about="A sign-off of one area of the checklist. `preimages.state` has `area` and `items`:"
        " for each item of the area that is due before the decision `item`, `definition_digest`,"
        " `priority`, `status`, and of its evidence the record ids (`evidence`) and the `files`.",
        subject=_POLICY,
        signer=_OWN_ROLE,
        negative="when `decision` is `reject`",
        fields={
            "area": "the area of the checklist",
            "checklist_digest": _DIGEST,
            "cites": "exactly with a rejection: the item or the clause that it rests on",
            "decision": "`approve`, `conditional` or `reject`",
            "due_unix_ms": "exactly with a conditional one: until when the condition is met",
            "mitigation_owner": "exactly with a conditional one: who meets the condition",
            "policy_digest": "",
            "reason": "",
            "role": "the role that it is signed in; the area's approver",
            "signed_at_unix_ms": "",
            "state_hash": "SHA-256 of the canonical `preimages.state`",
        },
    ),
)
CHECKLIST_CLOSED: Final = RecordKind(
    name="checklist-closed",
    model=ChecklistClosed,
    time_field="closed_at_unix_ms",
    subject=about_scope,
    may_sign=act_roles("decide"),
    check=CLOSED_CONTENTS.check,
    preimages=CLOSED_CONTENTS.preimages,
    final_part="none",
    text=KindText(
        about="The end of a checklist. `preimages.index` has `score_digest`, `evidence_digest` and"
        ' `records`: `[{"about", "kind", "record_id"}]`, every record that the checklist came to.',
        subject="`scope`, the scope hash",
        signer=signers_of("decide"),
        fields={
            "checklist_digest": _DIGEST,
            "closed_at_unix_ms": "",
            "decision": "the record id of the decision",
            "index_hash": "SHA-256 of the canonical `preimages.index`",
            "launch_window_id": "",
            "policy_digest": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (
    CHECKLIST_EVIDENCE,
    CHECKLIST_ANSWER,
    CHECKLIST_SIGN_OFF,
    CHECKLIST_CLOSED,
)
