"""`-o FILE` writes a result and nothing that is judged; a device stays a device."""

from __future__ import annotations

import os
import re
import socket
import stat
import threading
from pathlib import Path

import pytest

import aztrust
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.storage.output import check_output, write_output
from aztrust.storage.own_reports import _SCHEMA
from tests.command import run
from tests.disk_launch import make_launch


@pytest.mark.parametrize("words", [("verify",), ("verify", "--format", "json"), ("policy", "show")])
@pytest.mark.parametrize(
    "name", ["manifests/launch.toml", "manifests/new.json", "keys/new.pem", ""]
)
def test_what_is_judged_is_never_written(tmp_path, name, words):
    launch = make_launch(tmp_path)
    name = name or launch.file("release", "README").relative_to(launch.path)
    (tmp_path / "out").symlink_to(launch.path / name)
    path = launch.path / name
    before = path.read_bytes() if path.exists() else None
    for target in (path, tmp_path / "out", launch.path / "keys" / ".." / name):
        done = run("-C", launch.path, *words, "-o", target)
        assert done.exit_code == 2
        assert "what is judged" in done.err
        assert (path.read_bytes() if path.exists() else None) == before


def test_the_launch_that_contains_the_file_counts_too(tmp_path):
    launch = make_launch(tmp_path)
    target = launch.path / "manifests" / "launch.toml"
    (tmp_path / "f").write_bytes(b"x")
    done = run("hash", tmp_path / "f", "-o", target)
    assert done.exit_code == 2
    assert target.read_bytes() == launch.policy_bytes


def test_a_policy_that_cannot_be_read_guards_the_whole_launch(tmp_path):
    launch = make_launch(tmp_path)
    (launch.path / "manifests" / "launch.toml").write_bytes(b"[[[")
    targets = (
        launch.path / "manifests" / "launch.toml",
        launch.file("release", "README"),
        launch.path / "report",
    )
    before = [path.read_bytes() if path.exists() else None for path in targets]
    for target in targets:
        assert run("-C", launch.path, "verify", "-o", target).exit_code == 2
        assert run("hash", tmp_path / "launch", "-o", target).exit_code == 2
    assert [path.read_bytes() if path.exists() else None for path in targets] == before
    assert run("-C", launch.path, "verify", "-o", tmp_path / "report").exit_code == 10
    assert (tmp_path / "report").exists()


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    keys = tmp_path / "config" / "aztrust" / "keys"
    keys.mkdir(parents=True)
    return keys.parent


@pytest.mark.parametrize("name", ["anchors.json", "keys/rita.key", "keys/new", "new.json"])
def test_the_users_own_keys_and_pins_are_never_written(tmp_path, config, name):
    launch = make_launch(tmp_path)
    path = config / name
    if "new" not in name:
        path.write_bytes(b"kept")
    (tmp_path / "link").symlink_to(path)
    for target in (path, tmp_path / "link", config / "keys" / ".." / name):
        done = run("-C", launch.path, "verify", "-o", target)
        assert done.exit_code == 2
        assert "private keys and pinned anchors" in done.err
        assert path.exists() is ("new" not in name)
    made = run("-C", launch.path, "key", "generate", "zed", "--no-passphrase", "-o", path)
    assert made.exit_code == 2
    assert not (config / "keys" / "zed.key").exists()


