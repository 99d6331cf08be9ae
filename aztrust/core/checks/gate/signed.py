"""Did the people who may sign verdicts sign this one, every one of them?

The signature is checked first, over the bytes as they are; only then is anything of the verdict
read. The signer must hold a role of the policy's `[verdicts]`, and where the policy wants several,
each gives a verdict of its own: all of them are handed to the gate together. With --signer the user
trusts one key by its fingerprint instead, and no role is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.advice import command
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import (
    KEY_MALFORMED,
    KEY_MISSING,
    LEDGER_INCONSISTENT,
    RECORD_MALFORMED,
    RECORD_UNKNOWN,
    SIGNATURE_INVALID,
)
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.quorum import count_votes
from aztrust.core.state.able import named_role
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import GateReading
from aztrust.core.state.given import held_verdicts
from aztrust.core.state.launch_state import may_sign, roles_of

_KEY_MEND = (
    "give the .sigstore.json with the ledger's entry, which has the key in it, or a launch or kit"
    " with -C"
)


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    if reading is None or not reading.given:
        return Answer(not_run="no verdict was given")
    if context.policy is None and not reading.requirements.signer:
        return Answer(not_run="the policy cannot be read")
    findings = [_untrusted(j.problem) for j in context.given if j.problem is not None]
    held = held_verdicts(context)
    if context.policy is not None and not reading.requirements.signer:
        findings += _without_role(context.policy, held)
        if held and not findings:
            findings += _missing(context, held, reading)
    detail = ", ".join(sorted({verdict.holder for verdict in held}))
    if older := sum({j.held.holder: j.older for j in context.given if j.held is not None}.values()):
        detail += f"; {older} older by the same signer, left out"
    evidence = tuple(verdict.record_id for verdict in held)
    return Answer(tuple(findings), evidence=evidence, detail=detail)


def _untrusted(problem: Finding) -> Finding:
    """A stranger's record is a notice to `verify`; at a gate a stranger's verdict is a finding."""
    if problem.code == "key-missing":
        return replace(problem, mend=_KEY_MEND)
    if problem.code == "signer-unknown":
        return replace(problem, code="verdict-untrusted")
    return problem


def _without_role(policy: Policy, held: Iterable[HeldVerdict]) -> Iterable[Finding]:
    rule = verdict_rule(policy)
    for verdict in held:
        if not may_sign(policy, verdict):
            yield Finding(
                "signer-not-in-role",
                verdict.record_id,
                f"{verdict.holder} may not sign verdicts under this policy",
                expected=" or ".join(sorted(rule.roles)) if rule else "no holder: no [verdicts]",
                actual=", ".join(sorted(roles_of(policy, verdict))),
                mend="ask a holder of one of these roles for a verdict",
            )


def _missing(
    context: Context, held: tuple[HeldVerdict, ...], reading: GateReading
) -> Iterable[Finding]:
    policy = require_policy(context)
    rule = verdict_rule(policy)
    if rule is None:
        return
    result = count_votes(
        rule, ((v.holder, v.statement.key.material, roles_of(policy, v)) for v in held)
    )
    if result.met:
        return
    who = "; ".join(named_role(context, role) for role in result.missing_roles)
    names = [given.name for given in reading.given]
    typed = command("gate", *names, "FILE", "--class", reading.requirements.checkpoint_class)
    yield Finding(
        "threshold-unmet",
        "[verdicts]",
        f"the policy wants several verdict signers; missing: {who}",
        expected=str(sum(rule.roles.values())),
        actual=str(len(result.holders)),
        mend=f"give the verdict of each of them, too: {typed}",
    )


CHECK = Check(
    id="gate-signed",
    title="signed by those who may",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-17.2", "AZ-8.2"),
    codes=(
        RECORD_MALFORMED,
        RECORD_UNKNOWN,
        SIGNATURE_INVALID,
        KEY_MISSING,
        KEY_MALFORMED,
        LEDGER_INCONSISTENT,
        Code(
            "verdict-untrusted",
            "The verdict is signed by a key that neither the policy nor --signer names.",
            "Ask a holder of a [verdicts] role for a verdict.",
        ),
        Code(
            "signer-not-in-role",
            "The signer's holder has no role that signs verdicts.",
            "Ask a holder of a [verdicts] role.",
        ),
        Code(
            "threshold-unmet",
            "The policy wants more verdict signers than gave one.",
            "Give the verdict of each of them.",
        ),
    ),
    ask=_ask,
)
