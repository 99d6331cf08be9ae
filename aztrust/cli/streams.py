"""`-` in place of a file's name: standard input where a file is read, standard output for results.

`InputFile` is the type of a file that may be standard input. Everywhere else a `-` is refused in
one line, because it is rarely the name of a file; `./-` names one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from aztrust.core.base.errors import CouldNotCheck, UsageError

STDIO: Final = Path("-")
INPUT_LIMIT: Final = 256 << 20
"""Bytes that are taken from standard input; a larger file is named."""

_USED = "aztrust.stdin"
_FILE_WORDS = ("FILE", "PATH", "DIR", "KIT", "VERDICT", "HEAD", "OUT")


class InputFile(click.Path):
    """A file that is read, or `-`: what comes from standard input, kept as a file for this run.

    The kept file is in a directory that only this user can enter, and goes with the run. Every
    reader has one kind of input this way: a regular file, with all its checks.
    """

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The path, that of the kept file for `-`."""
        if os.fspath(value) == "-" and ctx is not None and not ctx.resilient_parsing:
            return self.coerce_path_result(str(standard_input(ctx)))
        return super().convert(value, param, ctx)


def standard_input(context: click.Context) -> Path:
    """A file with what comes from standard input; it is read once in a run.

    Raises:
        UsageError: it is asked for a second time.
        CouldNotCheck: it cannot be read, or is longer than `INPUT_LIMIT`.
    """
    import tempfile  # only `-` needs it

    # The program's own context: it ends with the run, also where this command's words are refused.
    context = context.find_root()
    meta = context.meta
    if _USED in meta:
        raise UsageError(
            "standard input is named twice, and can be read once",
            subject="-",
            mend="name a file for one of them",
        )
    meta[_USED] = True
    folder = context.with_resource(tempfile.TemporaryDirectory(prefix="aztrust-"))
    path = Path(folder) / "standard-input"
    try:
        data = sys.stdin.buffer.read(INPUT_LIMIT + 1)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot read standard input: {error.strerror or error}", subject="-"
        ) from None
    if len(data) > INPUT_LIMIT:
        raise CouldNotCheck(
            f"standard input has more than {INPUT_LIMIT >> 20} MiB",
            subject="-",
            mend="put it into a file, and name the file",
        )
    path.write_bytes(data)
    return path


def takes_dash(parameter: click.Parameter) -> bool:
    """Whether `-` has a meaning for this parameter."""
    kind = parameter.type
    return isinstance(kind, InputFile) or (isinstance(kind, click.Path) and kind.allow_dash)


def names_file(parameter: click.Parameter) -> bool:
    """Whether the values of a parameter name files or directories, by its type or its metavar."""
    metavar = parameter.metavar or ""
    return isinstance(parameter.type, click.Path) or any(w in metavar for w in _FILE_WORDS)


def refuse_dashes(context: click.Context, values: Mapping[str, Any]) -> None:
    """Refuse `-` where a file can be named and standard input cannot be read.

    Raises:
        UsageError: an argument or option has it.
    """
    for parameter in context.command.params:
        if parameter.name not in values or takes_dash(parameter) or not names_file(parameter):
            continue
        pairs = "=" in (parameter.metavar or "")
        if "-" in _names(values[parameter.name], pairs=pairs):
            named = max(parameter.opts, key=len)
            named = named if named.startswith("-") else parameter.make_metavar(context)
            raise UsageError(
                f"{named} - is not standard input here: this command needs a name",
                subject=named,
                mend="name the file; a file that is called - is ./-",
            )


def _names(value: object, *, pairs: bool) -> Iterator[str]:
    for each in value if isinstance(value, tuple | list) else (value,):
        if isinstance(each, str | Path):
            text = os.fspath(each)
            yield text.partition("=")[2] or text if pairs else text
