"""Where a command runs, for the advice it gives (`report.advice.Place`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from aztrust.cli.session import Session, is_url
from aztrust.core.base.errors import AztrustError
from aztrust.report.advice import Place


def place_of(session: Session, values: Mapping[str, object]) -> Place:
    """The place of a run, from what was typed.

    Args:
        session: the run.
        values: the command's own options and arguments, by name.
    """
    where = session.launch_option or ""
    kits = tuple(map(str, _tuple(values.get("kits"))))
    # $AZTRUST_LAUNCH needs no -C in the next command, and may name a kit all the same.
    named = kits or (where or os.environ.get("AZTRUST_LAUNCH", ""),)
    if session.command in ("preflight", "exec") and named == ("",):
        # They take the only kit of the directory; other commands need its name.
        named = tuple(path.name for path in sorted(Path.cwd().glob("*.aztrust")))
    if not where and len(named) == 1 and _is_kit(named[0]) and "AZTRUST_LAUNCH" not in os.environ:
        where = named[0]
    return Place(
        where=where,
        is_kit=bool(named) and all(map(_is_kit, named)),
        kits=kits,
        anchor=_text(values.get("anchor")),
        ledger=_text(values.get("ledger")),
        keys=_own_keys,
    )


def _is_kit(name: str) -> bool:
    return bool(name) and (is_url(name) or Path(name).is_file())


def _own_keys() -> frozenset[str]:
    """The user's keys on this machine; none where they cannot be listed: it is only an advice."""
    from aztrust.storage.localkeys import local_keys

    try:
        return frozenset(key.fingerprint for key in local_keys() if key.fingerprint)
    except AztrustError:
        return frozenset()


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
