"""Preflight: one host's files against what was approved and frozen, everything recomputed here.

Packages are not here and not checked. Everything else is: every record and signature of the kit,
and every byte of this host's binary and genesis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aztrust.acts.hostread import HostFiles, HostRequest, known_digests, manifest_of
from aztrust.acts.ledger.reading import LedgerOptions, remember_head, with_ledger
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Check, Stage
from aztrust.core.checks.host import preflight_checks
from aztrust.core.host.reading import HostFile, HostReading
from aztrust.core.judge.identify import identify, wants_identification
from aztrust.core.judge.merge import merge
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import FileEntry
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.storage.access import note
from aztrust.storage.config import shown
from aztrust.storage.held import HeldFiles
from aztrust.storage.launch import LaunchFiles

_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")


def preflight(
    kits: Sequence[LaunchFiles],
    host: HostRequest,
    request: Request,
    ledger_options: LedgerOptions = LedgerOptions(),
    *,
    further: tuple[Check, ...] = (),
    held: HeldFiles | None = None,
) -> Verdict:
    """The verdict on this host.

    Args:
        kits: kits or launch directories, opened; several are merged.
        host: where this host's files are.
        request: the time, and the anchor or scope that was received out of band.
        ledger_options: where this host has a ledger, if it has one.
        further: what is asked in addition.
        held: where the descriptors of what is read stay open; None for nowhere.

    Raises:
        UsageError: the platform is not valid, a role is none of the release's, or a file could
            be one of several.
        NothingToVerify: nothing was ever sealed or signed in them.
        CouldNotCheck: one of them, or the user's layouts, cannot be read.
    """
    if host.platform and not _PLATFORM.fullmatch(host.platform):
        raise UsageError(
            f"{escape(host.platform)} is not a platform",
            subject="--platform",
            mend="write OS/ARCH as Go does, for instance linux/amd64 or linux/arm64",
        )
    for kit in kits:
        note(kit.path, "opened")
    merged = merge([(shown(kit.path), kit.evidence()) for kit in kits], request)
    evidence = with_ledger(merged.evidence, request, ledger_options)
    if not evidence.manifests and not evidence.records and not evidence.unreadable:
        raise NothingToVerify(
            "nothing is sealed in this kit: no manifest and no record",
            subject=shown(kits[0].path),
            mend="get the kit again from its publisher",
        )
    sealed = {name: data for kit in kits for name, data in kit.sealed()}
    known = known_digests((*evidence.manifests.values(), *sealed.values()))
    files = HostFiles(
        host, manifest_of(evidence, "release"), manifest_of(evidence, "genesis"), held
    )
    reading = replace(
        files.read(known), kits=len(kits), disagreements=merged.findings, differences=merged.notices
    )
    checks = preflight_checks(node_key_named=host.node_key is not None, kits_given=len(kits))
    checks = (*checks, *further)
    verdict = _judge(evidence, reading, request, checks)
    again = files.read_again(reading)
    if again != reading:
        # A link that led elsewhere meanwhile: what was judged is not what would start.
        verdict = _judge(evidence, again, request, checks)
    verdict = remember_head(verdict, ledger_options)
    if wants_identification(verdict):
        return identify(verdict, sorted(sealed.items()))
    return verdict


def _judge(
    evidence: Evidence, reading: HostReading, request: Request, checks: tuple[Check, ...]
) -> Verdict:
    packages = _as_package(evidence, reading.genesis)
    return verify(replace(evidence, host=reading, packages=packages), request, Stage.FROZEN, checks)


def _as_package(evidence: Evidence, genesis: HostFile | None) -> dict[str, PackageReading]:
    """The host's genesis in the package's place, once its bytes are the sealed ones."""
    manifest = manifest_of(evidence, "genesis")
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
