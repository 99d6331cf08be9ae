"""Who may not freeze, and what may not be frozen: refused before packages are read."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.ledger.others import frozen_under, other_ledgers
from aztrust.acts.preconditions import refuse_ended, refuse_expired_policy
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.checkpoint_draft import require_scope
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.state.context import (
    Context,
    Request,
    read_context,
    require_policy,
    require_signers,
)
from aztrust.core.state.frozen_policies import contexts_of_this_chain, is_same_chain
from aztrust.storage.launch import POLICIES, VERDICTS


def refuse_to_freeze(context: Context, key: VerificationMaterial, holder: str) -> None:
    """Allow a freeze only under the announced policy, of a scope that may be frozen.

    Raises:
        NothingToVerify: there is no scope: a package is not sealed.
        Refused: `anchor-unpinned`, `policy-expired`, `scope-mismatch`, `key-revoked`,
            `scope-invalidated`, or `freeze-other-scope`.
    """
    _refuse_unanchored(context)
    refuse_expired_policy(context)
    refuse_revoked_key(context, key, holder)
    _refuse_other_scope_given(context)
    refuse_ended(context, require_scope(context).hash)
    _refuse_second_frozen_scope(context)


def _refuse_unanchored(context: Context) -> None:
    if context.request.anchor or context.request.scope:
        return
    raise Refused(
        "no anchor was given or pinned: a freeze needs the announced digest from another source",
        subject=POLICY_PATH,
        code="anchor-unpinned",
        mend="compare the policy's digest with what was announced, then: aztrust anchor add"
        f" {context.policy_digest.removeprefix('sha256:')}",
        details=(f"here: {context.policy_digest}",),
    )


def _refuse_other_scope_given(context: Context) -> None:
    scope, given = require_scope(context), context.request.scope
    if given and given != scope.hash:
        raise Refused(
            "the scope that was given is not the scope of the files here",
            subject="scope",
            code="scope-mismatch",
            mend="get the launch directory, or the scope hash, from its source again",
            details=(f"given: {given}", f"here: {scope.hash}"),
        )


def _refuse_second_frozen_scope(context: Context) -> None:
    """One chain has one frozen scope at a time (AZ-16.3, AZ-25.2), also under an older policy.

    In the launch directory anyone can put a policy, a key and a freeze. A freeze under another
    policy counts there only if a holder of this one signed it; in the user's own ledgers every one
    counts.
    """
    _refuse_unkept_policies(context)
    known = require_policy(context).key_holders().keys()
    own = require_scope(context).hash
    others = dict.fromkeys(context.state.frozen.keys() - {own}, "")
    for old in contexts_of_this_chain(context):
        for scope, freezes in old.state.frozen.items():
            if any(freeze.key.fingerprint in known for freeze in freezes):
                others[scope] = f" under the policy {old.policy_digest}"
    for name, old in _in_other_ledgers(context):
        for scope in old.state.frozen.keys() - {own, *others}:
            others[scope] = f" under the policy {old.policy_digest}, in {name}"
    if not others:
        return
    raise Refused(
        "another scope of this chain is frozen and has not ended",
        subject="scope",
        code="freeze-other-scope",
        mend="put its policy and packages back; or end its window there: aztrust window"
        " defer --reason T",
        details=(*(f"frozen: {scope}{where}" for scope, where in sorted(others.items())),),
    )


def _refuse_unkept_policies(context: Context) -> None:
    """A holder's freeze under a policy that is not here: whether it has ended is unknown (law 2).

    One by a stranger, or whose signature does not hold, counts nowhere (laws 7 and 15).
    """
    kept = _kept(context)
    for name, data in sorted(context.evidence.verdicts.items()):
        digest = frozen_under(data)
        if digest and digest not in kept and _may_be_a_holders(context, name, data):
            raise Refused(
                "a freeze was signed here under a policy that is not kept, so it is unknown"
                " whether its scope has ended",
                subject=f"{VERDICTS}/{escape(name)}",
                code="freeze-other-scope",
                mend=f"put that policy back as {POLICIES}/{digest[7:]}.toml; or, if the file is"
                " not a freeze of this launch, move it away",
            )


def _may_be_a_holders(context: Context, name: str, data: bytes) -> bool:
    """Whether a holder signed a file, or it cannot be checked because that holder's key is gone."""
    try:
        opened = require_signers(context).open_file(data, f"{VERDICTS}/{escape(name)}")
    except Malformed as error:
        return error.code == "key-missing"
    return not isinstance(opened, Finding)


def unjudged_freezes(context: Context) -> tuple[tuple[str, str], ...]:
    """Freezes in the user's other ledgers of this chain under policies that are not here.

    Rehearsals leave such ledgers, so they do not block a freeze; a person has to know whether
    they have ended.

    Returns:
        The ledger and the policy's digest, for each policy.
    """
    kept = _kept(context)
    return tuple(
        (other.name, digest)
        for other in other_ledgers(context, require_policy(context).launch.chain_id)
        for digest in other.frozen_under
        if digest not in kept
    )


def _kept(context: Context) -> dict[str, bytes]:
    """Every policy that is here, by its digest."""
    evidence = context.evidence
    return {sha256_id(data): data for data in (evidence.policy, *evidence.policies.values())}


def _in_other_ledgers(context: Context) -> Iterator[tuple[str, Context]]:
    """The launch under each kept policy of a freeze in another of the user's ledgers of its chain.

    Raises:
        CouldNotCheck: such a ledger cannot be read.
    """
    kept = _kept(context)
    for other in other_ledgers(context, require_policy(context).launch.chain_id):
        for digest in other.frozen_under:
            if digest in kept:
                under = replace(other.added_to(context.evidence), policy=kept[digest])
                old = read_context(Request(context.request.now_unix_ms), under)
                if is_same_chain(old.policy, context.policy):
                    yield other.name, old
