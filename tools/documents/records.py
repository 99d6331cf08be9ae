"""The documents of commands that sign a record: one form for each command."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.enrolment import Enrolled
from aztrust.core.records.kind import UnixMs
from aztrust.core.records.readiness import EvidenceFile
from tools.documents.answers import Count, Document


class Recorded(Document):
    """A record that was signed; `record_id` and `path` are null where it was made before.

    `ledger_entry` is its place in the ledger, null where it is not in it yet.
    """

    schema_: Annotated[Literal["aztrust/recorded"], Field(alias="schema")]
    record_id: Sha256 | None
    path: str | None
    ledger_entry: Count | None
    holder: str


class RecordedApproval(Recorded):
    """An approval; `review` is null where it was made before."""

    command: Literal["approve"]
    package_class: PackageClass
    package_id: Sha256
    roles: Items[str]
    missing: Items[str]
    review: dict[str, Any] | None


class RecordedRevocation(Recorded):
    """A revocation: `falls` are the records that count no longer."""

    command: Literal["revoke"]
    target: Sha256
    target_kind: str
    reason: str
    falls: Items[Sha256]
    stands: Items[Sha256]
    effects: Items[str]


class RecordedSupersession(Recorded):
    """The package that is to be replaced, and by which."""

    command: Literal["supersede"]
    package_class: PackageClass
    package_id: Sha256
    successor: str
    withdraws: Items[Sha256]
    reason: str


class RecordedAnnouncement(Recorded):
    """A genesis hash as it was published, and who has stated it."""

    command: Literal["announce genesis-hash"]
    convention: str
    sha256: Sha256
    package_id: Sha256
    stated_by: Items[str]


class RecordedBuild(Recorded):
    """An artifact that was built again."""

    command: Literal["attest-build"]
    path: str
    same: bool
    built_sha256: Sha256
    sealed_sha256: Sha256
    environment: str


class RecordedAttestation(Recorded):
    """An answer to a row of the final checks."""

    command: Literal["attest"]
    check: str
    status: str
    role: str
    scope_hash: Sha256
    evidence: Items[EvidenceFile]


class RecordedAdvisories(Recorded):
    """That the advisories were read."""

    command: Literal["advisory review"]
    outcome: str
    sources: Items[str]
    scope_hash: Sha256
    evidence: Items[EvidenceFile]


class RecordedLessons(Recorded):
    """The testnet lessons that were fixed for a window."""

    command: Literal["lessons"]
    lessons: Items[str]
    launch_window_id: Sha256
    scope_hash: Sha256


class RecordedPlan(Recorded):
    """The plan that was fixed for a window."""

    command: Literal["checklist plan"]
    plan_hash: Sha256
    launch_window_id: Sha256
    scope_hash: Sha256


class _RecordedBlocker(Recorded):
    """A blocker that was opened or closed."""

    blocker: Sha256
    severity: str
    reason: str


class RecordedOpening(_RecordedBlocker):
    """A blocker that was opened."""

    command: Literal["blocker open"]
    action: Literal["open"]


class RecordedClosing(_RecordedBlocker):
    """A blocker that was closed."""

    command: Literal["blocker close"]
    action: Literal["close"]


class _RecordedEnd(Recorded):
    """The end of a window; `say` is the sentence to read aloud."""

    kind: str
    scope_hash: Sha256
    launch_window_id: Sha256
    reason: str
    say: str


class RecordedHandover(Recorded):
    """`window handover`: a note of what is open, for the holder who goes on."""

    command: Literal["window handover"]
    kind: Literal["note"]
    launch_window_id: Sha256
    to: str
    text: str


class RecordedDeferral(_RecordedEnd):
    """A launch that is deferred."""

    command: Literal["window defer"]


class RecordedAbort(_RecordedEnd):
    """A launch that is aborted."""

    command: Literal["window abort"]


class _RecordedAlone(Recorded):
    """A record of a window that one holder signs; `say` is null where it has no statement."""

    kind: str
    scope_hash: Sha256 | None
    launch_window_id: Sha256 | None
    say: str | None


class RecordedObservation(_RecordedAlone):
    """An observation with answers that are `unknown`: it is kept, and lets nothing go on."""

    command: Literal["window observe"]
    unknown: Items[str]


class RecordedLiveStatus(_RecordedAlone):
    """A snapshot of the running network; `health` is its class of finality health."""

    command: Literal["window live-status"]
    health: Literal["healthy", "degraded", "none", "unknown"]


class RecordedAnomaly(_RecordedAlone):
    """An anomaly, with what its class asks for: `keep` is what has to be kept."""

    command: Literal["window anomaly"]
    anomaly_class: str
    guidance: str
    runbook: str
    escalation: str
    keep: str


class RecordedRule(_RecordedAlone):
    """That a rule of the restricted posture holds, or does not."""

    command: Literal["window posture attest"]
    rule: str
    status: str


class RecordedNote(_RecordedAlone):
    """A remark."""

    command: Literal["window note"]
    text: str


class RecordedException(_RecordedAlone):
    """A step that went otherwise than its script says."""

    command: Literal["window exception"]
    step: str
    happened: str
    remedy: str


class RecordedCorrection(_RecordedAlone):
    """A text that adds to an earlier record."""

    command: Literal["window correct"]
    corrects: Sha256
    text: str


class RecordedSignOff(Recorded):
    """A sign-off of an area of the checklist."""

    command: Literal["checklist sign-off"]
    area: str
    decision: Literal["approve", "conditional", "reject"]
    reason: str
    role: str
    state_hash: Sha256
    mitigation_owner: str | None
    due_unix_ms: UnixMs | None
    cites: str | None


class RecordedChecklistEnd(Recorded):
    """The end of the checklist: how many records its index has."""

    command: Literal["checklist freeze"]
    decision: Sha256
    index_hash: Sha256
    score_digest: Sha256
    records: Count


class GentxFile(Model):
    """A file of a folder of gen_txs or of keys, and its outcome."""

    name: str
    outcome: str


class RecordedEnrolment(Recorded):
    """The operators that a registrar enrolled; `replaced` are those that were enrolled before."""

    command: Literal["enrol"]
    gentx: Literal["none", "verified", "unverified"]
    operators: Items[Enrolled]
    replaced: Items[str]
    genesis_compared: bool
    files: Items[GentxFile]


RECORDED: tuple[type[Model], ...] = (
    RecordedApproval,
    RecordedRevocation,
    RecordedSupersession,
    RecordedAnnouncement,
    RecordedBuild,
    RecordedAttestation,
    RecordedAdvisories,
    RecordedLessons,
    RecordedPlan,
    RecordedOpening,
    RecordedClosing,
    RecordedHandover,
    RecordedDeferral,
    RecordedAbort,
    RecordedObservation,
    RecordedLiveStatus,
    RecordedAnomaly,
    RecordedRule,
    RecordedNote,
    RecordedException,
    RecordedCorrection,
    RecordedEnrolment,
    RecordedSignOff,
    RecordedChecklistEnd,
)
