"""How text meets a terminal: colour, encoding, width, and no progress where no one watches."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from aztrust.cli.progress import describe, progress_line
from aztrust.cli.session import Session
from aztrust.cli.terminal import choose_color, print_lines, wants_color
from aztrust.core.base.errors import Declined, UsageError
from aztrust.storage.progress import Progress
from tests.command import PROGRAM, run
from tests.command import environment as process_environment
from tests.disk_launch import make_launch


def on_a_terminal(*words, **environment):
    """What `aztrust WORDS` puts on a terminal that is its stdout, as bytes, and its exit."""
    ours, theirs = pty.openpty()
    env = {
        k: v for k, v in process_environment().items() if k not in ("LANG", "LC_ALL", "LC_CTYPE")
    }
    process = subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**env, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    data = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        data += chunk
    os.close(ours)
    return data, process.wait()


def test_colour_on_a_terminal_only(tmp_path):
    launch = make_launch(tmp_path)
    words = ("-C", launch.path, "verify", "--anchor", launch.anchor)
    data, code = on_a_terminal(*words, LANG="C.UTF-8")
    assert code == 0
    assert data.startswith(b"\x1b[32;1mPASS\x1b[0m ")
    plain, _ = on_a_terminal(*words, LANG="C.UTF-8", NO_COLOR="1")
    assert b"\x1b" not in plain
    piped = subprocess.run(
        [*PROGRAM, *map(str, words)],
        env=process_environment(),
        capture_output=True,
        check=False,
    )
    assert piped.stdout.startswith(b"PASS ")
    assert b"\x1b" not in piped.stdout
    assert piped.stderr == b""


def test_names_do_nothing_to_a_terminal_and_go_to_programs_as_they_are(tmp_path):
    name = b"a\x1b[2J\xff.bin"
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
    with open(path, "wb") as file:
        file.write(b"x")
    shown, code = on_a_terminal("hash", path, LANG="C.UTF-8")
    assert code == 0
    assert b"\x1b" not in shown
    assert rb"a\x1b[2J\udcff.bin" in shown
    words = [*PROGRAM, "hash", path]
    piped = subprocess.run(words, env=process_environment(), capture_output=True, check=False)
    assert name in piped.stdout


def test_without_colour_the_words_are_the_same(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    words = ("-C", launch.path, "verify", "--at", "1780315200")
    coloured, code = on_a_terminal(*words, LANG="C.UTF-8")
    plain, same = on_a_terminal(*words, LANG="C.UTF-8", NO_COLOR="1")
    for style in (b"\x1b[32;1m", b"\x1b[31;1m", b"\x1b[33;1m", b"\x1b[1m", b"\x1b[0m"):
        coloured = coloured.replace(style, b"")
    assert (coloured, code) == (plain, same)
    assert code == 10


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({"LANG": "C"}, True),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ({}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.utf8"}, False),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
    ],
)
def test_ascii_where_the_locale_is_not_utf_8(tmp_path, environment, ascii_only):
    policy = make_launch(tmp_path, name="x").policy_bytes.decode().replace("test launch", "tést…")
    launch = make_launch(tmp_path, policy=policy)
    data, _ = on_a_terminal("-C", launch.path, "verify", **environment)
    assert data.isascii() is ascii_only
    if ascii_only:
        assert b"t\\xe9st..." in data


def test_lines_are_clean_whatever_is_in_them(capsys):
    print_lines(["a\nPASS", "b\x1b[2J", "c\u202e"])
    assert capsys.readouterr().out == "a\\nPASS\nb\\x1b[2J\nc\\u202e\n"


def test_progress_line():
    assert describe(Progress(3, 2_000_000, 10, 12_000_000, True), 2.0) == (
        "reading  3 of 10 files   2.0 MB   1.0 MB/s   10 s left"
    )
    assert describe(Progress(3, 0, 3, 0, False), 1.0) == "reading  3 so far files   0 bytes"
    long = describe(Progress(1, 1_000_000, 2, 200_000_000, True), 1.0)
    assert long.endswith("3 min 19 s left")
    assert max(map(len, (long,))) <= 80


def test_no_answer_at_the_terminal():
    session = Session()
    session.confirm("Sign?", yes=True)
    with pytest.raises(Declined):
        session.confirm("Sign?", yes=False)


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y", True), ("YES", True), ("n", False), ("", False), ("yeah", False)]
)
def test_a_person_answers(monkeypatch, answer, agreed):
    class Terminal:
        def isatty(self):
            return True

        def readline(self):
            return f"{answer}\n"

    monkeypatch.setattr(sys, "stdin", Terminal())
    if agreed:
        Session().confirm("Sign?", yes=False)
    else:
        with pytest.raises(Declined):
            Session().confirm("Sign?", yes=False)


def test_passphrase_from_the_environment(monkeypatch):
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "fée")
    assert Session().passphrase("rita")() == "fée".encode()


def test_passphrase_twice(monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    answers = iter(["one", "two"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(UsageError):
        Session().passphrase("rita", twice=True)()


GREEN = b"\x1b[32;1m"
COLOURED = [
    # The environment; --color; whether a terminal and a pipe get colour.
    ({}, "", True, False),
    ({"TERM": "dumb"}, "", False, False),
    ({"CLICOLOR": "0"}, "", False, False),
    ({"CLICOLOR": "1"}, "", True, False),
    ({"NO_COLOR": ""}, "", True, False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "", False, False),
    ({"FORCE_COLOR": "1"}, "", True, True),
    ({"FORCE_COLOR": "0"}, "", True, False),
    ({"CLICOLOR_FORCE": "1", "TERM": "dumb", "CLICOLOR": "0"}, "", True, True),
    ({"CLICOLOR_FORCE": "0"}, "", True, False),
    ({"NO_COLOR": "1"}, "always", True, True),
    ({"TERM": "dumb"}, "always", True, True),
    ({"FORCE_COLOR": "1"}, "never", False, False),
    ({"NO_COLOR": "1"}, "auto", False, False),
    ({"FORCE_COLOR": "1"}, "auto", True, True),
]
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


@pytest.mark.parametrize(("environment", "option", "terminal", "pipe"), COLOURED)
def test_who_decides_about_colour(monkeypatch, environment, option, terminal, pipe):
    class Stream(io.StringIO):
        def __init__(self, person):
            super().__init__()
            self.person = person

        def isatty(self):
            return self.person

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        choose_color(option or "auto")
        assert (wants_color(Stream(True)), wants_color(Stream(False))) == (terminal, pipe)
    finally:
        choose_color("auto")


def test_color_before_and_after_the_command_and_for_one_run(tmp_path):
    launch = make_launch(tmp_path)
    words = ("-C", launch.path, "verify", "--anchor", launch.anchor)
    assert run(*words, "--color", "always").out.encode().startswith(GREEN)
    assert run("--color", "always", *words).out.encode().startswith(GREEN)
    assert "\x1b" not in run(*words).out
    assert "\x1b" not in run("--color", "always", *words, "--color", "never").out
    assert "\x1b" not in run(*words, "--color", "always", "--json").out
    assert run(*words, "--color", "some").exit_code == 2


def test_no_line_is_drawn_again_on_a_dumb_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    for term, drawn in (("xterm", True), ("dumb", False)):
        monkeypatch.setenv("TERM", term)
        with progress_line(Session()) as progress:
            assert (progress is not None) is drawn
