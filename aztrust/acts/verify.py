"""Verifying a launch directory: read everything once, judge it, identify wrong bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from aztrust.acts.ledger.reading import LedgerOptions, remember_head, with_ledger
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Check, Stage
from aztrust.core.judge.identify import identify, wants_identification
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.plan import reading_plan
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.state.context import Context, Request
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.storage.launch import LaunchFiles, open_launch
from aztrust.storage.presence import is_present
from aztrust.storage.progress import Progress
from aztrust.storage.tree.ahead import Ahead, tree_request
from aztrust.storage.tree.tree import read_tree

_PEEKED_BYTES = 4 * 1024 * 1024
_PEEKED_FILES = 64
"""What is read once more, at most, to say what happened to a file."""

NO_PACKAGES = "a kit carries no packages"


@frozen
class ReadOptions:
    """How to read.

    Attributes:
        jobs: the number of workers; None for what this process may use.
        progress: the callback for the progress of the reading.
        ahead: a reading that has begun already.
    """

    jobs: int | None = None
    progress: Callable[[Progress], None] | None = None
    ahead: Ahead | None = None


def verify_launch(
    launch: Path,
    request: Request,
    required: Stage | None,
    read_options: ReadOptions = ReadOptions(),
) -> Verdict:
    """The verdict on a launch directory or a kit, everything recomputed from its files (law 1).

    Raises:
        NothingToVerify: nothing was ever sealed or signed here.
        Malformed: the file is not a kit.
        CouldNotCheck: the launch directory or kit cannot be read.
    """
    files = open_launch(launch)
    return verify_files(files, files.evidence(), request, required, read_options)


def verify_files(
    files: LaunchFiles,
    evidence: Evidence,
    request: Request,
    required: Stage | None,
    read_options: ReadOptions = ReadOptions(),
    ledger_options: LedgerOptions = LedgerOptions(),
    checks: tuple[Check, ...] = CHECKS,
) -> Verdict:
    """The same for a launch whose files were read before, to find the anchor by the policy.

    A kit has no packages, so checks of packages remain open. A ledger is read where there
    is one, and the largest head that held is kept.

    Raises:
        NothingToVerify: nothing was ever sealed or signed here.
        UsageError, CouldNotCheck: as `with_ledger`.
    """
    evidence = with_ledger(evidence, request, ledger_options)
    if (
        evidence.ledger is None
        and not evidence.manifests
        and not evidence.records
        and not evidence.unreadable
    ):
        raise NothingToVerify(
            "nothing is sealed here yet: no manifest and no record",
            subject=str(files.path),
            mend="aztrust seal release, then aztrust seal genesis",
        )
    if files.kit is not None:
        request = replace(request, no_packages=NO_PACKAGES)
    else:
        classes = PACKAGE_CLASSES if request.only is None else (request.only,)
        evidence = replace(
            evidence, packages=read_packages(files.path, evidence, classes, read_options)
        )
    verdict = remember_head(verify(evidence, request, required, checks), ledger_options)
    if wants_identification(verdict):
        altered = {} if files.kit is not None else _alterations(files.path, verdict.context)
        return identify(verdict, files.sealed(), altered)
    return verdict


def _alterations(launch: Path, context: Context) -> dict[str, str]:
    """SHA-256 of small files that are not the sealed ones to what their bytes show them to be."""
    from aztrust.core.package.altered import altered
    from aztrust.storage.peek import peek

    found: dict[str, str] = {}
    for package_class, manifest in context.manifests.items():
        reading = context.evidence.packages.get(package_class)
        if reading is None or reading.tree is None or context.policy is None:
            continue
        sealed = {e.path: e for e in manifest.entries if isinstance(e, FileEntry)}
        others = [
            entry
            for entry in reading.tree.entries
            if isinstance(entry, FileEntry)
            and entry.path in sealed
            and entry.sha256 != sealed[entry.path].sha256
            and entry.size <= _PEEKED_BYTES
        ]
        digests = {entry.path: entry.sha256 for entry in others}
        try:
            path = context.policy.package(package_class).path
            for name, data in peek(launch, path, others[:_PEEKED_FILES]):
                when = manifest.genesis_time or "" if name in (manifest.genesis_files or ()) else ""
                found[digests[name]] = altered(data, sealed[name], when)
        except CouldNotCheck:
            # It was hashed a moment ago and moved since: the next run says so.
            continue
    return {digest: text for digest, text in found.items() if text}


def read_packages(
    launch: Path, evidence: Evidence, classes: tuple[PackageClass, ...], read_options: ReadOptions
) -> Mapping[PackageClass, PackageReading]:
    """The packages, read from the paths in the policy; none where the policy cannot be read.

    A policy whose digest does not match an anchor is still only parsed: the paths it names are
    inside the launch directory, and reading them executes nothing (law 11).
    """
    try:
        policy = evidence.opener.policy(evidence.policy)
    except Malformed:
        return {}
    return {c: read_package(launch, policy, c, read_options) for c in classes}


def read_package(
    launch: Path,
    policy: Policy,
    package_class: PackageClass,
    read_options: ReadOptions = ReadOptions(),
) -> PackageReading:
    """One package as the policy describes it; `fault` says why there is no reading."""
    plan = reading_plan(policy, package_class)
    if not is_present(launch / plan.path):
        return PackageReading(fault="there is no such directory")
    request = tree_request(plan)
    try:
        begun = (
            read_options.ahead.finish(launch, plan.path, request) if read_options.ahead else None
        )
        reading = begun or read_tree(
            launch, plan.path, request, jobs=read_options.jobs, progress=read_options.progress
        )
    except CouldNotCheck as error:
        return PackageReading(fault=error.message)
    rules = policy.packages.release.provenance if package_class == "release" else ()
    provenance = None
    if rules:
        from aztrust.storage.provenance import read_provenance

        provenance = read_provenance(launch, rules, reading.tree)
    return PackageReading(
        reading.tree,
        reading.captured,
        reading.members,
        provenance=provenance,
        descriptions=reading.descriptions,
    )
