"""What a parsed aztrust document says, as rows of label and text for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aztrust.core.base.digest import groups
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import PublicKey
from aztrust.core.kit.facts import KitFacts
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PACKAGE_CLASSES, Policy
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.report.model import Report
from aztrust.report.size import size
from aztrust.report.text import utc

Row = tuple[str, str]
_MANY = 20


def policy_rows(policy: Policy) -> list[Row]:
    """Which launch, who is in it, and how many of whom it takes."""
    launch = policy.launch
    rows = [
        ("launch", escape(launch.name)),
        ("chain", f"{escape(launch.chain_id)}, {launch.network_class}"),
        ("expires", launch.expires.isoformat(sep=" ") if launch.expires else "never"),
    ]
    for name in PACKAGE_CLASSES:
        package, rule = policy.package(name), policy.approval_rule(name)
        roles = ", ".join(f"{count} {role}" for role, count in rule.roles.items())
        rows.append((name, f"{escape(package.path)}; sealed by {policy.seal_role(name)}"))
        rows.append(("", f"approved by {rule.distinct_holders} holders, of them {roles}"))
        rows += [("excludes", escape(path)) for path in package.exclude]
    for holder, table in policy.holders.items():
        keys = "" if len(table.keys) == 1 else f" ({len(table.keys)} keys)"
        rows.append(("holder", f"{holder}: {', '.join(table.roles)}{keys}"))
    return rows


def manifest_rows(manifest: Manifest) -> list[Row]:
    """What a package is, and what is in it."""
    files = sum(isinstance(entry, FileEntry) for entry in manifest.entries)
    rows = [
        ("name", f"{escape(manifest.package_name)}  version {escape(manifest.package_version)}"),
        ("chain", f"{escape(manifest.chain_id)}, {manifest.network_class}"),
        ("holds", f"{files} files, {size(manifest.total_bytes)}"),
        ("content", manifest.content_root),
    ]
    if manifest.genesis_hash:
        rows.append(("genesis", manifest.genesis_hash.sha256))
    if manifest.genesis_time:
        rows.append(("time", escape(manifest.genesis_time)))
    if manifest.release_package_id:
        rows.append(("release", manifest.release_package_id))
    for artifact in manifest.artifacts:
        member = f" in {escape(artifact.path)}" if artifact.member else ""
        path = escape(artifact.member or artifact.path)
        rows.append(("installs", f"{artifact.role} {artifact.platform}: {path}{member}"))
    rows += [("excluded", escape(path)) for path in manifest.excluded]
    for number, entry in enumerate(manifest.entries[:_MANY]):
        rows.append(("entries" if number == 0 else "", escape(entry.path)))
    if len(manifest.entries) > _MANY:
        rows.append(("", f"+{len(manifest.entries) - _MANY}"))
    return rows


def record_rows(page: Iterable[tuple[str, object]]) -> list[Row]:
    """The lines of a record as its kind gives them, as (field, value); times become dates."""
    rows = []
    for name, value in page:
        if name.endswith("_unix_ms") and type(value) is int:
            text = utc(value)
        elif isinstance(value, list | tuple):
            parts = "; " if any(isinstance(item, Mapping) for item in value) else ", "
            text = parts.join(map(_in_words, value)) or "none"
        else:
            text = _in_words(value)
        rows.append((escape(name.removesuffix("_unix_ms")), text))
    return rows


def _in_words(value: object) -> str:
    """A field's value as a person reads it, a file of evidence for instance as `name x, size 3`."""
    if value is None or value == "":
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{escape(str(k))} {_in_words(v)}" for k, v in sorted(value.items()))
    return escape(str(value))


def key_rows(key: PublicKey) -> list[Row]:
    """A public key's algorithm and fingerprint."""
    return [("key", key.algorithm), ("is", key.fingerprint)]


def kit_rows(kit: KitFacts) -> list[Row]:
    """Which launch a kit is of, what is in it, and how new it is."""
    rows = []
    if kit.title:
        name, network_class, chain_id = kit.title
        rows.append(("launch", f"{escape(chain_id)}  {network_class}  {escape(name)}"))
    else:
        rows.append(("launch", "unknown: its policy cannot be read"))
    grouped = groups(kit.policy_digest)
    rows += [("policy", grouped[:39]), ("", grouped[40:])]
    for package_class in PACKAGE_CLASSES:
        rows.append((package_class, kit.manifests.get(package_class, "not sealed")))
    for number, package_id in enumerate(kit.superseded):
        rows.append(("" if number else "before", package_id))
    counts = [f"{count} {kind}" for kind, count in kit.records.items()]
    counts += [f"{kit.uncounted} that count nowhere"] if kit.uncounted else []
    rows.append(("records", ", ".join(counts) or "none"))
    rows.append(("also", f"{kit.keys} keys, {kit.verdicts} verdict files"))
    if kit.newest_unix_ms is not None:
        rows.append(("newest", f"{utc(kit.newest_unix_ms)}, as its signer says"))
    return rows


def kit_document(kit: KitFacts) -> dict[str, Any]:
    """The same as a JSON value."""
    return {
        "launch": dict(zip(("name", "network_class", "chain_id"), kit.title, strict=False)),
        "policy_digest": kit.policy_digest,
        "keys": kit.keys,
        "manifests": dict(kit.manifests),
        "superseded": list(kit.superseded),
        "records": dict(kit.records),
        "records_uncounted": kit.uncounted,
        "verdicts": kit.verdicts,
        "newest_unix_ms": kit.newest_unix_ms,
    }


def report_rows(report: Report) -> list[Row]:
    """A verdict's report: what was concluded, and what failed."""
    rows = [
        ("verdict", f"{report.verdict}, guidance {report.guidance}, exit {report.exit_code}"),
        ("launch", visible(f"{report.launch or '?'}  {report.chain_id or '?'}")),
        ("at", utc(report.at_unix_ms)),
        ("policy", report.policy_digest),
        ("anchor", report.anchor),
    ]
    if report.scope_hash:
        rows.append(("scope", report.scope_hash))
    for check in report.checks:
        if check.status != "pass":
            rows.append((check.status.replace("_", " "), visible(check.id)))
        rows += [("", visible(f"{f.code} {f.subject}")) for f in check.findings[:_MANY]]
    return rows


def row_lines(rows: list[Row]) -> list[str]:
    """Rows as text: a digest is never cut; where it does not fit, it is below its label."""
    lines = []
    for label, text in rows:
        if text.startswith("sha256:") and len(text) > 80 - 9:
            lines.append(f"{label}")
            lines.append(f"  {text}")
        else:
            lines += labelled(label, text, indent=max(9, len(label) + 1) if label else 9)
    return lines
