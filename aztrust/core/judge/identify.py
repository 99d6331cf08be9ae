"""What wrong bytes are: every digest that was ever sealed, listed or announced, by name.

"Not what we expected" sends people searching; "the genesis sealed 09:12 and superseded since" sends
them to the right file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckResult, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.codes import GENESIS_HASH_MISMATCH
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.judge.verify import Verdict
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest, parse_manifest
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.package import Announcement, Seal
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context
from aztrust.core.state.seals import current_packages, entitled_seals, is_superseded

Index = Mapping[str, str]
_SHORT: Final = len("sha256:") + 8


def wants_identification(verdict: Verdict) -> bool:
    """Whether any finding shows a digest that nothing has explained yet."""
    return any(_is_open(f) for r in verdict.results for f in r.findings)


def identify(
    verdict: Verdict,
    sealed: Iterable[tuple[str, bytes]],
    altered: Index = MappingProxyType({}),
) -> Verdict:
    """The same verdict, whose findings report what the wrong bytes are where that is known.

    Args:
        verdict: as verification concluded it; nothing but the findings' `this` changes.
        sealed: (name, bytes) of every manifest ever sealed. One that is malformed, that is not
            what its name says, or that no holder in the role sealed, is not used.
        altered: SHA-256 of files of the packages to what their bytes show them to be.
    """
    index = {**altered, **digest_index(verdict.context, sealed)}
    results = tuple(_explained(result, index) for result in verdict.results)
    return replace(verdict, results=results)


def digest_index(context: Context, sealed: Iterable[tuple[str, bytes]]) -> Index:
    """SHA-256 to a description; what is current is named before what is superseded.

    A package is called sealed only where a record shows it: anyone who can write the directory can
    write a manifest, and its name, around any bytes (law 13).
    """
    if context.policy is None:
        return {}
    effective = context.records.effective
    packages = {context.manifest_ids[c]: (c, manifest) for c, manifest in context.manifests.items()}
    for name, data in sealed:
        package_id = f"sha256:{name}"
        # A file whose name is not its digest was not written by aztrust.
        if package_id in packages or sha256_id(data) != package_id:
            continue
        try:
            manifest = parse_manifest(data, what=f"manifests/sealed/{escape(name)}.json")
        except Malformed:
            continue
        packages[package_id] = (manifest.package_class, manifest)
    known_packages = [
        (_known(context.policy, effective, manifest, package_id, c), package_id, manifest)
        for package_id, (c, manifest) in packages.items()
    ]
    index: dict[str, str] = {}
    for known, package_id, manifest in sorted(known_packages, key=lambda found: found[0].rank):
        if known.whole:
            _add(index, manifest, known.within)
            index.setdefault(package_id, known.whole)
    for record in effective.announcements():
        body = record.body
        if isinstance(body, Announcement):
            index.setdefault(
                body.sha256,
                f"the {body.convention} genesis hash {record.holder} announced"
                f" {format_minute(record.claimed_unix_ms)}",
            )
    return index


@frozen
class _Known:
    """What the records say of a manifest: `rank` 0 comes first; `whole` "" reports nothing."""

    rank: int
    whole: str = ""
    within: str = ""


def _known(
    policy: Policy,
    effective: EffectiveRecords,
    manifest: Manifest,
    package_id: str,
    place: PackageClass,
) -> _Known:
    package_class = manifest.package_class
    seals = [
        u
        for u in entitled_seals(policy, package_class, effective)
        if isinstance(u.body, Seal) and u.body.package_id == package_id
    ]
    if not seals or place != package_class:
        return _Known(2)
    current = current_packages(policy, package_class, effective)
    if current == {package_id}:
        return _Known(0, f"the sealed {package_class} package", f"in the sealed {package_class}")
    when, holder = min((u.claimed_unix_ms, u.holder) for u in seals)
    end = "no longer current"
    if package_id in current:
        end = "in conflict with another"
    elif not any(effective.is_effective(u) for u in seals):
        end = _withdrawn(effective, seals)
    elif newer := _newer(policy, package_class, effective, seals):
        end = f"replaced {format_minute(newer.claimed_unix_ms)} by {newer.holder}"
    which = f"the {package_class} sealed {format_minute(when)} by {holder}, {end}"
    return _Known(1, which, f"of {which}")


def _withdrawn(effective: EffectiveRecords, seals: Sequence[VerifiedRecord]) -> str:
    """When the last of these seals was revoked, as its revocation claims."""
    found = [effective.record_revocation(u) or effective.key_revocation(u) for u in seals]
    last = max((r for r in found if r is not None), key=lambda r: r.claimed_unix_ms, default=None)
    if last is None:
        return "which was revoked"
    return f"withdrawn {format_minute(last.claimed_unix_ms)} by {last.holder}"


def _newer(
    policy: Policy,
    package_class: PackageClass,
    effective: EffectiveRecords,
    seals: Sequence[VerifiedRecord],
) -> VerifiedRecord | None:
    """The first seal of other bytes that names one of these as prior."""
    later = [
        u
        for u in entitled_seals(policy, package_class, effective)
        if any(is_superseded(seal, (u,)) for seal in seals)
    ]
    return min(later, key=lambda u: u.claimed_unix_ms, default=None)


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


def _explained(result: CheckResult, index: Index) -> CheckResult:
    findings = tuple(
        f.identified(this) if _is_open(f) and (this := known_as(index, f.actual)) else f
        for f in result.findings
    )
    return replace(result, findings=findings)


def known_as(index: Index, digest: str) -> str:
    """What a digest is, "" where that is not known.

    Args:
        index: of whole digests.
        digest: a whole one, or `sha256:` and its first eight digits, as a confirmation has it.
    """
    if len(digest) != _SHORT:
        return index.get(digest, "")
    found = dict.fromkeys(text for whole, text in index.items() if whole.startswith(digest))
    return " or ".join(found)


def _is_open(finding: Finding) -> bool:
    """Whether an index may say what a digest is.

    Bytes that were sealed once are named as that, also where a host's genesis resembles the right
    one.
    """
    resembles = finding.code == GENESIS_HASH_MISMATCH.name and finding.locus is Locus.HOST
    return finding.actual.startswith("sha256:") and (resembles or not finding.this)
