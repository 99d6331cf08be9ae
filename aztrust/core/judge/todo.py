"""What waits, and for whom: the open tasks of a launch, from its records alone.

    todo = open_tasks(evidence, request)
    todo.for_holder("sonia")

Nothing here decides what a launch needs. Each task is what a rule of the checks, of the freeze or
of the final checks finds missing; whether the launch is right is the answer of `verify`. No package
is read.

A person whose signed record waits for the ledger has nothing left to do: tasks of people are found
in the launch as it is after the keeper's next append, and that append is a task of the keeper. As
long as it is open, only the keeper may freeze or make a final check, which append first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.findings import CheckClass, CheckResult, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.history.reconcile import KEEP, appending
from aztrust.core.judge.task_rows import row_tasks
from aztrust.core.judge.tasks import ActName, Doer, Task, Todo, Urgency, doers_of
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.judge.window_tasks import has_started, window_tasks
from aztrust.core.policy.authority import (
    holder_of_key,
    missing_holders,
    verdict_rule,
)
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.policy.quorum import Quorum
from aztrust.core.records.readiness import AdvisoryReview, CheckAttestation
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import approval_quorum, approvals_taken_back
from aztrust.core.state.blockers import close_command, described, may_close, severity_of
from aztrust.core.state.builds import short_builds
from aztrust.core.state.context import Context, Request, policy_end_finding, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.freezes import final_quorum, freeze_quorum, is_answered, read_freezes
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.ledger.as_appended import as_appended
from aztrust.core.state.objections import open_objections, review_command, sources_of
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.seals import pending as pending_supersessions
from aztrust.core.state.seals import seals_in_force

NO_PACKAGES = "no package is read here"
# What these checks find missing is a task, and so is not reported as something unseen.
_WORKFLOW = frozenset(
    f"{package_class}-{check}"
    for package_class in PACKAGE_CLASSES
    for check in ("seal", "approvals", "supersession")
) | {"freeze", "reproduction", "records-fresh"}


def open_tasks(evidence: Evidence, request: Request) -> Todo:
    """Everything that waits for a holder of the policy. Arguments and errors as `read_tasks`."""
    return read_tasks(evidence, request)[1]


def read_tasks(evidence: Evidence, request: Request) -> tuple[Context, Todo]:
    """The launch, and everything that waits for a holder of the policy.

    Args:
        evidence: the launch's own files, with its ledger; packages are not looked at.
        request: the time, and the anchor.

    Raises:
        Malformed: the policy cannot be read.
    """
    # The file with the voting power is not a package that checks could look at.
    bare = replace(evidence, packages={})
    verdict = verify(bare, replace(request, no_packages=NO_PACKAGES), Stage.APPROVED)
    context = replace(verdict.context, evidence=evidence)
    require_policy(context)
    then = with_waiting(context)
    tasks: list[Task] = []
    if policy_end_finding(context) is None:
        tasks += _objections(then)
        tasks += _append(context)
        tasks += _steps(context, then)
    usable = [_with_usable_keys(task, context) for task in tasks]
    todo = Todo(
        tuple(sorted((t for t in usable if t.doers), key=lambda task: task.place)),
        (*_unseen(verdict), *_refused(context), *_without_doer(usable)),
    )
    return replace(context, request=request), todo


def _objections(then: Context) -> Iterator[Task]:
    """What holders have against the launch, each with who may take it back."""
    policy = require_policy(then)
    for opening in then.state.blockers.unclosed:
        minor = severity_of(opening) == "minor"
        yield Task(
            "close-blocker",
            opening.record_id,
            Urgency.REST if minor else Urgency.OBJECTION,
            f"blocker {opening.record_id[7:15]}: {described(opening)}",
            close_command(opening, '"..."'),
            doers_of(policy, (h for h in policy.holders if may_close(policy, h, opening))),
            asks=True,
        )
    attempt = current_attempt(then)
    for record in open_objections(then, attempt.scope_hash) if attempt is not None else ():
        if isinstance(record.body, CheckAttestation | AdvisoryReview):
            yield _negative_answer(policy, record)
    for package_class in PACKAGE_CLASSES:
        yield from _about_package(then, policy, package_class)
    freezes = read_freezes(then)
    for verdict in freezes.taken_back:
        if not is_answered(then, verdict, freezes):
            who = then.verdicts.revocations_of(verdict)[0].holder
            why = f"{who} revoked the freeze by {verdict.holder}, who looks again"
            again = [verdict.holder]
            yield _task("freeze", "", why, "aztrust freeze", policy, again, Urgency.OBJECTION)


def _negative_answer(policy: Policy, record: VerifiedRecord) -> Task:
    body = record.body
    if isinstance(body, CheckAttestation):
        subject, command = body.check, f"aztrust attest {body.check} pass --role {body.role}"
        why = f"{record.holder} answered fail to {body.check}"
    else:
        sources = sources_of(record)
        subject, command = "advisory-review", review_command(*sources)
        why = f"{record.holder} found something blocking in the {' and '.join(sources)} advisories"
    doers = doers_of(policy, [record.holder])
    return Task("withdraw-objection", subject, Urgency.OBJECTION, why, command, doers, asks=True)


def _about_package(then: Context, policy: Policy, package_class: PackageClass) -> Iterator[Task]:
    current = then.manifest_ids.get(package_class)
    if current is None:
        return
    effective = then.records.effective
    for taken_back in approvals_taken_back(effective, package_class, current):
        if taken_back.blocks:
            why = f"{taken_back.finding.message}; {taken_back.approval.holder} looks again"
            command, again = f"aztrust approve {package_class}", [taken_back.approval.holder]
            yield _task("approve", package_class, why, command, policy, again, Urgency.OBJECTION)
    for record, _ in pending_supersessions(policy, effective, package_class, current):
        why = f"{record.holder} recorded that the {package_class} is to be replaced"
        role = policy.seal_role(package_class)
        who, command = policy.holders_of_role(role), f"aztrust seal {package_class}"
        yield _task("seal", package_class, why, command, policy, who, Urgency.OBJECTION)


def _append(context: Context) -> Iterator[Task]:
    """What waits for the keeper of the ledger, and would be taken."""
    reading, waiting = context.evidence.ledger, context.pending
    if reading is None or not waiting:
        return
    then = with_waiting(context) if any(not p.counts for p in waiting) else context
    left = {p.path for p in then.pending} if then is not context else frozenset()
    taken = [p for p in waiting if p.path not in left]
    if not taken:
        return
    positive = [p.ref.text for p in taken if not p.counts]
    names = ", ".join((positive or [p.ref.text for p in taken])[:3])
    more = f" and {len(taken) - 3} more" if len(taken) > 3 else ""
    many = "record waits" if len(taken) == 1 else "records wait"
    policy = require_policy(context)
    key, typed = appending(policy, reading, context.revoked_keys)
    role = "keeper of the ledger" if typed == KEEP else "deputy of the ledger's keeper"
    doers = (Doer(holder_of_key(policy, key), role, (key,)),) if key else ()
    yield Task(
        "append",
        "",
        Urgency.WAITED_FOR if positive else Urgency.REST,
        f"{len(taken)} signed {many} for the ledger: {names}{more}",
        typed,
        doers,
        asks=typed != KEEP,
    )


def _steps(context: Context, then: Context) -> Iterator[Task]:
    """The next steps of the launch itself, in their order."""
    policy = require_policy(then)
    scope = then.scope.hash if then.scope is not None else ""
    if scope in then.state.invalidated:
        return
    unsealed = [c for c in PACKAGE_CLASSES if not seals_in_force(then, c)]
    for package_class in unsealed[:1]:
        why = f"the {package_class} package is not sealed"
        who = policy.holders_of_role(policy.seal_role(package_class))
        yield _task("seal", package_class, why, f"aztrust seal {package_class}", policy, who)
    short = False
    for package_class in PACKAGE_CLASSES:
        if package_class not in unsealed:
            found = list(_approvals(then, policy, package_class))
            short = short or bool(found)
            yield from found
    if "release" not in unsealed:
        for build in short_builds(then, policy):
            short = True
            why = f"{build.have} of {build.need} holders built {build.path} themselves"
            command = f"aztrust attest-build {build.path} FILE --environment T"
            yield replace(
                _task("attest-build", build.path, why, command, policy, build.others), asks=True
            )
    blocked = any(
        item.blocks
        for c in PACKAGE_CLASSES
        for item in approvals_taken_back(then.records.effective, c, then.manifest_ids.get(c, ""))
    )
    if not (unsealed or short or blocked):
        yield from _freeze(context, then, policy)
    attempt = current_attempt(then)
    if attempt is not None:
        if not has_started(then, attempt):
            yield from _final(context, then, policy, attempt)
        yield from window_tasks(context, then, attempt)


def _approvals(then: Context, policy: Policy, package_class: PackageClass) -> Iterator[Task]:
    package_id = then.manifest_ids[package_class]
    quorum = approval_quorum(policy, then.records.effective, package_class, package_id)
    if quorum.met:
        return
    need = quorum.rule.distinct_holders
    why = f"{len(quorum.holders)} of {need} holders approved the {package_class}"
    command = f"aztrust approve {package_class}"
    doers, vacant = _missing(then, policy, quorum), _vacant(then, policy, quorum)
    yield Task("approve", package_class, Urgency.WAITED_FOR, why, command, doers, vacant=vacant)


def _freeze(context: Context, then: Context, policy: Policy) -> Iterator[Task]:
    rule = verdict_rule(policy)
    if rule is None or policy.freeze is not None:
        # Small teams may go without a freeze, for a reason that their policy names.
        return
    freezes = read_freezes(then)
    quorum = freeze_quorum(policy, rule, freezes.counting)
    if quorum.met:
        return
    why = "both packages are approved; the scope is not frozen yet"
    if quorum.holders:
        why = f"{' and '.join(sorted(quorum.holders))} signed the freeze; others have to sign it"
    able = _missing(then, policy, quorum)
    doers = _who_appends(context, able)
    vacant = _vacant(then, policy, quorum)
    if doers or vacant or not able:
        typed = "aztrust freeze"
        yield Task("freeze", "", Urgency.WAITED_FOR, why, typed, doers, vacant=vacant)


def _final(context: Context, then: Context, policy: Policy, attempt: Attempt) -> Iterator[Task]:
    """The rows that people answer, and the final check once all of them pass."""
    results = _rows(then)
    rows = list(row_tasks(then, policy, results))
    yield from rows
    now, decide_by = then.request.now_unix_ms, attempt.decide_by_unix_ms
    good = (Status.PASS, Status.NOT_APPLICABLE)
    is_short = any(r.status not in good for r in results)
    rule = verdict_rule(policy)
    if rule is None:
        return
    if is_short and decide_by is not None and now >= decide_by:
        who = (h for role in rule.roles for h in policy.holders_of_role(role))
        why = "the time by which the window is decided has come, and rows are open"
        command = 'aztrust window defer --reason "..."'
        window, may = attempt.launch_window_id, sorted(set(who))
        task = _task("defer", window, why, command, policy, may, Urgency.OBJECTION)
        yield replace(task, asks=True)
    # What the monitoring itself answers is asked by the final check.
    waits = [r for r in results if r.status not in good and not _is_probed(policy, r.id)]
    quorum = final_quorum(then, policy, rule, attempt)
    if waits or quorum.met:
        return
    why = "every row that people answer passes; the final check is not signed yet"
    if quorum.holders:
        why = f"{' and '.join(sorted(quorum.holders))} signed the final check; others have to"
    able = _missing(then, policy, quorum)
    doers = _who_appends(context, able)
    vacant = _vacant(then, policy, quorum)
    if doers or vacant or not able:
        yield Task(
            "final-check", "", Urgency.WAITED_FOR, why, "aztrust final-check", doers, vacant=vacant
        )


def _rows(then: Context) -> list[CheckResult]:
    return [result for check in FINAL_CHECKS for result in check.run(then, Stage.FROZEN)]


def _is_probed(policy: Policy, row: str) -> bool:
    table = policy.checks.get(row)
    return table is not None and (table.probe is not None or table.prometheus is not None)


def _who_appends(context: Context, doers: tuple[Doer, ...]) -> tuple[Doer, ...]:
    """Who of these can go on: while something waits for the ledger, its keeper alone."""
    reading = context.evidence.ledger
    if reading is None or all(pending.counts for pending in context.pending):
        return doers
    return tuple(doer for doer in doers if reading.keeper in doer.keys)


def _missing(context: Context, policy: Policy, quorum: Quorum) -> tuple[Doer, ...]:
    return tuple(
        Doer(holder, role or _counted_role(policy, quorum, holder), policy.holders[holder].keys)
        for role, holders in missing_holders(policy, quorum, context.revoked_keys)
        for holder in holders
    )


def _vacant(context: Context, policy: Policy, quorum: Quorum) -> tuple[str, ...]:
    """The roles that the count lacks, and in which no one is left to sign."""
    missing = missing_holders(policy, quorum, context.revoked_keys)
    return tuple(role for role, holders in missing if role and not holders)


def _counted_role(policy: Policy, quorum: Quorum, holder: str) -> str:
    return min(set(policy.holders[holder].roles) & quorum.rule.roles.keys(), default="")


def _task(
    act: ActName,
    subject: str,
    why: str,
    command: str,
    policy: Policy,
    holders: Iterable[str],
    urgency: Urgency = Urgency.WAITED_FOR,
) -> Task:
    return Task(act, subject, urgency, why, command, doers_of(policy, holders))


def _with_usable_keys(task: Task, context: Context) -> Task:
    """The same task; what a revoked key signs counts nowhere."""
    revoked = context.records.effective.revoked_keys
    doers = (
        replace(doer, keys=tuple(key for key in doer.keys if key not in revoked))
        for doer in task.doers
    )
    return replace(task, doers=tuple(doer for doer in doers if doer.keys))


def _unseen(verdict: Verdict) -> Iterator[str]:
    """What fails or could not be looked at, other than what is a task."""
    for result in verdict.results:
        if result.id in _WORKFLOW:
            continue
        if result.status in (Status.FAIL, Status.ERROR):
            for finding in result.findings:
                yield f"{finding.code}  {finding.subject}: {finding.message}"
        elif result.id == "ledger" and result.status is Status.NOT_RUN:
            yield f"the ledger: {result.detail}"
        elif result.status is Status.NOT_RUN and result.check_class is CheckClass.AUTHORITY:
            yield f"{result.id}: {result.detail}"


def _refused(context: Context) -> Iterator[str]:
    """What waits for the ledger, and would not be taken."""
    reading = context.evidence.ledger
    waiting = {pending.path for pending in context.pending}
    if reading is None or not waiting:
        return
    for finding in as_appended(context, reading).refused:
        if finding.subject in waiting:
            yield f"{finding.code}  {finding.subject}: {finding.message}; {finding.mend}"


def _without_doer(tasks: Iterable[Task]) -> Iterator[str]:
    for task in tasks:
        for role in task.vacant:
            yield f"{task.why}, and no holder is left for {role}"
        if not (task.doers or task.vacant):
            yield f"{task.why}, and no holder is left who may do it"
