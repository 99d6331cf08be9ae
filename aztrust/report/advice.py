"""An advice as its reader needs it: for the place it is read in, and never broken in two.

Checks and acts write an advice for someone in the launch directory (`core.base.advice`). Who reads
it may be elsewhere: in another directory, with `-C`; next to a kit, which nothing can be signed in;
at a machine that holds the key which is missing. The place is the same for a whole run, like the
width of a terminal, and the command line sets it once.

JSON keeps the advice as it was written: the same evidence gives the same document everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from aztrust.core.base.advice import COMMANDS, Advice, Need, name_of, quoted, spans, typed_words
from aztrust.core.base.value import frozen
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, WIDTH, wrap

_HELD: Final = "\0"
"""In place of a space that no line may be broken at."""
FROM_A_KIT: Final = "in the launch directory, after which a new kit is needed: "


@frozen
class Place:
    """Where a command runs.

    Args:
        where: `-C` as it was typed, "" where the launch is around the working directory.
        is_kit: what is read is a kit: nothing can be signed or written in it.
        kits: the kits that preflight was given by name.
        anchor: `--anchor` as it was typed, "" where it was not.
        ledger: `--ledger` as it was typed, "" where it was not.
        keys: gives the fingerprints of the user's own keys on this machine.
    """

    where: str = ""
    is_kit: bool = False
    kits: tuple[str, ...] = ()
    anchor: str = ""
    ledger: str = ""
    keys: Callable[[], frozenset[str]] = frozenset


_IN_THE_LAUNCH: Final = Place()
_PLACE: ContextVar[Place] = ContextVar("place", default=_IN_THE_LAUNCH)


@contextmanager
def at_place(place: Place) -> Iterator[None]:
    """Fit every advice of this run to a place."""
    token = _PLACE.set(place)
    try:
        yield
    finally:
        _PLACE.reset(token)


def fit(advice: str, place: Place | None = None) -> str:
    """The advice as it is typed in a place.

    Args:
        advice: as a check or an act wrote it.
        place: where it is read; None for the place of this run.
    """
    place = _PLACE.get() if place is None else place
    text = _for_me(advice, place)
    found = [(begin, end, _need(text[begin:end])) for begin, end in spans(text)]
    if place.is_kit and any(need.launch == "write" for _, _, need in found):
        return FROM_A_KIT + text
    for begin, end, need in reversed(found):
        text = text[:begin] + _placed(text[begin:end], need, place) + text[end:]
    return text


def advice_lines(
    label: str, advice: str, *, lead: str = "", indent: int = LABEL, place: Place | None = None
) -> list[str]:
    """A labelled advice, fitted to its place; a command is never torn, so that it can be copied.

    Args:
        label: `next`, `mend`, ...; "" continues the line above.
        advice: as a check or an act wrote it.
        lead: what every line begins with.
        indent: the width of the label.
        place: where it is read; None for the place of this run.
    """
    # An escape never begins or ends a command: it stays the same before and after.
    text = visible(fit(advice, place))
    for begin, end in reversed(list(spans(text))):
        text = text[:begin] + text[begin:end].replace(" ", _HELD) + text[end:]
    rest = lead + " " * indent
    first = f"{label:<{indent}}" if len(label) < indent else f"{label} "
    lines = wrap(text, first=lead + first, rest=rest)
    shown = [part for line in lines for part in _continued(line, rest)]
    return shown or [f"{lead}{label}".rstrip()]


def _continued(line: str, rest: str) -> Iterator[str]:
    """The line; a command that is too long for it goes on in the next, as a shell takes it."""
    if _HELD not in line or len(line) <= WIDTH:
        yield line.replace(_HELD, " ")
        return
    begin = line.index(f"aztrust{_HELD}")
    shown, *words = typed_words(line[begin:].replace(_HELD, " "))
    shown = line[:begin] + shown
    for word in words:
        if len(shown) + len(f" {word} \\") > WIDTH:
            yield f"{shown} \\"
            shown = f"{rest}  {word}"
        else:
            shown += f" {word}"
    yield shown


def _for_me(advice: str, place: Place) -> str:
    """`you (cosmin): ...` where a key of one of the holders who can do it is on this machine."""
    if not isinstance(advice, Advice) or not advice.by:
        return advice
    own = place.keys()
    mine = [name for name, keys in advice.by if not own.isdisjoint(keys)]
    return f"you ({' or '.join(mine)}): {advice.text}" if mine else advice


def _need(command: str) -> Need:
    return COMMANDS[name_of(command)]


def _placed(command: str, need: Need, place: Place) -> str:
    """One command with what this place adds to it."""
    name = name_of(command)
    if name == "preflight" and place.kits and " -C " not in command:
        if not re.search(r" preflight [^- ]", command):
            kits = " ".join(map(quoted, place.kits))
            command = command.replace(" preflight", f" preflight {kits}", 1)
    elif need.launch and place.where and not command.startswith("aztrust -C "):
        command = f"aztrust -C {quoted(place.where)}{command.removeprefix('aztrust')}"
    if need.ledger and place.ledger and " --ledger" not in command:
        command += f" --ledger {quoted(place.ledger)}"
    if need.anchor and place.anchor and " --anchor" not in command:
        command += f" --anchor {quoted(place.anchor.removeprefix('sha256:'))}"
    return command
