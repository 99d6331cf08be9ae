"""What an observer takes from a launch: the policy, the frozen genesis, and the phase.

The genesis bytes are hashed again and compared with the frozen scope before anything is derived
from them (law 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aztrust.acts.anchors import resolve_anchor
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.window.reading import read_launch_window
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.chain.agreement import Sight
from aztrust.core.chain.bundle import Origin
from aztrust.core.chain.facts import Expected
from aztrust.core.chain.judge.thresholds import Phase, Thresholds, thresholds_of
from aztrust.core.chain.kinds import AnyAdapter, adapter_of, chain_options
from aztrust.core.chain.recheck import recheck
from aztrust.core.checks.answers import chain_id_answer
from aztrust.core.judge.merge import merge
from aztrust.core.linkage.pointers import Sources
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.chain_table import ChainKind, genesis_of
from aztrust.core.policy.model import Policy, policy_digest
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.current import shown_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.node_reports import proven_sights, reported_sights
from aztrust.core.state.present_readiness import sealed_file
from aztrust.core.state.present_window import present_window
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.presence import is_present

NODES: Final = "nodes.toml"
"""The list of nodes, in the launch directory."""
DEFAULT_KIND: Final[ChainKind] = "cometbft"


@frozen
class ObservedLaunch:
    """A launch, as an observer of its network needs it.

    Args:
        path: the launch directory, or the kit.
        is_kit: whether nothing can be written there.
        policy, policy_digest: it.
        scope_hash: what is frozen.
        genesis_sha256: over the sealed genesis, whose bytes were hashed again.
        kind: of the chain.
        adapter: of that kind.
        expected: what a network reports that started from these bytes.
        phase: whose band counts.
        sights: what operators signed that they saw, and what the proofs here prove.
    """

    path: Path
    is_kit: bool
    policy: Policy
    policy_digest: str
    scope_hash: str
    genesis_sha256: str
    kind: ChainKind
    adapter: AnyAdapter
    expected: Expected
    phase: Phase
    sights: tuple[Sight, ...] = ()

    @property
    def limits(self) -> Thresholds:
        """The numbers of the phase."""
        return self.limits_of(self.phase)

    def limits_of(self, phase: Phase) -> Thresholds:
        """The numbers of a phase."""
        return thresholds_of(self.policy, phase, traits=self.adapter.traits)

    @property
    def origin(self) -> Origin:
        """What a proof of this network is made for."""
        return Origin(self.kind, self.expected.network, self.genesis_sha256, self.scope_hash)

    @property
    def epoch_end(self) -> int | None:
        """The last block of the first epoch; None where the policy has no `[chain]`."""
        if self.policy.chain is None:
            return None
        return self.expected.first_height + self.policy.chain.epoch_blocks - 1


def read_observed(
    kits: Sequence[LaunchFiles], inputs: TrustInputs, genesis: Path | None = None
) -> ObservedLaunch:
    """Read a launch for an observer.

    Args:
        kits: a launch directory, or kits; several are merged.
        inputs: the time, and what was received out of band.
        genesis: the sealed file, where it is not in the launch directory.

    Raises:
        Refused: `anchor-mismatch`: the policy is not the announced one; `genesis-hash-mismatch`:
            the genesis here is not the sealed one; `chain-id-mismatch`: it is of another chain
            than the policy.
        NothingToVerify: nothing is frozen, or the sealed genesis is not here.
        Malformed: the policy or the genesis is.
        CouldNotCheck: a file cannot be read.
    """
    context = _context(kits, inputs)
    policy, attempt = require_policy(context), _attempt(context)
    path = genesis_of(policy.chain, policy.packages.genesis.genesis_files)
    file = sealed_file(context, attempt, path)
    if file.entry is None:
        raise NothingToVerify(
            f"what the network must be is not known: {file.missing}",
            subject="genesis",
            mend="observe from the launch directory, or a kit of this launch",
        )
    data = _genesis_bytes(kits, policy, file.entry, genesis)
    _require_chain_id(policy, path, data)
    options = chain_options(policy)
    kind = policy.chain.kind if policy.chain is not None else DEFAULT_KIND
    adapter = adapter_of(kind, options)
    launch = ObservedLaunch(
        path=kits[0].path,
        is_kit=kits[0].kit is not None,
        policy=policy,
        policy_digest=context.policy_digest,
        scope_hash=attempt.scope_hash,
        genesis_sha256=file.entry.sha256,
        kind=kind,
        adapter=adapter,
        expected=adapter.expected(data, options),
        phase=_phase(context, attempt),
    )
    return replace(launch, sights=_sights(context, attempt, launch))


def read_again(
    kits: Sequence[LaunchFiles], inputs: TrustInputs, launch: ObservedLaunch
) -> ObservedLaunch | None:
    """The launch with the phase and the sights of now: a checkpoint may have passed since, and an
    operator may have signed. Raises as `read_observed`.

    Returns:
        None where another policy or scope than the observed one is in force by now.
    """
    context = _context(kits, inputs)
    attempt = _attempt(context)
    if (context.policy_digest, attempt.scope_hash) != (launch.policy_digest, launch.scope_hash):
        return None
    sights = _sights(context, attempt, launch)
    return replace(launch, phase=_phase(context, attempt), sights=sights)


def _sights(context: Context, attempt: Attempt, launch: ObservedLaunch) -> tuple[Sight, ...]:
    found = [
        recheck(data, name, sha256_id(data), launch.origin, launch.adapter, launch.expected)
        for name, data in context.evidence.observations.items()
    ]
    return (*reported_sights(context, attempt), *proven_sights(found))


def _context(kits: Sequence[LaunchFiles], inputs: TrustInputs) -> Context:
    first = kits[0]
    if first.kit is None and len(kits) == 1:
        return read_launch_window(first.path, inputs)
    anchoring = resolve_anchor(first.path, first.policy(), given=inputs.anchor)
    request = Request(
        inputs.now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=inputs.scope,
        pin_conflicts=anchoring.conflicts,
    )
    merged = merge([(shown(kit.path), kit.evidence()) for kit in kits], request)
    anchoring.require(policy_digest(merged.evidence.policy))
    options = LedgerOptions(inputs.ledger, keeps_head=False)
    return read_context(request, with_ledger(merged.evidence, request, options))


def _attempt(context: Context) -> Attempt:
    attempt = shown_attempt(context)
    if attempt is None:
        raise NothingToVerify(
            "no freeze of this scope is here: what the network must be is not known",
            subject="scope",
            mend="see what is missing: aztrust status",
        )
    return attempt


def _phase(context: Context, attempt: Attempt) -> Phase:
    """Early until the first finalized epoch was checked (AZ-10.3)."""
    facts = present_window(context, attempt).facts
    return "steady" if "first-epoch-finalized" in facts else "early"


def _genesis_bytes(
    kits: Sequence[LaunchFiles], policy: Policy, entry: FileEntry, genesis: Path | None
) -> bytes:
    if genesis is not None:
        return _sealed_bytes(genesis, entry)
    for kit in kits:
        place = kit.path / policy.packages.genesis.path / entry.path
        if kit.kit is None and is_present(place):
            return _sealed_bytes(place, entry)
    raise NothingToVerify(
        f"the sealed {escape(entry.path)} is not here: a kit has no packages",
        subject="genesis",
        mend="name the published file: aztrust observe --genesis FILE",
    )


def _require_chain_id(policy: Policy, path: str, data: bytes) -> None:
    answer = chain_id_answer(
        policy,
        Sources({("genesis", path): data}),
        f"genesis:{escape(path)}",
        mend="see what else is wrong, and rely on nothing of this network: aztrust verify",
    )
    for finding in answer.findings:
        raise Refused(
            finding.message,
            subject=finding.subject,
            code=finding.code,
            mend=finding.mend,
            details=(f"policy  {finding.expected}", f"genesis {finding.actual}"),
        )


def _sealed_bytes(path: Path, entry: FileEntry) -> bytes:
    data = read_bounded(path, entry.size)
    if sha256_id(data) != entry.sha256:
        raise Refused(
            f"{shown(path)} is not the {escape(entry.path)} that was sealed",
            subject=shown(path),
            code="genesis-hash-mismatch",
            mend="put the sealed file back, or name it: aztrust observe --genesis FILE",
            details=(f"sealed {entry.sha256}", f"here   {sha256_id(data)}"),
        )
    return data


def require_readable(path: Path) -> bytes:
    """The bytes of the list of nodes.

    Raises:
        CouldNotCheck: it cannot be read.
    """
    from aztrust.core.chain.node_list import MAX_LIST_BYTES

    try:
        return read_bounded(path, MAX_LIST_BYTES)
    except CouldNotCheck as error:
        raise CouldNotCheck(
            f"the list of nodes cannot be read: {error.message}",
            subject=shown(path),
            mend=f"name the nodes, or write {NODES} into the launch directory",
        ) from None
