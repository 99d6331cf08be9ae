"""Has the launch scope been frozen, and is it this one?

The freeze is the moment from which nothing may change any more. Before it, a launch can be
complete and approved and still be in motion. A holder who may sign verdicts under the policy
recomputes everything, confirms the six things of AZ-5.2, and signs that for one scope: these
packages, this genesis, this policy. A freeze of anything else does not apply to the packages here.
Where several must sign, all sign for one launch window.
A policy for one or two people can go without a freeze: `[freeze] not_applicable` names the reason,
and every report shows it. A mainnet cannot.
A freeze can be revoked by its signer or a revocation role. It is then made anew, and the new one
rests on the revocation that it answers: an older freeze that was kept back does not answer it.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.checks.codes import FREEZE_MISSING
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import ApprovalRule, Quorum
from aztrust.core.policy.scope import Scope
from aztrust.core.state.able import named_role
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import freeze_quorum, is_answered, read_freezes
from aztrust.core.state.launch_state import may_sign
from aztrust.core.state.pending import append_mend, pending_clause, with_waiting

_SUBJECT = "launch scope"
_NEW_SCOPE = "a changed package makes a new scope: seal, approve and freeze it"


def _ask(context: Context, _: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records", "keys"):
        return Answer(not_run=unread)
    if policy.freeze is not None:
        return Answer(not_applicable=policy.freeze.not_applicable)
    rule = verdict_rule(policy)
    if rule is None:
        return Answer((_no_holder_may(),))
    owner = ", ".join(sorted(rule.roles))
    scope, freezes = context.scope, read_freezes(context)
    notices = list(_uncounted(context, policy, rule))
    if scope is None and freezes.elsewhere:
        why = "a freeze is recorded, but there is no scope: both packages must be sealed"
        return Answer(notices=tuple(notices), owner=owner, not_run=why)
    result = freeze_quorum(policy, rule, freezes.counting)
    revoked = {v.record_id: _revoked(context, v) for v in freezes.taken_back}
    open_ = [
        revoked[v.record_id] for v in freezes.taken_back if not is_answered(context, v, freezes)
    ]
    closed = [finding for finding in revoked.values() if finding not in open_]
    others = [_other_scope(v, scope) for v in freezes.elsewhere if scope is not None]
    findings = open_
    if not result.met and not open_:
        missing = [_missing(context, policy, result)]
        ended = [_ended(v) for v in freezes.ended if scope and v.statement.scope_hash == scope.hash]
        if _is_over(context):
            missing = [replace(f, mend=_NEW_SCOPE) for f in missing]
            ended = [replace(f, mend=_NEW_SCOPE) for f in ended]
        findings = missing if freezes.counting else closed or others or ended or missing
    notices += [_other_window(v) for v in freezes.other_windows]
    notices += [finding for finding in closed + others if finding not in findings]
    if context.evidence.ledger is None and any(v.statement.ledger for v in freezes.counting):
        notices.append(_ledger_elsewhere(freezes.counting))
    return Answer(
        findings=tuple(findings),
        notices=tuple(notices),
        evidence=tuple(v.record_id for v in freezes.counting),
        owner=owner,
        detail="" if findings else _when_and_by_whom(freezes.counting),
    )


def _is_over(context: Context) -> bool:
    """Whether the scope has ended for good: it cannot be frozen any more."""
    return context.scope is not None and context.scope.hash in context.state.invalidated


def _uncounted(context: Context, policy: Policy, rule: ApprovalRule) -> Iterable[Finding]:
    """Freezes by a holder without the role, and those that a holder with it did not confirm."""
    for verdict in context.verdicts.verdicts:
        checkpoint = verdict.statement.checkpoint
        if not checkpoint.is_freeze:
            continue
        if not may_sign(policy, verdict):
            yield Finding(
                "signer-not-in-role",
                verdict.record_id,
                f"{verdict.holder} may not freeze the scope; it counts nowhere",
                expected=" or ".join(sorted(rule.roles)),
                mend="ask a holder of one of these roles",
            )
        elif checkpoint.verdict != "pass" and context.scope is not None:
            if checkpoint.checkpoint_scope_hash != context.scope.hash:
                continue
            yield Finding(
                "freeze-missing",
                verdict.record_id,
                f"{verdict.holder} looked at {format_minute(checkpoint.timestamp_unix_ms)} and did"
                f" not confirm the freeze: {checkpoint.verdict}",
            )


def _no_holder_may() -> Finding:
    return Finding(
        "freeze-missing",
        _SUBJECT,
        "the policy has no [verdicts] table: no holder may freeze this scope",
        mend="the launch needs a policy with [verdicts], which has another anchor",
    )


def _missing(context: Context, policy: Policy, result: Quorum) -> Finding:
    roles = result.rule.roles
    have = {
        role: sum(role in policy.holders[holder].roles for holder in result.holders)
        for role in roles
    }
    count = sum(min(have[role], needed) for role, needed in roles.items())
    total = sum(roles.values())
    then = with_waiting(context)
    later = result
    if then is not context:
        later = freeze_quorum(policy, result.rule, read_freezes(then).counting)
    who = "; ".join(named_role(context, role) for role in later.missing_roles)
    waiting = later.holders - result.holders
    message = "no freeze of this scope is recorded"
    if count or waiting:
        message = f"{count} of {total} signed the freeze of this scope"
        message += f"; missing: {who}" if who else ""
        message += pending_clause(context, waiting)
    mend = f"once everything is approved, the scope is frozen by {who}"
    if later.met:
        mend = append_mend(context)
    if context.evidence.host is not None:
        names = who or "; ".join(f"{role}" for role in result.missing_roles)
        mend = (
            f"when it is announced that the scope is frozen (by {names}), download the current kit"
        )
    return Finding(
        "freeze-missing",
        _SUBJECT,
        message,
        expected=str(total) if count else "",
        actual=str(count) if count else "",
        mend=mend,
    )


def _ledger_elsewhere(freezes: Iterable[HeldVerdict]) -> Finding:
    origin = next(v.statement.ledger.origin for v in freezes if v.statement.ledger is not None)
    return Finding(
        "ledger-absent",
        "ledger",
        f"the freeze rests on the ledger {escape(origin)}, and this machine has no copy: what was"
        " recorded later is not known here",
        mend="name the ledger with --ledger PATH, or get a kit that carries its head",
    )


def _ended(verdict: HeldVerdict) -> Finding:
    return Finding(
        "freeze-missing",
        verdict.record_id,
        f"the window in which {verdict.holder} froze this scope has ended",
        mend="the next window begins with a freeze of its own: aztrust freeze",
    )


def _other_window(verdict: HeldVerdict) -> Finding:
    return Finding(
        "freeze-missing",
        verdict.record_id,
        f"{verdict.holder} froze this scope in another window; it does not count in this one",
        actual=verdict.launch_window_id,
        mend=f"{verdict.holder}: aztrust freeze",
    )


def _other_scope(verdict: HeldVerdict, scope: Scope) -> Finding:
    frozen_scope = verdict.statement.scope_hash
    message = f"{verdict.holder} froze the scope {frozen_scope[7:15]}, and the packages and policy"
    message += f" here make up the scope {scope.hash[7:15]}"
    if frozen_scope == scope.hash:
        message = f"{verdict.holder} froze this scope by name, with other files or another policy"
    return Finding(
        "freeze-other-scope",
        _SUBJECT,
        message,
        expected=frozen_scope,
        actual=scope.hash,
        mend="get the launch directory, or the kit, that was frozen; if this is the newer one, it"
        " waits for a freeze of its own",
    )


def _revoked(context: Context, verdict: HeldVerdict) -> Finding:
    revocations = context.verdicts.revocations_of(verdict)
    key = f"{verdict.holder} froze the scope with a key that was revoked"
    return Finding(
        "freeze-revoked",
        verdict.record_id,
        f"the freeze by {verdict.holder} was taken back by {revocations[0].holder}"
        if revocations
        else key,
        mend=f"do not start; {verdict.holder} looks again and freezes the scope anew",
    )


def _when_and_by_whom(freezes: Iterable[HeldVerdict]) -> str:
    """`2026-06-01 12:00 UTC by luca`: when the last of the holders first froze it."""
    first: dict[str, int] = {}
    for verdict in freezes:
        concluded_at = verdict.statement.checkpoint.timestamp_unix_ms
        first[verdict.holder] = min(concluded_at, first.get(verdict.holder, concluded_at))
    return f"{format_minute(max(first.values()))} by {' and '.join(sorted(first))}"


CHECK = Check(
    id="freeze",
    title="scope frozen",
    check_class=CheckClass.READINESS,
    clauses=("AZ-5.2", "AZ-5.3", "AZ-2.4"),
    stage=Stage.FROZEN,
    # Each of them means that no freeze of the packages here is in force; none may stop the
    # approvals and the new freeze that would mend it.
    codes=(
        FREEZE_MISSING,
        Code(
            "freeze-other-scope",
            "What was frozen is another scope than that of the packages and policy here.",
            "Get what was frozen, or have this scope frozen.",
            unfinished=True,
        ),
        Code(
            "freeze-revoked",
            "The freeze of this scope was revoked, or its key was.",
            "The holder who froze it looks again and freezes it anew.",
            unfinished=True,
        ),
    ),
    ask=_ask,
)
