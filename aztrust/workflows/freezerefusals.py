"""Who may not freeze, and what may not be frozen: said before anything is read or asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aztrust.core import canonical
from aztrust.core.concluding import require_scope
from aztrust.core.context import Context, Request, read_context
from aztrust.core.digest import sha256_id
from aztrust.core.errors import Malformed, Refused
from aztrust.core.keptpolicies import under_kept_policies
from aztrust.core.paths import escape
from aztrust.core.policy import POLICY_PATH
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.signed.checkpoint import FREEZE
from aztrust.core.signed.envelope import parse_envelope
from aztrust.core.signed.keys import PublicKey
from aztrust.core.signed.summary import CHECKPOINT_KEY
from aztrust.core.value import replace
from aztrust.core.window import frozen_scopes, read_window
from aztrust.storage.launch import POLICIES, VERDICTS
from aztrust.workflows.approvers import refuse_revoked_key
from aztrust.workflows.standing import refuse_expired_policy, require_policy


def freezer_keys(context: Context) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may freeze the scope.

    Raises:
        Refused: `freeze-missing`: the policy lets nobody.
    """
    policy = require_policy(context)
    rule = verdict_rule(policy)
    if rule is None:
        raise Refused(
            "the policy has no [verdicts] table: nobody may freeze this scope",
            subject=POLICY_PATH,
            code="freeze-missing",
            mend="the launch needs a policy with [verdicts], which has another anchor",
        )
    return policy.keys_of_roles(rule.roles.keys())


def refuse_to_freeze(context: Context, key: PublicKey, holder: str) -> None:
    """Let a freeze go on only under the announced policy, of a scope that may be frozen.

    Raises:
        NothingToVerify: there is no scope: a package is not sealed.
        Refused: `anchor-unpinned`, `policy-expired`, `scope-mismatch`, `key-revoked`,
            `scope-invalidated`, or `freeze-other-scope`.
    """
    _refuse_unanchored(context)
    refuse_expired_policy(context)
    refuse_revoked_key(context, key, holder)
    _refuse_other_scope_given(context)
    _refuse_ended(context)
    _refuse_beside_another(context)


def _refuse_unanchored(context: Context) -> None:
    if context.request.anchor or context.request.scope:
        return
    raise Refused(
        "nothing says that this is the announced policy; nobody freezes what they were only handed",
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
            "the scope that was given is not the one that lies here",
            subject="scope",
            code="scope-mismatch",
            mend="get the launch directory, or the scope hash, from its source again",
            details=(f"given: {given}", f"here: {scope.hash}"),
        )


def _refuse_ended(context: Context) -> None:
    """Once invalidated, nothing revives a scope (law 10)."""
    scope = require_scope(context)
    said = read_window(context).invalidated.get(scope.hash)
    if said is None:
        return
    raise Refused(
        f"this scope has ended: {said.holder} said so in {said.record_id[7:23]}; restored bytes"
        " revive nothing",
        subject=scope.hash,
        code="scope-invalidated",
        mend="a changed package is sealed and approved anew: that makes a new scope",
    )


def _refuse_beside_another(context: Context) -> None:
    """One chain has one frozen scope at a time (AZ-16.3, AZ-25.2), also under an older policy."""
    _refuse_what_nobody_kept(context)
    own = require_scope(context).hash
    others = dict.fromkeys(frozen_scopes(context).keys() - {own}, "")
    for old in _under_kept_policies(context):
        others |= dict.fromkeys(frozen_scopes(old), f" under the policy {old.policy_digest}")
    if not others:
        return
    raise Refused(
        "another scope of this chain is frozen and has not ended",
        subject="scope",
        code="freeze-other-scope",
        mend="put its policy and packages back; or end its window there: aztrust window defer",
        details=(*(f"frozen: {scope}{where}" for scope, where in sorted(others.items())),),
    )


def _refuse_what_nobody_kept(context: Context) -> None:
    """A freeze under a policy that is not here: whether it has ended cannot be told (law 2)."""
    kept = {sha256_id(data) for data in context.evidence.policies.values()}
    for name, data in sorted(context.evidence.verdicts.items()):
        digest = _frozen_under(data)
        if digest and digest not in (context.policy_digest, *kept):
            raise Refused(
                "a freeze was signed here under a policy that is not kept, so that nobody can tell"
                " whether its scope has ended",
                subject=f"{VERDICTS}/{escape(name)}",
                code="freeze-other-scope",
                mend=f"put that policy back as {POLICIES}/{digest[7:]}.toml; or, if the file is no"
                " freeze of this launch, move it away",
            )


def _frozen_under(data: bytes) -> str:
    """The policy under which a file says that it froze a scope, "" for anything else.

    Nobody's signature is checked: the policy that would name the key is what is missing.
    """
    try:
        payload = parse_envelope(data, name="").payload
        said: Any = canonical.loads(payload, what="", code="record-malformed")
        record = said["predicate"][CHECKPOINT_KEY]["record"]
        passed = (record["checkpoint_class"], record["verdict"]) == (FREEZE, "pass")
        return f"sha256:{said['predicate']['policy']['digest']['sha256']}" if passed else ""
    except (Malformed, LookupError, TypeError):
        return ""


def _under_kept_policies(context: Context) -> Iterator[Context]:
    """The launch under every other policy that was ever frozen for this chain, anchored or not.

    Who put a file there can keep others from freezing, and nothing more; it is named.
    """
    launch = require_policy(context).launch
    for evidence in under_kept_policies(context.evidence):
        ledger = context.evidence.ledger
        old = read_context(Request(context.request.now_unix_ms), replace(evidence, ledger=ledger))
        if old.policy is None:
            continue
        there = old.policy.launch
        if (there.network_class, there.chain_id) == (launch.network_class, launch.chain_id):
            yield old
