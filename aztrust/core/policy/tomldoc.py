"""The policy's TOML, read strictly: TOML 1.0 within the limits of law 7."""

from __future__ import annotations

import re
from typing import Any, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.toml_one import newer_than_one

LIMIT: Final = 4 * 1024 * 1024
DEPTH: Final = 64

_MARKER: Final = re.compile(r"(<{7}|\|{7}|>{7})( |$)|={7}$")

# TOML 1.0, "Integer": signed 64 bits; a reader that cannot hold a value losslessly must refuse it.
_LARGEST: Final = 2**63 - 1


def read_toml(data: bytes, *, what: str, code: str = "policy-malformed") -> dict[str, Any]:
    """The document, whatever is in it.

    A byte order mark would be one more way to write the same policy under two digests.

    Raises:
        Malformed: not UTF-8, not TOML, or over a limit; `what` is the file.
    """
    import tomli

    if len(data) > LIMIT:
        raise _bad(f"larger than {LIMIT} bytes", what, code)
    if data.startswith(b"\xef\xbb\xbf"):
        raise _bad("begins with a byte order mark, save it without", what, code)
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise _bad(f"not UTF-8 at byte {error.start}", what, code) from None
    newer = newer_than_one(text)
    if newer and (lines := conflict_lines(text)):
        raise _conflict(lines, what, code)
    if newer:
        raise _bad(f"not TOML 1.0: {newer}", what, code)
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        if lines := conflict_lines(text):
            raise _conflict(lines, what, code) from None
        raise _bad(f"not TOML: {ascii(str(error))[1:-1][:300]}", what, code) from None
    except RecursionError:
        raise _bad("not TOML: nested too deeply", what, code) from None
    except ValueError:
        # Python's own limit on the digits of an integer.
        raise _bad("not TOML: an integer beyond 64 bits", what, code) from None
    flaw = _flaw(document)
    if flaw:
        raise _bad(f"not TOML: {flaw}", what, code)
    return document


def conflict_lines(text: str) -> tuple[int, ...]:
    r"""The numbers of the lines that git wrote around a conflict; () where there is none.

    >>> conflict_lines("a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n")
    (2, 4, 6)
    """
    found = [n for n, line in enumerate(text.splitlines(), 1) if _MARKER.match(line)]
    whole = any(line.startswith(("<<<<<<<", ">>>>>>>")) for line in text.splitlines())
    return tuple(found) if whole else ()


def _conflict(lines: tuple[int, ...], what: str, code: str) -> Malformed:
    shown = ", ".join(map(str, lines[:9])) + (" …" if len(lines) > 9 else "")
    return Malformed(
        f"git conflict markers in line {shown}: two branches changed the same place",
        subject=what,
        code=code,
        mend=f"edit {what}: where both sides add a holder keep both lines, else agree on one side;"
        " delete the marker lines, then: aztrust policy lint",
    )


def _flaw(document: dict[str, Any]) -> str:
    level: list[object] = [document]
    for _ in range(DEPTH):
        deeper: list[object] = []
        for value in level:
            if isinstance(value, dict):
                deeper += value.values()
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, int) and not -_LARGEST - 1 <= value <= _LARGEST:
                return "an integer beyond 64 bits"
        if not deeper:
            return ""
        level = deeper
    return "nested too deeply"


def _bad(cause: str, what: str, code: str) -> Malformed:
    return Malformed(cause, subject=what, code=code, mend="aztrust policy lint")
