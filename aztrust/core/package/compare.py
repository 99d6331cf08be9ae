"""Comparing a sealed package with what is there: each difference is a finding (laws 3 and 4)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from aztrust.core.base.findings import Finding, Guidance
from aztrust.core.base.paths import escape
from aztrust.core.base.text import sizes
from aztrust.core.package.entries import Entry, FileEntry, SymlinkEntry, Tree
from aztrust.core.package.manifest import Manifest


def digest_finding(
    subject: str,
    expected: tuple[str, str],
    actual: tuple[str, str],
    *,
    mend: str,
    size: str = "",
) -> Iterator[Finding]:
    """The finding behind two pairs of (SHA-256, BLAKE3), if they differ.

    One digest equal and the other not is a finding of its own: either someone found a collision
    or someone wrote one of the two by hand (law 4). `size` ends the sentence about other bytes.
    """
    if expected == actual:
        return
    if expected[0] == actual[0] or expected[1] == actual[1]:
        index = 1 if expected[0] == actual[0] else 0
        same, other = ("SHA-256", "BLAKE3") if index else ("BLAKE3", "SHA-256")
        yield Finding(
            "digest-conflict",
            subject,
            f"its {same} is the sealed one and its {other} is not",
            expected=expected[index],
            actual=actual[index],
            mend="treat the manifest as forged: seal the package again from its source",
        )
        return
    yield Finding(
        "file-modified",
        subject,
        f"its bytes are not the sealed ones{size}",
        expected=expected[0],
        actual=actual[0],
        mend=mend,
    )


RESTORE = "put the sealed file back"


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
                this=f"the same bytes are at {_as_other_name(gone_to, path)}" if gone_to else "",
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
                this=f"the bytes sealed as {_as_other_name(old, path)}" if old else "",
                mend="remove it, or seal the package again",
            )


def _as_other_name(name: str, other: str) -> str:
    """The name; where the other one looks the same on a screen, what differs."""
    if unicodedata.normalize("NFC", name) != unicodedata.normalize("NFC", other):
        return escape(name)
    forms = [form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, name)]
    form = f" ({forms[0]})" if len(forms) == 1 else ""
    return f"{escape(name)}, the same letters in another Unicode form{form}, as a Mac writes names"


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
            subject,
            (sealed.sha256, sealed.blake3),
            (found.sha256, found.blake3),
            mend=RESTORE,
            size=sizes(found.size, sealed.size),
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
                mend="once the bytes match: aztrust restore",
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
    return "make it: aztrust restore" if entry.kind == "directory" else RESTORE
