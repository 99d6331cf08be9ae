"""A verdict as the JSON report of design 5."""

from __future__ import annotations

from typing import Any, cast

from aztrust.core.base.findings import CheckResult, Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.version import __version__
from aztrust.core.judge.verify import Verdict
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.report.escape import visible
from aztrust.report.model import (
    VERSION_MINOR,
    AnchorSource,
    Report,
    ReportCheck,
    ReportFinding,
    ReportNotice,
    ReportPackage,
    TreeHead,
)
from aztrust.report.pending import pending_documents
from aztrust.report.verdict import excluded_paths, stated_conclusion


def report_document(verdict: Verdict, *, command: str) -> dict[str, Any]:
    """The report as a JSON value; canonical JSON makes the same bytes everywhere."""
    return build_report(verdict, command=command).model_dump(mode="json")


def build_report(verdict: Verdict, *, command: str) -> Report:
    """The report as a value."""
    context = verdict.context
    scope = context.scope
    launch = context.policy.launch if context.policy else None
    return Report(
        schema_="aztrust/report",
        version_major=1,
        version_minor=VERSION_MINOR,
        command=command,
        aztrust_version=__version__,
        launch=visible(launch.name) if launch else None,
        chain_id=visible(launch.chain_id) if launch else None,
        at_unix_ms=context.request.now_unix_ms,
        verdict=stated_conclusion(verdict).value,
        guidance=verdict.guidance.value,
        exit_code=verdict.exit_code,
        scope_hash=scope.hash if scope else None,
        policy_digest=context.policy_digest,
        anchor=cast("AnchorSource", verdict.anchor_source),
        tree_head=_tree_head(context),
        packages={name: _package(context, name) for name in context.package_classes},
        checks=tuple(_check(result, context.request.now_unix_ms) for result in verdict.results),
        notices=tuple(
            ReportNotice(check=result.id, **_fields(notice))
            for result in verdict.results
            for notice in result.notices
        ),
        pending=pending_documents(context.pending),
    )


def _tree_head(context: Context) -> TreeHead | None:
    """The keeper's head over the most entries, of a ledger that holds."""
    ledger = context.evidence.ledger
    head = ledger.head if ledger is not None else None
    if head is None:
        return None
    signed = head.verified.head
    return TreeHead(
        origin=visible(signed.origin), size=signed.size, root=f"sha256:{signed.root.hex()}"
    )


def _package(context: Context, package_class: PackageClass) -> ReportPackage:
    manifest = context.manifests.get(package_class)
    entries = manifest.entries if manifest else ()
    policy = context.policy
    return ReportPackage(
        path=escape(policy.package(package_class).path) if policy is not None else None,
        package_id=context.manifest_ids.get(package_class),
        content_root=manifest.content_root if manifest else None,
        files=sum(isinstance(entry, FileEntry) for entry in entries) if manifest else None,
        bytes=manifest.total_bytes if manifest else None,
        excluded=tuple(map(visible, excluded_paths(context, package_class))),
    )


def _check(result: CheckResult, now_unix_ms: int) -> ReportCheck:
    return ReportCheck(
        id=result.id,
        class_=result.check_class.value,
        status=result.status.value,
        owner=result.owner or None,
        detail=visible(result.detail) or None,
        evidence=result.evidence,
        timestamp_unix_ms=result.answered_unix_ms or now_unix_ms,
        findings=tuple(ReportFinding(**_fields(finding)) for finding in result.findings),
    )


def _fields(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "locus": finding.locus.value,
        "subject": visible(finding.subject),
        "message": visible(finding.message),
        "expected": visible(finding.expected) or None,
        "actual": visible(finding.actual) or None,
        "this": visible(finding.this) or None,
        "mend": visible(finding.mend) or None,
    }
