"""Are the genesis bytes on this host the approved ones, of every genesis file?

Each file of the policy's `genesis_files` has to be here, and both digests of the raw file must be
those of the sealed one. The same document written by
another tool is another file: a node that hashes it does not agree with the others. Where it is
known what the wrong bytes are, it is reported: an earlier seal's genesis, a Git-LFS pointer, the
same document re-serialised.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.foreign import is_lfs_pointer
from aztrust.core.base.paths import escape
from aztrust.core.base.text import sizes
from aztrust.core.checks.answers import not_found, together, unread
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import GENESIS_HASH_MISMATCH, HOST_FILE_CODES
from aztrust.core.host.reading import HostFile
from aztrust.core.package.altered import altered
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context

_AGAIN = "fetch the announced file again, then: aztrust preflight"


def _ask(context: Context, _: PackageClass) -> Answer:
    manifest, host = context.manifests.get("genesis"), context.evidence.host
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or manifest.genesis_hash is None or not manifest.genesis_files:
        return Answer(not_run="the genesis package is not sealed")
    if host is None:
        return Answer(not_run="no host was looked at")
    found = {item.name: item for item in host.geneses}
    alone = len(manifest.genesis_files) == 1
    findings: list[Finding] = []
    missing: list[Finding] = []
    right: list[HostFile] = []
    for path in manifest.genesis_files:
        item = found.get(path)
        what = "genesis" if alone else f"genesis {escape(path)}"
        if item is None or not item.files:
            option = "--genesis FILE" if alone else f"--genesis {escape(path)}=FILE"
            missing.append(not_found(what, option, item.searched if item else ""))
            continue
        for file in item.files:
            wrong = _wrong(file, what, manifest, path)
            if wrong is None:
                right.append(file)
            else:
                findings.append(wrong)
    return together(
        findings,
        missing,
        evidence=(file.sha256 for file in right),
        detail=f"{sum(file.size for file in right)} bytes, the sealed ones",
    )


def _sealed(manifest: Manifest, path: str) -> tuple[str, str]:
    """The digests that a genesis file has to have; "" for one that the manifest does not list."""
    first = manifest.genesis_hash
    if first is not None and manifest.genesis_files and path == manifest.genesis_files[0]:
        return first.sha256, first.blake3
    entry = manifest.file(path)
    return (entry.sha256, entry.blake3) if entry is not None else ("", "")


def _wrong(file: HostFile, what: str, manifest: Manifest, path: str) -> Finding | None:
    sealed = sha256, blake3 = _sealed(manifest, path)
    if file.fault is not None:
        return unread(file)
    if (file.sha256, file.blake3) == sealed:
        return None
    if file.sha256 == sha256:
        return Finding(
            "digest-conflict",
            file.path,
            "its SHA-256 is the sealed one and its BLAKE3 is not",
            expected=blake3,
            actual=file.blake3,
            mend="treat the manifest as forged: ask the genesis custodian to seal again",
        )
    entry = manifest.file(path)
    this, mend = _what_it_is(file, entry, manifest.genesis_time or "")
    size = "" if entry is None else sizes(file.size, entry.size)
    return Finding(
        "genesis-hash-mismatch",
        file.path,
        f"it is not the sealed {what}{size}",
        expected=sha256,
        actual=file.sha256,
        this=this,
        mend=mend,
    )


def _what_it_is(file: HostFile, sealed: FileEntry | None, genesis_time: str) -> tuple[str, str]:
    """What the wrong bytes are, as far as they show it themselves, and the mend."""
    data = file.data or b""
    kind = file.description.kind if file.description else ""
    if is_lfs_pointer(data[:64]) or kind == "Git-LFS pointer":
        return "a Git-LFS pointer, not the file itself", "git lfs pull, or " + _AGAIN
    if sealed is not None:
        this = altered(data, sealed, genesis_time)
        if this:
            return this, _AGAIN
    if "archive" in kind or "HTML" in kind:
        return f"{kind}, not the file itself", _AGAIN
    return "", _AGAIN


CHECK = Check(
    id="host-genesis",
    title="this host's genesis",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-40"),
    locus=Locus.HOST,
    codes=(GENESIS_HASH_MISMATCH, *HOST_FILE_CODES),
    ask=_ask,
)
