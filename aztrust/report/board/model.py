"""The board as one value for programs: its models. Texts are escaped for display."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.judge.board import RowSource
from aztrust.core.judge.launch_status import StageName
from aztrust.core.records.checkpoint import RowStatus
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.context import Anchored
from aztrust.report.model import Milliseconds
from aztrust.report.observe.seen import SeenChain
from aztrust.report.readiness_document import Units
from aztrust.report.todo import ReportTask

OperatorState = Literal["ready", "not-ready", "stale", "silent", "unconfirmed", "contested"]
Count = Annotated[int, Field(ge=0)]


class BoardTime(Model):
    """One time of the window; `after` is what it means once it has passed, null for nothing."""

    id: str
    text: str
    at_unix_ms: Milliseconds
    after: str | None
    over: bool


class BoardHold(Model):
    """A hold that is open: by whom, why, when it ends, when the next update about it is due."""

    record_id: Sha256
    holder: str
    severity: str
    text: str
    ends_at_unix_ms: Milliseconds
    update_at_unix_ms: Milliseconds


class BoardStop(Model):
    """What else stops the launch, or may: a sentence."""

    kind: Literal["blocker", "anomaly", "trigger", "objection", "ended"]
    text: str


class BoardMissing(Model):
    """A role that has to sign, null for any role of the act, and its holders who still can."""

    role: str | None
    holders: Items[str]


class BoardAct(Model):
    """An act that lacks signatures, conditions, or the ledger's keeper.

    `need` is how many signatures it takes, null where no rule of the policy allows it.
    """

    act: str
    record_id: Sha256
    signed_by: Items[str]
    need: Count | None
    missing: Items[BoardMissing]
    waits_for: Items[str]
    expires_at_unix_ms: Milliseconds | None


class BoardCheck(Model):
    """A row of the final checks; `source` says what its status was read from."""

    id: str
    owner: str | None
    status: RowStatus
    detail: str | None
    at_unix_ms: Milliseconds | None
    source: RowSource


class BoardEntry(Model):
    """One of the last records; `entry` is its place in the ledger, null where it has none."""

    record_id: Sha256
    kind: str
    holder: str
    entry: Count | None
    at_unix_ms: Milliseconds
    statement: str
    text: str | None
    revoked: bool


class BoardOperator(Model):
    """An operator, or with `operator` null the validators that belong to none.

    `power` is null where it is not known here; `why` says why the operator is not ready.
    """

    operator: str | None
    roles: Items[str]
    platforms: Items[str]
    state: OperatorState
    power: Units | None
    why: str | None
    at_unix_ms: Milliseconds | None


class BoardThreshold(Model):
    """A threshold of `[readiness]`, in a sentence."""

    text: str
    met: bool


class BoardReadiness(Model):
    """The roll-call. Without a `total` the power is not known here, or is none.

    `need_millionths` and `collapse_millionths` are parts of the total; null where the policy fixes
    none. `met` is null where it has no threshold at all, and false where something is not seen, or
    a person has to decide something.
    """

    met: bool | None
    total: Units | None
    powers: dict[OperatorState, Units]
    need_millionths: Count | None
    collapse_millionths: Count | None
    thresholds: Items[BoardThreshold]
    operators: Items[BoardOperator]
    findings: Items[str]


class BoardWindow(Model):
    """The window that the board shows. `start` is null where no time of a start is known."""

    scope_hash: Sha256
    launch_window_id: Sha256
    status: WindowStatus
    phase: Annotated[int, Field(ge=0, le=8)]
    start_at_unix_ms: Milliseconds | None
    start_from: str | None
    decided: str | None
    times: Items[BoardTime]
    holds: Items[BoardHold]
    acts: Items[BoardAct]


class BoardDocument(Model):
    """The board: one reading of one launch.

    `at_unix_ms` is the time of the reading, by the clock of the machine that read it. `unseen`
    says why something may be missing; `waiting` counts what is in the folder and not in the
    ledger. `checks` are the rows of the final checks, none before the freeze. `chain` is null where
    the policy has no table `[chain]`.
    """

    schema_: Annotated[Literal["aztrust/board"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Count
    command: str
    aztrust_version: str
    at_unix_ms: Milliseconds
    launch: str
    chain_id: str
    network_class: str
    anchor: Anchored
    policy_digest: Sha256
    scope_hash: Sha256 | None
    stage: StageName
    window: BoardWindow | None
    readiness: BoardReadiness | None
    chain: SeenChain | None
    stops: Items[BoardStop]
    checks: Items[BoardCheck]
    tasks: Items[ReportTask]
    records: Items[BoardEntry]
    ledger_size: Count | None
    waiting: Count
    unseen: Items[str]
