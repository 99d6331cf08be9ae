"""Has this scope been ended for good?

A signed final check that found broken truth, or an abort, invalidates the scope, and nothing
revives it: not the old bytes, not a fresh approval, not a new freeze (AZ-25.3). What was wrong was
seen by some and not by others, and it can no longer be known which bytes a host took. A changed
package makes a new scope with a new seal, new approvals and a freeze of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import LESSONS_LATE, SCOPE_INVALIDATED
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import invalidated_finding, may_sign
from aztrust.core.state.lessons import fixed_lessons


def _ask(context: Context, _: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if context.scope is None:
        return Answer(detail="there is no scope yet")
    notices = (*_ineligible_holders(context, context.policy), *_late_lessons(context))
    ended = context.state.invalidated.get(context.scope.hash)
    if ended is not None:
        found = invalidated_finding(context.scope.hash, ended)
        return Answer((found,), notices=notices, evidence=(ended.record_id,))
    # The record that ends the scope may be in a file that could not be read.
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records", "keys"):
        return Answer(notices=notices, not_run=unread)
    return Answer(notices=notices, detail="it has not ended")


def _ineligible_holders(context: Context, policy: Policy) -> Iterator[Finding]:
    """Final checks that would end a scope, by a holder who may not end one."""
    for verdict in context.verdicts.verdicts:
        checkpoint = verdict.statement.checkpoint
        would = checkpoint.checkpoint_class == FINAL and verdict.statement.guidance == "ABORT"
        if would and not may_sign(policy, verdict):
            yield Finding(
                "signer-not-in-role",
                verdict.record_id,
                f"{verdict.holder} may not end a scope; it counts nowhere",
                expected=" or ".join(sorted(policy.verdicts.roles if policy.verdicts else ())),
                mend="a holder of one of these roles looks first: aztrust final-check --dry-run",
            )


def _late_lessons(context: Context) -> Iterator[Finding]:
    """Lists of lessons that came after a final check that passed: they count nowhere."""
    for record in fixed_lessons(context).late:
        yield Finding(
            LESSONS_LATE.name,
            record.record_id,
            f"{record.holder} fixed lessons after a final check had passed; they count nowhere",
            mend="they can be fixed in the next window, before its final checks",
        )


CHECK = Check(
    id="scope-state",
    title="the scope has not ended",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-25.3", "AZ-28", "AZ-29.1"),
    codes=(SCOPE_INVALIDATED, LESSONS_LATE),
    ask=_ask,
)
