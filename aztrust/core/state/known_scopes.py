"""What a launch knows of scopes, windows and operators, for the printed form of confirmations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from aztrust.core.base.errors import Malformed
from aztrust.core.package.manifest import Manifest, package_id
from aztrust.core.policy.scope import Scope
from aztrust.core.records.line.frozen_scope import FrozenScope, frozen_scope
from aztrust.core.records.line.rebuild import Known
from aztrust.core.state.context import Context, require_policy


def present_scope(context: Context) -> FrozenScope | None:
    """The scope that the files make up, with what it fixes; None until both packages are sealed."""
    scope, release = context.scope, context.manifests.get("release")
    if scope is None or release is None:
        return None
    return frozen_scope(scope, release, require_policy(context))


def known_here(context: Context, sealed: Callable[[], Iterable[bytes]]) -> Known:
    """The present scope and the earlier ones of this policy, their windows, and the enrolled keys.

    Args:
        context: the launch; its policy was parsed.
        sealed: reads every manifest that was ever sealed; called where a window or a freeze is of
            another scope than the present one.

    Raises:
        Malformed: `policy-malformed`, as `require_policy`.
    """
    state = context.state
    windows = {(w.scope_hash, w.launch_window_id) for w in state.windows.values()}
    windows |= {(f.statement.scope_hash, f.launch_window_id) for f in state.freezes}
    present = present_scope(context)
    scopes = () if present is None else (present,)
    earlier = {scope for scope, _ in windows} - {scope.scope.hash for scope in scopes}
    if earlier:
        found = _scopes(context, sealed())
        scopes = (*scopes, *(scope for scope in found if scope.scope.hash in earlier))
    keys = tuple(seat.key for seat in context.roster.seats)
    return Known(scopes, tuple(sorted(windows)), keys)


def _scopes(context: Context, sealed: Iterable[bytes]) -> Iterator[FrozenScope]:
    """Every scope that these manifests make up under the policy."""
    policy, opener = require_policy(context), context.evidence.opener
    releases: dict[str, Manifest] = {}
    geneses: dict[str, Manifest] = {}
    for data in sealed:
        try:
            manifest = opener.manifest(data, what="a sealed manifest")
        except Malformed:
            # A manifest that is damaged makes up no scope.
            continue
        place = releases if manifest.package_class == "release" else geneses
        place[package_id(data)] = manifest
    for genesis_id, genesis in sorted(geneses.items(), key=lambda item: item[0]):
        release = releases.get(genesis.release_package_id or "")
        if release is None or genesis.genesis_hash is None:
            continue
        scope = Scope(
            network_class=policy.launch.network_class,
            chain_id=policy.launch.chain_id,
            genesis_hash=genesis.genesis_hash.sha256,
            release_package_id=genesis.release_package_id or "",
            genesis_package_id=genesis_id,
            policy_digest=context.policy_digest,
        )
        yield frozen_scope(scope, release, policy)
