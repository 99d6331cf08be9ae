"""A ledger of one launch window in memory: what is signed for it, folded by `read_window`.

    ledger = WindowLedger()                    # luca signs every act alone
    ledger = WindowLedger(authority=TWO_EACH)  # two holders sign what a table names
    ledger.walk("decide-go")                   # the way of a launch, up to this step
    ledger.add(ledger.records.hold(), "sonia")
    ledger.state().status

Signatures are not made: `tests.memory_launch.Launch` has whole launches with real envelopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aztrust.core.base.value import replace
from aztrust.core.history.revocations import fold
from aztrust.core.history.verdictset import HeldVerdict, VerdictSet
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.checkpoint import FINAL, FREEZE, Checkpoint
from aztrust.core.records.records import KINDS, VerifiedRecord
from aztrust.core.records.verdict import VerdictStatement
from aztrust.core.state.blockers import fold_blockers
from aztrust.core.state.window.read import Statements, read_window
from aztrust.core.state.window.state import Signed, WindowState
from tests.people import fingerprint, signer
from tests.policies import REVOCATION, SEPARATION, text
from tests.verdicts import NOTHING, ONE
from tests.window_records import MINUTE, Draft, WindowRecords, digest

HOUR: Final = 60 * MINUTE
TWO_EACH: Final = "".join(
    f"[authority.{act}]\ndistinct_holders = 2\n"
    "roles = { launch-coordinator = 1, security-lead = 1 }\n"
    for act in ("proceed", "decide", "authorize", "instruct", "activate", "hold", "defer", "abort")
)
"""Luca and sonia sign these acts together."""

WAY: Final = (
    *("freeze", "final-check", "proceed", "go-hold-reviewed", "decide-go", "authorize"),
    *("bootstrap-authorized", "instruct", "reconfirm", "activate-first", "activate-last"),
    *("first-blocks-healthy", "first-epoch-finalized", "observe", "enter-posture"),
    *("posture-entered", "exit-ready", "exit-posture", "normalize"),
)
"""The steps of a launch that nothing stops, in their order."""

AFTER_START = {"measure": "halt", "criterion": "no finality", "state_handling": "kept"}
# Any one holder of a role that a table names may hold.
AMEND = "[authority.amend]\ndistinct_holders = 1\nroles = { launch-coordinator = 1 }\n"
EITHER_HOLDS = "[authority.defer]\ndistinct_holders = 1\nroles = { security-lead = 1 }\n"
REACHED = {
    "freeze": ("OPEN", 0),
    "final-check": ("AT_GO_HOLD_POINT", 2),
    "proceed": ("AT_GO_HOLD_POINT", 2),
    "go-hold-reviewed": ("AT_GO_HOLD_POINT", 3),
    "decide-go": ("AT_GO_HOLD_POINT", 3),
    "authorize": ("AT_GO_HOLD_POINT", 3),
    "bootstrap-authorized": ("BOOTSTRAP_AUTHORIZED", 3),
    "instruct": ("BOOTSTRAP_AUTHORIZED", 3),
    "reconfirm": ("BOOTSTRAP_AUTHORIZED", 3),
    "activate-first": ("NETWORK_STARTED", 4),
    "activate-last": ("NETWORK_STARTED", 5),
    "first-blocks-healthy": ("EARLY_EPOCHS_ACTIVE", 6),
    "first-epoch-finalized": ("EARLY_EPOCHS_ACTIVE", 6),
    "observe": ("EARLY_EPOCHS_ACTIVE", 6),
    "enter-posture": ("EARLY_EPOCHS_ACTIVE", 6),
    "posture-entered": ("RESTRICTED_POSTURE_ACTIVE", 7),
    "exit-ready": ("RESTRICTED_POSTURE_ACTIVE", 7),
    "exit-posture": ("RESTRICTED_POSTURE_ACTIVE", 8),
    "normalize": ("NORMALIZED", 8),
}
BEFORE_START = WAY[: WAY.index("activate-first")]
SINCE_START = WAY[WAY.index("activate-first") : -1]


class WindowLedger:
    """What holders signed, in the order of the ledger. Every method adds one entry."""

    def __init__(self, *, authority: str = "", verdicts: str = ONE, has_ledger: bool = True):
        amend = "" if "[authority.amend]" in authority else AMEND
        rest = f"{SEPARATION}{REVOCATION}{verdicts}{authority}{amend}"
        toml = text(key_of=fingerprint, rest=rest).encode()
        self.policy = parse_policy(toml)
        self.records = WindowRecords(policy_digest=policy_digest(toml))
        self.entries: list[Signed] = []
        self.folder: list[Signed] = []
        self.has_ledger = has_ledger
        self.made: dict[str, VerifiedRecord] = {}
        self._orders: tuple[str, ...] = ("validators", "proposers")
        self._verdicts = 0

    def wait(self, minutes: int) -> None:
        """What is made from now on is later by so many minutes."""
        self.records = replace(self.records, at=self.records.at + minutes * MINUTE)

    def add(self, draft: Draft, by: str = "luca", *, to_folder: bool = False) -> VerifiedRecord:
        """A record; with `to_folder` the ledger does not have it."""
        key = signer(by).public
        record = VerifiedRecord(draft.record_id, draft.kind, by, key, draft.body, draft.preimages)
        (self.folder if to_folder else self.entries).append(record)
        return record

    def verdict(
        self,
        name: str,
        by: str = "luca",
        *,
        verdict: str = "pass",
        guidance: str = "",
        **changes: Any,
    ) -> HeldVerdict:
        """A checkpoint of this window; the changes are fields of its record."""
        checkpoint = Checkpoint(
            **{
                "checkpoint_id": NOTHING,
                "launch_window_id": self.records.launch_window_id,
                "checkpoint_class": name,
                "checkpoint_scope_hash": self.records.scope_hash,
                "verdict": verdict,
                "timestamp_unix_ms": self.records.at,
                **changes,
            }
        )
        statement = VerdictStatement(
            key=signer(by).public,
            checkpoint=checkpoint,
            matrix=(),
            policy_digest=self.records.policy_digest,
            subjects=(),
            rests_on=(),
            versions={"aztrust": "0.1.0"},
            guidance=guidance or ("CONTINUE" if verdict == "pass" else "HOLD"),
        )
        self._verdicts += 1
        held = HeldVerdict(digest(f"verdict {self._verdicts}"), by, statement)
        self.entries.append(held)
        return held

    def revoke(
        self, target: Signed, by: str = "luca", *, to_folder: bool = False
    ) -> VerifiedRecord:
        """A revocation of a record or a verdict."""
        return self.add(
            self._revocation(target.record_id, "record", "a mistake"), by, to_folder=to_folder
        )

    def revoke_key(
        self, holder: str, by: str = "luca", *, reason: str = "compromised"
    ) -> VerifiedRecord:
        """A revocation of the key of a holder."""
        return self.add(self._revocation(fingerprint(holder), "key", reason), by)

    def _revocation(self, target: str, target_kind: str, reason: str) -> Draft:
        body = KINDS["revocation"].model.model_validate(
            {
                "policy_digest": self.records.policy_digest,
                "reason": reason,
                "revoked_at_unix_ms": self.records.at,
                "stands": (),
                "target": target,
                "target_kind": target_kind,
            }
        )
        return Draft("revocation", body, {})

    def blocker(self, by: str = "luca", *, closes: VerifiedRecord | None = None) -> VerifiedRecord:
        """A critical blocker is opened, or one is closed."""
        fields = {
            "action": "open" if closes is None else "close",
            "blocker": None if closes is None else closes.record_id,
            "policy_digest": self.records.policy_digest,
            "reason": "the archive node does not start",
            "said_at_unix_ms": self.records.at,
            "severity": "critical",
        }
        return self.add(Draft("blocker", KINDS["blocker"].model.model_validate(fields), {}), by)

    def walk(self, until: str, *, order: Iterable[str] = ("validators", "proposers")) -> None:
        """Take the steps of `WAY` that are not made yet, up to and with this one."""
        self._orders = tuple(order)
        for step in WAY[len(self.made) : WAY.index(until) + 1]:
            self.made[step] = self.take(step)  # type: ignore[assignment]
            self.wait(1)

    def take(self, step: str, by: str = "luca") -> Signed:
        """One step of `WAY`, whether or not the state allows it."""
        if step in _CHECKPOINTS:
            if step == "exit-ready":
                self.wait(24 * 60)
            return self.verdict(_CHECKPOINTS[step], by)
        return self.add(self.draft(step), by)

    def draft(self, step: str) -> Draft:
        """The record of one step of `WAY`."""
        records, made = self.records, self.made
        match step:
            case "proceed":
                return records.proceed()
            case "decide-go":
                return records.decision()
            case "authorize":
                return records.authorization(made["decide-go"].record_id, made["proceed"].record_id)
            case "instruct":
                return records.instruction(made["authorize"].record_id, order=self._orders)
            case "activate-first" | "activate-last":
                role = self._orders[0 if step == "activate-first" else -1]
                return records.activation(made["instruct"].record_id, role)
            case "observe":
                return records.observation()
            case "enter-posture":
                return records.entry()
            case "exit-posture":
                return records.exit()
            case "normalize":
                return records.normalization(made["exit-posture"].record_id)
        raise ValueError(step)

    def state(self, now: int | None = None, *, count: int | None = None) -> WindowState:
        """The window after all entries, or after the first so many."""
        entries = self.entries[:count]
        signed = [*entries, *(self.folder if count is None else ())]
        records = [one for one in signed if isinstance(one, VerifiedRecord)]
        effective = fold(self.policy, records)
        verdicts = sorted(
            (one for one in signed if isinstance(one, HeldVerdict)), key=lambda v: v.record_id
        )
        places = {(e.record_id, e.key.fingerprint): n for n, e in enumerate(entries)}
        statements = Statements(
            self.records.policy_digest,
            effective,
            VerdictSet(tuple(verdicts), effective),
            fold_blockers(self.policy, effective, effective.verified),
            places if self.has_ledger else {},
        )
        records_of = self.records
        return read_window(
            self.policy, statements, records_of.scope_hash, records_of.launch_window_id, now
        )


def walked(until: str, **options: str) -> WindowLedger:
    ledger = WindowLedger(**options)  # type: ignore[arg-type]
    ledger.walk(until)
    return ledger


def triggers(state: WindowState) -> list[str]:
    """What took effect, in its order."""
    return [step.row.trigger for step in state.steps]


def unused(state: WindowState) -> list[str]:
    """What has no effect."""
    return [one.trigger for one in state.unused]


def reasons(state: WindowState) -> set[str]:
    """Why something has no effect: names of preconditions, and finding codes."""
    found = [f for one in state.unused for f in one.findings]
    return {f.subject if f.code == "precondition-unmet" else f.code for f in found}


_CHECKPOINTS: Final = {
    "freeze": FREEZE,
    "final-check": FINAL,
    "go-hold-reviewed": "go_hold_review_completed",
    "bootstrap-authorized": "bootstrap_authorized",
    "reconfirm": FINAL,
    "first-blocks-healthy": "first_blocks_healthy",
    "first-epoch-finalized": "first_epoch_finalized",
    "posture-entered": "restricted_posture_entered",
    "exit-ready": "restricted_posture_exit_ready",
}
