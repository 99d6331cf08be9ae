"""Every command that a text of the code advises can be typed: the command line accepts it."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import aztrust
from aztrust.cli.default_group import DefaultGroup
from aztrust.cli.main import main
from aztrust.core.base.advice import COMMANDS, PLACEHOLDERS, commands, is_placeholder, name_of
from aztrust.core.base.errors import UsageError
from tests.cli.test_option_given_twice import program_context

ROOT = Path(aztrust.__file__).parent
# In the place of a value that is computed, in a text that is put together.
COMPUTED = "computed"


def written() -> Iterator[tuple[str, str]]:
    """Every advised command in the code, with the place it is written in."""
    for path in sorted(ROOT.rglob("*.py")):
        for node, text in texts(ast.parse(path.read_text("utf-8"))):
            for command in commands(text):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", command


def texts(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """The texts of a module that are not documentation, a computed part as `COMPUTED`."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            silent.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            silent.update(map(id, node.values))
            silent.update(id(v.format_spec) for v in node.values if hasattr(v, "format_spec"))
        if isinstance(node, ast.keyword) and node.arg == "example":
            silent.add(id(node.value))
        if isinstance(node, ast.Assign) and "example" in ast.unparse(node.targets[0]):
            silent.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value.replace("{}", COMPUTED)
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else COMPUTED for v in node.values)
            yield node, "".join(map(str, parts))


def leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            below = dict(leaves(found, f"{before}{name} "))
            yield from below.items()
            if isinstance(found, DefaultGroup):
                yield f"{before}{name}", below[f"{before}{name} {found.default}"]
        else:
            yield f"{before}{name}", found


LEAVES = dict(leaves(main))
WRITTEN = sorted(set(written()))


def read(typed: str) -> None:
    """Read a command as the command line does; a choice takes the place of what is computed."""
    words = shlex.split(typed)[1:]
    name = name_of(typed)
    command = LEAVES[name]
    taken = words[words.index(name.split()[-1]) + 1 :]
    for option in command.params:
        if isinstance(option, click.Argument) and isinstance(option.type, click.Choice):
            taken = [option.type.choices[0] if COMPUTED in word else word for word in taken]
        elif isinstance(option.type, click.Choice):
            before = ["", *taken]
            taken = [
                option.type.choices[0] if word == COMPUTED and at in option.opts else word
                for at, word in zip(before, taken, strict=False)
            ]
    command.make_context(name, taken, parent=program_context())


@pytest.mark.parametrize(("place", "typed"), WRITTEN, ids=[f"{p} {c}" for p, c in WRITTEN])
def test_the_command_line_takes_an_advised_command(place, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").touch()
    (tmp_path / "DIR").mkdir()
    read(typed)


@pytest.mark.parametrize(
    "words", ["verify --no-such-option", "attest", "window checkpoint no-such-class"]
)
def test_a_command_that_the_command_line_does_not_take_is_found(words):
    with pytest.raises((UsageError, click.UsageError)):
        read(f"aztrust {words}")


@pytest.mark.parametrize(("place", "typed"), WRITTEN, ids=[f"{p} {c}" for p, c in WRITTEN])
def test_words_in_capitals_are_placeholders_that_are_explained(place, typed):
    for word in shlex.split(typed):
        part = word.rpartition("=")[2]
        if part.isupper() and part.isalpha():
            assert is_placeholder(part), part


def test_there_are_commands_to_look_at():
    assert len(WRITTEN) > 60


def test_every_placeholder_is_used():
    used = {w.rpartition("=")[2] for _, typed in WRITTEN for w in shlex.split(typed)}
    assert set(PLACEHOLDERS) <= used


def test_every_command_says_what_it_needs():
    assert set(COMMANDS) == set(LEAVES)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_the_options_that_are_added_to_it(name):
    options = {opt for param in LEAVES[name].params for opt in param.opts}
    assert COMMANDS[name].anchor <= ("--anchor" in options)
    assert COMMANDS[name].ledger <= ("--ledger" in options)
    assert not COMMANDS[name].launch or "--launch" in options


def test_what_a_text_ends_with_as_a_command_is_one_that_there_is():
    first = {name.split()[0] for name in COMMANDS}
    unknown = [
        f"{path.relative_to(ROOT)}:{node.lineno} {word}"
        for path in sorted(ROOT.rglob("*.py"))
        for node, text in texts(ast.parse(path.read_text("utf-8")))
        for word in re.findall(
            r"(?:then|once|once more|or|it|here|is|one): aztrust ([a-z][a-z-]+)", text
        )
        if word not in (*first, COMPUTED)
    ]
    assert unknown == []
