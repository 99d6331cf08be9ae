"""Everything in a tree is content, nothing is followed, nothing is passed over (laws 3, 5, 6)."""

from __future__ import annotations

import os
import socket

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.package.entries import DirectoryEntry, Fault, SymlinkEntry, Tree
from aztrust.storage import directory, hash_stream, reading
from aztrust.storage.tree import mounts
from aztrust.storage.tree.tree import TreeRequest, read_tree
from tests.standins import stand_in
from tests.storage.trees import entry, faults, make, paths, read


def test_files_links_and_empty_directories_are_entries_sorted_by_path(tmp_path):
    root = make(tmp_path / "p", {"b/f": b"1", "a": b"", "b-c": b"22", "e/e/": b""})
    (root / "b" / "l").symlink_to("f")
    (root / "b-c").chmod(0o744)
    assert read(root).tree == Tree(
        entries=(
            entry("a", b""),
            entry("b-c", b"22", executable=True),
            entry("b/f", b"1"),
            SymlinkEntry("b/l", "f"),
            DirectoryEntry("e/e"),
        ),
        total_bytes=3,
    )


def test_an_empty_root_has_no_entries(tmp_path):
    assert read(make(tmp_path / "p", {})).tree == Tree(())


def test_only_the_owners_execute_bit_is_content(tmp_path):
    root = make(tmp_path / "p", {"a": b"", "b": b""})
    (root / "a").chmod(0o655)
    (root / "b").chmod(0o700)
    assert [e.executable for e in read(root).tree.entries] == [False, True]


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o1755])
def test_set_id_and_sticky_bits_are_found_and_the_file_is_hashed_all_the_same(tmp_path, mode):
    root = make(tmp_path / "p", {"f": b"x"})
    (root / "f").chmod(mode)
    if (root / "f").stat().st_mode & 0o7777 != mode:
        pytest.skip("this file system does not keep the bit")
    result = read(root)
    assert faults(result) == [("mode-changed", "f")]
    assert result.tree.entries == (entry("f", b"x", executable=True),)


def test_hidden_files_and_git_directories_are_content_like_any_other(tmp_path):
    root = make(tmp_path / "p", {".git/config": b"x", ".hidden": b"", "__pycache__/": b""})
    assert paths(read(root)) == [".git/config", ".hidden", "__pycache__"]


def test_special_files_are_faults_and_never_opened(tmp_path):
    root = make(tmp_path / "p", {"ok": b""})
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(root)
        try:
            server.bind("sock")
        finally:
            os.chdir(here)
        result = read(root)
    assert faults(result) == [("special-file", "fifo"), ("special-file", "sock")]
    assert paths(result) == ["ok"]


def test_links_are_compared_and_never_followed(tmp_path):
    (tmp_path / "outside").write_bytes(b"secret")
    root = make(tmp_path / "p", {"d/f": b"x"})
    for name, target in {
        "abs": str(tmp_path / "outside"),
        "up": "../outside",
        "d/loop": "loop",
        "d/self": ".",
        "d/up": "..",
        "through": "d/up/..",
        "dangling": "nowhere",
    }.items():
        (root / name).symlink_to(target)
    result = read(root)
    assert {e.path for e in result.tree.entries if isinstance(e, SymlinkEntry)} == {
        *("abs", "up", "d/loop", "d/self", "d/up", "through", "dangling")
    }
    assert faults(result) == [
        ("link-escapes", "abs"),
        ("link-escapes", "through"),
        ("link-escapes", "up"),
    ]
    assert result.tree.total_bytes == 1


def test_names_that_are_not_utf8_are_faults(tmp_path):
    root = make(tmp_path / "p", {"ok": b""})
    (root / os.fsdecode(b"bad\xff")).write_bytes(b"")
    (root / os.fsdecode(b"dir\xfe")).mkdir()
    (root / os.fsdecode(b"dir\xfe") / "below").write_bytes(b"")
    os.symlink(b"\xff", os.fsencode(root) + b"/link")
    result = read(root)
    assert faults(result) == [
        ("path-unsafe", r"bad\xff"),
        ("path-unsafe", r"dir\xfe"),
        ("path-unsafe", "link"),
    ]
    assert paths(result) == ["ok"]


def test_a_directory_with_only_an_unreadable_name_is_not_empty(tmp_path):
    root = make(tmp_path / "p", {"d/": b""})
    (root / "d" / os.fsdecode(b"\xff")).write_bytes(b"")
    assert paths(read(root)) == []


