"""Is the verdict about the launch that was announced?

A verdict names the scope it is about and the policy it was judged under. Both are compared with
what reached you another way: the scope hash read aloud, the policy digest that was announced or
pinned. Where a launch or kit was given, the verdict must also be about its packages. A scope names
its policy. So a policy is also the announced one where it and the packages sealed under it make up
the scope that was given; without such packages nothing confirms the roles in it. Without any of
these a valid verdict may belong to another network, another chain or an older scope.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import ANCHOR_MISMATCH, ANCHOR_UNPINNED, SCOPE_MISMATCH
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import POLICY_PATH, PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.given import held_verdicts


def _ask(context: Context, _: PackageClass) -> Answer:
    request, reading = context.request, context.evidence.gate
    held = held_verdicts(context)
    findings = [*_policy_findings(context)]
    for verdict in held:
        findings += _verdict_findings(context, verdict)
    if findings:
        return Answer(tuple(findings))
    if not held:
        return Answer(not_run="there is no verdict whose signature holds")
    by_signer = reading is not None and bool(reading.requirements.signer)
    # By now a scope that was given is known to be the verdict's, and that of the packages here, if
    # there are any.
    bound = request.scope if by_signer or context.scope is not None else ""
    named = request.anchor or bound
    if named:
        return Answer(evidence=(named,))
    if request.scope:
        return Answer(notices=(_UNBOUND,), not_run=_UNBOUND.message)
    notice = Finding(
        "anchor-unpinned",
        POLICY_PATH,
        "nothing says that this is the announced launch",
        actual="" if by_signer else context.policy_digest,
        mend="compare the scope or the policy digest with what was announced, and give it:"
        " --scope HEX or --anchor HEX",
    )
    return Answer(notices=(notice,), not_run="no anchor and no scope was given or pinned")


_UNBOUND = Finding(
    "anchor-unpinned",
    POLICY_PATH,
    "no sealed packages were given with this policy, so nothing shows that it is the scope's own",
    mend="give the policy's digest as it was announced, too: --anchor HEX; or a launch or kit: -C",
)


def _policy_findings(context: Context) -> Iterator[Finding]:
    request = context.request
    for conflict in request.pin_conflicts:
        yield Finding(
            "anchor-mismatch",
            POLICY_PATH,
            conflict,
            actual=context.policy_digest,
            mend="if the launch really changed its policy: aztrust anchor remove; then:"
            " aztrust anchor add HEX",
        )
    reading = context.evidence.gate
    by_signer = reading is not None and bool(reading.requirements.signer)
    if not by_signer and request.anchor not in ("", context.policy_digest):
        yield Finding(
            "anchor-mismatch",
            POLICY_PATH,
            f"the {request.anchor_source or 'given'} anchor is the digest of another policy",
            expected=request.anchor,
            actual=context.policy_digest,
            mend="get the policy, or the anchor, from its source again",
        )
    scope = context.scope
    if request.scope and scope is not None and scope.hash != request.scope:
        yield Finding(
            "scope-mismatch",
            "scope",
            "the sealed packages and the policy make up another scope than the one given",
            expected=request.scope,
            actual=scope.hash,
            mend="get the launch directory, the kit or the scope hash from its source again",
        )


def _verdict_findings(context: Context, verdict: HeldVerdict) -> Iterator[Finding]:
    statement, request = verdict.statement, context.request
    under = request.anchor or (context.policy_digest if context.policy is not None else "")
    if under and statement.policy_digest != under:
        yield Finding(
            "verdict-other-policy",
            verdict.record_id,
            f"{verdict.holder} judged under another policy",
            expected=under,
            actual=statement.policy_digest,
            mend="ask for a verdict under the announced policy",
        )
    wanted, whose = request.scope, "the scope that was given"
    if not wanted and context.scope is not None:
        wanted, whose = context.scope.hash, "the scope of the packages here"
    if wanted and statement.scope_hash != wanted:
        yield Finding(
            "scope-mismatch",
            verdict.record_id,
            f"the verdict is about another scope than {whose}",
            expected=wanted,
            actual=statement.scope_hash,
            mend="get the verdict of this scope; or the launch that the verdict is about",
        )


CHECK = Check(
    id="gate-anchor",
    title="about the announced launch",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-16.3", "AZ-25.1"),
    codes=(
        ANCHOR_MISMATCH,
        ANCHOR_UNPINNED,
        SCOPE_MISMATCH,
        Code(
            "verdict-other-policy",
            "The verdict was judged under another policy than the announced one.",
            "Ask for a verdict under the announced policy.",
        ),
    ),
    ask=_ask,
)
