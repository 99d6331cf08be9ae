"""A preflight as a document: the report, what was read on the host, and what was relied on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.host.node_key import key_digest
from aztrust.core.host.reading import HostFile, HostItem, HostReading
from aztrust.core.judge.verify import EXIT_PASS, Verdict
from aztrust.core.records.package import Approval
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import effective_approvals
from aztrust.core.state.context import Context
from aztrust.report.escape import visible
from aztrust.report.json import build_report
from aztrust.report.model import (
    PreflightReport,
    ReportAccess,
    ReportHost,
    ReportHostDatabase,
    ReportHostFile,
    ReportHostItem,
    ReportKit,
    ReportReliance,
)

How = Literal["opened", "listed", "looked for"]


@frozen
class KitFacts:
    """What was laid before preflight: its path for display, and whether it is a packed kit."""

    path: str
    packed: bool


def newest_unix_ms(context: Context) -> int:
    """The newest time that anything signed claims, 0 where there is none: how old a kit is."""
    recorded = [u.claimed_unix_ms for u in context.records.effective.verified]
    frozen = [v.statement.checkpoint.timestamp_unix_ms for v in context.verdicts.verdicts]
    return max((*recorded, *frozen), default=0)


def counted_approvals(context: Context) -> list[tuple[VerifiedRecord, Approval]]:
    """The approvals of the present packages that count: who says to have looked."""
    if context.policy is None:
        return []
    effective = context.records.effective
    return [
        (record, record.body)
        for package_class, package_id in context.manifest_ids.items()
        for record in effective_approvals(context.policy, effective, package_class, package_id)
        if isinstance(record.body, Approval)
    ]


def preflight_document(
    verdict: Verdict,
    kits: tuple[KitFacts, ...],
    access: Iterable[tuple[How, str]] | None = None,
    command: str = "preflight",
) -> dict[str, Any]:
    """The report of design 5, with what was read on this host and what was relied on.

    Args:
        verdict: of a preflight.
        kits: what was laid before it.
        access: what was done with which path, where that was asked for.
        command: which one asked.
    """
    context = verdict.context
    host = context.evidence.host
    report = PreflightReport(
        **vars(build_report(verdict, command=command)),
        ready=verdict.exit_code == EXIT_PASS,
        host=_host(host, access) if host is not None else None,
        kits=tuple(ReportKit(path=visible(k.path), packed=k.packed) for k in kits),
        newest_record_unix_ms=newest_unix_ms(context) or None,
        relied_on=tuple(
            ReportReliance(
                package_class=approval.package_class,
                package_id=approval.package_id,
                record_id=record.record_id,
                holder=record.holder,
                manifest_only=approval.manifest_only,
            )
            for record, approval in counted_approvals(context)
        ),
    )
    return report.model_dump(mode="json")


def _host(host: HostReading, access: Iterable[tuple[How, str]] | None) -> ReportHost:
    return ReportHost(
        platform=host.platform,
        binary=_file(host.binary),
        genesis=_file(host.genesis),
        node_key_sha256=key_digest(host.node_key.key)
        if host.node_key and host.node_key.key
        else None,
        roles=host.roles,
        items=tuple(map(_item, host.items)),
        homes=tuple(map(visible, host.homes)),
        databases=tuple(
            ReportHostDatabase(
                path=visible(stored.path),
                genesis_sha256=sha256_id(stored.document) if stored.document is not None else None,
            )
            for stored in host.stored
        ),
        access=None
        if access is None
        else tuple(ReportAccess(how=how, path=visible(escape(path))) for how, path in access),
    )


def _item(item: HostItem) -> ReportHostItem:
    files = (_file(file) for file in item.files)
    return ReportHostItem(
        kind=item.kind,
        role=visible(escape(item.role)) or None,
        name=visible(escape(item.name)),
        files=tuple(file for file in files if file is not None),
        searched=visible(item.searched) or None,
    )


def _file(file: HostFile | None) -> ReportHostFile | None:
    if file is None:
        return None
    return ReportHostFile(
        path=visible(file.path),
        found_by=file.source,
        resolved=visible(file.resolved) or None,
        size=file.size if file.fault is None else None,
        sha256=file.sha256 or None,
        blake3=file.blake3 or None,
        looks_like=visible(file.description.kind) if file.description else None,
    )
