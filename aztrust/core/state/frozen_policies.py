"""The launch under each policy that a freeze kept: what was frozen is judged by its own rules."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.policy.model import Policy, policy_digest
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence


def under_kept_policies(evidence: Evidence) -> Iterator[Evidence]:
    """The same files under each kept policy that is not the present one, in order of digests.

    The contents decide, never the name: a policy is what its digest says, under any file name.
    Packages and the ledger are read again under it.
    """
    kept = {policy_digest(data): data for data in evidence.policies.values()}
    for _, data in sorted(kept.items()):
        if data != evidence.policy:
            yield replace(evidence, policy=data, packages={}, ledger=None)


def kept_contexts(context: Context) -> Iterator[Context]:
    """The launch under each policy that was kept, is not the present one, and may be the true one.

    Anyone with write access can keep any policy there. One that the anchor given to this run
    excludes is passed over; without an anchor it can only deny, and one of another chain is passed
    over: a launch directory may serve one launch after the other.
    """
    request = context.request
    if request.anchor == context.policy_digest:
        return
    for old in _contexts(context):
        if request.anchor:
            wanted = old.policy_digest == request.anchor
        else:
            wanted = context.policy is None or is_same_chain(old.policy, context.policy)
        if wanted:
            yield old


def contexts_of_this_chain(context: Context) -> Iterator[Context]:
    """The launch under every other policy that was kept for this chain, whatever the anchor is."""
    for old in _contexts(context):
        if is_same_chain(old.policy, context.policy):
            yield old


def is_same_chain(one: Policy | None, other: Policy | None) -> bool:
    """Whether two policies are for one chain; unknown where one of them cannot be read."""
    if one is None or other is None:
        return False
    first, second = one.launch, other.launch
    return (first.network_class, first.chain_id) == (second.network_class, second.chain_id)


def _contexts(context: Context) -> Iterator[Context]:
    for evidence in under_kept_policies(context.evidence):
        try:
            evidence.opener.policy(evidence.policy)
        except Malformed:
            continue  # no freeze can be under a policy that nothing can read
        evidence = replace(evidence, ledger=context.evidence.ledger)
        yield read_context(Request(context.request.now_unix_ms), evidence)
