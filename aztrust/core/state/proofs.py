"""The proof bundles of a launch, held against its sealed genesis in this run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.chain.bundle import Origin
from aztrust.core.chain.facts import Expected, Proof
from aztrust.core.chain.kinds import adapter_of, chain_options
from aztrust.core.chain.recheck import Rechecked, recheck
from aztrust.core.policy.chain_table import ChainTable, genesis_of
from aztrust.core.policy.model import Policy
from aztrust.core.state.context import Context

FOLDER: Final = "manifests/observations"


@frozen
class NetworkProofs:
    """What proves that the network that started is the sealed one.

    Args:
        bundles: each bundle of the launch, the lowest block first; one that cannot be read is last.
        unproven: why no bundle was proven in this run, "" where each was tried.
        expected: from the sealed genesis; None where it is not here.
        epoch_end: the last block of the first epoch; None where it is not known.
    """

    bundles: tuple[Rechecked, ...] = ()
    unproven: str = ""
    expected: Expected | None = None
    epoch_end: int | None = None

    @property
    def faulty(self) -> tuple[Rechecked, ...]:
        """The bundles that prove nothing."""
        return tuple(bundle for bundle in self.bundles if bundle.fault is not None)

    def lowest(self, height: int) -> Rechecked | None:
        """The bundle with the lowest last block that proves a block as high as this."""
        return next(
            (b for b in self.bundles if b.proof is not None and b.proof.height >= height), None
        )

    def forks(self) -> tuple[int, ...]:
        """The heights at which two different blocks are proven, ascending."""
        ids: dict[int, set[str]] = {}
        for proof in self._proofs():
            ids.setdefault(proof.height, set()).add(proof.id)
        return tuple(height for height in sorted(ids) if len(ids[height]) > 1)

    def _proofs(self) -> Iterator[Proof]:
        return (proof for bundle in self.bundles for proof in bundle.proofs)


def network_proofs(context: Context) -> NetworkProofs:
    """Every proof bundle of a launch, proven again from the genesis bytes that were hashed now.

    Without `[chain]` in the policy, or without both packages sealed, there is nothing to hold them
    against; `unproven` says so.
    """
    policy, scope = context.policy, context.scope
    if policy is None or policy.chain is None:
        return NetworkProofs(unproven="the policy has no [chain]")
    manifest = context.manifests.get("genesis")
    if scope is None or manifest is None or not manifest.genesis_files:
        return NetworkProofs(unproven="both packages must be sealed")
    path = genesis_of(policy.chain, manifest.genesis_files)
    entry = manifest.file(path)
    if entry is None:
        return NetworkProofs(unproven=f"genesis:{escape(path)} is not sealed")
    origin = Origin(policy.chain.kind, policy.launch.chain_id, entry.sha256, scope.hash)
    reading = context.evidence.packages.get("genesis")
    data = reading.captured.get(path) if reading is not None else None
    unproven = ""
    if data is None:
        unproven = context.request.no_packages or f"genesis:{escape(path)} was not read"
    elif sha256_id(data) != entry.sha256:
        unproven, data = f"genesis:{escape(path)} is not the sealed file", None
    chain, files = policy.chain, context.evidence.observations
    return context.evidence.opener.result(
        lambda: _proven(context, policy, chain, origin, data, unproven),
        network_proofs,
        origin,
        tuple(sorted((name, sha256_id(data)) for name, data in files.items())),
        unproven,
        context.policy_digest,
    )


def _proven(
    context: Context,
    policy: Policy,
    chain: ChainTable,
    origin: Origin,
    genesis: bytes | None,
    unproven: str,
) -> NetworkProofs:
    options = chain_options(policy)
    expected: Expected | None = None
    try:
        adapter = adapter_of(chain.kind, options)
        if genesis is not None:
            expected = adapter.expected(genesis, options)
    except (CouldNotCheck, Malformed) as error:
        return NetworkProofs(unproven=error.message)
    bundles = [
        recheck(data, f"{FOLDER}/{escape(name)}", sha256_id(data), origin, adapter, expected)
        for name, data in context.evidence.observations.items()
    ]
    bundles.sort(key=lambda b: (b.height is None, b.height or 0, b.name))
    end = expected.first_height + chain.epoch_blocks - 1 if expected is not None else None
    return NetworkProofs(tuple(bundles), unproven, expected, end)
