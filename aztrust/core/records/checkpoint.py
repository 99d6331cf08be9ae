"""The LaunchCheckpointRecord (AZ-17.2): one checkpoint of a launch window, passed or not.

The record says what was concluded. The matrix shows from what: one row per question, each with
owner, status, evidence and time (AZ-23.2). `aztrust.core.records.verdict` puts both into
the statement that is signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal, get_args

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import MACHINE_ROWS, ROWS
from aztrust.core.records.contents import own_id
from aztrust.core.records.lessons import ROW_PREFIX

CheckpointClass = Literal[
    "freeze_confirmed",
    "final_checks_completed",
    "go_hold_review_completed",
    "bootstrap_authorized",
    "first_blocks_healthy",
    "first_epoch_finalized",
    "restricted_posture_entered",
    "restricted_posture_exit_ready",
]
CHECKPOINT_CLASSES: Final[tuple[CheckpointClass, ...]] = get_args(CheckpointClass)
"""The eight of AZ-17.3, in the order of a launch."""

CheckpointVerdict = Literal["pass", "fail", "hold", "conditional"]
RowStatus = Literal["pass", "fail", "error", "not_run", "not_applicable"]

# RFC 3339 ends with the year 9999, and the statement writes this time as RFC 3339 as well.
WrittenMs = Annotated[int, Field(ge=0, le=253_402_300_799_999)]

FREEZE: Final = "freeze_confirmed"
FINAL: Final = "final_checks_completed"
FREEZE_ROWS: Final = (
    "release-package",
    "genesis-package",
    "release-manifest",
    "approvals",
    "scope",
    "supersession",
)
"""The six confirmations of AZ-5.2, in its order: the whole matrix of a freeze."""


class MatrixRow(Model):
    """One question of a matrix, answered. `evidence` are ids and digests of what was looked at."""

    evidence: Items[Sha256]
    id: Name
    owner: Name
    status: RowStatus
    timestamp_unix_ms: WrittenMs


class Checkpoint(Model):
    """The LaunchCheckpointRecord, with exactly the fields of AZ-17.2.

    An `error` is recorded as `hold` (AZ-17.4). `blocker_root` and `evidence_refs` are absent where
    there is no blocker, no evidence.
    """

    checkpoint_id: Sha256
    launch_window_id: Sha256
    checkpoint_class: CheckpointClass
    checkpoint_scope_hash: Sha256
    verdict: CheckpointVerdict
    blocker_root: Sha256 | None = None
    evidence_refs: SomeItems[Sha256] | None = None
    timestamp_unix_ms: WrittenMs

    @property
    def is_freeze(self) -> bool:
        """Whether it is about the freeze; `verdict` says whether that was confirmed."""
        return self.checkpoint_class == FREEZE


def checkpoint_id(checkpoint: Checkpoint) -> str:
    """The id that a checkpoint has by its contents: SHA-256 of its canonical form without one."""
    return own_id(checkpoint, "checkpoint_id")


def completed(checkpoint: Checkpoint, matrix: Iterable[MatrixRow]) -> Checkpoint:
    """The checkpoint with the two fields that follow from the rest: `evidence_refs` and the id."""
    evidence = tuple(sorted({ref for row in matrix for ref in row.evidence}))
    with_evidence = checkpoint.model_copy(update={"evidence_refs": evidence or None})
    return with_evidence.model_copy(update={"checkpoint_id": checkpoint_id(with_evidence)})


def contradictions(checkpoint: Checkpoint, matrix: tuple[MatrixRow, ...]) -> Iterator[str]:
    """What a record says that its matrix does not bear out, one clause each."""
    ids = tuple(row.id for row in matrix)
    if len(set(ids)) != len(ids):
        yield "has a row of its matrix twice"
    if any(row.timestamp_unix_ms > checkpoint.timestamp_unix_ms for row in matrix):
        yield "has a row of its matrix that is later than the record"
    if checkpoint.is_freeze and ids != FREEZE_ROWS:
        yield "is a freeze without exactly the six confirmations of AZ-5.2"
    if checkpoint.checkpoint_class == FINAL and not _are_final_rows(ids):
        yield "is a final check without exactly its twelve rows, and then those of lessons"
    if checkpoint.verdict != "pass":
        return
    # No policy can name one of the six as not applicable, a freeze is all of them (AZ-5.2); nor
    # what is recomputed in the final checks.
    computed = FREEZE_ROWS if checkpoint.is_freeze else MACHINE_ROWS
    for row in matrix:
        can_be_spared = row.id not in computed and not row.id.startswith(ROW_PREFIX)
        spared = row.status == "not_applicable" and can_be_spared
        if row.status != "pass" and not spared:
            yield f"says pass, and its row {row.id} says {row.status}"
            break
    if not any(row.status == "pass" for row in matrix):
        yield "says pass, and no row of its matrix does"


def _are_final_rows(ids: tuple[str, ...]) -> bool:
    count = len(ROWS)
    return ids[:count] == ROWS and all(id_.startswith(ROW_PREFIX) for id_ in ids[count:])
