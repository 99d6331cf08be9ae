"""What an observer saw, for a person who records it: the facts of this launch, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final, get_args

from aztrust.acts.act import checked_text
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.observing import Guidance, ShownBy, anomaly
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import (
    AztrustError,
    CouldNotCheck,
    Malformed,
    NothingToVerify,
    Refused,
)
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.chain.agreement import SeenBlock, Sight
from aztrust.core.chain.bundle import Origin
from aztrust.core.chain.facts import Expected
from aztrust.core.chain.kinds import adapter_of, chain_options
from aztrust.core.chain.recheck import recheck
from aztrust.core.judge.window_anomalies import window_anomalies
from aztrust.core.policy.chain_table import PROOF_ENDING, genesis_of
from aztrust.core.records.kind import Severity
from aztrust.core.records.observation import (
    LIVE_STATUS_CONTENTS,
    EpochRange,
    LaunchLiveStatus,
    LiveStatusMetadata,
)
from aztrust.core.records.records import Unsigned
from aztrust.core.records.window import WindowPhase
from aztrust.core.state.context import Context
from aztrust.core.state.node_reports import operator_facts
from aztrust.report.observe.answers import (
    answers_of,
    finality_health,
    named_signal,
    participation_ids,
    signal_name,
)
from aztrust.report.observe.document import LIMIT, read_facts
from aztrust.report.observe.model import ObserveReport, ObserveSignal
from aztrust.storage.chainfacts import facts_path, read_kept_facts
from aztrust.storage.folders import list_folder, read_bounded
from aztrust.storage.launch import OBSERVATIONS

AHEAD_MS: Final = 60_000
"""How far ahead of this clock facts may be."""
MAX_AGE_MS: Final = 3_600_000
"""How old facts may be that someone records."""


@frozen
class Seen:
    """Facts of this launch.

    Args:
        facts: the document.
        path: its file.
    """

    facts: ObserveReport
    path: Path


def read_seen(basis: Basis, path: Path | None) -> Seen:
    """The facts in a file, or those that the observer on this machine saw last.

    Raises:
        NothingToVerify: there is no file, and no observer of this machine wrote one.
        CouldNotCheck: it cannot be read.
        Malformed: it is not a facts document.
        Refused: it is of another launch, too old, or from the future.
    """
    policy_digest = basis.context.policy_digest
    place = path if path is not None else facts_path(policy_digest)
    data = read_bounded(place, LIMIT) if path is not None else read_kept_facts(policy_digest)
    name = escape(str(place))
    if data is None:
        raise NothingToVerify(
            "no observer on this machine has seen this network",
            subject=name,
            mend="aztrust observe --watch; or name a document: --facts FILE",
        )
    facts = read_facts(data, what=name)
    _require_ours(basis, facts, name)
    return Seen(facts, place)


def _require_ours(basis: Basis, facts: ObserveReport, name: str) -> None:
    ours = basis.bound
    for what, seen, wanted in (
        ("policy", facts.policy_digest, ours["policy_digest"]),
        ("scope", facts.scope_hash, ours["scope_hash"]),
    ):
        if seen != wanted:
            raise Refused(
                f"these facts are of the {what} {seen[7:15]}, and the launch has {wanted[7:15]}",
                subject=name,
                mend="observe the network of this launch: aztrust observe --once -o FILE",
            )
    age = basis.now_unix_ms - facts.at_unix_ms
    if age < -AHEAD_MS or age > MAX_AGE_MS:
        at = format_minute(facts.at_unix_ms)
        raise Refused(
            f"these facts are of {at}: "
            + ("that is in the future" if age < 0 else "they are older than an hour"),
            subject=name,
            mend="look again: aztrust observe --once -o FILE",
        )


def kept_sights(context: Context) -> tuple[Sight, ...]:
    """What the observer on this machine saw last of this scope, to compare with what others saw;
    () where there is none that can be read.
    """
    scope = context.scope
    try:
        data = read_kept_facts(context.policy_digest)
        facts = read_facts(data, what="facts") if data is not None else None
    except (CouldNotCheck, Malformed):
        return ()
    if facts is None or scope is None or facts.scope_hash != scope.hash:
        return ()
    blocks = tuple(
        SeenBlock(block.height, block.id, block.state_after, block.validators)
        for block in facts.blocks
    )
    return (Sight("this machine", facts.expected.genesis_sha256, blocks),)


def evidence_of(basis: Basis, seen: Seen) -> tuple[Path, ...]:
    """The files that show it: the facts, and the proof bundles of the launch.

    Raises:
        CouldNotCheck: the folder cannot be listed.
    """
    folder = basis.act.launch / OBSERVATIONS
    try:
        names = [name for name in list_folder(folder) if name.endswith(PROOF_ENDING)]
    except FileNotFoundError:
        names = []
    return (seen.path, *(folder / name for name in sorted(names)))


def answers_from(basis: Basis, seen: Seen) -> dict[str, str]:
    """The seven answers that the facts give.

    Facts are a file that anyone can edit. That a block is proven is computed again, from the proof
    bundles of the launch.
    """
    policy = basis.act.policy
    band = policy.early if seen.facts.phase == "early" else policy.steady
    end = _epoch_end(basis, seen)
    answers: dict[str, str] = dict(answers_of(seen.facts, basis.now_unix_ms, band, end))
    if answers["finalized_roots"] == "ok":
        try:
            proven = _proven_height(basis)
        except AztrustError:
            proven = None
        if proven is None or end is None or proven < end:
            answers["finalized_roots"] = "unknown"
    return answers


def _proven_height(basis: Basis) -> int | None:
    """The highest block that a bundle of the launch proves now; None where none proves one.

    Raises:
        CouldNotCheck: the sealed genesis cannot be read.
        Malformed: it is not a genesis of its kind.
    """
    chain = basis.act.policy.chain
    manifest = basis.context.manifests.get("genesis")
    if chain is None or manifest is None:
        return None
    entry = manifest.file(basis.act.policy.packages.genesis.genesis_files[0])
    if entry is None:
        return None
    options = chain_options(basis.act.policy)
    origin = Origin(
        chain.kind,
        basis.act.policy.launch.chain_id,
        entry.sha256,
        basis.attempt.scope_hash,
    )
    adapter, expected = adapter_of(chain.kind, options), _sealed_genesis(basis)
    found = (
        recheck(data, name, sha256_id(data), origin, adapter, expected)
        for name, data in basis.context.evidence.observations.items()
    )
    return max((one.proof.height for one in found if one.proof is not None), default=None)


def epochs_from(basis: Basis, seen: Seen) -> EpochRange | None:
    """The epochs that are final, counted from 0; None where none is, or the policy has none."""
    end, chain, final = _epoch_end(basis, seen), basis.act.policy.chain, seen.facts.picture
    if end is None or chain is None or final.finalized is None or final.finalized < end:
        return None
    return EpochRange(first=0, last=(final.finalized - end) // chain.epoch_blocks)


def _epoch_end(basis: Basis, seen: Seen) -> int | None:
    chain = basis.act.policy.chain
    return seen.facts.expected.first_height + chain.epoch_blocks - 1 if chain is not None else None


def live_status(basis: Basis, seen: Seen, note: str = "") -> Unsigned:
    """The LaunchLiveStatusRecord of this moment, with exactly the fields of AZ-21.2.

    Args:
        basis: the window.
        seen: what was seen of its network.
        note: a remark.

    Raises:
        UsageError: the note is too long.
        CouldNotCheck: the sealed genesis cannot be read.
    """
    anomalies = [
        each.record.record_id
        for each in window_anomalies(basis.context, basis.state)
        if each.status == "open"
    ]
    members = _sealed_genesis(basis).members
    health = finality_health(seen.facts, basis.now_unix_ms)
    if health == "healthy" and basis.act.policy.chain and _proven_height(basis) is None:
        # The facts claim a proof, and no bundle of the launch proves a block.
        health = "unknown"
    lists = {
        "observed_validator_participation": participation_ids(
            seen.facts, tuple(member.id for member in members)
        ),
        "anomaly": tuple(sorted(anomalies)),
        "local_operator_status": operator_statuses(basis),
    }
    fields = {
        "launch_window_id": basis.attempt.launch_window_id,
        "phase_class": phase_class(basis.state.phase),
        "observed_finality_health_class": health,
        "timestamp_unix_ms": basis.now_unix_ms,
    }
    metadata = LiveStatusMetadata(**basis.bound, note=checked_text(note, "--note", empty=True))
    made = LIVE_STATUS_CONTENTS.make(LaunchLiveStatus, fields, {"metadata": metadata, **lists})
    return Unsigned("launch-live-status", *made)


def phase_class(phase: int) -> WindowPhase:
    """A phase of the table by its name in records."""
    return get_args(WindowPhase)[phase]  # type: ignore[no-any-return]


def operator_statuses(basis: Basis) -> tuple[str, ...]:
    """The ids of the newest confirmation of each operator, and of its newest facts, sorted."""
    newest: dict[str, tuple[int, str]] = {}
    for each in basis.context.confirmations:
        made = (each.body.confirmed_at_unix_ms, each.record_id)
        operator = each.seat.operator
        newest[operator] = max(newest.get(operator, (0, "")), made)
    facts = {
        each.report.record_id
        for each in operator_facts(basis.context, basis.attempt)
        if each.state in ("current", "too-old")
    }
    return tuple(sorted(facts | {record_id for _, record_id in newest.values()}))


def _sealed_genesis(basis: Basis) -> Expected:
    policy = basis.act.policy
    manifest = basis.context.manifests.get("genesis")
    path = genesis_of(policy.chain, policy.packages.genesis.genesis_files)
    entry = manifest.file(path) if manifest is not None else None
    place = basis.act.launch / policy.packages.genesis.path / path
    if entry is None:
        raise CouldNotCheck("the genesis package is not sealed", subject="genesis")
    data = read_bounded(place, entry.size)
    if sha256_id(data) != entry.sha256:
        raise CouldNotCheck(
            f"{escape(path)} is not the genesis that was sealed",
            subject=escape(str(place)),
            mend="put the sealed file back",
        )
    options = chain_options(policy)
    kind = policy.chain.kind if policy.chain is not None else "cometbft"
    return adapter_of(kind, options).expected(data, options)


def find_signal(seen: Seen, name: str) -> ObserveSignal:
    """The signal of a code, or of `CODE:SUBJECT`.

    Raises:
        Refused: there is none, or more than one; the message names those that there are.
    """
    found = named_signal(seen.facts, name)
    if found is not None:
        return found
    names = tuple(map(signal_name, seen.facts.signals))
    several = [one for one in names if one.partition(":")[0] == name]
    raise Refused(
        f"there are {len(several)} signals {escape(name)}"
        if several
        else f"there is no signal {escape(name)[:80]} in these facts",
        subject="--from",
        mend="name one of those that there are"
        if names
        else "there is no signal at all: name a class with --class",
        details=tuple(map(escape, several or names)),
    )


def anomaly_from(
    basis: Basis,
    signal: ObserveSignal,
    *,
    incident: str | None = None,
    detail: str = "",
    severity: Severity | None = None,
    role: str | None = None,
    guidance: Guidance | None = None,
) -> Unsigned:
    """The anomaly that a signal suggests; what a person gives is used in its place."""
    return anomaly(
        basis,
        signal.anomaly,
        incident or signal_name(signal),
        detail=detail or signal.detail,
        severity=severity,
        role=role,
        guidance=guidance or signal.guidance,
        shown=ShownBy(signal.clause, tuple(sorted(set(signal.evidence)))),
    )
