"""From a reading of a package to its manifest, and what sealing it again would replace."""

from __future__ import annotations

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.genesis.facts import GenesisFacts, genesis_facts
from aztrust.core.judge.seal_errors import package_errors, refuse
from aztrust.core.package.content_rules import repeated_findings
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
from aztrust.core.records.package import Seal
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import effective_approvals
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import PackageReading
from aztrust.core.state.seals import seals_in_force


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
    errors = package_errors(context, package_class, reading, pointers)
    facts, unreadable = _facts_of(policy, package_class, reading)
    # The chain id is looked for in the same document, and says the same of a broken one.
    explained = any(f.code in ("genesis-malformed", "chain-id-mismatch") for f in errors)
    repeated = repeated_findings(facts.repeated, _genesis_subject(policy)) if facts else ()
    refuse(package_class, (*errors, *(() if explained else unreadable), *repeated))
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
        return None, (
            Finding(error.code, _genesis_subject(policy), error.message, mend=error.mend),
        )


def _genesis_subject(policy: Policy) -> str:
    return f"genesis:{escape(policy.packages.genesis.genesis_files[0])}"


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
    assert not isinstance(source, Fault)  # noqa: S101 - an error, refused before
    return Artifact(
        path=rule.path,
        member=rule.member,
        role=rule.role,
        platform=rule.platform,
        sha256=source.sha256,
        blake3=source.blake3,
    )


@frozen
class Replacement:
    """The package that is current now and will not be.

    Attributes:
        package_id: its id.
        sealed_by: who sealed it first, "" where no record says.
        sealed_at_unix_ms: when, by that record.
        approved_by: holders whose approval counts; they would have to approve anew.
        genesis_approved_by: for a release, holders whose approval of the genesis counts. The
            genesis names the release it is for, so it has to be sealed and approved anew too.
        genesis_fits: whether the genesis is sealed for the very release that comes back: then it
            has to be approved anew, and not to be sealed.
    """

    package_id: str
    sealed_by: str = ""
    sealed_at_unix_ms: int | None = None
    approved_by: tuple[str, ...] = ()
    genesis_approved_by: tuple[str, ...] = ()
    genesis_fits: bool = False

    @property
    def voids(self) -> bool:
        """Whether a holder's approval is lost by it."""
        return bool(self.approved_by or self.genesis_approved_by)


def replacement(context: Context, package_class: PackageClass, new_id: str) -> Replacement | None:
    """What a package with this id would replace; None where none is current, or this one is."""
    current = context.manifest_ids.get(package_class)
    if current is None or current == new_id:
        return None
    seals = [
        u
        for u in context.records.effective.seals(package_class)
        if isinstance(u.body, Seal) and u.body.package_id == current
    ]
    first = min(seals, key=lambda u: (u.claimed_unix_ms, u.record_id), default=None)
    genesis: tuple[str, ...] = ()
    fits = False
    if package_class == "release" and "genesis" in context.manifest_ids:
        made_for = context.manifests.get("genesis")
        fits = made_for is not None and made_for.release_package_id == new_id
        if not fits:
            genesis = approvers(context, "genesis", context.manifest_ids["genesis"])
    return Replacement(
        package_id=current,
        sealed_by=first.holder if first else "",
        sealed_at_unix_ms=first.claimed_unix_ms if first else None,
        approved_by=approvers(context, package_class, current),
        genesis_approved_by=genesis,
        genesis_fits=fits,
    )


def approvers(context: Context, package_class: PackageClass, package_id: str) -> tuple[str, ...]:
    """Holders whose approval of a package counts, sorted."""
    if context.policy is None:
        return ()
    effective = context.records.effective
    given = effective_approvals(context.policy, effective, package_class, package_id)
    return tuple(sorted({u.holder for u in given}))


def prior_seals(context: Context, package_class: PackageClass) -> tuple[str, ...]:
    """What a new seal must name: every seal of the class that is known, of every holder."""
    effective = context.records.effective
    return tuple(sorted({u.record_id for u in effective.seals(package_class)}))


def seal_by_key(
    context: Context, package_class: PackageClass, fingerprint: str
) -> VerifiedRecord | None:
    """This key's seal of the current manifest, if it is in force."""
    in_force = seals_in_force(context, package_class)
    return next((u for u in in_force if u.key.fingerprint == fingerprint), None)
