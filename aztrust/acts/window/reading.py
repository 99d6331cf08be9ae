"""A launch for an act in its window: under the policy that the window is of."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.anchors import Anchoring, resolve_anchor
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.policy.model import policy_digest
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.current import scope_of_window
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.frozen_policies import under_kept_policies
from aztrust.storage.launch import read_launch


def read_launch_window(
    launch: Path,
    inputs: TrustInputs,
    *,
    ledger_needed: bool = False,
    at_head: Path | None = None,
) -> Context:
    """The launch under the policy that its window is of.

    That is the present launch.toml, or, where it was rewritten since the freeze, the policy that
    was kept under the anchor, or in the scope, that was announced (law 10).

    Args:
        launch: the launch directory.
        inputs: what the user received out of band.
        ledger_needed: whether a named ledger has to be there. An act that signs does not need it.
        at_head: a file with a head of the ledger: what came later does not count.

    Raises:
        Refused: `anchor-mismatch`: no policy here is the announced one.
        Malformed, UsageError, CouldNotCheck: an option is not valid, or a file cannot be read.
    """
    evidence = read_launch(launch)
    for candidate in (evidence, *under_kept_policies(evidence)):
        anchoring = resolve_anchor(launch, candidate.policy, given=inputs.anchor)
        digest = policy_digest(candidate.policy)
        if anchoring.conflicts or anchoring.anchor not in ("", digest):
            continue
        context = _judged(candidate, anchoring, inputs, ledger_needed, at_head)
        if anchoring.anchor or (inputs.scope and _is_of(context, inputs.scope)):
            return context
    # Nothing was announced, or no policy here matches: then only the present policy can apply.
    anchoring = resolve_anchor(launch, evidence.policy, given=inputs.anchor)
    anchoring.require(policy_digest(evidence.policy))
    context = _judged(evidence, anchoring, inputs, ledger_needed, at_head)
    require_policy(context)
    return context


def _judged(
    evidence: Evidence,
    anchoring: Anchoring,
    inputs: TrustInputs,
    ledger_needed: bool,
    at_head: Path | None,
) -> Context:
    request = Request(
        inputs.now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=inputs.scope,
    )
    options = LedgerOptions(inputs.ledger, at_head=at_head, insists=ledger_needed)
    return read_context(request, with_ledger(evidence, request, options))


def _is_of(context: Context, scope: str) -> bool:
    """Whether a scope is really of this policy: its hash is computed again from what is here."""
    windows = context.state.windows.values()
    made = (context.scope, *(scope_of_window(context, window) for window in windows))
    return any(found is not None and found.hash == scope for found in made)
