"""Sealing: read a package, refuse what verification would refuse, write manifest and record.

The order of writing is `manifests/sealed/`, then the record, then the current manifest. Stopped
before the record, nothing has changed. Stopped after it, the old manifest is superseded by a
package that the directory does not show yet: `verify` fails and reports it, and sealing again
finishes the work without a second record.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aztrust.acts.act import Act, Plan
from aztrust.acts.checksum_lists import ListAnswer, check_lists, contradictions
from aztrust.acts.gentx_folder import require_gentxs
from aztrust.acts.late_change import refuse_late_change
from aztrust.acts.preconditions import refuse_expired_policy, require_readable_records
from aztrust.acts.publish import Published, Signed, publish, publish_again
from aztrust.acts.seal_preconditions import (
    package_conflicts,
    refuse_broken_records,
    release_changes,
    release_for_genesis,
    require_usable_key,
)
from aztrust.acts.verify import ReadOptions, read_package
from aztrust.core.base.advice import command
from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.foreign import MAX_POINTER_BYTES, is_lfs_pointer
from aztrust.core.base.paths import escape
from aztrust.core.base.remark import Remark
from aztrust.core.base.value import frozen, replace
from aztrust.core.genesis.gentxs import GentxAccount
from aztrust.core.host.artifact_remarks import artifact_remarks
from aztrust.core.judge.seal_errors import (
    other_package_rules,
    refuse,
    unchecked_rules,
)
from aztrust.core.judge.sealing import (
    Draft,
    Naming,
    Replacement,
    draft_manifest,
    prior_seals,
    replacement,
    seal_by_key,
)
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import package_id, parse_manifest
from aztrust.core.package.provenance import build_remarks
from aztrust.core.policy.model import LinkageRule, PackageClass, Policy
from aztrust.core.records.package import Seal
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.core.state.evidence import PackageReading
from aztrust.signers import Signer, unlock
from aztrust.storage.durable import create_idempotent, overwrite
from aztrust.storage.launch import SEALED
from aztrust.storage.peek import peek
from aztrust.storage.presence import is_present

# The shortest pointer: version line, SHA-256, a one-digit size.
_MIN_POINTER_BYTES = 100


@frozen
class PreparedSeal:
    """A package that may be sealed, and the effects of sealing it.

    Attributes:
        context: the launch with the draft in place of its current manifest.
        draft: the new manifest.
        replaced: the package that is current now, if it is another one.
        pointers: Git-LFS pointers among files that are not installed; worth a note.
        unchecked: linkage rules that need the other package, which is not here.
        remarks: warnings about its programs and its checksum lists.
        gentxs: the folder of gen_txs it was held against; None where none was named.
    """

    context: Context
    package_class: PackageClass
    draft: Draft
    replaced: Replacement | None = None
    pointers: tuple[str, ...] = ()
    unchecked: tuple[LinkageRule, ...] = ()
    remarks: tuple[Remark, ...] = ()
    gentxs: GentxAccount | None = None


@frozen
class Sealed:
    """What was written.

    Args:
        published: the seal's record; where it was signed before, that one.
        written: every file, relative to the launch directory.
        signed: whether the record was signed now.
    """

    published: Published
    written: tuple[str, ...]
    signed: bool = True

    @property
    def record(self) -> Signed | None:
        """The record that was signed now; None where an earlier one has the same content."""
        return self.published.record if self.signed else None


def prepare_seal(
    launch: Path,
    context: Context,
    package_class: PackageClass,
    *,
    package_version: str | None = None,
    read_options: ReadOptions = ReadOptions(),
    gentx: Path | None = None,
    place: str = "",
) -> PreparedSeal:
    """Read the package and everything its seal rests on; write nothing.

    Args:
        launch: the launch directory.
        context: its own files, as read for this run.
        package_class: the package to seal.
        package_version: None for that of the current manifest, or "1".
        read_options: how to read.
        gentx: the folder whose gen_txs a genesis must have, all of them and no other.
        place: where the package is prepared, relative to the launch, before it takes the place of
            the current one; then an open window is the caller's affair. "" for its own place.

    Raises:
        UsageError: the version cannot be one, or gen_txs are given for a release.
        CouldNotCheck: the package is not here, or a record cannot be understood.
        Refused: the policy has expired, a window of another package is open, or the package cannot
            be sealed; `details` lists every offender.
    """
    policy = require_policy(context)
    if place:
        policy = _with_place(policy, package_class, place)
    refuse_expired_policy(context)
    require_readable_records(context)
    refuse_broken_records(context)
    refuse(package_class, package_conflicts(launch, policy, package_class))
    release_id = release_for_genesis(context) if package_class == "genesis" else None
    packages = _read(launch, policy, package_class, read_options)
    reading = packages[package_class]
    context = read_context(context.request, replace(context.evidence, packages=packages))
    if package_class == "genesis" and "release" in packages:
        refuse("release", release_changes(context, packages["release"]))
    pointers = frozenset(_pointers(launch, policy, package_class, reading))
    naming = Naming(_version(context, package_class, package_version), release_id)
    lists = _lists(launch, policy, package_class, reading)
    draft = draft_manifest(context, package_class, naming, pointers)
    refuse(package_class, contradictions(lists))
    gentxs = _gentxs(policy, package_class, reading, gentx) if gentx is not None else None
    if not place:
        refuse_late_change(context, package_class, draft.id, command("seal", package_class))
    replaced = replacement(context, package_class, draft.id)
    return PreparedSeal(
        context=replace(
            context,
            manifests={**context.manifests, package_class: draft.manifest},
            manifest_ids={**context.manifest_ids, package_class: draft.id},
            manifest_errors={
                c: e for c, e in context.manifest_errors.items() if c != package_class
            },
        ),
        package_class=package_class,
        draft=draft,
        replaced=replaced,
        pointers=tuple(sorted(pointers)),
        unchecked=unchecked_rules(context, package_class) if package_class == "genesis" else (),
        remarks=(
            *artifact_remarks(draft.manifest, reading.descriptions),
            *(answer.remark for answer in lists),
            *_build_remarks(policy, package_class, reading),
        ),
        gentxs=gentxs,
    )


def commit_seal(
    launch: Path,
    prepared: PreparedSeal,
    signer: Signer,
    now_unix_ms: int,
    ledger: str | None = None,
) -> Sealed:
    """Sign and write what was prepared; `ledger` is `--ledger` as typed.

    Raises:
        Refused: the key is revoked, is not in keys/, or another file has a record's name.
        CouldNotCheck: the file system refused, a folder of the launch is a link, or the key's
            passphrase is wrong.
    """
    context, package_class, draft = prepared.context, prepared.package_class, prepared.draft
    require_usable_key(context, signer.public)
    earlier = seal_by_key(context, package_class, signer.public.fingerprint)
    if earlier is None:
        unlock(signer)
    written: list[str] = []
    for data, name in (*_current(context, package_class), (draft.data, draft.id)):
        path = f"{SEALED}/{name.removeprefix('sha256:')}.json"
        if create_idempotent(launch / path, data, within=launch):
            written.append(path)
    act = Act(launch, context, ledger)
    if earlier is not None:
        published = publish_again(act, earlier, signer, now_unix_ms)
    else:
        body = Seal(
            package_class=package_class,
            package_id=draft.id,
            policy_digest=context.policy_digest,
            prior_seals=prior_seals(context, package_class),
            sealed_at_unix_ms=now_unix_ms,
        )
        holder = require_policy(context).key_holders().get(signer.public.fingerprint, "")
        plan = Plan("seal", body, holder, draft.manifest)
        published = publish(act, plan, signer, now_unix_ms)
        written.append(published.record.path)
    path = f"manifests/{package_class}.json"
    if context.evidence.manifests.get(package_class) != draft.data:
        overwrite(launch / path, draft.data, within=launch)
        written.append(path)
    return Sealed(published, tuple(written), signed=earlier is None)


def _with_place(policy: Policy, package_class: PackageClass, place: str) -> Policy:
    """The policy with the package in another place; a manifest does not name the place."""
    package = policy.package(package_class).model_copy(update={"path": place})
    packages = policy.packages.model_copy(update={package_class: package})
    return policy.model_copy(update={"packages": packages})


def _read(
    launch: Path, policy: Policy, package_class: PackageClass, read_options: ReadOptions
) -> dict[PackageClass, PackageReading]:
    packages = {package_class: read_package(launch, policy, package_class, read_options)}
    fault = packages[package_class].fault
    if fault:
        path = policy.package(package_class).path
        raise CouldNotCheck(
            f"the {package_class} package cannot be read: {fault}",
            subject=escape(path),
            mend=f"put it at {escape(path)}, or correct packages.{package_class}.path before the"
            " policy is announced",
        )
    # A release is sealed before there is a genesis to compare it with.
    needed = package_class == "genesis" and other_package_rules(policy, "genesis")
    if needed and is_present(launch / policy.packages.release.path):
        packages["release"] = read_package(launch, policy, "release", read_options)
    return packages


def _pointers(
    launch: Path, policy: Policy, package_class: PackageClass, reading: PackageReading
) -> Iterator[str]:
    entries = reading.tree.entries if reading.tree else ()
    small = [
        e
        for e in entries
        if isinstance(e, FileEntry) and _MIN_POINTER_BYTES <= e.size < MAX_POINTER_BYTES
    ]
    captured = [(e.path, reading.captured[e.path]) for e in small if e.path in reading.captured]
    others = [e for e in small if e.path not in reading.captured]
    path = policy.package(package_class).path
    for name, data in (*captured, *(peek(launch, path, others) if others else ())):
        if is_lfs_pointer(data):
            yield name


def _lists(
    launch: Path, policy: Policy, package_class: PackageClass, reading: PackageReading
) -> tuple[ListAnswer, ...]:
    entries = reading.tree.entries if reading.tree else ()
    return check_lists(launch, policy.package(package_class).path, package_class, entries)


def _build_remarks(
    policy: Policy, package_class: PackageClass, reading: PackageReading
) -> Iterator[Remark]:
    if package_class == "release" and reading.tree is not None:
        rules = policy.packages.release.provenance
        yield from build_remarks(rules, reading.tree.file_digests(), reading.provenance)


def _gentxs(
    policy: Policy, package_class: PackageClass, reading: PackageReading, folder: Path
) -> GentxAccount:
    if package_class != "genesis":
        raise UsageError(
            "a release has no gen_txs",
            subject="--gentx",
            mend="aztrust seal genesis --gentx DIR",
        )
    path = policy.packages.genesis.genesis_files[0]
    return require_gentxs(reading.captured.get(path, b""), path, folder)


def _version(context: Context, package_class: PackageClass, wanted: str | None) -> str:
    if wanted is None:
        current = context.manifests.get(package_class)
        return current.package_version if current else "1"
    if not 1 <= len(wanted) <= 200 or not wanted.isprintable():
        raise UsageError(
            "a package version is 1 to 200 printable characters",
            subject="--package-version",
            mend="for instance --package-version 1.0.0",
        )
    return wanted


def _current(context: Context, package_class: PackageClass) -> Iterator[tuple[bytes, str]]:
    """The manifest that is about to be replaced, so that it can still be named later."""
    data = context.evidence.manifests.get(package_class)
    if data is None:
        return
    try:
        parse_manifest(data, what=f"manifests/{package_class}.json")
    except Malformed:
        return
    yield data, package_id(data)