def test_control_characters_are_content_and_escaped_in_faults(tmp_path):
    root = make(tmp_path / "p", {"a\nPASS": b"x"})
    os.mkfifo(root / "b\x1b[2J")
    result = read(root)
    assert paths(result) == ["a\nPASS"]
    assert faults(result) == [("special-file", r"b\x1b[2J")]


def test_colliding_names_are_found_with_every_partner(tmp_path):
    root = make(tmp_path / "p", {"d/readme": b"1", "d/README": b"2", "d/é": b"", "d/e\u0301": b""})
    if len(list((root / "d").iterdir())) < 4:
        pytest.skip("this file system ignores case or Unicode form itself")
    result = read(root)
    assert [(f.code, f.path) for f in result.tree.faults] == [
        ("path-collision", "d/README"),
        ("path-collision", "d/e\u0301"),
    ]
    assert "d/readme" in result.tree.faults[0].detail
    assert len(paths(result)) == 4


def test_colliding_directories_are_found(tmp_path):
    root = make(tmp_path / "p", {"Lib/a": b"", "lib/b": b""})
    assert faults(read(root)) == [("path-collision", "Lib")]


def test_an_unreadable_file_is_a_fault_not_a_crash(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"x", "g": b"y"})

    def refuse(path, flags, *args, **kwargs):
        if path == "f":
            raise PermissionError(13, "Permission denied")
        return os.open(path, flags, *args, **kwargs)

    stand_in(monkeypatch, reading, "os", open=refuse)
    result = read(root)
    assert result.tree.faults == (Fault("unreadable", "f", "it cannot be read: Permission denied"),)
    assert paths(result) == ["g"]


def test_an_unreadable_directory_is_a_fault_and_not_an_entry(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"d/f": b"x", "g": b"y"})

    def refuse(path, flags, *args, **kwargs):
        if path == "d":
            raise PermissionError(13, "Permission denied")
        return os.open(path, flags, *args, **kwargs)

    stand_in(monkeypatch, directory, "os", open=refuse)
    result = read(root)
    assert faults(result) == [("unreadable", "d")]
    assert paths(result) == ["g"]


def test_a_read_error_is_a_fault(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"f": b"x"})

    def fail(*_):
        raise OSError(5, "Input/output error")

    stand_in(monkeypatch, hash_stream, "os", read=fail)
    assert faults(read(root)) == [("unreadable", "f")]


def test_another_device_is_a_mount_crossing(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"d/f": b"x", "g": b"y"})
    from aztrust.storage.directory import Directories

    enter = Directories.__enter__

    def elsewhere(self):
        enter(self)
        self.device += 1
        return self

    monkeypatch.setattr(Directories, "__enter__", elsewhere)
    assert faults(read(root)) == [("mount-crossing", ".")]


def test_a_bind_mount_is_a_mount_crossing_though_its_device_is_the_same(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"a b/f": b"x", "g": b"y", "h": b"z"})
    table = tmp_path / "mountinfo"
    lines = [
        f"36 35 98:0 / {root}/a\\040b rw - ext4 /dev/vda rw",
        f"37 35 98:0 /x {root}/g rw - ext4 /dev/vda rw",
        f"38 35 98:0 / {tmp_path} rw - ext4 /dev/vda rw",
        "",
    ]
    table.write_text("\n".join(lines))
    monkeypatch.setattr(mounts, "MOUNT_TABLE", str(table))
    result = read(root)
    assert faults(result) == [("mount-crossing", "a b"), ("mount-crossing", "g")]
    assert paths(result) == ["h"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ((), ["d/a", "d/b", "e", "f/g"]),
        (("d/a",), ["d/b", "e", "f/g"]),
        (("d/",), ["e", "f/g"]),
        (("d/a", "d/b"), ["d", "e", "f/g"]),
        (("d",), ["d/a", "d/b", "e", "f/g"]),
        (("d/a/",), ["d/a", "d/b", "e", "f/g"]),
        (("e",), ["d/a", "d/b", "f/g"]),
        (("e/",), ["d/a", "d/b", "f/g"]),
        (("f/g", "f"), ["d/a", "d/b", "e"]),
        (("*",), ["d/a", "d/b", "e", "f/g"]),
    ],
)
def test_exclusions_are_literal_paths_or_directories(tmp_path, exclude, left):
    root = make(tmp_path / "p", {"d/a": b"", "d/b": b"", "e/": b"", "f/g": b""})
    assert paths(read(root, exclude=exclude)) == left


