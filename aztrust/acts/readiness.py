"""How ready the operators of a launch are: read from a launch directory or kits, never written.

reading = read_readiness(kits, inputs, genesis=None)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aztrust.acts.anchors import resolve_anchor
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.checks.operators import collapse_findings, same_digest_finding
from aztrust.core.judge.identify import digest_index, known_as
from aztrust.core.judge.merge import merge
from aztrust.core.judge.readiness_reading import ReadinessReading
from aztrust.core.policy.model import policy_digest
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import PackageReading
from aztrust.core.state.present_readiness import PowerFile, power_file, present_readiness
from aztrust.core.state.readiness import Readiness
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.presence import is_present


def read_readiness(
    kits: Sequence[LaunchFiles],
    inputs: TrustInputs,
    *,
    genesis: Path | None = None,
) -> ReadinessReading:
    """Count the operators of a launch.

    Args:
        kits: a launch directory, or kits; several are merged.
        inputs: the time, and what was received out of band.
        genesis: the sealed file that the voting power comes from, where it is not in the launch.

    Raises:
        Refused: `anchor-mismatch`: the policy is not the announced one; `genesis-hash-mismatch`:
            the named file is not the sealed one.
        NothingToVerify: nothing is frozen, or no operator is enrolled.
        Malformed: the policy is malformed.
        CouldNotCheck: a file cannot be read.
    """
    first = kits[0]
    anchoring = resolve_anchor(first.path, first.policy(), given=inputs.anchor)
    request = Request(
        inputs.now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=inputs.scope or "",
        pin_conflicts=anchoring.conflicts,
    )
    merged = merge([(shown(kit.path), kit.evidence()) for kit in kits], request)
    anchoring.require(policy_digest(merged.evidence.policy))
    options = LedgerOptions(inputs.ledger, keeps_head=False)
    evidence = with_ledger(merged.evidence, request, options)
    context = read_context(request, evidence)
    policy = require_policy(context)
    attempt = current_attempt(context)
    if attempt is None:
        raise NothingToVerify(
            "no freeze of this scope is in force: there is nothing to confirm yet",
            subject="scope",
            mend="see what is missing: aztrust status",
        )
    if not context.roster.enrolments:
        raise NothingToVerify(
            "no operator is enrolled",
            subject="operators",
            mend="who runs hosts is enrolled by a holder with the role"
            f" {policy.readiness.registrar} (docs/readiness.md)",
        )
    file = power_file(context, attempt)
    data = power_bytes(kits, context, file, genesis)
    broken = list(merged.findings)
    if data is not None and file.entry is not None and sha256_id(data) != file.entry.sha256:
        broken.append(_not_the_sealed_one(file, data))
    elif data is not None:
        packages = {"genesis": PackageReading(captured={file.path: data})}
        context = replace(context, evidence=replace(context.evidence, packages=packages))
    readiness = present_readiness(context)
    if readiness is None:
        raise AssertionError(attempt.scope_hash)
    named = _named(context, readiness, kits)
    groups = (same_digest_finding(group, readiness.powers.total) for group in readiness.same_digest)
    seen = evidence.ledger
    if seen is not None:
        broken += seen.findings
    # A ledger that was seen before and is not here may have what takes a confirmation back.
    unread = seen.notices if seen is not None and seen.fault else ()
    findings = (
        *unread,
        *(replace(f, this=named.get(f.actual[7:], "")) for f in groups),
        *collapse_findings(readiness, readiness_rules(policy)),
    )
    return ReadinessReading(context, attempt, readiness, tuple(broken), findings, named)


def power_bytes(
    kits: Sequence[LaunchFiles], context: Context, file: PowerFile, genesis: Path | None
) -> bytes | None:
    """The file with the voting power: the named one, else that of a launch directory here.

    None where it is neither named nor here. Whether a file that is not named is the sealed one is
    for the caller to see.

    Raises:
        Refused: `genesis-hash-mismatch`: the named file is not the sealed one.
        CouldNotCheck: the named file cannot be read.
    """
    if file.entry is None:
        return None
    limit = file.entry.size + 1
    if genesis is not None:
        data = read_bounded(genesis, limit)
        if sha256_id(data) != file.entry.sha256:
            raise Refused(
                f"{shown(genesis)} is not the {escape(file.path)} that was sealed",
                subject=shown(genesis),
                code="genesis-hash-mismatch",
                mend="name the file that was published with this launch",
                details=(f"sealed {file.entry.sha256}",),
            )
        return data
    package = require_policy(context).packages.genesis.path
    for kit in kits:
        path = kit.path / package / file.path
        if kit.kit is None and is_present(path):
            try:
                return read_bounded(path, limit)
            except CouldNotCheck:
                # What cannot be read is not known; the count says so.
                continue
    return None


def _not_the_sealed_one(file: PowerFile, data: bytes) -> Finding:
    return Finding(
        "file-modified",
        f"genesis:{escape(file.path)}",
        "it is not the file that was sealed: its voting power is not used",
        expected=file.entry.sha256 if file.entry is not None else "",
        actual=sha256_id(data),
        mend="put the sealed file back; for the whole report: aztrust verify",
    )


def _named(context: Context, readiness: Readiness, kits: Sequence[LaunchFiles]) -> dict[str, str]:
    """What the wrong digests are that operators found, as far as it was ever sealed."""
    found = {row.found for row in readiness.rows} | {g.found for g in readiness.same_digest}
    found.discard("")
    if not found:
        return {}
    sealed = {name: data for kit in kits for name, data in kit.sealed()}
    index = digest_index(context, sorted(sealed.items()))
    named = ((digits, known_as(index, f"sha256:{digits}")) for digits in sorted(found))
    return {digits: text for digits, text in named if text}
