"""The restricted posture as rows: each rule that its entry names, and what is known.

A rule is computed from what was signed, where that shows it. What it does not show was not looked
at, until a holder who may enter the posture attests it as `posture-RULE`; an attestation that
denies it counts until its holder takes it back (AZ-12.2, AZ-34).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, get_args

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.policy.authority import act_roles
from aztrust.core.policy.model import Policy
from aztrust.core.policy.window_limits import window_limits
from aztrust.core.records.posture import Amendment, RestrictionRule
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.objections import attestations_about, attests_as_owner
from aztrust.core.state.ordering import unresolved_objections
from aztrust.core.state.window.state import WindowState

RULES: Final[tuple[RestrictionRule, ...]] = tuple(sorted(get_args(RestrictionRule)))
"""Every rule, sorted as a record lists them."""

PREFIX: Final = "posture-"
_SEALED_AGAIN: Final = frozenset({"seal", "supersession"})


def posture_rows(context: Context, state: WindowState) -> tuple[CheckResult, ...]:
    """One row for each rule of the entry that is in force; () where none is.

    Args:
        context: the launch.
        state: of its window, at the time of this run.
    """
    entry, policy = state.records.get("enter-posture"), context.policy
    if entry is None or policy is None:
        return ()
    rules: list[RestrictionRule] = entry.preimages["active_restrictions"]["rules"]
    question = _Question(context, policy, state, entry)
    return tuple(question.row(rule) for rule in rules)


def snapshot_due(context: Context, state: WindowState) -> int | None:
    """When the next snapshot of the restricted posture is due, in milliseconds since the epoch.

    None outside the posture, and where its entry names no such rule. Arguments as `posture_rows`.
    """
    entry, policy = state.records.get("enter-posture"), context.policy
    if entry is None or policy is None or state.status != "RESTRICTED_POSTURE_ACTIVE":
        return None
    if "snapshots" not in entry.preimages["active_restrictions"]["rules"]:
        return None
    return _Question(context, policy, state, entry).snapshot_due


def attesting_roles(policy: Policy) -> tuple[str, ...]:
    """The roles whose holders attest a rule: those that may enter the posture, sorted."""
    return act_roles(policy, "enter-posture")


@frozen
class _Found:
    """What was signed shows of a rule: "" in `lacks` for everything that it asks for."""

    lacks: str = ""
    broken: bool = False
    evidence: tuple[str, ...] = ()
    detail: str = ""
    mend: str = ""


@frozen
class _Question:
    context: Context
    policy: Policy
    state: WindowState
    entry: VerifiedRecord

    def row(self, rule: RestrictionRule) -> CheckResult:
        name = PREFIX + rule
        answers = tuple(self._attestations(name))
        denied = unresolved_objections(self.context, answers)
        if denied:
            by = ", ".join(dict.fromkeys(record.holder for record in denied))
            found = _Found(f"{by} attested that it is not so", broken=True, mend=_attest(rule))
            return _result(name, found)
        found = _COMPUTED[rule](self)
        if not found.lacks or found.broken:
            return _result(name, found)
        recent = [r for r in answers if r.claimed_unix_ms >= self._attested_since(rule)]
        attested = [record for record in recent if not record.is_negative]
        if attested:
            last = max(attested, key=lambda record: record.claimed_unix_ms)
            detail = f"attested by {last.holder} {format_minute(last.claimed_unix_ms)}"
            return _result(name, _Found(evidence=(last.record_id,), detail=detail))
        return _result(name, found)

    def _attestations(self, name: str) -> Iterator[VerifiedRecord]:
        effective = self.context.records.effective
        for record in attestations_about(self.context, name):
            owned = any(
                attests_as_owner(self.policy, record, role) for role in attesting_roles(self.policy)
            )
            if owned and record.scope_hash == self.state.scope_hash and effective.counts(record):
                yield record

    def _attested_since(self, rule: RestrictionRule) -> int:
        """The earliest time of an attestation that still shows the rule."""
        begun = self.state.posture_since_unix_ms or 0
        now = self.context.request.now_unix_ms
        if rule == "snapshots":
            return max(begun, now - self._every_ms)
        if rule == "guard":
            return max(begun, now - window_limits(self.policy).max_final_check_age_ms)
        return begun

    @property
    def _every_ms(self) -> int:
        return int(self.entry.preimages["snapshot_policy"]["every_ms"])

    def amended(self, change: str = "") -> tuple[VerifiedRecord, ...]:
        """The amendments in force, of one kind of change or of every one."""
        return tuple(
            record
            for record in self.state.amendments
            if isinstance(record.body, Amendment)
            and change in ("", record.body.change)
            and self.state.is_in_force(record)
        )

    def change_freeze(self) -> _Found:
        """Nothing was sealed or superseded since the entry that no amendment names."""
        begun, effective = self.state.posture_since_unix_ms, self.context.records.effective
        amendments = self.amended()
        named = {getattr(record.body, "package_id", None) for record in amendments}
        changes = [
            record
            for record in effective.verified
            if record.kind in _SEALED_AGAIN
            and begun is not None
            and record.claimed_unix_ms >= begun
            and effective.counts(record)
            and getattr(record.body, "package_id", "") not in named
        ]
        ids = tuple(record.record_id for record in amendments)
        if not changes:
            many = f"{len(ids)} amendments" if len(ids) != 1 else "1 amendment"
            return _Found(evidence=ids, detail=f"{many} in force")
        first = changes[0]
        return _Found(
            f"{first.title} by {first.holder} is later than the entry, and no amendment names it",
            broken=True,
            mend="aztrust revoke ID --reason T, or propose the change:"
            " aztrust window amend --incident T --reason T --change binary",
        )

    def restart_approval(self) -> _Found:
        """Each role that an anomaly names may restart by an approval."""
        approved = {getattr(r.body, "anomaly_id", None): r.record_id for r in self.state.restarts}
        anomalies = [a for a in self.state.every_anomaly if getattr(a.body, "role", None)]
        open_ = [a for a in anomalies if a.record_id not in approved]
        if not open_:
            evidence = tuple(approved[a.record_id] for a in anomalies)
            return _Found(evidence=evidence, detail=f"{len(anomalies)} anomalies name a role")
        role, short = getattr(open_[0].body, "role", ""), open_[0].record_id[7:15]
        return _Found(
            f"whether {role} started again after anomaly {short} is not known here",
            mend=f"aztrust window activate-role {role} --restart --anomaly {short}, or"
            f" {_attest('restart-approval')}",
        )

    def second_role(self) -> _Found:
        """Each change of a role is signed in two roles."""
        changes = self.amended("role")
        for record in changes:
            if not self._in_two_roles(record):
                return _Found(
                    f"the change of a role in amendment {record.record_id[7:15]} is signed in one"
                    " role",
                    broken=True,
                    mend=f"its signer takes it back: aztrust revoke {record.record_id[7:23]}"
                    " --reason T",
                )
        return _Found(
            evidence=tuple(record.record_id for record in changes),
            detail=f"{len(changes)} changes of a role",
        )

    def _in_two_roles(self, record: VerifiedRecord) -> bool:
        """Whether two holders signed it, each in a role of its own."""
        sources = (s.source for s in self.state.steps)
        holders = {h for s in sources if s.first.record_id == record.record_id for h in s.holders}
        of_act = set(act_roles(self.policy, "amend"))
        roles = [of_act & set(self.policy.holders[h].roles) for h in holders]
        return any(
            len(one | other) > 1 for place, one in enumerate(roles) for other in roles[:place]
        )

    def feature_authorization(self) -> _Found:
        """Which optional features are on is not known from what was signed."""
        changes = self.amended("feature")
        many = f"{len(changes)} features are authorized"
        return _Found(
            f"{many}; whether others are off on the hosts was not looked at",
            evidence=tuple(record.record_id for record in changes),
            mend=_attest("feature-authorization"),
        )

    def snapshots(self) -> _Found:
        """A snapshot is due so often; no record of ours shows one."""
        return _Found(
            f"a snapshot is due {format_minute(self.snapshot_due)}, and none is attested since",
            mend=f"{_attest('snapshots')} --evidence FILE",
        )

    @property
    def snapshot_due(self) -> int:
        """When the next one is due, in milliseconds since the epoch."""
        made = [
            record.claimed_unix_ms
            for record in self._attestations(PREFIX + "snapshots")
            if not record.is_negative
        ]
        last = max(made, default=self.state.posture_since_unix_ms or 0)
        return last + self._every_ms

    def guard(self) -> _Found:
        """A guard runs on machines of its own."""
        return _Found("whether a guard runs was not looked at", mend=_attest("guard"))

    def early_thresholds(self) -> _Found:
        """The stricter thresholds of the first hours are those of the policy."""
        if self.policy.early is not None:
            return _Found(evidence=(self.context.policy_digest,), detail="[early] of the policy")
        return _Found(
            "the policy has no [early] thresholds; those of the monitoring were not looked at",
            mend=_attest("early-thresholds"),
        )


_COMPUTED: Final[Mapping[RestrictionRule, Callable[[_Question], _Found]]] = {
    "change-freeze": _Question.change_freeze,
    "restart-approval": _Question.restart_approval,
    "second-role": _Question.second_role,
    "feature-authorization": _Question.feature_authorization,
    "snapshots": _Question.snapshots,
    "guard": _Question.guard,
    "early-thresholds": _Question.early_thresholds,
}


def _attest(rule: RestrictionRule) -> str:
    return f"aztrust window posture attest {rule} pass"


def _result(name: str, found: _Found) -> CheckResult:
    if not found.lacks:
        return CheckResult(
            name, CheckClass.READINESS, Status.PASS, evidence=found.evidence, detail=found.detail
        )
    finding = Finding("precondition-unmet", name, found.lacks, mend=found.mend)
    status = Status.FAIL if found.broken else Status.NOT_RUN
    return CheckResult(
        name,
        CheckClass.READINESS,
        status,
        (finding,),
        evidence=found.evidence,
        detail=found.lacks,
    )
