"""The commands of a document are typed as it has them, and what they start ends with them."""

from __future__ import annotations

import json
import os
import select

import pytest

from tests.patience import PATIENCE
from tools.readme import commands, run, script

PAGE = """
```console
$ echo first
$ false        # exit 1
$ aztrust nothing        # not run: it needs a person
$ printf '%s\\n' one \\
> two
```
```text
$ echo not a command
```
"""


def test_the_commands_of_a_page(tmp_path, capfd):
    parts = commands(PAGE)
    assert [part.exit_code for part in parts] == [0, 1, 0, 0]
    assert run(script(parts), tmp_path, dict(os.environ)) == 0
    shown = capfd.readouterr().out
    assert "$ echo first\nfirst\n" in shown
    assert "(not run: it needs a person)" in shown
    assert "one\ntwo\n" in shown
    assert "not a command" not in shown


def test_the_first_command_that_ends_otherwise_stops_the_run(tmp_path, capfd):
    parts = commands("```console\n$ false\n$ echo on\n```\n", "page.md")
    assert run(script(parts), tmp_path, dict(os.environ)) == 1
    shown = capfd.readouterr()
    assert "page.md:2: exit 1, expected 0" in shown.err
    assert "$ echo on" not in shown.out


@pytest.mark.parametrize("ends", ["true", "false"])
def test_what_runs_in_the_background_ends_with_the_run(tmp_path, ends):
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        parts = commands(
            "```console\n$ { echo > begun; exec sleep 100000; } > alive &\n"
            f"$ until [ -s begun ]; do :; done\n$ {ends}\n```\n"
        )
        run(script(parts), tmp_path, dict(os.environ))
        # The pipe ends when no process has it any more.
        poll = select.poll()
        poll.register(reader, select.POLLHUP)
        assert poll.poll(PATIENCE * 1000), "the background command goes on"
    finally:
        os.close(reader)


def test_a_recording_is_an_asciicast_of_what_is_shown(tmp_path, capfd):
    run("echo one; echo drei >&2", tmp_path, dict(os.environ), tmp_path / "run.cast")
    header, *events = map(json.loads, (tmp_path / "run.cast").read_text("utf-8").splitlines())
    assert header["version"] == 2
    assert {"width", "height"} <= header.keys()
    assert [event[1:] for event in events] == [["o", "one\r\n"], ["o", "drei\r\n"]]
    assert events[0][0] <= events[1][0]
    assert capfd.readouterr().out == "one\ndrei\n"
