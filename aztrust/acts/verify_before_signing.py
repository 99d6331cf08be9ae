"""Before a signature: everything that it would depend on is read and judged again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.preconditions import refuse_expired_policy
from aztrust.acts.verify import ReadOptions, read_package
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.check import Stage
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import PackageReading
from aztrust.storage.presence import is_present

# Findings about a later step, or that the requested signature itself would correct.
CURABLE_CODES = frozenset({"genesis-hash-undeclared"})
LEFT_UNREAD = "only the manifest was asked for"
TAKEN_BACK = frozenset({"approval-revoked", "key-revoked"})
_UNFINISHED = frozenset({"threshold-unmet", "reproduction-unmet"})
_OF_THE_RELEASE = frozenset({"artifacts", "provenance", "reproduction"})
_OTHER: Mapping[PackageClass, PackageClass] = {"release": "genesis", "genesis": "release"}


@frozen
class Recomputed:
    """A package judged for signing: the verdict, and what was found that need not stop it."""

    verdict: Verdict
    package_class: PackageClass
    package_id: str
    warnings: tuple[Finding, ...] = ()

    @property
    def context(self) -> Context:
        """The parsed evidence."""
        return self.verdict.context

    @property
    def reading(self) -> PackageReading | None:
        """The package as it was read; None where only the manifest was looked at."""
        return self.context.evidence.packages.get(self.package_class)


def recompute(
    launch: Path,
    context: Context,
    package_class: PackageClass,
    *,
    manifest_only: bool = False,
    leave: frozenset[str] = frozenset(),
    read_options: ReadOptions = ReadOptions(),
) -> Recomputed:
    """Read one package again and hold every check against it.

    Args:
        launch: the launch directory.
        context: its own files, as read for this run.
        package_class: the package that is about to be signed for.
        manifest_only: leave the package itself unread.
        leave: ids of checks whose findings become warnings.
        read_options: how to read.

    Raises:
        NothingToVerify: the package is not sealed.
        CouldNotCheck: the package is not here, or a check could not be answered.
        Refused: the policy has expired, or a check failed; `details` lists every finding.
    """
    policy = require_policy(context)
    refuse_expired_policy(context)
    package_id = context.manifest_ids.get(package_class)
    if package_id is None:
        raise NothingToVerify(
            f"the {package_class} package is not sealed: there is no manifest",
            subject=f"manifests/{package_class}.json",
            mend=f"its {policy.seal_role(package_class)} seals it: aztrust seal {package_class}",
        )
    packages = {}
    if not manifest_only:
        packages = _read(launch, policy, context, package_class, read_options)
    evidence = replace(context.evidence, packages=packages)
    # Linkage needs both packages; everything else is asked about the one alone.
    only = None if len(packages) > 1 else package_class
    no_packages = LEFT_UNREAD if manifest_only else ""
    request = replace(context.request, only=only, no_packages=no_packages)
    verdict = verify(evidence, request, Stage.SEALED)
    warnings = _judge(verdict, package_class, leave)
    return Recomputed(verdict, package_class, package_id, warnings)


def _read(
    launch: Path,
    policy: Policy,
    context: Context,
    package_class: PackageClass,
    read_options: ReadOptions,
) -> dict[PackageClass, PackageReading]:
    path = policy.package(package_class).path
    if not is_present(launch / path):
        raise CouldNotCheck(
            f"the {package_class} package is not here, so nothing can be recomputed",
            subject=escape(path),
            mend="put it there; or approve by its manifest alone, which the record states:"
            " --manifest-only",
        )
    packages = {package_class: read_package(launch, policy, package_class, read_options)}
    other = _OTHER[package_class]
    needed = policy.linkage and other in context.manifest_ids
    if needed and is_present(launch / policy.package(other).path):
        packages[other] = read_package(launch, policy, other, read_options)
    return packages


def _judge(
    verdict: Verdict, package_class: PackageClass, leave: frozenset[str]
) -> tuple[Finding, ...]:
    other = _OTHER[package_class]
    # Other holders build it while approvals are collected.
    left = {
        f"{package_class}-approvals",
        f"{package_class}-supersession",
        "reproduction",
        *leave,
    }
    broken: list[Finding] = []
    unclear: list[str] = []
    warnings: list[Finding] = []
    for result in verdict.results:
        foreign = result.id.startswith(f"{other}-") or (
            result.id in _OF_THE_RELEASE and other == "release"
        )
        if result.id in left or foreign:
            warnings += (f for f in result.findings if f.code not in _UNFINISHED)
            warnings += (f for f in result.notices if f.code in TAKEN_BACK)
            continue
        curable = [f for f in result.findings if f.code in CURABLE_CODES]
        warnings += curable
        serious = [f for f in result.findings if f not in curable]
        if result.status is Status.FAIL:
            broken += serious
        elif result.status is Status.ERROR:
            unclear += (_line(f) for f in serious)
        elif result.status is Status.NOT_RUN and _is_open(result, verdict.context, package_class):
            unclear.append(f"{result.id}: {result.detail}")
    if broken:
        raise Refused(
            f"the {package_class} package is not valid; do not sign this",
            subject=broken[0].subject,
            code=broken[0].code,
            mend="mend them first; for the whole report: aztrust verify",
            details=tuple(map(_line, broken)),
        )
    if unclear:
        raise CouldNotCheck(
            f"it is unknown whether the {package_class} package is valid",
            mend="mend them first; for the whole report: aztrust verify",
            details=tuple(unclear),
        )
    return tuple(warnings)


def _is_open(result: CheckResult, context: Context, package_class: PackageClass) -> bool:
    """Whether a check that was not asked is about this package (law 2).

    The anchor is checked elsewhere; linkage is checked where both packages are here, and the
    chain id is in the genesis.
    """
    if result.check_class is not CheckClass.TRUTH or result.id == "anchor":
        return False
    left_unread = context.request.no_packages
    if left_unread and (result.id == "chain-id" or result.detail == left_unread):
        return False
    if result.id == "linkage" and context.request.only is not None:
        return package_class == "genesis" and "release" not in context.manifest_ids
    return result.id != "chain-id" or package_class == "genesis"


def _line(finding: Finding) -> str:
    return f"{finding.code}  {finding.subject}: {finding.message}"
