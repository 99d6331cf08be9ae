"""Files that look as if hosts install them, and that no artifact of the policy names.

Such a file is compared on no host: `preflight` knows artifacts alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.package.entries import Entry, FileEntry

_ARCHIVES = (
    *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".zip", ".7z"),
    *(".deb", ".rpm", ".apk", ".dmg", ".pkg", ".msi", ".exe", ".appimage"),
)
# A script next to the program is what operators read, not what they compare.
_SCRIPTS = (".sh", ".bash", ".py", ".pl", ".rb", ".js", ".ps1", ".bat", ".cmd")


def unlisted_artifacts(entries: Iterable[Entry], named: frozenset[str]) -> tuple[str, ...]:
    """Paths of archives, installers and programs that are not in `named`, in the package's order.

    A program is what its owner may execute and is not a script by its name.
    """
    return tuple(
        entry.path
        for entry in entries
        if isinstance(entry, FileEntry) and entry.path not in named and _looks_installed(entry)
    )


def _looks_installed(entry: FileEntry) -> bool:
    name = entry.path.lower()
    return name.endswith(_ARCHIVES) or (entry.executable and not name.endswith(_SCRIPTS))
