"""How ready the operators of a launch are: read from a launch directory or kits, never written.

reading = read_readiness(kits, inputs, genesis=None)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from aztrust.acts.anchors import resolve_anchor
from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.ledger.reading import LedgerOptions, missing_ledger, with_ledger
from aztrust.acts.power import power_here
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import NothingToVerify, Refused
from aztrust.core.base.findings import CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.checks import ledger_checks
from aztrust.core.checks.check import Stage
from aztrust.core.checks.operators import to_decide
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
    data = _power_bytes(kits, context, file, genesis)
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
    decide = to_decide(readiness, readiness_rules(policy))
    findings = [replace(f, this=named.get(f.actual[7:], "")) for f in decide]
    unread = missing_ledger(context, inputs.ledger).removeprefix("the ledger: ")
    for result in _of_ledger(context):
        if result.status is Status.FAIL:
            broken += result.findings
        elif result.status is not Status.PASS:
            unread = result.detail or result.findings[0].message
            notices = evidence.ledger.notices if evidence.ledger is not None else ()
            findings += (*result.findings, *notices)
    return ReadinessReading(
        context, attempt, readiness, tuple(broken), tuple(findings), named, unread
    )


def _of_ledger(context: Context) -> Iterator[CheckResult]:
    """What verify says of the ledger: an entry that is withheld may take a confirmation back."""
    for check in ledger_checks(present=context.evidence.ledger is not None, asks_age=False):
        yield from check.run(context, Stage.FROZEN)


def _power_bytes(
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
    if genesis is not None:
        data = read_bounded(genesis, file.entry.size + 1)
        if sha256_id(data) != file.entry.sha256:
            raise Refused(
                f"{shown(genesis)} is not the {escape(file.path)} that was sealed",
                subject=shown(genesis),
                code="genesis-hash-mismatch",
                mend="name the file that was published with this launch",
                details=(f"sealed {file.entry.sha256}",),
            )
        return data
    policy = require_policy(context)
    found = (power_here(kit, policy, file.entry) for kit in kits)
    return next((data for data in found if data is not None), None)


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
