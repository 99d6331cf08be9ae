"""`-` is standard input or standard output, or is refused in one line."""

from __future__ import annotations

import json

import click
import pytest

from aztrust.cli import streams
from aztrust.cli.app import launch_option
from aztrust.cli.streams import names_file, takes_dash
from tests.cli.test_option_given_twice import commands
from tests.command import run
from tests.disk_launch import make_launch
from tests.shared import REPOSITORY

READERS = {
    "key fingerprint FILE",
    "hash PATH...",
    "hash --check",
    "diff A",
    "diff B",
    "policy diff OLD",
    "policy diff [NEW]",
    "observe network --nodes",
    "policy lint [FILE]",
    "checklist lint [FILE]",
    "checklist show [FILE]",
    "policy show [FILE]",
    "verify --since",
    "verify --at-head",
    "window status --at-head",
    "window next --at-head",
    "window log --at-head",
    "window minutes --at-head",
    "ledger append [FILE|DIR|-]...",
    "ledger prove --head",
    "ledger verify --since",
    "gate VERDICT...",
    "gate --policy",
    "show FILE|ID|STATEMENT",
}
"""Where `-` is standard input."""
WRITERS = {"serve --access-log"}
"""Where `-` is standard error; it is refused where it is neither."""


def files() -> list[tuple[str, tuple[str, ...], click.Command, click.Parameter]]:
    """Every argument and option that names a file or folder, but those that all commands share."""
    shared = {"output", "reports", launch_option().name}
    found = []
    for path, command in commands():
        if isinstance(command, click.Group):
            continue
        for parameter in command.params:
            if names_file(parameter) and parameter.name not in shared:
                name = max(parameter.opts, key=len)
                if not name.startswith("-"):
                    name = parameter.make_metavar(click.Context(command))
                found.append((" ".join((*path, name)), path, command, parameter))
    return found


def test_standard_input_is_read_where_the_list_says():
    assert {name for name, _, _, parameter in files() if takes_dash(parameter)} == READERS | WRITERS


REFUSING = [item for item in files() if not takes_dash(item[3])]


@pytest.mark.parametrize(
    ("path", "command", "parameter"), [item[1:] for item in REFUSING], ids=[i[0] for i in REFUSING]
)
def test_elsewhere_a_dash_is_refused_in_one_line(path, command, parameter):
    words = list(path)
    for other in command.params:
        given = "-" if other is parameter else "."
        if isinstance(other.type, click.Choice):
            given = str(other.type.choices[0])
        if isinstance(other, click.Argument) and (other.required or other is parameter):
            words.append(given)
        elif other.required or other is parameter:
            words += [max(other.opts, key=len), given]
    done = run(*words)
    assert done.exit_code == 2
    assert done.out.splitlines() in ([], ["DO NOT START THIS HOST"])
    if isinstance(parameter.type, click.Path) and parameter.type.exists:
        assert "'-' does not exist" in done.err
    else:
        assert "- is not standard input here" in done.err
        assert "./-" in done.err


def test_a_pair_is_looked_at_behind_its_name(tmp_path):
    for value in ("-", "node=-"):
        done = run("preflight", "--binary", value)
        assert done.exit_code == 2
        assert "--binary - is not standard input here" in done.err
    done = run("preflight", tmp_path / "absent=-")
    assert "is not standard input" not in done.err


def test_a_file_that_is_called_so_is_named_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_bytes(b"in the file")
    named, stream = run("hash", "./-"), run("hash", "-", answer="in the stream")
    assert named.exit_code == stream.exit_code == 0
    assert named.out != stream.out


def test_hash_reads_standard_input_and_names_it_as_coreutils_do(tmp_path):
    (tmp_path / "f").write_text("some bytes")
    line = run("hash", "--algorithm", "sha256", tmp_path / "f").out
    done = run("hash", "--algorithm", "sha256", "-", answer="some bytes")
    assert done.exit_code == 0
    assert done.out == f"{line[:64]}  -\n"
    other = run("hash", "--algorithm", "sha256", "-", answer="other bytes")
    assert other.out != done.out
    document = run("hash", "--json", "-", answer="some bytes").document
    assert [(f["path"], f["size"]) for f in document["files"]] == [("-", 10)]


def test_a_key_from_standard_input():
    path = REPOSITORY / "keys" / "rita.pem"
    done = run("key", "fingerprint", "-", answer=path.read_text("utf-8"))
    assert done.exit_code == 0
    assert done.out == run("key", "fingerprint", path).out


def test_show_reads_standard_input():
    path = REPOSITORY / "manifests" / "release.json"
    done = run("show", "-", answer=path.read_text("utf-8"))
    assert done.exit_code == 0
    assert done.out.splitlines()[1] == run("show", path).out.splitlines()[1]


def test_diff_reads_one_side_from_standard_input(tmp_path):
    (tmp_path / "g").write_text('{"a":1}')
    assert run("diff", "-", tmp_path / "g", answer='{"a":1}').exit_code == 0
    assert run("diff", tmp_path / "g", "-", answer='{"a":2}').exit_code == 10
    done = run("diff", "-", "-", answer="x")
    assert done.exit_code == 2
    assert "standard input is named twice" in done.err


def test_what_is_kept_of_standard_input_goes_with_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "g").write_text("x")
    assert run("diff", "-", tmp_path / "g", answer="x").exit_code == 0
    assert run("show", "-", answer="neither this nor that").exit_code == 10
    assert [path.name for path in tmp_path.iterdir()] == ["g"]


def test_more_than_the_limit_is_refused_and_the_limit_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(streams, "INPUT_LIMIT", 4)
    (tmp_path / "g").write_text("four")
    assert run("diff", "-", tmp_path / "g", answer="four").exit_code == 0
    done = run("diff", "-", tmp_path / "g", answer="fiver")
    assert (done.exit_code, done.out) == (1, "")
    assert "standard input has more than" in done.err


def test_o_dash_is_standard_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("version", "-o", "-") == run("version")
    assert run("version", "--json", "-o", "-") == run("version", "--json")
    assert list(tmp_path.iterdir()) == []


def test_a_report_on_standard_output_needs_the_result_elsewhere(tmp_path):
    launch = make_launch(tmp_path)
    words = ("-C", launch.path, "verify", "--at", "1780315200", "--report", "sarif=-")
    done = run(*words)
    assert (done.exit_code, done.out) == (2, "")
    assert "two results are for standard output" in done.err
    done = run(*words, "-o", tmp_path / "r.txt")
    assert done.exit_code == 12
    assert json.loads(done.out)["version"] == "2.1.0"
    assert (tmp_path / "r.txt").read_text().startswith("HOLD ")
    done = run(*words, "--report", "junit=-", "-o", tmp_path / "r.txt")
    assert done.exit_code == 2
