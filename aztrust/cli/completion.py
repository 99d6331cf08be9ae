"""`aztrust completion`: the script with which a shell completes aztrust's commands and options."""

from __future__ import annotations

from typing import Final

import click

from aztrust.cli.app import Session, command
from aztrust.cli.terminal import print_bytes
from aztrust.core.base.errors import UsageError

VARIABLE: Final = "_AZTRUST_COMPLETE"
"""What a shell sets when it asks for completions; its value names the shell."""

SHELLS: Final = ("bash", "zsh", "fish")


@command(
    "completion",
    short_help="Set up the Tab key in a shell.",
    example="aztrust completion bash > ~/.local/share/bash-completion/completions/aztrust\n"
    'aztrust completion zsh > "${fpath[1]}/_aztrust"\n'
    "aztrust completion fish > ~/.config/fish/completions/aztrust.fish",
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(session: Session, shell: str) -> None:
    """Print the completion script of SHELL: put it where the shell looks, or source it.

    bash 4.4 or newer is needed. The Tab key then completes commands, options and file names; it
    reads no launch and no configuration.
    """
    script = script_of(shell)
    if session.format == "text" and session.output is None:
        # A shell reads the bytes as they are: what is shown to a person has no tabs in it.
        print_bytes(script.encode())
        return
    session.emit(
        {
            "schema": "aztrust/completion",
            "version_major": 1,
            "version_minor": 0,
            "shell": shell,
            "script": script,
        },
        script.splitlines(),
    )


def script_of(shell: str) -> str:
    """The script for one of `SHELLS`.

    Raises:
        UsageError: the shell is another one.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from aztrust.cli.main import main

    made = get_completion_class(shell)
    if made is None or shell not in SHELLS:
        raise UsageError(f"there is no completion for {ascii(shell)[1:-1]}")
    # Not the class's own `source`: that of bash starts a bash to ask for its version.
    return ShellComplete.source(made(main, {}, "aztrust", VARIABLE))
