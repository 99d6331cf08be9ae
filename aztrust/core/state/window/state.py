"""What has become of one launch window: a frozen value that only `fold_window` makes."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.findings import Finding
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import field, frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.quorum import Quorum
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import WindowStatus
from aztrust.core.state.window.facts import Fact, StoredFact
from aztrust.core.state.window.row import BEFORE_START, PHASES, STARTED, Row, Trigger

Signed = VerifiedRecord | HeldVerdict


@frozen
class Limits:
    """The lengths of time that the policy's `[window]` sets, in milliseconds."""

    max_final_check_age_ms: int
    min_posture_ms: int


@frozen
class Source:
    """What a step rests on: its signed statements, by whom, and when it took effect.

    Args:
        records: the envelopes, one by each holder, in the order in which they counted.
        at_unix_ms: the largest time that was claimed until then.
        place: the index in the ledger of the last one, None where no ledger has it.
    """

    records: tuple[Signed, ...]
    at_unix_ms: int
    place: int | None = None

    @property
    def first(self) -> Signed:
        """One of the envelopes; of a joint act they all have the same payload."""
        return self.records[0]

    @property
    def holders(self) -> tuple[str, ...]:
        """Who signed, in their order."""
        return tuple(dict.fromkeys(record.holder for record in self.records))


@frozen
class Step:
    """A step that took effect, with the status and phase after it."""

    row: Row
    source: Source
    status: WindowStatus
    phase: int


@frozen
class JointAct:
    """An act that lacks signatures, or a condition.

    Args:
        trigger: what it is.
        source: the envelopes so far.
        quorum: the count against the rule of its act; None where the status allows no such act.
        missing: the conditions that do not hold now; () where only signatures are missing.
        expires_at_unix_ms: when it can no longer take effect, None where it names no time.
    """

    trigger: Trigger
    source: Source
    quorum: Quorum | None
    missing: tuple[Finding, ...] = ()
    expires_at_unix_ms: int | None = None


@frozen
class Unused:
    """A signed statement about this window that has no effect, and why."""

    trigger: Trigger
    source: Source
    findings: tuple[Finding, ...]


