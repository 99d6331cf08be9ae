"""What the bytes of artifacts say about them, from the read that gave their digests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aztrust.storage.describing import describe_stream
from aztrust.storage.hostfiles import read_host_file
from aztrust.storage.tree.tree import TreeRequest, read_tree
from fixtures.forge.programs import linux_program
from fixtures.forge.trees import tar_gz
from tests.core.programs import block, elf, universal


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_and_members_are_described(tmp_path: Path, jobs: int) -> None:
    package = tmp_path / "p"
    package.mkdir()
    (package / "node").write_bytes(linux_program("arm64"))
    (package / "other").write_bytes(linux_program("riscv64"))
    archive = tar_gz(("bin/node", linux_program("amd64")), ("bin/tool", b"#!/bin/sh\n"))
    (package / "node.tar.gz").write_bytes(archive)
    members = (("node.tar.gz", "bin/node"), ("node.tar.gz", "./bin/tool"), ("node.tar.gz", "none"))
    request = TreeRequest(members=members, described=frozenset({"node", "gone"}))
    reading = read_tree(tmp_path, "p", request, jobs=jobs)
    found = {pair: (d.kind, d.platforms) for pair, d in reading.descriptions.items()}
    assert found == {
        ("node", ""): ("ELF executable", ("linux/arm64",)),
        ("node.tar.gz", "bin/node"): ("ELF executable", ("linux/amd64",)),
        ("node.tar.gz", "./bin/tool"): ("script", ()),
    }
    assert reading.members["node.tar.gz", "bin/node"].size == len(linux_program("amd64"))


def test_a_member_that_has_no_digest_has_no_description(tmp_path: Path) -> None:
    package = tmp_path / "p"
    package.mkdir()
    twice = (("node", linux_program("amd64")), ("node", linux_program("arm64")))
    (package / "node.tar.gz").write_bytes(tar_gz(*twice))
    request = TreeRequest(members=(("node.tar.gz", "node"),))
    assert read_tree(tmp_path, "p", request, jobs=1).descriptions == {}


def test_build_information_of_a_file_and_of_a_member_is_read(tmp_path: Path) -> None:
    program = go_program()
    package = tmp_path / "p"
    package.mkdir()
    (package / "node").write_bytes(program)
    (package / "node.tar.gz").write_bytes(tar_gz(("node", program)))
    request = TreeRequest(members=(("node.tar.gz", "node"),), described=frozenset({"node"}))
    reading = read_tree(tmp_path, "p", request, jobs=1)
    for pair in (("node", ""), ("node.tar.gz", "node")):
        go = reading.descriptions[pair].go
        assert go is not None
        assert go.go_version == "go1.26.8"


def go_program() -> bytes:
    """A program with build information in its writable data."""
    return elf(data=(4096, 2048)).ljust(4096, b"\0") + block().ljust(2048, b"\0")


@pytest.mark.parametrize("at", [1024, 65530, 1 << 20, (1 << 20) - 4, (2 << 20) - 68])
def test_slices_of_a_universal_program_are_read_wherever_they_are(tmp_path: Path, at: int) -> None:
    """In the head, behind it, across two chunks; the second one is not what the table says."""
    program = bytearray(universal(0x01000007, 0x0100000C, at=at) + bytes(3 << 20))
    program[at + 68 : at + 72] = program[at + 4 : at + 8]
    package = tmp_path / "p"
    package.mkdir()
    (package / "node").write_bytes(program)
    (package / "node.tar.gz").write_bytes(tar_gz(("node", bytes(program))))
    request = TreeRequest(members=(("node.tar.gz", "node"),), described=frozenset({"node"}))
    reading = read_tree(tmp_path, "p", request, jobs=1)
    found = [reading.descriptions[pair] for pair in (("node", ""), ("node.tar.gz", "node"))]
    file = read_host_file(package / "node", "--binary", known=lambda _: True)
    assert [d.platforms for d in (*found, file.header) if d] == [("darwin/amd64",)] * 3


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_a_stream_may_come_in_chunks_of_any_size(size: int) -> None:
    program = universal(0x01000007, 0x0100000C, at=70_000)
    chunks = (program[at : at + size] for at in range(0, len(program), size))
    assert describe_stream(chunks, len(program)).platforms == ("darwin/amd64", "darwin/arm64")


def test_a_stream_is_read_no_further_than_its_last_slice() -> None:
    program = universal(0x01000007, at=70_000) + bytes(1 << 20)
    taken: list[int] = []

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(program), 32_768):
            taken.append(at)
            yield program[at : at + 32_768]

    assert describe_stream(chunks(), len(program)).platforms == ("darwin/amd64",)
    assert taken == [0, 32_768, 65_536]
