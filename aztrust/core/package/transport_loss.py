"""What a package loses on its way to others: in a git repository, or on a flat release page.

A manifest lists more than most carriers keep. The sealing holder learns it before the others fetch
a package that no longer matches; `aztrust restore` mends what can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from aztrust.core.base.value import frozen
from aztrust.core.package.entries import DirectoryEntry, Entry, FileEntry, SymlinkEntry

# Characters, ends and device names that no file on Windows may have.
_WINDOWS_REFUSES = re.compile(
    r"""[<>:"|?*\\\x01-\x1f]|[. ]\Z|\A(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|\Z)""",
    re.IGNORECASE,
)

Carrier: TypeAlias = Literal["git", "page"]

GIT_HOST_LIMIT = 100 * 1024 * 1024
"""Bytes above which the common git hosts refuse a push."""

PAGE_LIMIT = 2 * 1024**3
"""Bytes from which GitHub refuses a release asset."""

# GitHub puts a dot in the place of every other character, and drops dots at both ends.
_PLAIN_NAME = re.compile(r"(?!\.)[A-Za-z0-9._+@-]+(?<!\.)")


@frozen
class Loss:
    """Entries that one carrier does not carry as they are.

    Attributes:
        carrier: `git`, or `page` for a release page with one flat list of files.
        says: what happens to them, as the end of "git …" or "a release page …".
        paths: all of them, in the package's order.
        mendable: whether `aztrust restore` puts it right where the bytes arrive.
    """

    carrier: Carrier
    says: str
    paths: tuple[str, ...]
    mendable: bool = False


def losses(entries: Sequence[Entry]) -> tuple[Loss, ...]:
    """Everything that would not survive, per carrier and cause; empty for a plain package."""
    found = (*_git(entries), *_page(entries))
    return tuple(loss for loss in found if loss.paths)


def _git(entries: Sequence[Entry]) -> Iterator[Loss]:
    files = [e for e in entries if isinstance(e, FileEntry)]
    yield Loss(
        "git",
        "does not carry empty directories",
        _paths(e for e in entries if isinstance(e, DirectoryEntry)),
        mendable=True,
    )
    yield Loss(
        "git",
        "does not carry what is in a .git directory, nor what is next to it",
        _paths(e for e in entries if ".git" in e.path.lower().split("/")),
    )
    yield Loss(
        "git",
        "cannot check these names out on Windows",
        _paths(e for e in entries if any(map(_WINDOWS_REFUSES.search, e.path.split("/")))),
    )
    yield Loss(
        "git",
        "hosts refuse files over 100 MiB",
        _paths(e for e in files if e.size > GIT_HOST_LIMIT),
    )
    yield Loss(
        "git",
        "obeys these: they can leave files out or rewrite line endings",
        _paths(e for e in files if _name(e) in (".gitignore", ".gitattributes")),
    )


def _page(entries: Sequence[Entry]) -> Iterator[Loss]:
    files = [e for e in entries if isinstance(e, FileEntry)]
    yield Loss(
        "page",
        "drops execute bits",
        _paths(e for e in files if e.executable),
        mendable=True,
    )
    yield Loss(
        "page",
        "drops links and empty directories",
        _paths(e for e in entries if isinstance(e, SymlinkEntry | DirectoryEntry)),
        mendable=True,
    )
    yield Loss("page", "has no directories for", _paths(e for e in files if "/" in e.path))
    yield Loss("page", "has one place for files of the same name", _same_names(files))
    yield Loss(
        "page",
        "renames",
        _paths(e for e in files if not _PLAIN_NAME.fullmatch(e.path.rpartition("/")[2])),
    )
    yield Loss(
        "page",
        "refuses files that are empty or have 2 GiB and more",
        _paths(e for e in files if not 0 < e.size < PAGE_LIMIT),
    )


def _paths(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(e.path for e in entries)


def _name(entry: Entry) -> str:
    """The last part, as carriers compare it that ignore case."""
    return entry.path.rpartition("/")[2].lower()


def _same_names(files: Sequence[FileEntry]) -> tuple[str, ...]:
    count: dict[str, int] = {}
    for entry in files:
        count[_name(entry)] = count.get(_name(entry), 0) + 1
    return _paths(e for e in files if count[_name(e)] > 1)
