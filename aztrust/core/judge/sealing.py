"""From a reading of a package to its manifest: what sealing signs, and nothing it would refuse."""

from __future__ import annotations

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.genesis.facts import GenesisFacts, genesis_facts
from aztrust.core.judge.seal_errors import package_offences, refuse
from aztrust.core.package.entries import Fault, FileEntry, MemberDigest
from aztrust.core.package.manifest import (
    SCHEMA,
    VERSION_MAJOR,
    VERSION_MINOR,
    Artifact,
    GenesisHash,
    Manifest,
    content_root,
    encode_manifest,
    package_id,
    parse_manifest,
)
from aztrust.core.policy.model import ArtifactRule, GenesisPackage, PackageClass, Policy
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import PackageReading


@frozen
class Draft:
    """A manifest that could be sealed; `data` are its canonical bytes, `id` the package id."""

    manifest: Manifest
    data: bytes
    id: str
    facts: GenesisFacts | None = None


@frozen
class Naming:
    """What a manifest says that no file of the package tells."""

    package_version: str
    release_package_id: str | None = None


def draft_manifest(
    context: Context, package_class: PackageClass, naming: Naming, pointers: frozenset[str]
) -> Draft:
    """The manifest of a package as it was read in this run.

    Args:
        context: policy and readings; a reading of the other package lets linkage be checked.
        package_class: which package.
        naming: version, and for a genesis the release it is for.
        pointers: paths of files that are Git-LFS pointers.

    Raises:
        CouldNotCheck: the package was not read.
        Refused: `details` has one line per offender, `code` is the first one's.
        Malformed: the result would not be read back; a defect, found before anything is written.
    """
    policy, reading = context.policy, context.evidence.packages.get(package_class)
    if policy is None or reading is None or reading.tree is None:
        fault = reading.fault if reading else "it was not asked for"
        raise CouldNotCheck(
            f"the {package_class} package was not read: {fault}",
            subject=f"packages.{package_class}.path",
            mend="bring the package there, or correct the policy before it is announced",
        )
    offences = package_offences(context, package_class, reading, pointers)
    facts, unreadable = _facts_of(policy, package_class, reading)
    # The chain id is looked for in the same document, and says the same of a broken one.
    explained = any(f.code in ("genesis-malformed", "chain-id-mismatch") for f in offences)
    refuse(package_class, offences if explained else (*offences, *unreadable))
    manifest = _manifest(policy, package_class, reading, naming, facts)
    data = encode_manifest(manifest)
    # What cannot be read back must not be signed.
    manifest = parse_manifest(data, what=f"the new manifests/{package_class}.json")
    return Draft(manifest, data, package_id(data), facts)


def _facts_of(
    policy: Policy, package_class: PackageClass, reading: PackageReading
) -> tuple[GenesisFacts | None, tuple[Finding, ...]]:
    package = policy.package(package_class)
    if not isinstance(package, GenesisPackage):
        return None, ()
    path = package.genesis_files[0]
    data = reading.captured.get(path)
    if data is None:
        return None, ()
    try:
        return genesis_facts(data, package.chain_id_at, path), ()
    except Malformed as error:
        subject = f"genesis:{escape(path)}"
        return None, (Finding(error.code, subject, error.message, mend=error.mend),)


def _manifest(
    policy: Policy,
    package_class: PackageClass,
    reading: PackageReading,
    naming: Naming,
    facts: GenesisFacts | None,
) -> Manifest:
    assert reading.tree is not None  # noqa: S101 - the caller has looked
    package = policy.package(package_class)
    entries = reading.tree.entries
    files = {e.path: e for e in entries if isinstance(e, FileEntry)}
    genesis: dict[str, object] = {}
    artifacts: tuple[Artifact, ...] = ()
    if isinstance(package, GenesisPackage):
        first = files[package.genesis_files[0]]
        genesis = {
            "genesis_files": package.genesis_files,
            "genesis_hash": GenesisHash(convention="raw", sha256=first.sha256, blake3=first.blake3),
            "release_package_id": naming.release_package_id,
        }
        # Bytes in no known format have nothing to review but their size.
        if facts is not None and facts.format != "opaque":
            genesis |= {"genesis_time": facts.genesis_time, "facts": facts.to_json()}
    else:
        artifacts = tuple(_artifact(rule, files, reading) for rule in package.artifact)
    return Manifest.model_validate(
        {
            "schema": SCHEMA,
            "version_major": VERSION_MAJOR,
            "version_minor": VERSION_MINOR,
            "package_class": package_class,
            "package_name": f"{policy.launch.chain_id}-{package_class}",
            "package_version": naming.package_version,
            "network_class": policy.launch.network_class,
            "chain_id": policy.launch.chain_id,
            "entries": entries,
            "content_root": content_root(entries),
            "excluded": package.exclude,
            "artifacts": artifacts,
            **genesis,
        }
    )


def _artifact(rule: ArtifactRule, files: dict[str, FileEntry], reading: PackageReading) -> Artifact:
    source: FileEntry | MemberDigest | Fault = files[rule.path]
    if rule.member is not None:
        source = reading.members[rule.path, rule.member]
    assert not isinstance(source, Fault)  # noqa: S101 - an offence, refused before
    return Artifact(
        path=rule.path,
        member=rule.member,
        role=rule.role,
        platform=rule.platform,
        sha256=source.sha256,
        blake3=source.blake3,
    )
