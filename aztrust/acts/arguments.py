"""Arguments of the library, parsed at its door: what is mistyped is a `UsageError` that names it.

Every function takes the argument's name and its value of any type, and returns the value in one
form. Each raises `UsageError` for anything else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape


def path(name: str, value: object) -> Path:
    """An absolute path."""
    named = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(named, str) or not named or "\0" in named:
        raise wrong(name, "a path", value)
    return Path(named).absolute()


def optional(name: str, value: object) -> Path | None:
    """An absolute path, None where none was given."""
    return None if value is None else path(name, value)


def paths(name: str, value: object) -> tuple[Path, ...]:
    """One path or several, absolute."""
    if isinstance(value, str | os.PathLike):
        return (path(name, value),)
    if not isinstance(value, list | tuple) or not value:
        raise wrong(name, "a path or a list of paths", value)
    return tuple(path(name, item) for item in value)


def texts(name: str, value: object) -> tuple[str, ...]:
    """Texts as they are typed, such as `ROLE=FILE`; a path among them is its text."""
    items = (value,) if isinstance(value, str | os.PathLike) else value
    if not isinstance(items, list | tuple):
        raise wrong(name, "a text or a list of texts", value)
    given = tuple(os.fspath(i) if isinstance(i, str | os.PathLike) else None for i in items)
    found = tuple(item for item in given if isinstance(item, str) and item and "\0" not in item)
    if len(found) != len(items):
        raise wrong(name, "a text or a list of texts", value)
    return found


def text(name: str, value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise wrong(name, "a text", value)
    return value


def flag(name: str, value: object) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise wrong(name, "True or False", value)
    return value


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        hint = " (milliseconds, not seconds)" if name == "at_unix_ms" else ""
        raise wrong(name, f"a whole number from {least} to {most}{hint}", value)
    return value


def one_of(name: str, value: object, known: Sequence[str]) -> str:
    """One of the known texts."""
    given = text(name, value)
    if given not in known:
        raise wrong(name, f"one of {', '.join(known)}", value)
    return given


def wrong(name: str, wanted: str, value: object) -> UsageError:
    """What is raised for a value that is not as wanted."""
    return UsageError(
        f"{name} is not {wanted}: {escape(repr(value))[:60]}",
        subject=name,
        mend=f"give {wanted}",
    )
