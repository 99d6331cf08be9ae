"""Why a host is not confirmed: what its preflight found, and the reason to report it by."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import CheckResult, Finding, Status
from aztrust.core.judge.verify import Verdict
from aztrust.core.records.enrolment import NotReady

_REASONS: Final[dict[str, NotReady]] = {
    "host-binary": "binary-mismatch",
    "host-genesis": "genesis-mismatch",
    "genesis-hash": "genesis-mismatch",
    "host-chain-id": "chain-id-mismatch",
    "host-state": "old-state",
    "host-node-key": "consensus-key-missing",
}
"""The reason that a confirmation gives for what a check of the host found."""
_BAD: Final = (Status.FAIL, Status.ERROR)


def refused(verdict: Verdict, again: str) -> Refused:
    """Why nothing is confirmed, with the command that reports it to the launch."""
    reason, found = not_ready_reason(verdict)
    open_ = next((r for r in verdict.results if r.status is Status.NOT_RUN), None)
    wrong = [f for r in verdict.results if r.status in _BAD for f in r.findings]
    lines = [f"{f.code}  {f.subject}: {f.message}" for f in wrong[:5]]
    if open_ is not None and not wrong:
        lines = [f"open: {open_.id}: {open_.detail}"]
    how = f" --not-ready {reason}" + (f" --found {found}" if found else "")
    mend = next((f.mend for f in wrong if f.mend), "") or next(
        (n.mend for n in (open_.notices if open_ is not None else ()) if n.mend), ""
    )
    return Refused(
        f"this host is not READY (preflight ends in {verdict.exit_code}), so it is not confirmed",
        subject="host",
        mend=mend or "aztrust preflight shows everything",
        details=(*lines, f"if it stays so, report it: {again}{how}") if reason else tuple(lines),
    )


def not_ready_reason(verdict: Verdict) -> tuple[NotReady | None, str]:
    """The reason that fits what is wrong with this host, and the first digest that was found.

    None where nothing is wrong with the host: what is open or wrong is the launch's, or a file
    could not be read.
    """
    for result in verdict.results:
        reason = _REASONS.get(result.id)
        findings = [f for f in result.findings if _was_looked_at(result, f)]
        if reason is not None and result.status in _BAD and findings:
            return _by_code(findings[0], reason), _found(result)
    return None, ""


def _was_looked_at(result: CheckResult, finding: Finding) -> bool:
    """Whether a finding is about what the host has: of a file that was not read nothing is known,
    and where a file has no consensus key, none was looked for in the genesis.
    """
    if result.id == "host-node-key":
        return finding.code == "node-key-unknown"
    return finding.code not in ("unreadable", "changed-while-reading")


def _by_code(finding: Finding, reason: NotReady) -> NotReady:
    return "file-missing" if finding.code == "file-missing" else reason


def _found(result: CheckResult) -> str:
    actual = next((f.actual for f in result.findings if f.actual.startswith("sha256:")), "")
    return actual if result.id in ("host-binary", "host-genesis", "genesis-hash") else ""
