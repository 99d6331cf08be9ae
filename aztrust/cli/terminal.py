"""The streams: their encoding, whether a person watches, and how text is written to them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO, Final, Literal

import click

from aztrust.report.escape import visible
from aztrust.report.lines import STOP

_ASCII = str.maketrans({"…": "...", "\u2014": "-", "\u00d7": "x", "→": "->", "≥": ">=", "≤": "<="})
USUAL_HEIGHT = 24
_GREEN, _RED, _YELLOW, _BOLD = "32;1", "31;1", "33;1", "1"
_STYLES = {
    "PASS": _GREEN,
    "READY": _GREEN,
    "SAME": _GREEN,
    "FAIL": _RED,
    STOP: _RED,
    "ERROR": _RED,
    "DIFFER": _RED,
    "HOLD": _YELLOW,
    "PARTIAL": _YELLOW,
    "UNPINNED": _YELLOW,
    "CONDITIONAL": _YELLOW,
    "error": _RED,
    "refused": _RED,
    "next": _BOLD,
    "mend": _BOLD,
}


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person is at the other end."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def screen_height(*, to_file: bool = False) -> int:
    """How many lines a person sees at once: 24 where no terminal says more or less."""
    if to_file or not is_terminal(sys.stdout):
        return USUAL_HEIGHT
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or USUAL_HEIGHT
    except OSError:
        return USUAL_HEIGHT


Color = Literal["auto", "always", "never"]
COLORS: Final[tuple[Color, ...]] = ("auto", "always", "never")

_chosen: Color = "auto"


def choose_color(choice: Color) -> None:
    """Colour, as `--color` asks for it, for the rest of this run."""
    global _chosen
    _chosen = choice


def wants_color(stream: IO[str] | None) -> bool:
    """Whether text to this stream is coloured.

    The first of these that is given decides: `--color always` or `never`, NO_COLOR, FORCE_COLOR or
    CLICOLOR_FORCE, CLICOLOR=0, TERM=dumb; else a terminal has colour. An empty variable is not
    given, and neither is a FORCE that is 0.
    """
    environ = os.environ
    if _chosen != "auto":
        return _chosen == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environ.get("CLICOLOR") == "0" or is_dumb():
        return False
    return is_terminal(stream)


def is_dumb() -> bool:
    """Whether the terminal shows plain lines alone: no colour, and no line that is drawn again."""
    return os.environ.get("TERM") == "dumb"


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Lines to stdout or stderr, coloured where wanted, in ASCII where the locale is not UTF-8.

    A closed pipe is not a failure: the exit code still carries the answer.
    """
    stream = sys.stderr if err else sys.stdout
    plain = not _is_utf8(stream)
    shown = [_fit(line, ascii_only=plain) for line in lines]
    if wants_color(stream):
        shown = [_paint(line) for line in shown]
    _write("".join(f"{line}\n" for line in shown), err=err)


def print_bytes(data: bytes) -> None:
    """Bytes to stdout as they are."""
    _write(data, err=False)


def _fit(line: str, *, ascii_only: bool) -> str:
    line = visible(line)
    if not ascii_only or line.isascii():
        return line
    return line.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _paint(line: str) -> str:
    word = STOP if line.startswith(STOP) else line.lstrip().partition(" ")[0]
    style = _STYLES.get(word)
    return line.replace(word, f"\x1b[{style}m{word}\x1b[0m", 1) if style else line


def _is_utf8(stream: IO[str]) -> bool:
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding != "utf8":
        return False
    environ = os.environ
    if environ.get("PYTHONUTF8") == "1" or environ.get("PYTHONIOENCODING"):
        return True
    language, ctype = environ.get("LANG", ""), environ.get("LC_CTYPE", "")
    # Where the locale is C or not installed, Python sets this for itself (PEP 538); the terminal
    # does not know about it.
    if ctype == "C.UTF-8":
        ctype = ""
    locale = (environ.get("LC_ALL") or ctype or language).lower().replace("-", "")
    return "utf8" in locale


def _write(data: str | bytes, *, err: bool) -> None:
    try:
        click.echo(data, nl=False, err=err, color=True)
    except BrokenPipeError:
        silence()


def silence() -> None:
    """Point both streams at nothing, so that no later flush complains about a closed pipe."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nothing, stream.fileno())
        except (OSError, ValueError):
            continue
    os.close(nothing)
