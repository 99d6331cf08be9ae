"""The six confirmations of a freeze (AZ-5.2), as rows that a verification's checks answer.

Every check belongs to exactly one row, so that nothing that failed is missing from the matrix. A
row is as good as the worst answer in it, and a row that nothing answered was not run (law 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.findings import CheckClass, CheckResult, Status
from aztrust.core.base.value import replace
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.records.checkpoint import FREEZE_ROWS
from aztrust.core.state.context import Context

# What is asked about the freeze itself: the answer that is being made.
_ITSELF: Final = frozenset({"freeze"})

# Check to row; what is about the launch as a whole, and what a later version asks, is of the scope.
_ROWS: Final[Mapping[str, str]] = {
    "release-seal": "release-package",
    "release-integrity": "release-package",
    "artifacts": "release-package",
    "provenance": "release-package",
    "reproduction": "approvals",
    "genesis-seal": "genesis-package",
    "genesis-integrity": "genesis-package",
    "genesis-manifest": "genesis-package",
    "genesis-hash": "genesis-package",
    "genesis-facts": "genesis-package",
    "chain-id": "genesis-package",
    "release-manifest": "release-manifest",
    "keys": "approvals",
    "records": "approvals",
    "separation": "approvals",
    "release-approvals": "approvals",
    "genesis-approvals": "approvals",
    "release-supersession": "supersession",
    "genesis-supersession": "supersession",
}
_TITLES: Final[Mapping[str, str]] = {
    "release-package": "release package frozen",
    "genesis-package": "genesis package frozen",
    "release-manifest": "release manifest frozen",
    "approvals": "approvals active, none revoked",
    "scope": "launch scope: policy, linkage, anchor",
    "supersession": "nothing superseded",
}
# The worst first; a check that does not apply says nothing for its row.
_WORST: Final = (Status.FAIL, Status.ERROR, Status.NOT_RUN, Status.PENDING, Status.PASS)


def confirmations(verdict: Verdict) -> tuple[CheckResult, ...]:
    """The six rows, in the order of AZ-5.2. Their findings stay with the checks they are of."""
    grouped: dict[str, list[CheckResult]] = {row: [] for row in FREEZE_ROWS}
    for result in verdict.results:
        if result.id not in _ITSELF:
            grouped[_ROWS.get(result.id, "scope")].append(result)
    basis = _basis(verdict.context)
    return tuple(_row(row, grouped[row], basis[row]) for row in FREEZE_ROWS)


def in_window(rows: Iterable[CheckResult], window_record: str) -> tuple[CheckResult, ...]:
    """The rows with the record of the launch window that the scope is frozen in.

    Args:
        rows: from `confirmations`.
        window_record: its id; a freeze that opens the window knows it only when it signs.
    """
    return tuple(
        replace(row, evidence=(*row.evidence, window_record)) if row.id == "scope" else row
        for row in rows
    )


def _row(name: str, results: list[CheckResult], basis: tuple[str, ...]) -> CheckResult:
    found = {result.status for result in results}
    status = next((s for s in _WORST if s in found), Status.NOT_RUN)
    worst = [r for r in results if r.status is status and status is not Status.PASS]
    return CheckResult(
        id=name,
        # Its class decides nothing: the checks it is made of decide what it means.
        check_class=CheckClass.READINESS,
        status=Status.NOT_RUN if status is Status.PENDING else status,
        evidence=basis,
        detail=", ".join(r.id for r in worst) or _TITLES[name],
    )


def _basis(context: Context) -> Mapping[str, tuple[str, ...]]:
    """What each row rests on: packages, the policy, and every record that was considered."""
    records: dict[str, list[str]] = {"approvals": [], "supersession": [], "scope": []}
    effective = context.records.effective
    for record in effective.verified:
        # What was revoked is not rested on; a negative record always is.
        if not effective.counts(record):
            continue
        row = record.descriptor.freeze_row
        if row is not None:
            records[row].append(record.record_id)
    packages = {c: context.manifest_ids.get(c) for c in PACKAGE_CLASSES}
    release, genesis = packages["release"], packages["genesis"]
    scope = context.scope.hash if context.scope else None
    return {
        "release-package": _ids(release),
        "genesis-package": _ids(genesis),
        "release-manifest": _ids(release),
        "approvals": _ids(*records["approvals"]),
        "scope": _ids(context.policy_digest, scope, *records["scope"]),
        "supersession": _ids(release, genesis, *records["supersession"]),
    }


def _ids(*found: str | None) -> tuple[str, ...]:
    return tuple(sorted({id_ for id_ in found if id_ is not None}))
