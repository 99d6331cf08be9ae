"""The abort triggers of AZ-29.1 that a verification shows, with the evidence of each.

Computed are: a binary or a genesis with other bytes, a release and a genesis that do not fit
together, copies of one artifact that contradict one another, readiness that collapsed, a
vulnerability that was reported, and monitoring or an incident path that is not there. A divergence
of deterministic results, and what is seen outside of this machine, people record: an anomaly, or
the abort itself. What people have recorded is a matter of the window (`window status`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.base.findings import CheckResult, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.window import ABORT_TRIGGERS, AbortTrigger

CLAUSE: Final = "AZ-29.1"

OF_ROW: Final[Mapping[str, AbortTrigger]] = {
    "operator-preflight": "readiness-collapse",
    "operator-readiness": "readiness-collapse",
    "role-readiness": "readiness-collapse",
    "monitoring-live": "monitoring-unavailable",
    "incident-path": "monitoring-unavailable",
    "advisory-review": "vulnerability-disclosed",
}
"""A row of the final checks that is answered with a fail, to the trigger that it is."""

OF_CODE: Final[Mapping[str, AbortTrigger]] = {
    "digest-conflict": "conflicting-artifact-copies",
    "kits-disagree": "conflicting-artifact-copies",
    "conflicting-copies": "conflicting-artifact-copies",
    "package-id-mismatch": "release-genesis-incompatibility",
    "linkage-broken": "release-genesis-incompatibility",
    "genesis-hash-mismatch": "genesis-hash-mismatch",
    "facts-mismatch": "genesis-hash-mismatch",
}
"""A finding that is one trigger, whatever it is about."""

_OF_NO_ROW: Final = frozenset({"power-invalid", *OF_CODE})
"""What a row may find that is not what its fail means: hosts can be ready all the same."""

_OTHER_BYTES: Final = frozenset(
    {"file-modified", "file-missing", "kind-changed", "link-changed", "drift-after-freeze"}
)
_ANOMALY: Final[Mapping[AbortTrigger, AnomalyClass]] = {
    "binary-hash-mismatch": "artifact-mismatch",
    "conflicting-artifact-copies": "artifact-mismatch",
    "genesis-hash-mismatch": "genesis-mismatch",
    "readiness-collapse": "role-readiness-gap",
    "monitoring-unavailable": "telemetry-blindness-anomaly",
}


@frozen
class ShownTrigger:
    """One trigger, and what shows it.

    Args:
        trigger: which of AZ-29.1.
        evidence: the findings, the worst check's first; each once.
    """

    trigger: AbortTrigger
    evidence: tuple[Finding, ...]

    @property
    def anomaly(self) -> str:
        """The command that records it as an anomaly, "" where no class of AZ-27.1 fits."""
        found = _ANOMALY.get(self.trigger)
        if found is None:
            return ""
        words = ("--class", found, "--severity", "critical", "--incident", "T")
        return command("window", "anomaly", *words)

    @property
    def abort(self) -> str:
        """The command that gives the scope up for it."""
        return command("window", "abort", "--trigger", self.trigger, "--reason", "T")


def shown_triggers(
    results: Iterable[CheckResult], manifests: Mapping[PackageClass, Manifest]
) -> tuple[ShownTrigger, ...]:
    """Every trigger that answers of checks show, in the order of AZ-29.1; () where none does.

    Args:
        results: of a verification, with the rows that people answer.
        manifests: of the sealed packages: they say which files hosts install.
    """
    release = manifests.get("release")
    binaries = frozenset(escape(a.path) for a in release.artifacts) if release else frozenset()
    found: dict[AbortTrigger, dict[tuple[str, str], Finding]] = {}
    for result in results:
        for trigger, finding in _of_result(result, binaries):
            found.setdefault(trigger, {}).setdefault((finding.code, finding.subject), finding)
    return tuple(ShownTrigger(t, tuple(found[t].values())) for t in ABORT_TRIGGERS if t in found)


def _of_result(
    result: CheckResult, binaries: frozenset[str]
) -> Iterator[tuple[AbortTrigger, Finding]]:
    if result.status not in (Status.FAIL, Status.ERROR):
        return
    for finding in result.findings:
        trigger = OF_ROW.get(result.id) if finding.code not in _OF_NO_ROW else None
        if trigger is None and result.status is Status.FAIL:
            trigger = _of_finding(finding, binaries)
        if trigger is not None:
            yield trigger, finding


def _of_finding(finding: Finding, binaries: frozenset[str]) -> AbortTrigger | None:
    known = OF_CODE.get(finding.code)
    if known is not None or finding.code not in _OTHER_BYTES:
        return known
    package_class, _, path = finding.subject.partition(":")
    if package_class == "genesis" or finding.subject == "manifests/genesis.json":
        return "genesis-hash-mismatch"
    return "binary-hash-mismatch" if path in binaries else None
