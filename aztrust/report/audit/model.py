"""An audit as one value for programs. Texts are escaped for display."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.judge.audit.timeline import Effect
from aztrust.core.policy.model import NetworkClass
from aztrust.core.records.checkpoint import CheckpointClass, CheckpointVerdict
from aztrust.report.model import Milliseconds

Count = Annotated[int, Field(ge=0)]
Conclusion = Literal["pass", "partial", "unpinned", "fail", "error"]
DecisionStatus = Literal["recomputed", "differs", "not-recomputed", "not-reached"]


class AuditFinding(Model):
    """What is wrong with the launch itself: its ledger, a key, a signed file."""

    code: str
    subject: str
    message: str
    mend: str | None


class AuditCheck(Model):
    """One question about the launch itself."""

    id: str
    status: Literal["pass", "fail", "error", "not_run", "not_applicable", "pending"]
    detail: str | None
    findings: Items[AuditFinding]


class AuditLedger(Model):
    """The ledger as it was replayed; `keeper` is a fingerprint."""

    origin: str
    keeper: str
    entries: Count
    root: Sha256
    closed: bool
    holds: bool


class AuditDifference(Model):
    """Where a payload is not the signed one: a JSON Pointer and both values as canonical JSON.

    A value is null where it is absent, and cut where it is long.
    """

    pointer: str
    signed: str | None
    recomputed: str | None


class AuditNamed(Model):
    """A record that a decision rests on, or that came after it; `why` says what it is to it."""

    record_id: Sha256
    kind: str | None
    holder: str | None
    statement: str | None
    entry: Count | None
    at_unix_ms: Milliseconds | None
    why: str | None


class AuditDecision(Model):
    """One signed verdict.

    `version` are the programs that it says it was made with, `entries` and `root` the ledger that
    it considered, `known` how many records of each kind that ledger had.
    """

    record_id: Sha256
    checkpoint_class: CheckpointClass
    verdict: CheckpointVerdict
    guidance: str
    holder: str
    key: Sha256
    entry: Count | None
    at_unix_ms: Milliseconds
    scope_hash: Sha256
    launch_window_id: Sha256
    policy_digest: Sha256
    version: dict[str, str]
    entries: Count | None
    root: Sha256 | None
    known: dict[str, Count]
    status: DecisionStatus
    reasons: Items[str]
    differences: Items[AuditDifference]
    rests_on: Items[AuditNamed]
    later: Items[AuditNamed]
    in_force: bool
    waiting: bool


class AuditAct(Model):
    """A step of a window that is not a verdict: who signed it, on what, and the status after it."""

    record_id: Sha256
    kind: str
    statement: str
    text: str | None
    holders: Items[str]
    entry: Count | None
    at_unix_ms: Milliseconds
    status: str
    rests_on: Items[AuditNamed]


class AuditEvent(Model):
    """One record in the order of the launch.

    `effect` is what it did in the fold of its window, null for a record of no window; `why` says
    why it had none, `status` is that of the window after it.
    """

    entry: Count | None
    at_unix_ms: Milliseconds
    record_id: Sha256
    kind: str
    who: Items[str]
    statement: str
    text: str | None
    effect: Effect | None
    why: Items[str]
    status: str | None


class AuditReport(Model):
    """What `aztrust audit --format json` gives. The same files give the same bytes (law 14).

    `at_unix_ms` is as of when: the time of --at, or that of the last record. `events` are the whole
    launch with --timeline, else null; `without_effect` are those of them that had none.
    """

    schema_: Annotated[Literal["aztrust/audit"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    name: str
    launch: str
    chain_id: str
    network_class: NetworkClass
    policy_digest: Sha256
    anchor: Literal["given", "unpinned"]
    at_unix_ms: Milliseconds
    verdict: Conclusion
    exit_code: Annotated[int, Field(ge=0, le=255)]
    summary: str
    ledger: AuditLedger | None
    checks: Items[AuditCheck]
    decisions: Items[AuditDecision]
    acts: Items[AuditAct]
    without_effect: Items[AuditEvent]
    events: Items[AuditEvent] | None
