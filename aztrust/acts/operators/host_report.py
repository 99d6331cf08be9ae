"""A report that `preflight -o host.json` wrote on a server without keys, to be signed elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from aztrust.acts.operators.confirm import (
    HostAnswers,
    KitScope,
    roles_for,
    sealed_genesis_files,
    wanted_digests,
)
from aztrust.core.base.canonical import MIB, loads
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.model import validate
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.times import AHEAD_MS, format_minute, parse_duration
from aztrust.core.history.operators import Seat
from aztrust.core.state.context import require_policy
from aztrust.report.model import PreflightReport
from aztrust.storage.folders import read_bounded

_VERSION: Final = re.compile(r"[!-~]{1,64}")
_LIMIT: Final = 16 * MIB
_AGAIN: Final = "run it on the host again: aztrust preflight KIT -o host.json"


def read_host_report(path: Path) -> PreflightReport:
    """The report in a file.

    Raises:
        Malformed: it is not the report of a preflight of this version.
        CouldNotCheck: it cannot be read.
    """
    what = escape(str(path))
    data = read_bounded(path, _LIMIT)
    try:
        document = loads(data, what=what, code="", limit=_LIMIT)
    except Malformed as error:
        raise Malformed(error.message, subject=what, mend=_AGAIN) from None
    if not isinstance(document, dict) or document.get("schema") != "aztrust/report":
        raise Malformed("is not a report of aztrust preflight", subject=what, code="", mend=_AGAIN)
    report = validate(PreflightReport, document, what=what, code="", mend=_AGAIN)
    if report.command != "preflight":
        cause = f"is the report of another command: {escape(report.command)[:40]}"
        raise Malformed(cause, subject=what, code="", mend=_AGAIN)
    return report


def answers_of_report(
    frozen: KitScope, report: PreflightReport, seat: Seat, now_unix_ms: int, name: str
) -> HostAnswers:
    """What the report answers about its host, held against the kit here.

    Args:
        frozen: what the kit fixes.
        report: what the host found.
        seat: whose host it is.
        now_unix_ms: the time of the signature.
        name: the report's file, for messages.

    Raises:
        Refused: it is not READY, about another scope, too old, from before the
            freeze or from the future, or a digest is not what the kit fixes.
    """
    host = report.host
    if _VERSION.fullmatch(report.aztrust_version) is None:
        raise _refused(name, f"it is of no version of aztrust: {cut(report.aztrust_version, 60)}")
    if not report.ready or report.exit_code != 0 or host is None:
        raise _refused(name, f"the host was not READY: its preflight ended in {report.exit_code}")
    if (report.scope_hash, report.policy_digest) != (frozen.scope.hash, frozen.scope.policy_digest):
        raise _refused(name, "it is about another scope than the one frozen in this kit")
    _require_time(frozen, report.at_unix_ms, now_unix_ms, name)
    artifacts = frozen.release.artifacts
    roles = tuple(sorted(host.roles)) or roles_for(seat, artifacts, host.platform)
    wanted = wanted_digests(frozen, host.platform, roles)
    here = {(item.role or "", item.name): item.files for item in host.items}
    for path, digest in sealed_genesis_files(frozen).items():
        wanted["", path] = frozenset({digest})
    for (role, file), digests in wanted.items():
        found = here.get((role, file), ())
        if not found:
            raise _refused(name, f"the host did not look at {escape(file)}")
        for one in found:
            if one.sha256 not in digests:
                raise _refused(name, f"{escape(one.path)} is not what the kit fixes: {one.sha256}")
    is_validator = host.node_key_sha256 is not None and any(
        check.id == "host-node-key" and check.status == "pass" for check in report.checks
    )
    return HostAnswers(
        host.platform,
        roles,
        consensus_key="in-genesis" if is_validator else "not-asked",
        at_unix_ms=report.at_unix_ms,
        aztrust_version=report.aztrust_version,
    )


def _require_time(frozen: KitScope, at: int, now: int, name: str) -> None:
    max_age = require_policy(frozen.context).readiness.max_age
    if at > now + AHEAD_MS:
        raise _refused(name, f"it is dated {format_minute(at)}, which is in the future")
    if now - at > parse_duration(max_age):
        raise _refused(
            name, f"it is from {format_minute(at)}, and a confirmation counts for {max_age}"
        )
    if at < frozen.attempt.opened_at_unix_ms:
        raise _refused(name, f"it is from {format_minute(at)}, before this scope was frozen")


def _refused(name: str, cause: str) -> Refused:
    return Refused(cause, subject=name, mend=_AGAIN)