@frozen
class WindowState:
    """One launch window after a number of signed statements.

    Args:
        launch_window_id, scope_hash: which window.
        window: the record that opened it, None where that is not here.
        limits: what the policy sets.
        status: one of the ten of AZ-16.2.
        phase: 0 to 8, the index in `table.PHASES`.
        facts: the facts that steps set.
        now_unix_ms: the largest time that was claimed so far.
        holds, anomalies, blockers: those that are open, the oldest first.
        every_anomaly: open or closed.
        broken: final checks that found broken truth after the start; closed like an anomaly.
        records: the last record of each trigger that took effect, such as `instruct`.
        activated: the roles that were activated, in their order.
        restarts: approvals of restarts.
        amendments: the reviewed changes.
        final_at_unix_ms: when the last final check that passed was made, None before it.
        posture_since_unix_ms: when the restricted posture was entered, None before it.
        steps: what took effect, in its order.
        waiting: acts that lack signatures or conditions.
        unused: statements without effect.
        withdrawn: identities of what was revoked after the start.
        checklist_text: why the last GO does not rest on the checklist of the policy.
        by_checklist: whether the policy names a checklist, which then decides.
    """

    launch_window_id: str
    scope_hash: str
    limits: Limits
    window: VerifiedRecord | None = None
    status: WindowStatus = "OPEN"
    phase: int = 0
    facts: frozenset[StoredFact] = frozenset()
    now_unix_ms: int = 0
    holds: tuple[VerifiedRecord, ...] = ()
    anomalies: tuple[VerifiedRecord, ...] = ()
    every_anomaly: tuple[VerifiedRecord, ...] = ()
    broken: tuple[HeldVerdict, ...] = ()
    blockers: tuple[VerifiedRecord, ...] = ()
    records: Mapping[Trigger, VerifiedRecord] = field(default_factory=dict)
    activated: tuple[str, ...] = ()
    restarts: tuple[VerifiedRecord, ...] = ()
    amendments: tuple[VerifiedRecord, ...] = ()
    final_at_unix_ms: int | None = None
    posture_since_unix_ms: int | None = None
    steps: tuple[Step, ...] = ()
    waiting: tuple[JointAct, ...] = ()
    unused: tuple[Unused, ...] = ()
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    checklist_text: str = "no decision names the checklist of the policy"
    by_checklist: bool = False

    def is_in_force(self, record: VerifiedRecord) -> bool:
        """Whether no envelope of this record was revoked since the network started."""
        return all(record.record_id != record_id for record_id, _ in self.withdrawn)

    @property
    def phase_name(self) -> str:
        """`LW_PHASE_…` (AZ-4.1)."""
        return PHASES[self.phase]

    @property
    def has_started(self) -> bool:
        """Whether a role was ever activated in it."""
        return bool(self.activated)

    @property
    def started(self) -> Step | None:
        """The first activation; None before it."""
        return next((step for step in self.steps if step.row.trigger == "activate-first"), None)

    @property
    def is_running(self) -> bool:
        """Whether it is neither normal operation nor ended."""
        return self.status in BEFORE_START or self.status in STARTED

    @property
    def ended_by(self) -> VerifiedRecord | None:
        """The defer or the abort that ended it, None where none did."""
        if self.status not in ("DEFERRED", "ABORTED"):
            return None
        last = self.steps[-1].source.first
        return last if isinstance(last, VerifiedRecord) else None

    @property
    def order(self) -> tuple[str, ...]:
        """The roles in the order in which the instruction activates them; () without one."""
        instruction = self.records.get("instruct")
        if instruction is None:
            return ()
        steps = instruction.preimages["role_activation_order"]["order"]
        return tuple(step["role"] for step in steps)

    @property
    def next_role(self) -> str:
        """The role that is to be activated next, "" where none is left or there is no order."""
        left = self.order[len(self.activated) :]
        return left[0] if left else ""

    @property
    def activation(self) -> Trigger:
        """Which activation the next one is: the first, the last, or one between."""
        if not self.has_started:
            return "activate-first"
        left = self.order[len(self.activated) :]
        return "activate-last" if len(left) == 1 else "activate-next"

    def facts_at(self, now_unix_ms: int, made_unix_ms: int | None = None) -> frozenset[Fact]:
        """The facts at a time: those that steps set, and those that depend on the time.

        Args:
            now_unix_ms: what ends, ends by this time.
            made_unix_ms: what begins has begun at this time: when an act was made, by the earliest
                claim of its signers. No claim in another statement lets anything begin. None for
                `now_unix_ms`.
        """
        made = now_unix_ms if made_unix_ms is None else min(made_unix_ms, now_unix_ms)
        found: set[Fact] = set(self.facts)
        final, since = self.final_at_unix_ms, self.posture_since_unix_ms
        if final is not None and now_unix_ms - final <= self.limits.max_final_check_age_ms:
            found.add("final-checks-recent")
        opens, closes = self.start_window
        if opens <= made and now_unix_ms <= closes:
            found.add("start-window-open")
        if since is not None and made >= self.posture_ends_unix_ms:
            found.add("posture-interval-over")
        return frozenset(found)

    @property
    def start_window(self) -> tuple[int, int]:
        """When the network may start, from and until; an empty interval without an instruction."""
        instruction = self.records.get("instruct")
        if instruction is None:
            return 1, 0
        window = instruction.preimages["start_window"]
        return window["opens_at_unix_ms"], window["closes_at_unix_ms"]

    @property
    def posture_ends_unix_ms(self) -> int:
        """When the restricted posture may end at the earliest; 0 before it was entered."""
        if self.posture_since_unix_ms is None:
            return 0
        least = self.posture_since_unix_ms + self.limits.min_posture_ms
        entry = self.records.get("enter-posture")
        # The signers of the entry may have fixed a longer time.
        return max(least, posture_fixed_until(entry)) if entry is not None else least

    @property
    def hold_text(self) -> str:
        """Which hold is open, and until when."""
        if not self.holds:
            return "no hold is open"
        hold = self.holds[0]
        ends = format_minute(hold_ends(hold))
        more = f" and {len(self.holds) - 1} more" if len(self.holds) > 1 else ""
        return f"a hold by {hold.holder} is open until {ends}{more}"

    @property
    def blocker_text(self) -> str:
        """Which critical blockers are open."""
        return _listed("critical blocker", self.blockers)

    @property
    def anomaly_text(self) -> str:
        """Which anomalies that stop the launch are open."""
        return _listed("anomaly", (*self.anomalies, *self.broken))

    @property
    def final_text(self) -> str:
        """How the final checks are."""
        if "final-checks-passed" in self.facts:
            return "the final checks passed"
        if self.final_at_unix_ms is not None:
            return "a later final check did not pass"
        return "no final check of this window passed"

    @property
    def final_age_text(self) -> str:
        """When the last final check that passed was made."""
        if self.final_at_unix_ms is None:
            return "no final check of this window passed"
        return f"the last final check that passed is of {format_minute(self.final_at_unix_ms)}"

    @property
    def start_window_text(self) -> str:
        """When the network may start."""
        opens, closes = self.start_window
        if opens > closes:
            return "no instruction names a start window"
        return f"the start window is {format_minute(opens)} to {format_minute(closes)}"

    @property
    def next_role_text(self) -> str:
        """Which role is the next one."""
        if not self.order:
            return "no instruction fixes an order"
        return f"the next role is {self.next_role}" if self.next_role else "every role is activated"

    @property
    def posture_text(self) -> str:
        """When the restricted posture may end."""
        if self.posture_since_unix_ms is None:
            return "the restricted posture was not entered"
        return f"it may end {format_minute(self.posture_ends_unix_ms)} at the earliest"


def posture_fixed_until(entry: VerifiedRecord) -> int:
    """Until when an entry fixes the restricted posture, in milliseconds since the epoch."""
    return int(entry.preimages["active_restrictions"]["ends_not_before_unix_ms"])


def hold_ends(hold: VerifiedRecord) -> int:
    """When a hold ends, in milliseconds since the epoch; its kind checked it."""
    return int(hold.preimages["hold_reason"]["ends_at_unix_ms"])


def next_update(hold: VerifiedRecord) -> int:
    """When the next update about a hold is due, in milliseconds since the epoch."""
    return int(hold.preimages["hold_reason"]["next_update_unix_ms"])


def hold_ids(state: WindowState) -> tuple[str, ...]:
    """The `hold_id` of each open hold, the oldest first."""
    return tuple(getattr(hold.body, "hold_id", "") for hold in state.holds)


def _listed(what: str, records: tuple[Signed, ...]) -> str:
    if not records:
        return f"no {what} is open"
    names = ", ".join(f"{r.record_id[7:15]} by {r.holder}" for r in records[:3])
    more = f" and {len(records) - 3} more" if len(records) > 3 else ""
    return f"open: {what} {names}{more}"
