"""Files that the host names: links are resolved and shown, then the law applies (law 5)."""

from __future__ import annotations

import os

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.tree import hashing
from aztrust.storage.tree.hashing import FileDigest, hash_file, hash_files
from tests.storage.trees import entry

BIG = b"x" * (3 << 20)


@pytest.mark.parametrize("data", [b"", b"x", BIG])
@pytest.mark.parametrize("paired", [True, False])
def test_both_digests_size_and_execute_bit(tmp_path, data, paired):
    (tmp_path / "f").write_bytes(data)
    (tmp_path / "f").chmod(0o755)
    want = entry("f", data)
    assert hash_file(tmp_path / "f", paired=paired) == FileDigest(
        len(data), want.sha256, want.blake3, True, str((tmp_path / "f").resolve())
    )


def test_a_link_is_resolved_and_its_target_shown(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "l").symlink_to("f")
    assert hash_file(tmp_path / "l").resolved == str((tmp_path / "f").resolve())


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "loop", "nul", "long"])
def test_what_is_not_a_file_could_not_be_checked(tmp_path, kind):
    path = tmp_path / "x"
    code = "special-file"
    if kind == "missing":
        code = "file-missing"
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("x")
        code = "unreadable"
    else:
        path = tmp_path / ("a\0b" if kind == "nul" else "x" * 300)
        code = "unreadable"
    with pytest.raises(CouldNotCheck) as caught:
        hash_file(path)
    assert caught.value.code == code
    assert caught.value.mend


def test_a_file_replaced_while_it_is_read(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"good")
    (tmp_path / "g").write_bytes(b"evil")
    real = hashing.digest_whole

    def then_replace(*args):
        raw = real(*args)
        os.replace(tmp_path / "g", tmp_path / "f")
        return raw

    monkeypatch.setattr(hashing, "digest_whole", then_replace)
    with pytest.raises(CouldNotCheck) as caught:
        hash_file(tmp_path / "f")
    assert caught.value.code == "changed-while-reading"


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_files_come_back_in_their_order(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(hashing, "FEW", 3)
    paths = [tmp_path / str(n) for n in range(8)]
    for path in paths:
        path.write_bytes(path.name.encode())
    paths.insert(4, tmp_path / "missing")
    found = list(hash_files(paths, jobs=jobs))
    assert [path for path, _ in found] == paths
    assert isinstance(found[4][1], CouldNotCheck)
    assert found[4][1].code == "file-missing"
    assert found[8][1].sha256 == entry("7", b"7").sha256
