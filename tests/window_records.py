"""A valid record of every kind that a launch window has, for one window of one scope.

    records = WindowRecords(policy_digest=launch.anchor, scope_hash=scope, launch_window_id=window)
    hold = records.hold(severity="major")                       # fields of the record
    hold = records.hold(hold_reason={"ends_at_unix_ms": LATER})  # fields of a preimage
    signed = hold.signed("luca")                                # aztrust.acts.sign.SignedRecord
    launch.envelope(hold.payload(), "luca", hold.kind)          # into tests.memory_launch.Launch

Hashes, roots and own ids are computed. `records.every()` has one of each kind, in the order in
which they depend on each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.model import Model
from aztrust.core.base.value import frozen
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.records import bootstrap, go_hold, observation, posture, remarks, window
from aztrust.core.records.contents import Contents
from aztrust.core.records.records import KINDS
from tests.memory_launch import NOW, Launch
from tests.people import signer

MINUTE = 60_000
ANSWERS = (
    *("finalized_roots", "finality_cadence", "determinism", "committees"),
    *("finality_gaps", "scope_match", "governance"),
)
Changes = Mapping[str, object]


def digest(name: str) -> str:
    """A digest that no other name has."""
    return sha256_id(name.encode())


@frozen
class Draft:
    """A record before it is signed."""

    kind: str
    body: Model
    preimages: dict[str, Any]

    def payload(self) -> bytes:
        """The bytes that are signed."""
        subject = Subject(*KINDS[self.kind].subject(self.body, self.preimages))
        record = self.body.model_dump(mode="json", exclude_none=True)
        return build_statement(self.kind, [subject], record, self.preimages)

    @property
    def record_id(self) -> str:
        """The id that it has, with any signature."""
        return sha256_id(self.payload())

    def signed(self, by: str) -> SignedRecord:
        """Signed by a person of `tests.people`."""
        return sign_record(self.kind, self.body, self.preimages, signer(by))


@frozen
class WindowRecords:
    """Builds records for one window; `at` is when they are made, `lasts` until they expire."""

    policy_digest: str = digest("policy")
    scope_hash: str = digest("scope")
    launch_window_id: str = digest("window")
    at: int = 1_780_315_200_000
    lasts: int = 60 * MINUTE

    def launch_window(self, metadata: Changes | None = None, **fields: object) -> Draft:
        wanted = {**self._bound(), **(metadata or {})}
        defaults = {
            "version_major": 1,
            "version_minor": 0,
            "status": "OPEN",
            **self._target(),
            "authorized_release_package_id": digest("release"),
            "authorized_genesis_package_id": digest("genesis package"),
            "window_open_time_unix_ms": self.at,
        }
        made = {"metadata": window.WindowMetadata.model_validate(wanted)}
        return _draft("launch-window", window.WINDOW_CONTENTS, {**defaults, **fields}, made)

    def defer(self, **fields: object) -> Draft:
        return self._own("launch-defer", "deferred_at_unix_ms", {"reason": "not ready"}, fields)

    def abort(self, **fields: object) -> Draft:
        defaults = {"reason": "another binary", "trigger": "binary-hash-mismatch"}
        return self._own("launch-abort", "aborted_at_unix_ms", defaults, fields)

    def hold(
        self,
        hold_reason: Changes | None = None,
        expected_resolution: str | None = "the peers of one operator answer",
        **fields: object,
    ) -> Draft:
        reason = {
            **self._bound(),
            "reason": "peers of one operator are not seen",
            "anomaly_class": "peer-compatibility-anomaly",
            "ends_at_unix_ms": self.at + 30 * MINUTE,
            "next_update_unix_ms": self.at + 10 * MINUTE,
            **(hold_reason or {}),
        }
        resolution = expected_resolution and go_hold.ExpectedResolution(text=expected_resolution)
        made = {
            "hold_reason": go_hold.HoldReason.model_validate(reason),
            "expected_resolution_scope": resolution or None,
        }
        defaults = {**self._timed(), "severity": "critical"}
        return _draft("launch-hold", go_hold.HOLD_CONTENTS, {**defaults, **fields}, made)

    def proceed(self, justification: Changes | None = None, **fields: object) -> Draft:
        """To the authorization, or with `prior_hold_id` (a `hold_id`) after a hold."""
        after_hold = fields.get("prior_hold_id") is not None
        outcome = "CONTINUE" if after_hold else "PROCEED_TO_BOOTSTRAP_AUTH"
        wanted = {
            **self._proposal(),
            "reason": "all checks pass",
            "outcome": outcome,
            **(justification or {}),
        }
        made = {"justification": go_hold.ProceedJustification.model_validate(wanted)}
        return _draft("launch-proceed", go_hold.PROCEED_CONTENTS, {**self._timed(), **fields}, made)

    def decision(self, decision: str = "GO", **fields: object) -> Draft:
        defaults = {**self._proposal(), "decision": decision, "reason": "all checks pass"}
        return self._own("go-no-go-decision", "decided_at_unix_ms", defaults, fields)

    def authorization(self, decision_id: str, proceed_id: str, **fields: object) -> Draft:
        """By the record ids of a decision and a proceed."""
        defaults = {
            **self._proposal(),
            **self._target(),
            "decision_id": decision_id,
            "proceed_id": proceed_id,
            "release_package_id": digest("release"),
        }
        return self._own("launch-authorization", "authorized_at_unix_ms", defaults, fields)

    def instruction(
        self,
        launch_authorization_id: str,
        start_window: Changes | None = None,
        order: Iterable[str] = ("validators", "proposers"),
        **fields: object,
    ) -> Draft:
        """By the record id of an authorization; `order` are the roles, the first one first."""
        start = {
            **self._proposal(),
            "launch_window_id": self.launch_window_id,
            "opens_at_unix_ms": self.at + MINUTE,
            "closes_at_unix_ms": self.at + 20 * MINUTE,
            **(start_window or {}),
        }
        steps = {"order": [{"role": role, "description": f"start {role}"} for role in order]}
        made = {
            "start_window": bootstrap.StartWindow.model_validate(start),
            "role_activation_order": bootstrap.RoleActivationOrder.model_validate(steps),
        }
        defaults = {
            **self._target(),
            "launch_authorization_id": launch_authorization_id,
            "timestamp_unix_ms": self.at,
        }
        kind = "bootstrap-start-instruction"
        return _draft(kind, bootstrap.INSTRUCTION_CONTENTS, {**defaults, **fields}, made)

    def activation(self, instruction_id: str, role: str = "validators", **fields: object) -> Draft:
        """By the record id of an instruction."""
        defaults = {
            "action": "activate",
            "instruction_id": instruction_id,
            "role": role,
            "observed": "all validators are connected",
        }
        return self._own("role-activation", "activated_at_unix_ms", defaults, fields)

    def anomaly(self, **fields: object) -> Draft:
        defaults = {
            "anomaly_class": "no-finality-anomaly",
            "detail": "no finality for two epochs",
            "guidance": "HOLD",
            "severity": "critical",
            "incident": "INC-7",
            "role": "validators",
        }
        return self._own("launch-anomaly", "observed_at_unix_ms", defaults, fields)

    def resolution(self, anomaly: str, **fields: object) -> Draft:
        """By the record id of an anomaly."""
        defaults = {
            "anomaly": anomaly,
            "evidence": self._evidence(),
            "outcome": "resolved",
            "reason": "finality is back",
            **self._bound(),
            "resolved_at_unix_ms": self.at,
        }
        return _draft("anomaly-resolution", observation.RESOLUTION_CONTENTS, {**defaults, **fields})

    def live_status(
        self,
        participation: Iterable[str] = (digest("one"), digest("two")),
        anomalies: Iterable[str] = (digest("anomaly"),),
        operators: Iterable[str] = (),
        metadata: Changes | None = None,
        **fields: object,
    ) -> Draft:
        wanted = {**self._bound(), "note": "two of two validators", **(metadata or {})}
        made = {
            "metadata": observation.LiveStatusMetadata.model_validate(wanted),
            "observed_validator_participation": participation,
            "anomaly": anomalies,
            "local_operator_status": operators,
        }
        defaults = {
            **self._timed(),
            "phase_class": "FIRST_BLOCKS",
            "observed_finality_health_class": "healthy",
        }
        contents = observation.LIVE_STATUS_CONTENTS
        return _draft("launch-live-status", contents, {**defaults, **fields}, made)

    def observation(self, answers: Changes | None = None, **fields: object) -> Draft:
        defaults = {
            "answers": {**dict.fromkeys(ANSWERS, "ok"), **(answers or {})},
            "evidence": self._evidence(),
            "note": "",
            "observed_epoch_range": {"first": 0, "last": 3},
        }
        return self._own("launch-observation", "observed_at_unix_ms", defaults, fields)

    def entry(
        self,
        active_restrictions: Changes | None = None,
        incident_sensitivity_policy: Changes | None = None,
        snapshot_policy: Changes | None = None,
        **fields: object,
    ) -> Draft:
        restrictions = {
            **self._proposal(),
            "rules": ["change-freeze", "snapshots"],
            "ends_not_before_unix_ms": self.at + 600 * MINUTE,
            **(active_restrictions or {}),
        }
        sensitivity = {"escalate_from": "minor", "text": "", **(incident_sensitivity_policy or {})}
        snapshots = {"every_ms": 10 * MINUTE, "text": "", **(snapshot_policy or {})}
        made = {
            "active_restrictions": posture.ActiveRestrictions.model_validate(restrictions),
            "incident_sensitivity_policy": posture.IncidentSensitivityPolicy.model_validate(
                sensitivity
            ),
            "snapshot_policy": posture.SnapshotPolicy.model_validate(snapshots),
        }
        defaults = {**self._timed(), "observed_epoch_range": {"first": 0, "last": 3}}
        kind = "restricted-posture-entry"
        return _draft(kind, posture.ENTRY_CONTENTS, {**defaults, **fields}, made)

    def exit(
        self,
        observations: Iterable[str] = (digest("first observation"), digest("second observation")),
        justification: Changes | None = None,
        **fields: object,
    ) -> Draft:
        """With the ids of the observations that it rests on."""
        wanted = {**self._proposal(), "reason": "stable for a day", **(justification or {})}
        made = {
            "justification": posture.ExitJustification.model_validate(wanted),
            "observation": observations,
        }
        kind = "restricted-posture-exit"
        return _draft(kind, posture.EXIT_CONTENTS, {**self._timed(), **fields}, made)

    def normalization(self, exit_id: str, **fields: object) -> Draft:
        """By the record id of an exit."""
        defaults = {"exit_id": exit_id, "reason": "the network is stable"}
        return self._own("normalization", "normalized_at_unix_ms", defaults, fields)

    def amendment(self, **fields: object) -> Draft:
        """Of a binary, effective at a height unless `effective_at_unix_ms` is given."""
        artifact = {
            "path": "node.tar.gz",
            "member": "node",
            "role": "node",
            "platform": "linux/amd64",
            "sha256": digest("patched node"),
            "blake3": f"blake3:{digest('patched node')[7:]}",
        }
        defaults: dict[str, object] = {
            "artifacts": [artifact],
            "change": "binary",
            "incident": "INC-7",
            "package_id": digest("patched release"),
            "reason": "the node stops at a certain transaction",
            "expires_at_unix_ms": self.at + self.lasts,
        }
        if "effective_at_unix_ms" not in fields:
            defaults["effective_height"] = 1000
        return self._own("amendment", "proposed_at_unix_ms", defaults, fields)

    def exception(self, **fields: object) -> Draft:
        defaults = {
            "step": "go-hold point",
            "happened": "the call was cut",
            "remedy": "the step was repeated",
            "witnesses": ["luca", "rita"],
        }
        return self._own("exception", "happened_at_unix_ms", defaults, fields)

    def correction(self, corrects: str, **fields: object) -> Draft:
        """By the record id of what it corrects."""
        defaults = {
            "corrects": corrects,
            "policy_digest": self.policy_digest,
            "text": "the call was cut twice",
            "corrected_at_unix_ms": self.at,
        }
        return _draft("correction", remarks.CORRECTION_CONTENTS, {**defaults, **fields})

    def every(self) -> dict[str, Draft]:
        """One record of each kind, in the order in which they depend on each other."""
        decision, proceed = self.decision(), self.proceed()
        authorization = self.authorization(decision.record_id, proceed.record_id)
        instruction = self.instruction(authorization.record_id)
        anomaly, leaving, exception = self.anomaly(), self.exit(), self.exception()
        drafts = (
            *(self.launch_window(), self.hold(), proceed, decision, authorization, instruction),
            *(self.activation(instruction.record_id), anomaly, self.resolution(anomaly.record_id)),
            *(self.live_status(), self.observation(), self.entry(), leaving),
            *(self.normalization(leaving.record_id), self.amendment(), exception),
            *(self.correction(exception.record_id), self.defer(), self.abort()),
        )
        return {draft.kind: draft for draft in drafts}

    def _own(self, kind: str, time: str, defaults: Changes, fields: Changes) -> Draft:
        """A record whose fields say all: policy, scope, window and time are among them."""
        bound = {**self._bound(), "launch_window_id": self.launch_window_id, time: self.at}
        return _draft(kind, Contents(), {**bound, **defaults, **fields})

    def _bound(self) -> dict[str, object]:
        return {"policy_digest": self.policy_digest, "scope_hash": self.scope_hash}

    def _timed(self) -> dict[str, object]:
        return {"launch_window_id": self.launch_window_id, "timestamp_unix_ms": self.at}

    def _target(self) -> dict[str, object]:
        return {
            "target_network_class": "devnet",
            "target_chain_id": "test-1",
            "target_genesis_hash": digest("genesis"),
        }

    def _proposal(self) -> dict[str, object]:
        head = {"keeper": digest("keeper"), "origin": "test-1", "root": digest("root"), "size": 7}
        return {
            **self._bound(),
            "rests_on": sorted((digest("final check"), digest("freeze"))),
            "head": head,
            "expires_at_unix_ms": self.at + self.lasts,
        }

    @staticmethod
    def _evidence() -> list[dict[str, object]]:
        blake3 = f"blake3:{digest('file')[7:]}"
        return [{"name": "epochs.txt", "sha256": digest("file"), "blake3": blake3, "size": 12}]


def _draft(kind: str, contents: Contents, fields: Changes, preimages: Changes = {}) -> Draft:  # noqa: B006
    return Draft(kind, *contents.make(KINDS[kind].model, fields, preimages))  # type: ignore[arg-type]


def frozen_launch(verdicts: str) -> tuple[Launch, WindowRecords]:
    """A frozen launch in memory, and the records of its window, made a minute later."""
    launch = Launch.approved(verdicts=verdicts)
    window = launch.window(at=NOW)
    launch.verdict(launch_window_id=window)
    scope = launch.verify().context.scope.hash
    return launch, WindowRecords(launch.anchor, scope, window, NOW + MINUTE)
