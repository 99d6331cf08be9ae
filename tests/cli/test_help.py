"""The help: groups, the short and the whole list, `help`, `-h`, `-V` and `version`."""

from __future__ import annotations

import re

import pytest

from aztrust.cli.commands import COMMANDS, GROUPS
from tests.cli.test_option_given_twice import commands
from tests.command import run


def sections(text: str) -> dict[str, list[str]]:
    """Each heading of a help with the first words of its lines."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in text.splitlines():
        if re.fullmatch(r"\S.*:", line):
            heading = line.removesuffix(":")
        elif re.match(r"  [a-z]", line) and heading:
            found.setdefault(heading, []).append(line.split()[0])
    return {name: found.get(name, []) for name in GROUPS.values()}


def test_every_command_has_a_group():
    # A new command: give its entry in aztrust/cli/commands.py one of the groups.
    assert {name for name, entry in COMMANDS.items() if entry.group not in GROUPS} == set()


def test_every_command_has_the_line_of_help_that_the_table_has():
    for path, command in commands():
        if len(path) == 1:
            assert COMMANDS[path[0]].text
            assert command.name == path[0]


def test_the_help_shows_the_short_list_by_group():
    done = run("--help")
    assert done.exit_code == 0
    shown = sections(done.out)
    for group, heading in GROUPS.items():
        assert shown[heading] == [n for n, e in COMMANDS.items() if e.group == group and e.short]
        assert shown[heading], heading


def test_the_short_list_is_short():
    short = [name for name, entry in COMMANDS.items() if entry.short]
    assert 10 <= len(short) <= 20
    assert len(short) < len(COMMANDS)


@pytest.mark.parametrize(
    "words", ["--help --all", "--all --help", "-h --all", "--all", "help --all"]
)
def test_all_shows_every_command_by_group(words):
    done = run(*words.split())
    assert done.exit_code == 0
    shown = sections(done.out)
    for group, heading in GROUPS.items():
        assert shown[heading] == [n for n, e in COMMANDS.items() if e.group == group]


def test_the_short_help_names_the_long_one():
    rest = sum(not entry.short for entry in COMMANDS.values())
    assert f"{rest} more: aztrust --help --all" in run("--help").out
    assert "more: aztrust" not in run("--help", "--all").out


def test_the_long_list_is_of_one_run():
    run("--help", "--all")
    assert "more: aztrust" in run("--help").out


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_h_is_help_everywhere_and_so_is_the_command_help(path):
    expected = run(*path, "--help")
    assert expected.exit_code == 0
    assert expected.out.startswith(" ".join(("Usage: aztrust", *path)))
    assert run(*path, "-h") == expected
    assert run("help", *path).out == expected.out
    text = [line for line in expected.out.splitlines() if not line.startswith("  $ ")]
    assert max(map(len, text)) <= 80


def test_help_of_an_unknown_command_is_a_usage_error():
    for words in (["verfy"], ["ledger", "apend"]):
        done = run("help", *words)
        assert (done.exit_code, done.out) == (2, "")
        assert f"there is no command {words[-1]}; did you mean " in done.err
    done = run("help", "verify", "more")
    assert done.exit_code == 2
    assert "aztrust verify has no commands" in done.err
    assert run("help", "--", "-x").exit_code == 2


def test_help_of_a_command_has_no_all():
    done = run("help", "verify", "--all")
    assert done.exit_code == 2
    assert "--all" in done.err


def test_three_spellings_of_the_version():
    expected = run("--version")
    assert expected.exit_code == 0
    assert run("-V") == expected
    assert run("version") == expected
    document = run("version", "--json").document
    assert [f"aztrust {document['version']}", f"code     {document['code']}"] == (
        expected.out.splitlines()
    )


def test_json_is_format_json():
    assert run("version", "--json") == run("version", "--format", "json")
    assert run("version", "--json", "--format", "json") == run("version", "--json")
    done = run("verify", "--json", "--format", "sarif")
    assert done.exit_code == 2
    assert "--json" in done.err
    assert "--jobs" not in done.err


@pytest.mark.parametrize(
    "words", ["verify --jsn", "verify --json --jsonx", "diff --json", "hash --json"]
)
def test_a_usage_error_after_json_is_json(words):
    done = run(*words.split())
    assert done.exit_code == 2
    if "--json" in words.split():
        assert done.document["kind"] == "usage"