def test_nothing_is_written_next_to_the_users_ledgers(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data" / "aztrust" / "ledgers").mkdir(parents=True)
    (tmp_path / "data" / "other").mkdir()
    done = run("-C", launch.path, "verify", "-o", tmp_path / "data/aztrust/ledgers/report.json")
    assert done.exit_code == 2
    assert "which holds ledgers" in done.err
    assert run("-C", launch.path, "verify", "-o", tmp_path / "data/other/report").exit_code == 12


def test_a_private_key_is_never_overwritten_in_any_place(tmp_path, config):
    launch = make_launch(tmp_path)
    key = launch.key_file("rita")
    before = key.read_bytes()
    done = run("-C", launch.path, "verify", "-o", key)
    assert done.exit_code == 2
    assert "is not an earlier report" in done.err
    assert key.read_bytes() == before
    # One that this very command makes.
    words = ("key", "generate", "zed", "--no-passphrase", "--private-dir", tmp_path / "safe")
    (tmp_path / "safe").mkdir()
    done = run("-C", launch.path, *words, "-o", tmp_path / "safe" / "zed.key")
    assert done.exit_code == 2
    assert b"PRIVATE KEY" in (tmp_path / "safe" / "zed.key").read_bytes()


@pytest.mark.parametrize("name", [".git/config", ".git/new", ".GIT/config", "bare.git/config"])
def test_a_repository_is_never_written(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir()
    for part in ("objects", "refs"):
        (path.parent / part).mkdir()
    (path.parent / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    with pytest.raises(UsageError, match="git repository"):
        check_output(path, ())
    with pytest.raises(UsageError, match="git repository"):
        write_output(path, b"x")
    assert not path.exists()


def test_no_directory_is_made(tmp_path):
    launch = make_launch(tmp_path)
    assert run("-C", launch.path, "verify", "-o", tmp_path / "no" / "f").exit_code == 1
    with pytest.raises(CouldNotCheck):
        write_output(tmp_path / "no" / "f", b"x")
    assert not (tmp_path / "no").exists()


def test_a_device_is_written_and_stays(tmp_path):
    check_output(Path("/dev/null"), ())
    write_output(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_an_open_pipe_is_written(tmp_path):
    ours, theirs = os.pipe()
    got = []

    def read() -> None:
        with open(ours, "rb") as file:
            got.append(file.read())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    check_output(Path(f"/dev/fd/{theirs}"), ())
    write_output(Path(f"/dev/fd/{theirs}"), b"x" * 200_000)
    os.close(theirs)
    reader.join()
    assert got == [b"x" * 200_000]


def test_a_pipe_whose_reader_has_left_is_not_waited_for():
    ours, theirs = os.pipe()
    os.close(ours)
    write_output(Path(f"/dev/fd/{theirs}"), b"x")
    with pytest.raises(BrokenPipeError):
        os.write(theirs, b"x")
    os.close(theirs)


@pytest.mark.parametrize("kind", ["fifo", "socket", "directory"])
def test_what_is_not_a_file_is_refused_and_not_waited_for(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # a socket's path is short by law
    if kind == "fifo":
        os.mkfifo("out")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("out")
    else:
        os.mkdir("out")
    for write in (lambda: check_output(Path("out"), ()), lambda: write_output(Path("out"), b"x")):
        with pytest.raises(UsageError, match="not a regular file"):
            write()


def test_a_link_stays_and_the_file_behind_it_is_written(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d/file")
    for data in (b"PASS     x   exit 0\n\nscope    one", b"PASS     x   exit 0\n\nscope    two"):
        write_output(tmp_path / "link", data)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "d" / "file").read_bytes() == data


@pytest.mark.parametrize("mark", ["manifests/launch.toml", ".git/HEAD"])
def test_nothing_is_written_through_a_link_that_came_with_the_files(tmp_path, mark):
    work, outside = tmp_path / "work", tmp_path / "outside"
    (work / mark).parent.mkdir(parents=True)
    (work / mark).write_bytes(b"")
    (work / "reports").mkdir()
    outside.mkdir()
    (work / "out").symlink_to(outside)
    (work / "reports" / "r.md").symlink_to(outside / "new")
    for path in (work / "out" / "r.json", work / "reports" / "r.md"):
        for write in (lambda p=path: check_output(p, ()), lambda p=path: write_output(p, b"x")):
            with pytest.raises(UsageError, match=r"leads through .*work"):
                write()
    assert not list(outside.iterdir())
    write_output(work / "reports" / "s.md", b"x")
    (tmp_path / "link").symlink_to(work)
    write_output(tmp_path / "link" / "reports" / "t.md", b"x")
    assert (work / "reports" / "t.md").read_bytes() == b"x"


REPORTS = (
    b'{"schema":"aztrust/report","verdict":"pass"}',
    b'{"command":"seal","schema":"aztrust/sealed"}',
    b"PASS     lab  lab-1   2026-06-02 12:00:00 UTC   exit 0\n\npolicy   ok\n",
    b"READY    lab-1  exit 0\n",
    b"DO NOT START THIS HOST   exit 10\n",
    b"refused  no\nmend     ask\n",
    b"## aztrust verify: PASS\n",
)
KEPT = (
    b"",
    b'{"schema":"aztrust/anything","only":"copy"}',
    b'{"schema":"aztrust/review","version_major":1}',
    b"## aztrust notes of our launch\nthe only copy\n",
    b"PASS     my unit tests, nothing else  exit 0\nlog\n",
    b"refused  my application to the club\nlots of things\nmend     the roof\n",
    b'{"artifacts":[],"schema":"aztrust/package-manifest"}',
    b'{"schema":"aztrust/ledger-export"}\n',
    b'{"schema":"aztrust/publication"}\n',
    b"PASSWORDS\n",
    b"PASS     the butter\n",
    b"READY to launch: my notes\n",
    b"error    2026-11-30 disk full\nthe only log\n",
    b'{"note":{"schema":"aztrust/report"}}',
    b'{"schema":"aztrust/report"',
    b"0" * 64 + b"  atlasd\n",
    b"lab-1.1622b487\n7\n",
    b"-----BEGIN PRIVATE KEY-----\n",
    b"SQLite format 3\0",
)


@pytest.mark.parametrize("words", [("verify",), ("hash", "."), ("policy", "show"), ("show", "x")])
def test_only_an_earlier_report_is_replaced_by_any_command(tmp_path, words, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.chdir(tmp_path / "launch" if (tmp_path / "launch").exists() else launch.path)
    target = tmp_path / "out.txt"
    for kept in KEPT:
        target.write_bytes(kept)
        done = run("-C", launch.path, *words, "-o", target)
        assert (done.exit_code, target.read_bytes()) == (2, kept)
        assert "is not an earlier report" in done.err
    for report in REPORTS:
        target.write_bytes(report)
        run("-C", launch.path, *words, "-o", target)
        assert target.read_bytes() not in REPORTS


def test_what_a_command_reads_is_not_its_output(tmp_path):
    launch = make_launch(tmp_path)
    report = tmp_path / "report.json"
    assert run("-C", launch.path, "verify", "-o", report).exit_code in (0, 10, 12)
    before = report.read_bytes()
    (tmp_path / "link").symlink_to(report)
    for words in (("hash", report), ("show", report), ("hash", "--check", tmp_path / "link")):
        done = run("-C", launch.path, *words, "-o", report)
        assert (done.exit_code, report.read_bytes()) == (2, before)
        assert "is what this command reads" in done.err
    assert (
        run("hash", launch.path / "manifests/launch.toml", "-o", tmp_path / "other").exit_code == 0
    )


def test_every_document_that_a_command_prints_is_known_as_a_report():
    """A schema in the sources is that of a report, or of a file that is kept."""
    kept = set(
        "anchors archive-missing chain-proof checklist content kit kit-ledger leaf node-log"
        " package-manifest publication review scope".split()
    )
    found: set[str] = set()
    for path in Path(aztrust.__file__).parent.rglob("*.py"):
        found |= set(re.findall(r'"aztrust/([a-z-]+)"', path.read_text()))
    assert {name for name in found - kept if not _SCHEMA.fullmatch(f"aztrust/{name}")} == set()
    assert {name for name in kept if _SCHEMA.fullmatch(f"aztrust/{name}")} == set()