def test_entries_are_the_same_whether_what_is_excluded_is_there_or_not(tmp_path):
    one = make(tmp_path / "1", {"d/keep": b"x", "d/log": b"y", "t/tmp/z": b""})
    other = make(tmp_path / "2", {"d/keep": b"x", "t/": b""})
    exclude = ("d/log", "t/tmp/")
    assert read(one, exclude=exclude) == read(other, exclude=exclude)


def test_excluded_things_are_never_opened(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"d/f": b"", "log": b"", "ok": b""})
    os.mkfifo(root / "fifo")
    opened = []

    def watch(path, *args, **kwargs):
        opened.append(path)
        return os.open(path, *args, **kwargs)

    for module in (directory, reading):
        stand_in(monkeypatch, module, "os", open=watch)
    assert read(root, exclude=("d/", "log", "fifo")).tree == Tree((entry("ok", b""),))
    assert "ok" in opened
    assert not {"d", "f", "log", "fifo"} & set(opened)


@pytest.mark.parametrize("exclude", ["../x", "/x", "a//", "", "/", "./a"])
def test_an_unsafe_exclusion_is_refused(tmp_path, exclude):
    with pytest.raises(Malformed) as caught:
        read(make(tmp_path / "p", {"a": b""}), exclude=(exclude,))
    assert caught.value.code == "path-unsafe"


def test_captured_bytes_are_those_that_were_hashed(tmp_path):
    big = b"x" * (2 << 20)
    root = make(tmp_path / "p", {"g.json": b"{}", "d/big": big, "other": b""})
    for jobs in (1, 2):
        result = read(root, jobs=jobs, capture=frozenset({"g.json", "d/big", "missing", "d"}))
        assert result.captured == {"g.json": b"{}", "d/big": big}
        assert result.tree.entries == (
            entry("d/big", big),
            entry("g.json", b"{}"),
            entry("other", b""),
        )


def test_the_package_root_may_be_deeper_and_is_opened_part_by_part(tmp_path):
    make(tmp_path / "a/b/c", {"f": b"1"})
    assert read_tree(tmp_path, "a/b/c", TreeRequest(), jobs=1).tree.entries == (entry("f", b"1"),)
    assert read_tree(tmp_path / "a/b/c", ".", TreeRequest(), jobs=1).tree.total_bytes == 1


@pytest.mark.parametrize("linked", ["a", "a/b"])
def test_a_link_on_the_way_to_the_package_is_refused(tmp_path, linked):
    make(tmp_path / "real/b", {"f": b"1"})
    if linked == "a":
        (tmp_path / "a").symlink_to("real")
    else:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "b").symlink_to("../real/b")
    with pytest.raises(CouldNotCheck, match="symbolic link") as caught:
        read_tree(tmp_path, "a/b", TreeRequest(), jobs=1)
    assert caught.value.subject == str(tmp_path / linked)


@pytest.mark.parametrize(
    ("relative", "reason"), [("nothing", "does not exist"), ("file", "not a directory")]
)
def test_a_root_that_is_not_a_directory_could_not_be_checked(tmp_path, relative, reason):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CouldNotCheck, match=reason):
        read_tree(tmp_path, relative, TreeRequest(), jobs=1)


@pytest.mark.parametrize("relative", ["../x", "/tmp", "a//b", ""])
def test_an_unsafe_root_is_refused(tmp_path, relative):
    with pytest.raises(Malformed):
        read_tree(tmp_path, relative, TreeRequest(), jobs=1)


def test_a_very_deep_tree_needs_few_descriptors_and_no_recursion(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    depth = 2100
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        following = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = following
    os.close(descriptor)
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
        try:
            result = read_tree(tmp_path, ".", TreeRequest(), jobs=1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    finally:
        # Deeper than PATH_MAX: only relative steps can take it away again.
        _remove_chain(tmp_path)
    assert [fault.code for fault in result.tree.faults] == ["path-unsafe"]
    assert paths(result) == []


def _remove_chain(root):
    here = os.getcwd()
    os.chdir(root)
    try:
        steps = 0
        while os.path.isdir("d"):
            os.chdir("d")
            steps += 1
        for _ in range(steps):
            os.chdir("..")
            os.rmdir("d")
    finally:
        os.chdir(here)
