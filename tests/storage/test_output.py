"""`-o FILE` writes a result and nothing that is judged; a device stays a device."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from aztrust.core.errors import CouldNotCheck
from aztrust.storage.output import write_output
from tests.command import run
from tests.launches import make_launch


@pytest.mark.parametrize("words", [("verify",), ("verify", "--format", "json"), ("policy", "show")])
@pytest.mark.parametrize(
    "name", ["manifests/launch.toml", "manifests/new.json", "keys/new.pem", ""]
)
def test_what_is_judged_is_never_written(tmp_path, name, words):
    launch = make_launch(tmp_path)
    name = name or launch.file("release", "README").relative_to(launch.path)
    (launch.path / "out").symlink_to(launch.path / name)
    path = launch.path / name
    before = path.read_bytes() if path.exists() else None
    for target in (path, launch.path / "out", launch.path / "keys" / ".." / name):
        done = run("-C", launch.path, *words, "-o", target)
        assert done.exit_code == 2
        assert "what is judged" in done.err
        assert (path.read_bytes() if path.exists() else None) == before


def test_the_launch_that_the_file_lies_in_counts_too(tmp_path):
    launch = make_launch(tmp_path)
    target = launch.path / "manifests" / "launch.toml"
    (tmp_path / "f").write_bytes(b"x")
    done = run("hash", tmp_path / "f", "-o", target)
    assert done.exit_code == 2
    assert target.read_bytes() == launch.policy_bytes


def test_a_policy_that_cannot_be_read_still_guards_its_own_files(tmp_path):
    launch = make_launch(tmp_path)
    (launch.path / "manifests" / "launch.toml").write_bytes(b"[[[")
    target = launch.path / "manifests" / "launch.toml"
    assert run("-C", launch.path, "verify", "-o", target).exit_code == 2
    assert target.read_bytes() == b"[[["
    run("-C", launch.path, "verify", "-o", launch.path / "report")
    assert (launch.path / "report").exists()


def test_no_directory_is_made(tmp_path):
    launch = make_launch(tmp_path)
    assert run("-C", launch.path, "verify", "-o", tmp_path / "no" / "f").exit_code == 1
    with pytest.raises(CouldNotCheck):
        write_output(tmp_path / "no" / "f", b"x")
    assert not (tmp_path / "no").exists()


def test_a_device_is_written_and_stays(tmp_path):
    write_output("/dev/null", b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_is_written_and_stays(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    write_output(fifo, b"x" * 200_000)
    reader.join()
    assert got == [b"x" * 200_000]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_link_stays_and_the_file_behind_it_is_written(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d/file")
    for data in (b"one", b"two"):
        write_output(tmp_path / "link", data)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "d" / "file").read_bytes() == data
