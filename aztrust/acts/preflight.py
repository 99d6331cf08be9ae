"""Preflight: one host's files against what was approved and frozen, everything recomputed here.

Packages are not here and not checked. Everything else is: every record and signature of the kit,
and every byte of this host's binary and genesis.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from aztrust.acts.ledger.reading import LedgerOptions, remember_head, with_ledger
from aztrust.core.base.errors import Malformed, NothingToVerify, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.host import preflight_checks
from aztrust.core.host.layouts import binary_names
from aztrust.core.host.reading import HostFile, HostReading, NodeKey
from aztrust.core.judge.identify import identify, wants_identification
from aztrust.core.judge.merge import Merged, merge
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.storage.config import shown
from aztrust.storage.hostfiles import host_platform, read_host_file, read_node_key
from aztrust.storage.hostsearch import find_files
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.layouts import all_layouts

_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")


@frozen
class HostRequest:
    """What a person gave about the host; None for what aztrust finds itself.

    Attributes:
        platform: `os/arch` to judge for, "" for this host's own.
        urls: where kits were fetched from.
    """

    binary: Path | None = None
    genesis: Path | None = None
    home: Path | None = None
    node_key: Path | None = None
    platform: str = ""
    urls: tuple[str, ...] = ()


def preflight(
    kits: Sequence[LaunchFiles],
    host: HostRequest,
    request: Request,
    ledger_options: LedgerOptions = LedgerOptions(),
) -> Verdict:
    """The verdict on this host.

    Args:
        kits: kits or launch directories, opened; several are merged.
        host: where this host's files are.
        request: the time, and the anchor or scope that was received out of band.
        ledger_options: where this host has a ledger, if it has one.

    Raises:
        UsageError: the platform is not valid.
        NothingToVerify: nothing was ever sealed or signed in them.
        CouldNotCheck: one of them, or the user's layouts, cannot be read.
    """
    if host.platform and not _PLATFORM.fullmatch(host.platform):
        raise UsageError(
            f"{escape(host.platform)} is not a platform",
            subject="--platform",
            mend="write OS/ARCH as Go does, for instance linux/amd64 or linux/arm64",
        )
    merged = merge([(shown(kit.path), kit.evidence()) for kit in kits], request)
    evidence = with_ledger(merged.evidence, request, ledger_options, kits)
    if not evidence.manifests and not evidence.records and not evidence.unreadable:
        raise NothingToVerify(
            "nothing is sealed in this kit: no manifest and no record",
            subject=shown(kits[0].path),
            mend="get the kit again from its publisher",
        )
    sealed = {name: data for kit in kits for name, data in kit.sealed()}
    reading = _read_host(host, evidence, tuple(sealed.values()), merged, len(kits))
    evidence = replace(evidence, host=reading, packages=_as_package(evidence, reading.genesis))
    checks = preflight_checks(node_key_named=host.node_key is not None, kits_given=len(kits))
    verdict = remember_head(verify(evidence, request, Stage.FROZEN, checks), ledger_options)
    if wants_identification(verdict):
        return identify(verdict, sorted(sealed.items()))
    return verdict


def _read_host(
    host: HostRequest,
    evidence: Evidence,
    sealed: tuple[bytes, ...],
    merged: Merged,
    kits: int,
) -> HostReading:
    release = _manifest(evidence, "release")
    found = find_files(
        binary_names(release.artifacts) if release else (),
        home=host.home,
        binary=host.binary,
        genesis=host.genesis,
        layouts=all_layouts(),
        environ=os.environ,
    )
    known = _knows((*evidence.manifests.values(), *sealed))
    binary = genesis = None
    if found.binary is not None:
        binary = read_host_file(found.binary, found.binary_source, known=known)
    if found.genesis is not None:
        genesis = read_host_file(found.genesis, found.genesis_source, known=known, keep=True)
    return HostReading(
        platform=host.platform or host_platform(),
        binary=binary,
        genesis=genesis,
        node_key=_node_key(host.node_key),
        searched=found.searched,
        kits=kits,
        disagreements=merged.findings,
        differences=merged.notices,
        urls=host.urls,
    )


def _node_key(path: Path | None) -> NodeKey | None:
    return read_node_key(path) if path is not None else None


def _knows(manifests: tuple[bytes, ...]) -> Callable[[str], bool]:
    """Whether a digest is in any manifest: then its bytes need no other description."""

    def known(sha256: str) -> bool:
        bare = sha256.encode()
        return any(bare in data for data in manifests)

    return known


def _manifest(evidence: Evidence, package_class: PackageClass) -> Manifest | None:
    data = evidence.manifests.get(package_class)
    if data is None:
        return None
    try:
        return evidence.opener.manifest(data, what="manifest")
    except Malformed:
        return None


def _as_package(evidence: Evidence, genesis: HostFile | None) -> dict[str, PackageReading]:
    """The host's genesis in the package's place, once its bytes are the sealed ones."""
    manifest = _manifest(evidence, "genesis")
    if genesis is None or genesis.data is None or manifest is None or not manifest.genesis_files:
        return {}
    path = manifest.genesis_files[0]
    entry = manifest.file(path)
    if not isinstance(entry, FileEntry) or (entry.sha256, entry.blake3) != (
        genesis.sha256,
        genesis.blake3,
    ):
        return {}
    return {"genesis": PackageReading(captured={path: genesis.data})}
