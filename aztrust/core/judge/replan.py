"""What a changed package costs a launch that is in its window: what is lost, what stays, and who
has to sign until the next freeze.

Everything is read from the state of the launch and from the policy, before anyone signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.base.value import frozen
from aztrust.core.judge.sealing import approvers
from aztrust.core.judge.window_cutoff import Deadline, deadlines
from aztrust.core.policy.authority import authority_rule, missing_holders, verdict_rule
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.policy.quorum import ApprovalRule, count_votes
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.records.records import KINDS, VerifiedRecord
from aztrust.core.state.able import able_in
from aztrust.core.state.approvals import approval_quorum
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.window.state import WindowState

_ANSWERS: Final = frozenset({"check-attestation", "advisory-review"})
_PROPOSALS: Final = frozenset(
    {"launch-proceed", "go-no-go-decision", "launch-authorization", "bootstrap-start-instruction"}
)


@frozen
class Item:
    """Something that is lost, or that stays.

    Args:
        what: for a person.
        holders: whose signatures it has, sorted.
    """

    what: str
    holders: tuple[str, ...]


@frozen
class Need:
    """Signatures that are needed until the next freeze.

    Args:
        what: the act.
        role: in which role, "" where any of several will do.
        signatures: how many.
        holders: who can give them: each has a key that was not revoked. () where no one is left.
        typed: the command.
    """

    what: str
    role: str
    signatures: int
    holders: tuple[str, ...]
    typed: str


@frozen
class Replan:
    """What a changed package means for a launch.

    Args:
        package_class: which package changes.
        before, after: its package ids; `before` is "" where none was sealed.
        dies: what is lost.
        stays: what is kept.
        needs: in the order in which it is signed.
        deadlines: the times that are left, in no order.
    """

    package_class: PackageClass
    before: str
    after: str
    dies: tuple[Item, ...]
    stays: tuple[Item, ...]
    needs: tuple[Need, ...]
    deadlines: tuple[Deadline, ...]

    @property
    def signatures(self) -> int:
        """How many signatures there are until the next freeze."""
        return sum(need.signatures for need in self.needs)


def affected(package_class: PackageClass) -> tuple[PackageClass, ...]:
    """The packages that are sealed anew: a genesis names the release that it is for."""
    return ("release", "genesis") if package_class == "release" else ("genesis",)


def replan_of(
    context: Context,
    attempt: Attempt,
    state: WindowState,
    package_class: PackageClass,
    after: str,
    *,
    is_deferred: bool,
) -> Replan:
    """What changes with a package.

    Args:
        context: the launch, with what waits for its ledger.
        attempt: the window that is open, or that was deferred for this change.
        state: of that window.
        package_class: which package.
        after: the id of the new one.
        is_deferred: whether the window was deferred already.
    """
    classes = affected(package_class)
    return Replan(
        package_class,
        context.manifest_ids.get(package_class, ""),
        after,
        tuple(_lost(context, attempt, state, classes)),
        tuple(_kept(context, classes)),
        tuple(_needs(context, state, package_class, is_deferred=is_deferred)),
        tuple(deadlines(context, attempt)),
    )


def _lost(
    context: Context, attempt: Attempt, state: WindowState, classes: tuple[PackageClass, ...]
) -> Iterator[Item]:
    window = attempt.window
    if window is not None:
        yield Item(f"the window {attempt.launch_window_id[7:23]}", (window.holder,))
    mine = [
        v
        for v in context.verdicts.verdicts
        if (v.statement.scope_hash, v.launch_window_id)
        == (attempt.scope_hash, attempt.launch_window_id)
        and context.verdicts.is_effective(v)
    ]
    freezes = attempt.freezes or tuple(
        v for v in mine if v.statement.checkpoint.is_freeze and v.statement.passed
    )
    yield from _item("the freeze", (v.holder for v in freezes))
    finals = [v for v in mine if v.statement.checkpoint.checkpoint_class == FINAL]
    yield from _item(_count(len(finals), "final check"), (v.holder for v in finals))
    effective = context.records.effective
    records = [r for r in effective.verified if r.scope_hash == attempt.scope_hash]
    answers = [r for r in records if r.kind in _ANSWERS and effective.counts(r)]
    yield from _item(
        _count(len(answers), "answer to the final checks", "answers to the final checks"),
        (r.holder for r in answers),
    )
    for name in sorted(_PROPOSALS):
        given = [r for r in _of_window(context, attempt) if r.kind == name]
        yield from _item(f"the {name}", (r.holder for r in given))
    yield from _item("the hold", (r.holder for r in state.holds))
    for package_class in classes:
        package = context.manifest_ids.get(package_class, "")
        yield from _item(
            f"the approvals of the {package_class}", approvers(context, package_class, package)
        )


def _of_window(context: Context, attempt: Attempt) -> Iterator[VerifiedRecord]:
    effective = context.records.effective
    for record in effective.verified:
        negative = KINDS[record.kind].is_negative(record.body)
        if record.launch_window_id != attempt.launch_window_id or negative:
            continue
        if effective.is_effective(record):
            yield record


def _kept(context: Context, classes: tuple[PackageClass, ...]) -> Iterator[Item]:
    for package_class in PACKAGE_CLASSES:
        if package_class in classes:
            continue
        package = context.manifest_ids.get(package_class, "")
        quorum = approval_quorum(
            require_policy(context), context.records.effective, package_class, package
        )
        text = f"{len(quorum.holders)} of {quorum.rule.distinct_holders}"
        yield Item(f"the approvals of the {package_class}, {text}", tuple(sorted(quorum.holders)))


def _needs(
    context: Context,
    state: WindowState,
    package_class: PackageClass,
    *,
    is_deferred: bool,
) -> Iterator[Need]:
    policy = require_policy(context)
    option = ("--release", "DIR") if package_class == "release" else ("--genesis", "FILE")
    replan = command("window", "replan", *option, "--reason", "T")
    if not is_deferred:
        yield from _deferral(context, policy, state, replan)
    for number, each in enumerate(affected(package_class)):
        role = policy.seal_role(each)
        typed = replan if number == 0 else command("seal", each)
        yield Need(f"seal the {each}", role, 1, able_in(context, role), typed)
        rule = policy.approval_rule(each)
        yield from _of_rule(context, policy, f"approve the {each}", rule, command("approve", each))
    verdicts = verdict_rule(policy)
    if verdicts is not None:
        yield from _of_rule(context, policy, "freeze", verdicts, command("freeze"))


def _deferral(context: Context, policy: Policy, state: WindowState, typed: str) -> Iterator[Need]:
    rule = authority_rule(policy, "defer")
    if rule is None:
        return
    have = {h for act in state.waiting if act.trigger == "defer" for h in act.source.holders}
    roles = tuple(sorted(rule.roles))
    able = tuple(name for name in able_in(context, *roles) if name not in have)
    role = roles[0] if len(roles) == 1 else ""
    yield Need("defer the window", role, max(1, rule.distinct_holders - len(have)), able, typed)


def _of_rule(
    context: Context, policy: Policy, what: str, rule: ApprovalRule, typed: str
) -> Iterator[Need]:
    """Every signature of a rule that is not given yet: role by role, then any holder."""
    quorum = count_votes(rule, ())
    for role, names in missing_holders(policy, quorum, context.revoked_keys):
        yield Need(what, role, rule.roles.get(role, 1), names, typed)
    more = rule.distinct_holders - sum(rule.roles.values())
    if more > 0:
        yield Need(what, "", more, able_in(context, *rule.roles), typed)


def _item(what: str, holders: Iterable[str]) -> Iterator[Item]:
    names = tuple(sorted(set(holders)))
    if names:
        yield Item(what, names)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
