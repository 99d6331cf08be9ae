"""Where a finding points: what it is about, as a URI relative to the launch directory.

A name is shown in its display form (`core.paths.escape`); a URI holds the bytes of the name.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import quote

from aztrust.core.base.paths import path_flaw
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH
from aztrust.report.view import Document

_OWN: Final = ("manifests/", "keys/")
_ESCAPED: Final = re.compile(
    r"\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})|\\"  # the last: none of ours
)
_SHORT: Final = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}


@frozen
class Place:
    """A file.

    Attributes:
        uri: percent-encoded; an absolute `file:` URI, or relative.
        in_launch: whether it is relative to the launch directory.
    """

    uri: str
    in_launch: bool


def place_of(report: Document, check_id: str, finding: Document | None) -> Place:
    """The file a finding is about; where it names none, what its check reads.

    Args:
        report: the report that it is from.
        check_id: its check.
        finding: None for a check without one.
    """
    subject = finding["subject"] if finding is not None else ""
    if finding is not None and finding["locus"] == "host":
        named = unescape(subject)
        if named is not None and named.startswith("/"):
            return Place(f"file://{_quoted(posixpath.normpath(named).replace('//', '/'))}", False)
    path = _in_launch(report, subject)
    return Place(_quoted(path if path is not None else _read_by(check_id)), True)


def unescape(shown: str) -> str | None:
    r"""The name whose display form this is; None where it is not a display form.

    >>> unescape("a\\x1bb")
    'a\x1bb'
    """

    def replaced(match: re.Match[str]) -> str:
        text = match.group()
        if text in _SHORT:
            return _SHORT[text]
        kind, digits = text[1], text[2:]
        number = int(digits, 16)
        # Bytes that are not UTF-8 are escaped by value; code points of that range never as \x.
        return chr(number + 0xDC00 if kind == "x" and number >= 0x80 else number)

    try:
        if any(match.group() == "\\" for match in _ESCAPED.finditer(shown)):
            return None
        name = _ESCAPED.sub(replaced, shown)
        _bytes(name)
    except (ValueError, OverflowError):
        return None
    return name


def _in_launch(report: Document, subject: str) -> str | None:
    package_class, colon, shown = subject.partition(":")
    if colon and package_class in PACKAGE_CLASSES:
        root = report["packages"].get(package_class, {}).get("path")
        name = unescape(shown)
        root = unescape(root) if root else None
        return None if root is None or name is None else _safe(f"{root}/{name}")
    name = unescape(subject)
    return _safe(name) if name is not None and name.startswith(_OWN) else None


def _safe(path: str) -> str | None:
    """The path if it stays inside of the launch, whatever its bytes are."""
    plain = _bytes(path).decode("utf-8", "replace")
    return None if path_flaw(plain) else path


def _read_by(check_id: str) -> str:
    package_class = check_id.partition("-")[0]
    return f"manifests/{package_class}.json" if package_class in PACKAGE_CLASSES else POLICY_PATH


def _quoted(path: str) -> str:
    return quote(_bytes(path), safe="/")


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
