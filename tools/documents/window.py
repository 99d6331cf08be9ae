"""The documents of the views of a launch window."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.chain.agreement import Topic
from aztrust.core.judge.window_log import EntryKind
from aztrust.core.judge.window_next import StepKind
from aztrust.core.records.node_facts import ReportedNode
from aztrust.core.records.window import WindowStatus as Status
from aztrust.core.state.node_reports import FactsState
from aztrust.report.model import Milliseconds, ReportPending
from aztrust.report.observe.seen import SeenChain
from tools.documents.answers import (
    Count,
    DeferredWindow,
    Document,
    EndedWindow,
    ExitCode,
    OpenWindow,
)

Phase = Annotated[int, Field(ge=0, le=8)]


class Unmet(Model):
    """A finding: `have` and `need` are null where the finding compares nothing."""

    code: str
    subject: str
    message: str
    have: str | None
    need: str | None
    mend: str | None


class Lacking(Model):
    """A condition that does not hold, by its id."""

    id: str
    have: str
    need: str
    mend: str


class Step(Model):
    """A step that the status allows. `act` says whose signatures it takes; `missing` what it lacks;
    `waiting` are the ids of the records of this kind that have signatures.
    """

    step: str
    kind: StepKind
    says: str
    possible: bool
    done: bool
    act: str
    holders: Items[str]
    distinct_holders: Count | None
    roles: dict[str, Count] | None
    missing: Items[Lacking]
    clauses: Items[str]
    command: str | None
    waiting: Items[Sha256]


class Missing(Model):
    """Who can still sign: a role with too few, null where any role of the rule will do."""

    role: str | None
    holders: Items[str]


class Waiting(Model):
    """An act that has signatures, and lacks some or a condition; `need` is null where no signature
    under the policy can do it. `in_folder` are those whose signatures the ledger does not have.
    """

    act: str
    record_id: Sha256
    holders: Items[str]
    need: Count | None
    missing: Items[Missing]
    in_folder: Items[str]
    waits_for: Items[Unmet]
    expires_at_unix_ms: Milliseconds | None
    command: str | None


class Taken(Model):
    """A step that took effect; `entry` is its index in the ledger."""

    step: str
    record_id: Sha256
    holders: Items[str]
    at_unix_ms: Milliseconds
    entry: Count | None
    status: Status
    phase: Phase


class Boundary(Model):
    """A time of the window; `over` where what it is about is over."""

    id: str
    text: str
    at_unix_ms: Milliseconds
    over: bool


class Start(Model):
    """When the network starts, and what says so."""

    from_: Annotated[
        Literal["start window", "bootstrap start", "genesis time"], Field(alias="from")
    ]
    at_unix_ms: Milliseconds


class Opened(Model):
    """An anomaly or a blocker that is open."""

    record_id: Sha256
    holder: str
    at_unix_ms: Milliseconds
    text: str


class OpenHold(Opened):
    """A hold that is open."""

    ends_at_unix_ms: Milliseconds
    update_at_unix_ms: Milliseconds


class Trigger(Model):
    """An abort trigger of AZ-29.1 that is open, and the record that shows it."""

    trigger: str
    what: str
    record_id: Sha256


class PostureRule(Model):
    """A rule of the restricted posture; `not_run` where it was not looked at."""

    rule: str
    status: Literal["pass", "fail", "not_run"]
    detail: str
    evidence: Items[Sha256]
    mend: str | None


class Unused(Model):
    """A signed statement without effect, and why."""

    act: str
    record_id: Sha256
    holders: Items[str]
    findings: Items[Unmet]


class ShownFacts(Model):
    """What one operator signed about its own nodes: a claim with an age, no answer of a node."""

    record_id: Sha256
    operator: str
    state: FactsState
    age_ms: Milliseconds
    seen_at_unix_ms: Milliseconds
    signals: Items[str]
    nodes: Items[ReportedNode]


class Side(Model):
    """What was seen, and by whom."""

    seen: str
    by: Items[str]


class ShownDisagreement(Model):
    """That observers saw different things; `height` is null where it is about the genesis."""

    topic: Topic
    height: Annotated[int, Field(ge=0)] | None
    sides: Items[Side]


class ShownWindow(Model):
    """The window that the run is about."""

    at_unix_ms: Milliseconds
    chain_id: str
    scope_hash: Sha256
    launch_window_id: Sha256
    status: Status
    phase: str
    facts: Items[str]
    start: Start | None
    boundaries: Items[Boundary]
    steps: Items[Taken]
    decided: Taken | None
    holds: Items[OpenHold]
    anomalies: Items[Opened]
    blockers: Items[Opened]
    triggers: Items[Trigger]
    posture: Items[PostureRule]
    waiting: Items[Waiting]
    pending: Items[ReportPending]
    unused: Items[Unused]
    notices: Items[Unmet]
    operator_facts: Items[ShownFacts]
    disagreements: Items[ShownDisagreement]
    next: Items[Step]


class WindowStatus(Document):
    """The launch windows: open, deferred, ended; `scope_hash` is what the directory holds.

    `window` is the one that the run is about, null where none was ever opened. `chain` is what the
    observer on this machine sees, null where the policy has no table `[chain]`.
    """

    schema_: Annotated[Literal["aztrust/window-status"], Field(alias="schema")]
    command: str
    scope_hash: Sha256 | None
    open: Items[OpenWindow]
    deferred: Items[DeferredWindow]
    ended: Items[EndedWindow]
    chain: SeenChain | None
    window: ShownWindow | None


class OfWindow(Document):
    """What every document about one window has."""

    command: str
    scope_hash: Sha256
    launch_window_id: Sha256


class WindowNext(OfWindow):
    """The steps that the status of the window allows."""

    schema_: Annotated[Literal["aztrust/window-next"], Field(alias="schema")]
    exit_code: ExitCode
    at_unix_ms: Milliseconds
    status: Status
    phase: str
    steps: Items[Step]
    waiting: Items[Waiting]


class LogEntry(Model):
    """One line of the log; `entry` is its index in the ledger, null where no ledger has it. `about`
    is the step that an exception names, or the record that is corrected.
    """

    kind: EntryKind
    name: str
    record_id: Sha256
    holders: Items[str]
    entry: Count | None
    at_unix_ms: Milliseconds
    statement: str
    text: str
    status: Status | None
    phase: Phase | None
    about: str | None
    findings: Items[Unmet]


class WindowLog(OfWindow):
    """What happened in the window, the oldest first."""

    schema_: Annotated[Literal["aztrust/window-log"], Field(alias="schema")]
    status: Status
    phase: str
    entries: Items[LogEntry]


class ScriptStep(Model):
    """A step of the script; `needs` are the ids of its conditions."""

    number: Annotated[int, Field(ge=1)]
    step: str
    role: str | None
    phase: Phase
    title: str
    planned_unix_ms: Milliseconds | None
    act: str
    needs: Items[str]
    clauses: Items[str]
    command: str | None


class WindowScript(OfWindow):
    """The script: `script_hash` is in the window, `digest` is of the `text` computed here."""

    schema_: Annotated[Literal["aztrust/window-script"], Field(alias="schema")]
    exit_code: ExitCode
    script_hash: Sha256 | None
    digest: Sha256
    steps: Items[ScriptStep]
    text: str


class MinutedStep(Model):
    """A step of the script with what happened."""

    number: Annotated[int, Field(ge=1)]
    step: str
    role: str | None
    planned_unix_ms: Milliseconds | None
    happened: Items[LogEntry]
    exceptions: Items[LogEntry]


class WindowMinutes(OfWindow):
    """The minutes; `text` is the whole page in the `form` that was asked for."""

    schema_: Annotated[Literal["aztrust/window-minutes"], Field(alias="schema")]
    status: Status
    phase: str
    at_unix_ms: Milliseconds
    steps: Items[MinutedStep]
    others: Items[LogEntry]
    form: Literal["markdown", "html"]
    text: str


class RoleCard(Model):
    """An actor under the policy; `title` is null for a role that AZ-14.1 does not have."""

    role: str
    title: str | None
    holders: Items[str]
    backup: Items[str]
    acts: Items[str]
    places: Items[str]
    responsibilities: Items[str]
    escalation: Items[str]
    may_confirm: Items[str]
    may_not_improvise: Items[str]


class WindowRoles(Document):
    """The cards of the actors."""

    schema_: Annotated[Literal["aztrust/window-roles"], Field(alias="schema")]
    command: str
    policy_digest: Sha256
    roles: Items[RoleCard]
