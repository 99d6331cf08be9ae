"""The launch under each policy that a freeze kept: what was frozen is judged by its own rules."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.history.opener import Opener
from aztrust.core.policy.model import Policy, policy_digest
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence


def under_kept_policies(evidence: Evidence) -> Iterator[Evidence]:
    """The same files under each kept policy that is not the present one, in order of digests.

    A file whose name is not its own digest is no kept policy. Packages belong to the present one.
    """
    for name, data in sorted(evidence.policies.items()):
        if name == f"{sha256_id(data)[7:]}.toml" and data != evidence.policy:
            yield replace(evidence, policy=data, packages={}, policies={}, ledger=None)


def kept_contexts(context: Context) -> Iterator[Context]:
    """The launch under each policy that was kept, is not the present one, and may be the true one.

    Whoever can write the folder can keep any policy there. One that the anchor given to this run
    excludes says nothing; without an anchor it can only deny, and one of another chain says
    nothing: a launch directory may serve one launch after the other.
    """
    request = context.request
    if request.anchor == context.policy_digest:
        return
    opener = context.evidence.opener
    for evidence in under_kept_policies(context.evidence):
        if request.anchor:
            wanted = policy_digest(evidence.policy) == request.anchor
        else:
            wanted = _of_this_chain(context.policy, evidence.policy, opener)
        if wanted:
            evidence = replace(evidence, ledger=context.evidence.ledger)
            yield read_context(Request(request.now_unix_ms), evidence)


def _of_this_chain(policy: Policy | None, kept: bytes, opener: Opener) -> bool:
    """Whether a kept policy is for the chain of the present one, as far as that can be read."""
    try:
        old = opener.policy(kept).launch
    except Malformed:
        return False
    if policy is None:
        return True
    new = policy.launch
    return (old.network_class, old.chain_id) == (new.network_class, new.chain_id)
