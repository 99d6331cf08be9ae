"""Options that several commands share, and the environment variables that replace them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import frozen

R = TypeVar("R")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def complete_file(_: click.Context, __: click.Parameter, incomplete: str) -> list[Any]:
    """Let the shell complete the name of a file, for an option that is a text to click."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_from(
    names: Callable[[], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Complete one of some names that aztrust knows without reading a launch."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
        return sorted(name for name in names() if name.startswith(incomplete))

    return complete


anchor_option = click.option(
    "--anchor",
    metavar="HEX",
    help="The policy digest as you received it out of band; else $AZTRUST_ANCHOR, else pinned.",
)
scope_option = click.option(
    "--scope", metavar="HEX", help="The scope hash as announced; else $AZTRUST_SCOPE."
)
at_option = click.option(
    "--at", metavar="TIME", help="Judge as of this time (RFC 3339 or Unix seconds)."
)

ledger_option = click.option(
    "--ledger",
    metavar="PATH",
    shell_complete=complete_file,
    help="The launch's ledger; else $AZTRUST_LEDGER, else as configured or where freeze makes it.",
)

key_option = click.option(
    "--key",
    metavar="K",
    shell_complete=complete_file,
    help="A key's name, a file or a URI; else $AZTRUST_KEY.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only look: nothing is signed, nothing is written."
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Workers; else the CPUs this process may use.",
)
evidence_option = click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file that shows it; its digests are recorded. Can be given several times.",
)
note_option = click.option("--note", metavar="T", default="", help="A remark.")
reason_option = click.option("--reason", metavar="T", required=True, help="Why.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def joined_options(*options: Decorator) -> Decorator:
    """One decorator for several options; `--help` lists them in this order."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def given_anchor(option: str | None) -> str | None:
    """The anchor, canonical, from --anchor or $AZTRUST_ANCHOR; None where neither is given.

    Raises:
        UsageError: it is not a digest; an empty one is not, in a script it is an unset variable.
    """
    return _given_digest(option, "--anchor", "AZTRUST_ANCHOR")


def given_scope(option: str | None) -> str:
    """The scope hash, canonical, from --scope or $AZTRUST_SCOPE; "" where neither is given.

    Raises:
        UsageError: the given scope is not a digest.
    """
    return _given_digest(option, "--scope", "AZTRUST_SCOPE") or ""


def _given_digest(option: str | None, name: str, variable: str) -> str | None:
    """A digest, with a refusal that names what it came from."""
    by, text = (name, option) if option is not None else (f"${variable}", os.environ.get(variable))
    if text is None:
        return None
    if not text.strip():
        raise UsageError(
            f"{by} is empty", subject=by, mend=f"is a variable not set? give {name} HEX, or drop it"
        )
    return digest_of(text, by)


def digest_of(text: str, by: str) -> str:
    """A typed digest.

    Args:
        text: as it was typed.
        by: the option or the variable that it came from.

    Raises:
        UsageError: it is not a digest; the message names `by`.
    """
    try:
        return parse_sha256(text)
    except UsageError as error:
        raise UsageError(f"{by} is {error.message}", subject=by, mend=error.mend) from None


@frozen
class Given:
    """The values of the options that signing commands share.

    Args:
        key: `--key` as typed.
        ledger: `--ledger` as typed; None also for a command without it.
        anchor: as `given_anchor`.
        scope: as `given_scope`; "" also for a command without it.
        typed_anchor: `--anchor` as typed, None where it came from elsewhere.
    """

    key: str | None = None
    ledger: str | None = None
    anchor: str | None = None
    scope: str = ""
    typed_anchor: str | None = None


def together(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command --key, --ledger, --anchor and --scope as one `Given`, its argument `given`.

    Put it directly above the function: the options are added to what it returns.
    """

    @wraps(function)
    def call(session: object, **values: object) -> R:
        key, ledger, anchor = (values.pop(name, None) for name in ("key", "ledger", "anchor"))
        scope = given_scope(_text(values.pop("scope"))) if "scope" in values else ""
        typed = _text(anchor)
        given = Given(_text(key), _text(ledger), given_anchor(typed), scope, typed)
        return function(session, given=given, **values)

    return call


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
