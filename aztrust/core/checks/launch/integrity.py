"""Is the package exactly what was sealed: every byte, name, kind, execute bit, link, and no more?

The whole tree is read and hashed again in every run; nothing is remembered from an earlier one,
and neither a size nor a date is taken for an answer. Both digests must agree. What the manifest
does not list is a finding too, because a node also reads files that are not listed.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.launch.manifest import CHECK as MANIFEST
from aztrust.core.package.compare import digest_finding
from aztrust.core.package.entries import Entry, FileEntry, SymlinkEntry, Tree
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context

RESTORE = "put the sealed file back"


def _ask(context: Context, package_class: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    manifest = context.manifests.get(package_class)
    if manifest is None:
        return Answer(not_run="there is no well-formed manifest to compare with")
    reading = context.evidence.packages.get(package_class)
    if reading is None:
        return Answer(not_run=context.request.no_packages or "the package was not read")
    path = context.policy.package(package_class).path
    if reading.tree is None:
        finding = Finding(
            "file-missing",
            f"{package_class} package",
            f"{escape(path)}: {reading.fault}",
            guidance=Guidance.HOLD,
            mend=f"bring the package to {escape(path)}: {len(manifest.entries)} entries are sealed",
        )
        return Answer((finding,))
    return Answer(
        findings=tuple(compare(package_class, manifest, reading.tree)),
        evidence=(manifest.content_root,),
        detail=f"{len(reading.tree.entries)} entries",
    )


def compare(package_class: str, manifest: Manifest, tree: Tree) -> Iterator[Finding]:
    """Every difference between a manifest and the tree, and every fault of the tree.

    Subjects are `CLASS:PATH`, escaped; order is by path within each kind of finding.
    """
    names = {escape(e.path) for e in manifest.entries} if tree.faults else set()
    for fault in tree.faults:
        # An extra file does not invalidate the sealed files (law 10).
        stray = fault.path not in names or fault.code == "path-collision"
        yield Finding(
            fault.code,
            f"{package_class}:{fault.path}",
            fault.detail,
            mend=RESTORE,
            guidance=Guidance.HOLD if stray else None,
        )
    if tree.entries == manifest.entries:
        return
    faulty = {fault.path for fault in tree.faults}
    sealed = {e.path: e for e in manifest.entries}
    found = {e.path: e for e in tree.entries}
    renamed_from = _renames(sealed, found)
    for path, entry in sealed.items():
        subject = f"{package_class}:{escape(path)}"
        if path in found and entry == found[path]:
            continue
        if path in found:
            yield from _entry_findings(subject, entry, found[path])
        elif escape(path) not in faulty:
            # A fault already says why this name yielded no entry.
            gone_to = next((new for new, old in renamed_from.items() if old == path), "")
            yield Finding(
                "file-missing",
                subject,
                f"a sealed {entry.kind} is not there",
                expected=entry.sha256 if isinstance(entry, FileEntry) else "",
                this=f"the same bytes are at {escape(gone_to)}" if gone_to else "",
                mend=_mend_missing(entry),
                guidance=Guidance.HOLD if _in_the_dark(escape(path), faulty) else None,
            )
    for path, entry in found.items():
        if path not in sealed:
            old = renamed_from.get(path, "")
            yield Finding(
                "file-unlisted",
                f"{package_class}:{escape(path)}",
                f"a {entry.kind} that the manifest does not list",
                actual=entry.sha256 if isinstance(entry, FileEntry) else "",
                this=f"the bytes sealed as {escape(old)}" if old else "",
                mend="remove it, or seal the package again",
            )


def _in_the_dark(path: str, faulty: set[str]) -> bool:
    """Whether a directory above it could not be read whole: its content is then not known."""
    above = path.rpartition("/")[0]
    while above:
        if above in faulty:
            return True
        above = above.rpartition("/")[0]
    return "." in faulty


def _renames(sealed: dict[str, Entry], found: dict[str, Entry]) -> dict[str, str]:
    """New path to old path, for files whose bytes are under another name now."""
    gone = {
        (e.sha256, e.blake3): path
        for path, e in sealed.items()
        if isinstance(e, FileEntry) and path not in found
    }
    return {
        path: gone[e.sha256, e.blake3]
        for path, e in found.items()
        if path not in sealed and isinstance(e, FileEntry) and (e.sha256, e.blake3) in gone
    }


def _entry_findings(subject: str, sealed: Entry, found: Entry) -> Iterator[Finding]:
    if sealed.kind != found.kind:
        yield Finding(
            "kind-changed",
            subject,
            f"sealed as a {sealed.kind}, found as a {found.kind}",
            expected=sealed.kind,
            actual=found.kind,
            mend=RESTORE,
        )
        return
    if isinstance(sealed, FileEntry) and isinstance(found, FileEntry):
        yield from digest_finding(
            subject, (sealed.sha256, sealed.blake3), (found.sha256, found.blake3), mend=RESTORE
        )
        same_bytes = (sealed.sha256, sealed.blake3) == (found.sha256, found.blake3)
        if same_bytes and sealed.size != found.size:
            yield Finding(
                "file-modified",
                subject,
                "its digests are the sealed ones and its size is not",
                expected=f"{sealed.size} bytes",
                actual=f"{found.size} bytes",
                mend="treat the manifest as forged: seal the package again from its source",
            )
        if sealed.executable != found.executable:
            yield Finding(
                "mode-changed",
                subject,
                "its execute bit is not the sealed one",
                expected=_mode(sealed),
                actual=_mode(found),
                mend="aztrust restore sets it once the bytes match",
            )
    elif isinstance(sealed, SymlinkEntry) and isinstance(found, SymlinkEntry):
        # Directories have nothing but their name, so here only the targets can differ.
        yield Finding(
            "link-changed",
            subject,
            "the link points elsewhere than sealed",
            expected=escape(sealed.target),
            actual=escape(found.target),
            mend="set the link to its sealed target",
        )


def _mode(entry: FileEntry) -> str:
    return "executable" if entry.executable else "not executable"


def _mend_missing(entry: Entry) -> str:
    return "aztrust restore makes it" if entry.kind == "directory" else RESTORE


FILE_MODIFIED = Code(
    "file-modified",
    "A file's bytes are not the sealed ones.",
    "Put the sealed file back; if the change is wanted, seal and approve the package again.",
)
DIGEST_CONFLICT = Code(
    "digest-conflict",
    "One of a file's two digests is the sealed one and the other is not.",
    "Treat the manifest as forged and seal the package again from its source.",
)
CHANGED_WHILE_READING = Code(
    "changed-while-reading",
    "A file changed, or was replaced, while it was being hashed.",
    "Find out who is writing there, then verify again.",
    guidance=Guidance.HOLD,
)

CHECK = Check(
    id="integrity",
    title="package integrity",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.2", "AZ-23.1", "AZ-25.1", "AZ-29.1"),
    per_package=True,
    codes=(
        FILE_MODIFIED,
        DIGEST_CONFLICT,
        CHANGED_WHILE_READING,
        Code(
            "file-missing",
            "A sealed entry, or a file that was named on this host, is not there.",
            "Put the sealed entry back; on a host, name the file that is there.",
        ),
        Code(
            "file-unlisted",
            "The package contains something that the manifest does not list.",
            "Remove it, or seal and approve the package again.",
            guidance=Guidance.HOLD,
        ),
        Code(
            "mode-changed",
            "A file's execute bit is not the sealed one, or it has a set-id or sticky bit.",
            "aztrust restore sets execute bits; chmod u-s,g-s,-t removes the others.",
        ),
        Code(
            "kind-changed",
            "A file, link or directory was sealed, and something of another kind is there.",
            "Put the sealed entry back.",
        ),
        Code(
            "link-changed",
            "A symbolic link points elsewhere than when it was sealed.",
            "Set the link to its sealed target.",
        ),
        Code(
            "special-file",
            "A device, fifo, socket or mount point is where a file belongs.",
            "Remove it; on a host, name a regular file.",
        ),
        Code(
            "mount-crossing",
            "Another file system is mounted inside the package.",
            "Unmount it and put the package on one file system.",
        ),
        Code(
            "unreadable",
            "Something in the package, or a file of this host, cannot be read.",
            "Give the user who verifies the right to read it.",
            guidance=Guidance.HOLD,
        ),
        MANIFEST.code("path-unsafe"),
        MANIFEST.code("path-collision"),
        MANIFEST.code("link-escapes"),
    ),
    ask=_ask,
)
