"""The program of `--exec`: how it was typed, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence


def hook_words(hook: str) -> list[str]:
    """The words of --exec.

    Raises:
        UsageError: it is empty, or a quote is not closed.
    """
    import shlex  # only where a hook is read

    from aztrust.core.base.errors import UsageError

    try:
        words = shlex.split(hook)
    except ValueError as error:
        raise UsageError(f"--exec cannot be read: {error}", mend="close its quotes") from None
    if not words:
        raise UsageError("--exec is empty", mend="is a variable not set? name it, or drop --exec")
    return words


def run_says(hook: str, says: Sequence[str]) -> None:
    """Give the statements to a program; how it ended is shown, and changes nothing."""
    from aztrust.acts.hook import run_hook
    from aztrust.cli.terminal import print_lines

    given = "".join(f"{say}\n" for say in says).encode()
    print_lines([f"exec     {run_hook(hook_words(hook), given)}"], err=True)
