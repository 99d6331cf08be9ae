"""`aztrust version`: which aztrust this is, with a digest over the files that are installed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aztrust.cli.app import Session, command
from aztrust.core.base.version import __version__


@command(
    "version",
    short_help="The version, and the installed files' digest.",
    example="aztrust version\naztrust version --json",
)
def version(session: Session) -> None:
    """Print the version, and a digest over the files that are installed."""
    document = {
        "schema": "aztrust/version",
        "version_major": 1,
        "version_minor": 0,
        "version": __version__,
        "code": installed_digest(),
    }
    session.emit(document, version_lines())


def version_lines() -> list[str]:
    """What a person reads, also of `aztrust --version`."""
    return [f"aztrust {__version__}", f"code     {installed_digest()}"]


def installed_digest() -> str:
    """SHA-256 over the sorted `sha256sum` lines of the package's own files.

    The same by hand, in the directory that contains `aztrust/`:

        find aztrust -type f ! -path '*/__pycache__/*' | LC_ALL=C sort | xargs sha256sum | sha256sum

    The single executable has no such files: its build took the digest of those that it compiled.
    """
    taken = getattr(__spec__.loader, "code_digest", None)
    if taken is not None:
        return str(taken)
    root = Path(__file__).parents[1]
    names = sorted(
        path.relative_to(root.parent).as_posix().encode()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    lines = hashlib.sha256()
    for name in names:
        data = (root.parent / name.decode()).read_bytes()
        lines.update(b"%s  %s\n" % (hashlib.sha256(data).hexdigest().encode(), name))
    return f"sha256:{lines.hexdigest()}"
