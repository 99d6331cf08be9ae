"""Is this the policy (or the scope) that was announced, and not one that a stranger wrote?

Anyone who can write the launch directory can write a policy in which they are every holder. What
stops them is a digest that reached you another way: read aloud, printed on the chain's site,
pinned when you first trusted it. Without an anchor aztrust cannot know whether these files are
your launch or a stranger's. It exits with 12 even when every check passes.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import ANCHOR_MISMATCH, ANCHOR_UNPINNED, SCOPE_MISMATCH
from aztrust.core.policy.model import POLICY_PATH, PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    request = context.request
    findings = [
        Finding(
            "anchor-mismatch",
            POLICY_PATH,
            conflict,
            actual=context.policy_digest,
            mend="if the launch really changed its policy: aztrust anchor remove; then:"
            " aztrust anchor add HEX",
        )
        for conflict in request.pin_conflicts
    ]
    if request.anchor and request.anchor != context.policy_digest:
        findings.append(
            Finding(
                "anchor-mismatch",
                POLICY_PATH,
                f"the {request.anchor_source or 'given'} anchor is the digest of another policy",
                expected=request.anchor,
                actual=context.policy_digest,
                mend="get the launch directory, or the anchor, from its source again",
            )
        )
    if request.scope:
        findings += _scope_findings(context)
    if findings:
        return Answer(findings=tuple(findings))
    if request.anchor or request.scope:
        return Answer(evidence=(request.anchor or request.scope,))
    bare = context.policy_digest.removeprefix("sha256:")
    notice = Finding(
        "anchor-unpinned",
        POLICY_PATH,
        "no anchor shows that this is the announced policy",
        actual=context.policy_digest,
        mend=f"compare it with what was announced, then: aztrust anchor add {bare}",
    )
    return Answer(notices=(notice,), not_run="no anchor and no scope was given or pinned")


def _scope_findings(context: Context) -> list[Finding]:
    scope = context.scope
    if scope is not None and scope.hash == context.request.scope:
        return []
    return [
        Finding(
            "scope-mismatch",
            "scope",
            "the sealed packages and the policy make up another scope"
            if scope
            else "there is no scope yet: both packages must be sealed",
            expected=context.request.scope,
            actual=scope.hash if scope else "",
            mend="get the launch directory, or the scope hash, from its source again",
        )
    ]


CHECK = Check(
    id="anchor",
    title="announced policy",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-25.1",),
    codes=(
        ANCHOR_MISMATCH,
        ANCHOR_UNPINNED,
        SCOPE_MISMATCH,
    ),
    ask=_ask,
)
