"""An option that takes one value is given once, in every command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import click
import pytest

from aztrust.cli.app import takes_one_value
from aztrust.cli.main import main
from aztrust.core.base.errors import UsageError
from tests.command import run


def commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group, with the words that name it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


def program_context() -> click.Context:
    """The context that the program has for its commands, to be the parent of theirs.

    A command keeps the names of its help from the first context that it is parsed in.
    """
    return click.Context(main, **main.context_settings)


def options(single: bool) -> list[tuple[click.Command, click.Option]]:
    """The options of every command that take a value, or several."""
    return [
        (command, option)
        for _, command in commands()
        for option in command.params
        if isinstance(option, click.Option)
        and not option.is_flag
        and takes_one_value(option) is single
    ]


def context_of(command: click.Command) -> click.Context:
    """A command before its arguments are read."""
    return click.Context(command, info_name="x", parent=program_context())


@pytest.mark.parametrize(
    ("command", "option"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1].name}") for pair in options(single=True)],
)
def test_a_second_value_is_refused_by_name(command: click.Command, option: click.Option):
    name = max(option.opts, key=len)
    spellings = [word for word in option.opts if word != name] or [name]
    for words in ([name, "v-1", name, "v-2"], [name, "v-1", spellings[0], "v-1"]):
        with pytest.raises(UsageError) as caught:
            command.parse_args(context_of(command), list(words))
        assert caught.value.subject == name
        assert "more than once" in caught.value.message
        assert not {"v-1", "v-2"} & set(str(caught.value).split())


def test_there_are_such_options_in_many_commands():
    found = options(single=True)
    assert len({command.name for command, _ in found}) > 20
    assert {"anchor", "scope", "key", "at", "output"} <= {option.name for _, option in found}


@pytest.mark.parametrize(
    ("command", "option"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1].name}") for pair in options(single=False)],
)
def test_an_option_that_takes_several_takes_two(command: click.Command, option: click.Option):
    name = max(option.opts, key=len)
    values = option.type.choices if isinstance(option.type, click.Choice) else ("x", "y")
    context = context_of(command)
    # Some commands want more words; these two were taken.
    with suppress(click.MissingParameter):
        command.parse_args(context, [name, values[0], name, values[1]])
    assert option.name is not None
    assert [str(value) for value in context.params[option.name]] == list(values[:2])


def test_a_wrong_anchor_before_the_right_one_is_a_usage_error():
    wrong, right = "1" * 64, "2" * 64
    done = run("verify", "--anchor", wrong, "--anchor", right)
    assert done.exit_code == 2
    assert "--anchor is given more than once" in done.err
    assert wrong not in done.err
    assert right not in done.err


def test_a_launch_before_and_after_the_command_is_a_usage_error(tmp_path):
    done = run("-C", tmp_path, "verify", "-C", tmp_path)
    assert done.exit_code == 2
    assert "--launch is given more than once" in done.err


def test_a_flag_given_twice_is_the_same_flag():
    verify = dict(commands())[("verify",)]
    context = context_of(verify)
    verify.parse_args(context, ["-q", "-q"])
    once = context_of(verify)
    verify.parse_args(once, ["-q"])
    assert context.params == once.params
