"""What wrong bytes are: every digest that was ever sealed, listed or announced, by name.

"Not what we expected" sends people searching; "the genesis sealed 09:12 and superseded since" sends
them to the right file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from aztrust.core.errors import Malformed
from aztrust.core.outcome import CheckResult
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest, parse_manifest
from aztrust.core.paths import escape
from aztrust.core.signed.records import Announcement, Seal
from aztrust.core.signed.standing import Standing
from aztrust.core.value import replace
from aztrust.core.verify import Verdict

Index = Mapping[str, str]


def wants_identification(verdict: Verdict) -> bool:
    """Whether any finding shows a digest that nothing has explained yet."""
    return any(_is_open(f.actual, f.this) for r in verdict.results for f in r.findings)


def identify(verdict: Verdict, sealed: Iterable[tuple[str, bytes]]) -> Verdict:
    """The same verdict, its findings telling what the wrong bytes are where that is known.

    Args:
        verdict: as verification concluded it; nothing but the findings' `this` changes.
        sealed: (name, bytes) of every manifest ever sealed. One that is malformed tells nothing.
    """
    index = digest_index(verdict, sealed)
    results = tuple(_explained(result, index) for result in verdict.results)
    return replace(verdict, results=results)


def digest_index(verdict: Verdict, sealed: Iterable[tuple[str, bytes]]) -> Index:
    """SHA-256 to a description; what is current is named before what is superseded."""
    context = verdict.context
    standing = context.records.standing
    index: dict[str, str] = {}
    for package_class, manifest in context.manifests.items():
        _add(index, manifest, f"in the sealed {package_class}")
        index.setdefault(context.manifest_ids[package_class], f"the sealed {package_class} package")
    current = set(context.manifest_ids.values())
    for name, data in sealed:
        package_id = f"sha256:{name}"
        if package_id in current:
            continue
        try:
            manifest = parse_manifest(data, what=f"manifests/sealed/{escape(name)}.json")
        except Malformed:
            continue
        when = _when_sealed(standing, manifest, package_id)
        which = f"the {manifest.package_class} {when}, no longer current"
        _add(index, manifest, f"of {which}")
        index.setdefault(package_id, which)
    for utterance in standing.announcements():
        body = utterance.body
        if isinstance(body, Announcement):
            index.setdefault(
                body.sha256,
                f"the {body.convention} genesis hash {utterance.holder} announced"
                f" {_clock(utterance.claimed_unix_ms)}",
            )
    return index


def _add(index: dict[str, str], manifest: Manifest, where: str) -> None:
    archives = {a.path for a in manifest.artifacts if a.member is not None}
    for artifact in manifest.artifacts:
        member = f", {escape(artifact.member)}" if artifact.member else ""
        index.setdefault(
            artifact.sha256,
            f"the {artifact.platform} {artifact.role} artifact"
            f" ({escape(artifact.path)}{member}) {where}",
        )
    genesis = manifest.genesis_files[0] if manifest.genesis_files else None
    for entry in manifest.entries:
        if not isinstance(entry, FileEntry):
            continue
        if entry.path == genesis:
            text = f"the genesis {escape(entry.path)} {where}"
        elif entry.path in archives:
            text = f"the archive {escape(entry.path)} {where}, not a file inside it"
        else:
            text = f"{escape(entry.path)} {where}"
        index.setdefault(entry.sha256, text)


def _when_sealed(standing: Standing, manifest: Manifest, package_id: str) -> str:
    times = [
        (u.claimed_unix_ms, u.holder)
        for u in standing.seals(manifest.package_class)
        if isinstance(u.body, Seal) and u.body.package_id == package_id
    ]
    if not times:
        return "sealed earlier"
    when, holder = min(times)
    return f"sealed {_clock(when)} by {holder}"


def _clock(unix_ms: int) -> str:
    return f"{datetime.fromtimestamp(unix_ms // 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _explained(result: CheckResult, index: Index) -> CheckResult:
    findings = tuple(
        f.identified(index[f.actual]) if _is_open(f.actual, f.this) and f.actual in index else f
        for f in result.findings
    )
    return replace(result, findings=findings)


def _is_open(actual: str, this: str) -> bool:
    return actual.startswith("sha256:") and not this
