"""JSON Pointer (RFC 6901) into a document of any format that `documents` reads.

Written with a leading `#` as in `#/app_state/bank`, and otherwise unchanged: not percent-encoded,
`~0` is `~`, `~1` is `/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn

from aztrust.core.base.errors import Malformed
from aztrust.core.base.text import cut
from aztrust.core.linkage.documents import Document
from aztrust.core.linkage.jsondoc import JsonValue, kind_of
from aztrust.core.linkage.scalars import Scalar

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_BAD_TILDE = re.compile(r"~(?![01])")


def parse_pointer(text: str) -> tuple[str, ...]:
    """The reference tokens of `#/a/b~1c` (RFC 6901 with a leading `#`), unescaped.

    Raises:
        Malformed: `policy-malformed`.
    """
    if not text.startswith("#"):
        _refuse(text, "is not a JSON Pointer with a leading #")
    if text == "#":
        return ()
    if not text.startswith("#/"):
        _refuse(text, "has a JSON Pointer that does not begin with /")
    if _BAD_TILDE.search(text):
        _refuse(text, "has a ~ that is neither ~0 nor ~1")
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in text[2:].split("/"))


def point(
    document: Document | JsonValue,
    pointer: tuple[str, ...],
    *,
    what: str,
    code: str = "linkage-broken",
) -> Scalar:
    """The scalar that RFC 6901 tokens lead to in a parsed document.

    Raises:
        Malformed(code): the way ends early, or leads to an object or array.
    """
    at: Document | JsonValue = document
    for depth, token in enumerate(pointer):
        if isinstance(at, dict):
            if token in at:
                at = at[token]
                continue
            reason = _no_member(at, token)
        elif isinstance(at, list):
            if _INDEX.fullmatch(token) and int(token) < len(at):
                at = at[int(token)]
                continue
            reason = f'an array of {len(at)} has no element "{cut(token)}"'
        else:
            reason = f'a {_kind(at)} is there and has no "{cut(token)}"'
        _unresolved(what, pointer, depth, reason, code)
    if isinstance(at, dict | list):
        _unresolved(
            what, pointer, len(pointer), f"an {_kind(at)} is there, not a single value", code
        )
    if isinstance(at, Scalar):
        return at
    if isinstance(at, bool):
        return Scalar("boolean", "true" if at else "false")
    if isinstance(at, int):
        # Python refuses to print integers of thousands of digits in decimal; TOML can hold them.
        return Scalar("integer", str(at) if at.bit_length() < 2000 else hex(at))
    if isinstance(at, str):
        return Scalar("string", at)
    return Scalar("null", "null") if at is None else Scalar("number", str(at))


def pointer_text(pointer: tuple[str, ...]) -> str:
    """`#/a/b` for tokens, as they are written, escaped for display."""
    return cut("#" + "".join("/" + t.replace("~", "~0").replace("/", "~1") for t in pointer))


def _no_member(at: Iterable[str], token: str) -> str:
    """A missing member, with the key that was probably meant: case, space, look-alike."""
    folded = token.strip().casefold()
    keys = tuple(at)
    near = next((key for key in keys if key.strip().casefold() == folded), None)
    hint = f', only "{cut(near)}"' if near is not None else ""
    return f'an object of {len(keys)} members has no "{cut(token)}"{hint}'


def _kind(value: object) -> str:
    return value.kind if isinstance(value, Scalar) else kind_of(value)


def _unresolved(
    what: str, pointer: tuple[str, ...], depth: int, reason: str, code: str
) -> NoReturn:
    raise Malformed(
        f"{pointer_text(pointer)} leads nowhere: at {pointer_text(pointer[:depth])} {reason}",
        subject=what,
        mend="Correct the file, or the pointer in manifests/launch.toml.",
        code=code,
    )


def _refuse(text: str, cause: str) -> NoReturn:
    raise Malformed(
        f'the pointer "{cut(text)}" {cause}',
        subject="manifests/launch.toml",
        mend="Write #/key/key, with ~0 for ~ and ~1 for / inside a key.",
        code="policy-malformed",
    )
