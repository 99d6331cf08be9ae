"""Which frozen attempt a final check is about, and under which policy it is judged (law 10).

That is the policy that was frozen. Where launch.toml was rewritten since, the one that
`manifests/policies/` keeps under the announced digest is used, so a person who can write
the folder cannot choose who may end the scope. The new launch.toml is a difference like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aztrust.acts.anchors import Anchoring, resolve_anchor
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.preconditions import require_attempt
from aztrust.core.base.errors import Refused
from aztrust.core.base.value import frozen, replace
from aztrust.core.policy.model import POLICY_PATH, policy_digest
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.current import current_attempt, scope_of_window
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.frozen_policies import under_kept_policies
from aztrust.core.state.launch_state import Attempt
from aztrust.storage.launch import open_launch


@frozen
class TrustInputs:
    """What the user received out of band, and the time of the check.

    Args:
        now_unix_ms: the time.
        anchor: as typed, None where there is none.
        scope: the scope hash, canonical, "" where there is none.
        ledger: `--ledger` as typed.
    """

    now_unix_ms: int
    anchor: str | None = None
    scope: str = ""
    ledger: str | None = None


@frozen
class Subject:
    """The launch as it is judged: its own files under the policy that was frozen.

    `rewritten` is the digest of launch.toml, where that is no longer this policy.
    """

    context: Context
    attempt: Attempt
    rewritten: str = ""


def find_subject(launch: Path, inputs: TrustInputs) -> Subject:
    """Which frozen attempt is to be checked, and under which policy.

    Raises:
        Refused: `anchor-unpinned`, `anchor-mismatch`, `scope-mismatch`, `freeze-missing` or
            `scope-invalidated`.
        Malformed: the policy cannot be read.
        UsageError, CouldNotCheck: an option is not valid, or a file cannot be read.
    """
    evidence = open_launch(launch).evidence()
    present = policy_digest(evidence.policy)
    candidates = list(_announced_policies(launch, evidence, inputs))
    judged_under: list[Context] = []
    for candidate, anchoring in candidates:
        request = Request(
            inputs.now_unix_ms,
            anchor=anchoring.anchor,
            anchor_source=anchoring.source,
            scope=inputs.scope,
        )
        judged = with_ledger(candidate, request, LedgerOptions(inputs.ledger))
        context = read_context(request, judged)
        judged_under.append(context)
        attempt = current_attempt(context)
        if attempt is not None and _is_announced(context, attempt):
            digest = context.policy_digest
            return Subject(context, attempt, "" if digest == present else present)
    for context in judged_under:
        if inputs.scope in context.state.invalidated:
            require_attempt(context)
    first = judged_under[0]
    require_policy(first)
    raise _another_scope(first, _any_attempt(first))


def _announced_policies(
    launch: Path, evidence: Evidence, inputs: TrustInputs
) -> Iterator[tuple[Evidence, Anchoring]]:
    """The launch under the policy that the anchor names; without one, under each that may be the
    one in the scope that was given.

    Raises:
        Refused: `anchor-mismatch`: it is not here; `anchor-unpinned`: nothing was given or pinned.
    """
    every = [evidence, *under_kept_policies(evidence)]
    open_ = []
    for candidate in every:
        anchoring = resolve_anchor(launch, candidate.policy, given=inputs.anchor)
        if anchoring.conflicts or anchoring.anchor not in ("", policy_digest(candidate.policy)):
            continue
        if anchoring.anchor:
            yield candidate, anchoring
            return
        open_.append((candidate, anchoring))
    present = policy_digest(evidence.policy)
    if not open_ or evidence is not open_[0][0]:
        resolve_anchor(launch, evidence.policy, given=inputs.anchor).require(present)
    if not inputs.scope:
        raise Refused(
            "no anchor or scope was given or pinned, so it is unknown whether this is your launch",
            subject=POLICY_PATH,
            code="anchor-unpinned",
            mend="--anchor HEX, or --scope HEX as it was read aloud; or pin it:"
            " aztrust anchor add HEX",
            details=(f"here: {present}",),
        )
    yield from open_


def _is_announced(context: Context, attempt: Attempt) -> bool:
    """Whether what was given out of band confirms this policy and this scope.

    A given scope confirms the policy only if the policy is part of that scope: its hash is
    computed again from the window's record, or from the files here.
    """
    given = context.request.scope
    if given not in ("", attempt.scope_hash):
        return False
    if context.request.anchor:
        return True
    made = (context.scope, scope_of_window(context, attempt.window))
    return any(scope is not None and scope.hash == given for scope in made)


def _any_attempt(context: Context) -> Attempt:
    """What is frozen here, regardless of the given scope. Raises as `require_attempt`."""
    request = context.request
    attempt = current_attempt(replace(context, request=replace(request, scope="")))
    return attempt if request.scope and attempt is not None else require_attempt(context)


def _another_scope(context: Context, attempt: Attempt) -> Refused:
    return Refused(
        "the scope that was given is not the one that is frozen here",
        subject="scope",
        code="scope-mismatch",
        mend="get the launch directory, or the scope hash, from its source again",
        details=(f"given: {context.request.scope}", f"frozen: {attempt.scope_hash}"),
    )
