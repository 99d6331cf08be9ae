"""Restoring what a carrier dropped: execute bits, empty directories, links."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.preconditions import require_readable_records
from aztrust.acts.seal_preconditions import refuse_broken_records
from aztrust.acts.verify import ReadOptions, read_package
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.judge.restore_plan import Repairs, plan_repairs
from aztrust.core.judge.seal_errors import seal_findings
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import PackageReading
from aztrust.storage.presence import is_present
from aztrust.storage.tree.restore import Restorer


@frozen
class Plans:
    """What each package needs; nothing has been changed yet."""

    context: Context
    repairs: Mapping[PackageClass, Repairs]


def plan_restore(
    launch: Path,
    context: Context,
    package_class: PackageClass | None = None,
    read_options: ReadOptions = ReadOptions(),
) -> Plans:
    """Verify manifests and read packages; change nothing.

    Args:
        launch: the launch directory.
        context: its own files, as read for this run.
        package_class: one package; None for every sealed one that is here.
        read_options: how to read.

    Raises:
        NothingToVerify: no package is both sealed and here.
        CouldNotCheck: a package cannot be read, or a record cannot be understood.
        Refused: a seal does not hold, or a package differs in more than can be restored; `details`
            lists every difference.
    """
    policy = require_policy(context)
    require_readable_records(context)
    refuse_broken_records(context)
    classes = _classes(launch, context, policy, package_class)
    _refuse(
        [f for c in classes for f in seal_findings(context, c)],
        "the manifest cannot be relied on, so nothing is restored from it",
        "look at what is wrong with it: aztrust verify",
    )
    readings = {c: _read(launch, policy, c, read_options) for c in classes}
    repairs = {
        c: plan_repairs(context.manifests[c], reading.tree)
        for c, reading in readings.items()
        if reading.tree is not None
    }
    _refuse(
        [f for repair in repairs.values() for f in repair.obstacles],
        "restore cannot correct all differences; nothing was changed",
        "mend these first: restore only sets execute bits and makes empty directories and links",
    )
    return Plans(context, repairs)


def apply_restore(launch: Path, plans: Plans, read_options: ReadOptions = ReadOptions()) -> None:
    """Apply the plan, then read the packages again: they are the sealed ones now.

    Raises:
        CouldNotCheck: the system refused, or a package is still not the sealed one.
    """
    policy = require_policy(plans.context)
    for package_class, repair in plans.repairs.items():
        if not repair:
            continue
        with Restorer(launch, policy.package(package_class).path) as restorer:
            for directory in repair.directories:
                restorer.make_directory(directory.path)
            for link in repair.links:
                restorer.make_link(link)
            for file in repair.modes:
                restorer.set_execute(file)
        reading = _read(launch, policy, package_class, read_options)
        manifest = plans.context.manifests[package_class]
        if reading.tree is None or reading.tree.faults or reading.tree.entries != manifest.entries:
            raise CouldNotCheck(
                f"the {package_class} package is still not the sealed one",
                subject=escape(policy.package(package_class).path),
                mend="the file system may not keep execute bits or links; see aztrust verify",
            )


def _classes(
    launch: Path, context: Context, policy: Policy, wanted: PackageClass | None
) -> tuple[PackageClass, ...]:
    if wanted is not None:
        return (wanted,)
    here = tuple(
        c
        for c in PACKAGE_CLASSES
        if c in context.manifest_ids and is_present(launch / policy.package(c).path)
    )
    if not here:
        raise NothingToVerify(
            "no package is both sealed and here", subject=str(launch), mend="aztrust verify"
        )
    return here


def _read(
    launch: Path, policy: Policy, package_class: PackageClass, read_options: ReadOptions
) -> PackageReading:
    reading = read_package(launch, policy, package_class, read_options)
    if reading.tree is None:
        path = escape(policy.package(package_class).path)
        raise CouldNotCheck(
            f"the {package_class} package cannot be read: {reading.fault}",
            subject=path,
            mend=f"put it at {path} first: restore creates no files",
        )
    return reading


def _refuse(findings: list[Finding], message: str, mend: str) -> None:
    if findings:
        raise Refused(
            message,
            subject=findings[0].subject,
            code=findings[0].code,
            mend=mend,
            details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in findings),
        )
