"""This host's files: found by layout, read once each, described where they are not approved."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import pytest

from aztrust.core.host.layouts import LAYOUTS, Layout
from aztrust.core.host.reading import FileDescription, HostFile
from aztrust.storage import hostfiles, hostsearch
from aztrust.storage.hostfiles import host_platform, read_host_file, read_node_key
from aztrust.storage.hostsearch import Search
from fixtures.forge.programs import linux_program
from tests.core.programs import block, elf
from tests.standins import stand_in
from tests.storage.trees import entry, let_the_clock_tick

NAMES = ("atlasd",)


def nothing_known(_: str) -> bool:
    return False


def everything_known(_: str) -> bool:
    return True


def put(path: Path, data: bytes = b"x", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


# ---- where ---------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The home of an operator; PATH is `bin` in it."""
    return tmp_path


class Hits(NamedTuple):
    """The program and the genesis of a host, each with what named it."""

    binary: Path | None
    binary_source: str
    genesis: Path | None
    genesis_source: str
    searched: tuple[str, str]


def hits(name: str = "atlasd", names: tuple[str, ...] = NAMES, **options: object) -> Hits:
    search = Search(names, **options)
    found = search.program(name), search.genesis("genesis.json", ("genesis.json",))
    paths = [part for f in found for part in (f.hits[0] if f.hits else (None, ""))]
    return Hits(*paths, tuple(f.searched for f in found))


def find(host: Path, **options: object) -> Hits:
    environ = {"HOME": str(host), "PATH": f"relative:{host / 'bin'}"}
    return hits(layouts=LAYOUTS, environ=environ, **options)


def test_a_plain_host_has_its_binary_on_path_and_its_genesis_in_the_home(host):
    binary = put(host / "bin" / "atlasd")
    genesis = put(host / ".atlas" / "config" / "genesis.json")
    assert find(host) == Hits(binary, "PATH", genesis, "node home", ("", ""))


def test_cosmovisor_comes_before_path(host):
    put(host / "bin" / "atlasd")
    upgrades = host / ".atlasd" / "cosmovisor"
    put(upgrades / "genesis" / "bin" / "atlasd")
    assert find(host).binary == upgrades / "genesis" / "bin" / "atlasd"
    new = put(upgrades / "upgrades" / "v2" / "bin" / "atlasd", b"v2")
    (upgrades / "current").symlink_to("upgrades/v2")
    found = find(host)
    assert found.binary == upgrades / "current" / "bin" / "atlasd"
    assert found.binary_source == "cosmovisor"
    file = read_host_file(found.binary, found.binary_source, known=everything_known)
    assert file.path == str(upgrades / "current" / "bin" / "atlasd")
    assert file.resolved == str(new)
    assert file.sha256 == entry("x", b"v2").sha256


@pytest.mark.parametrize(
    "current",
    ["link to nowhere", "link without bin", "link to another name", "empty directory", "file"],
)
@pytest.mark.parametrize("layout", ["cosmovisor", "ours"])
def test_a_current_without_the_binary_is_not_passed_over(host, current, layout):
    cosmovisor = host / ".atlasd" / "cosmovisor"
    put(cosmovisor / "genesis" / "bin" / "atlasd")
    put(host / "bin" / "atlasd")
    put(cosmovisor / "upgrades" / "v2" / "bin" / "relayer")
    (cosmovisor / "upgrades" / "v4").mkdir()
    links = {"link to nowhere": "v9", "link without bin": "v4", "link to another name": "v2"}
    if current in links:
        (cosmovisor / "current").symlink_to(f"upgrades/{links[current]}")
    elif current == "empty directory":
        (cosmovisor / "current").mkdir()
    else:
        put(cosmovisor / "current")
    base = "~/.{name}/cosmovisor"
    binaries = (f"{base}/current/bin/{{name}}", f"{base}/genesis/bin/{{name}}")
    layouts = LAYOUTS if layout == "cosmovisor" else (Layout("ours", binaries=binaries),)
    environ = {"HOME": str(host), "PATH": str(host / "bin")}
    found = hits(layouts=layouts, environ=environ)
    assert found.binary == cosmovisor / "current" / "bin" / "atlasd"
    assert found.binary_source == layout
    fault = read_host_file(found.binary, "cosmovisor", known=nothing_known).fault
    assert fault is not None
    assert fault.code == "file-missing"


def test_a_cosmovisor_that_starts_another_program_of_this_host_decides_nothing(host):
    cosmovisor = host / "srv" / "cosmovisor"
    put(cosmovisor / "genesis" / "bin" / "relayer")
    binary = put(cosmovisor / "current" / "bin" / "atlasd")
    on_path = put(host / "bin" / "relayer")
    environ = {"HOME": str(host), "DAEMON_HOME": str(host / "srv"), "PATH": str(host / "bin")}
    search = Search(("relayer", "atlasd"), layouts=LAYOUTS, environ=environ)
    assert search.program("atlasd").hits == ((binary, "cosmovisor"),)
    # What cosmovisor holds elsewhere is not started either.
    assert search.program("relayer").hits == ((on_path, "PATH"),)


def test_every_copy_of_a_library_that_a_loader_could_take_is_found(host, tmp_path):
    name = "libwasm-of-a-test.so"
    home = host / ".atlasd"
    binary = put(home / "cosmovisor" / "upgrades" / "v1" / "bin" / "atlasd")
    (home / "cosmovisor" / "current").symlink_to("upgrades/v1")
    beside = put(binary.parent / name)
    shared, loader = put(home / "lib" / name), put(host / "ld" / name)
    environ = {"HOME": str(host), "LD_LIBRARY_PATH": f"relative:{host / 'ld'}"}
    search = Search(NAMES, layouts=LAYOUTS, environ=environ)
    found = search.library(name, [home / "cosmovisor" / "current" / "bin" / "atlasd"])
    assert [(os.path.realpath(path), source) for path, source in found.hits] == [
        (str(beside), "next to the program"),
        (str(loader), "LD_LIBRARY_PATH"),
        (str(shared), "node home"),
    ]
    for path in (beside, shared, loader):
        path.unlink()
    nothing = search.library(name, [binary])
    assert nothing.hits == ()
    assert f"{home / 'lib' / name}" in nothing.searched


def test_each_genesis_file_has_its_place(host):
    geneses = ("el/atlas.json", "cl/config.yaml", "cl/genesis.ssz")
    config = host / ".atlasd" / "config"
    first, second = put(config / "genesis.json"), put(config / "config.yaml")
    ours = put(host / "net" / "genesis.ssz")
    layout = Layout("ours", geneses=("~/net/{genesis}",))
    search = Search(NAMES, layouts=(*LAYOUTS, layout), environ={"HOME": str(host)})
    # A node reads its first genesis under the name that its layout has for it.
    assert search.genesis(geneses[0], geneses).hits == ((first, "node home"),)
    assert search.genesis(geneses[1], geneses).hits == ((second, "node home"),)
    assert search.genesis(geneses[2], geneses).hits == ((ours, "ours"),)
    ours.unlink()
    assert "genesis.ssz" in search.genesis(geneses[2], geneses).searched
    swapped = ("config.yaml", "genesis.json")
    assert search.genesis("config.yaml", swapped).hits == ((second, "node home"),)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb"])
def test_a_name_that_no_file_of_a_host_has_is_looked_for_nowhere(host, name):
    search = Search(NAMES, layouts=LAYOUTS, environ={"HOME": str(host), "PATH": str(host)})
    assert search.program(name).hits == search.library(name, [host / "x"]).hits == ()
    assert "none that a host can have" in search.program(name).searched


def test_a_home_called_current_decides_nothing(host):
    home = host / "current"
    binary = put(home / "cosmovisor" / "genesis" / "bin" / "atlasd")
    found = find(host, home=home)
    assert found.binary == binary
    assert found.genesis is None


def test_a_genesis_below_a_current_is_not_passed_over_either(host):
    layout = Layout("ours", geneses=("~/current/genesis.json", "~/first/genesis.json"))
    put(host / "first" / "genesis.json")
    environ = {"HOME": str(host)}
    assert hits(layouts=(layout,), environ=environ).genesis == (host / "first" / "genesis.json")
    (host / "current").mkdir()
    assert hits(layouts=(layout,), environ=environ).genesis == (host / "current" / "genesis.json")


def test_daemon_home_comes_first(host):
    put(host / ".atlasd" / "config" / "genesis.json")
    genesis = put(host / "srv" / "config" / "genesis.json")
    environ = {"HOME": str(host), "DAEMON_HOME": str(host / "srv")}
    assert hits(layouts=LAYOUTS, environ=environ).genesis == genesis


def test_the_environment_of_the_process_is_the_default(monkeypatch, host):
    monkeypatch.setenv("HOME", str(host))
    genesis = put(host / ".atlasd" / "config" / "genesis.json")
    assert hits(layouts=LAYOUTS).genesis == genesis


def test_a_home_that_was_given_is_the_only_one(host):
    put(host / ".atlasd" / "config" / "genesis.json")
    put(host / ".atlasd" / "cosmovisor" / "genesis" / "bin" / "atlasd")
    on_path = put(host / "bin" / "atlasd")
    other = host / "other"
    other.mkdir()
    found = find(host, home=other)
    assert (found.binary, found.binary_source) == (on_path, "PATH")
    assert found.genesis is None
    assert found.searched == ("", f"there is no {other}/config/genesis.json")
    genesis = put(other / "config" / "genesis.json")
    assert find(host, home=other).genesis == genesis


def test_files_that_were_not_found_are_reported(monkeypatch, host):
    monkeypatch.setenv("HOME", str(host))
    put(host / "bin" / "atlasd", mode=0o644)
    binary, genesis = find(host).searched
    assert binary == (
        "there is no ~/.atlasd/cosmovisor/current/bin/atlasd, no "
        "~/.atlasd/cosmovisor/genesis/bin/atlasd, no ~/.atlas/cosmovisor/current/bin/atlasd, no "
        "~/.atlas/cosmovisor/genesis/bin/atlasd, no atlasd on PATH"
    )
    assert genesis.startswith("there is no ~/.atlasd/config/genesis.json, no ~/.atlas/")
    nameless = hits(layouts=(), environ={"HOME": str(host)})
    assert nameless.searched[0] == "no layout says where it could be"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_home_that_may_not_be_entered_is_not_an_empty_one(host):
    put(host / ".atlasd" / "config" / "genesis.json")
    (host / ".atlasd").chmod(0)
    found = find(host)
    (host / ".atlasd").chmod(0o700)
    assert found.genesis is not None


def test_what_may_not_be_looked_at_is_there(monkeypatch, host):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    stand_in(monkeypatch, hostsearch, "os", lstat=refuse)
    assert find(host).genesis == host / ".atlasd" / "config" / "genesis.json"


def test_a_users_layout_comes_first(host):
    put(host / "bin" / "atlasd")
    binary = put(host / "opt" / "atlasd" / "run")
    layout = Layout("ours", binaries=("~/opt/{name}/run",))
    environ = {"HOME": str(host), "PATH": str(host / "bin")}
    found = hits(layouts=(layout, *LAYOUTS), environ=environ)
    assert (found.binary, found.binary_source) == (binary, "ours")


# ---- what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
@pytest.mark.parametrize("keep", [False, True])
def test_both_digests_and_the_bytes_of_the_same_read(tmp_path, size, keep):
    data = b"x" * size
    path = put(tmp_path / "f", data)
    want = entry("f", data)
    assert read_host_file(path, "--genesis", known=everything_known, keep=keep) == HostFile(
        path=str(path),
        source="--genesis",
        size=size,
        sha256=want.sha256,
        blake3=want.blake3,
        data=data if keep else None,
    )


def test_known_is_asked_by_the_digest(tmp_path):
    path = put(tmp_path / "f", b"#!/bin/sh\n")
    digest = entry("f", b"#!/bin/sh\n").sha256
    assert read_host_file(path, "x", known=digest.__eq__).description is None
    described = read_host_file(path, "x", known=digest.__ne__).description
    assert described == FileDescription("script")


def test_a_link_is_resolved_and_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "real" / "f")
    (tmp_path / "link").symlink_to("real")
    file = read_host_file(tmp_path / "link" / "f", "x", known=everything_known)
    assert (file.path, file.resolved) == ("~/link/f", "~/real/f")
    plain = read_host_file(tmp_path / "real" / "f", "x", known=everything_known)
    assert plain.resolved == ""


def test_control_characters_in_a_name_are_escaped(tmp_path):
    path = put(tmp_path / "a\x1b[2J\nb")
    file = read_host_file(path, "x", known=everything_known)
    assert file.path.endswith("a\\x1b[2J\\nb")
    missing = read_host_file(tmp_path / "c\nd", "x", known=everything_known)
    assert missing.fault is not None
    assert missing.fault.path.endswith("c\\nd")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", "file-missing"),
        ("dangling", "file-missing"),
        ("directory", "special-file"),
        ("fifo", "special-file"),
        ("device", "special-file"),
        ("loop", "unreadable"),
        ("below a file", "file-missing"),
        ("nul", "unreadable"),
        ("long", "unreadable"),
    ],
)
def test_what_is_not_a_file_has_a_fault_and_never_hangs(tmp_path, kind, code):
    path = tmp_path / "x"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/null")
    elif kind in ("loop", "dangling"):
        path.symlink_to("x" if kind == "loop" else "y")
    elif kind == "below a file":
        put(path)
        path /= "y"
    elif kind in ("nul", "long"):
        path = tmp_path / ("a\0b" if kind == "nul" else "x" * 300)
    file = read_host_file(path, "--binary", known=nothing_known, keep=True)
    key = read_node_key(path)
    for fault in (file.fault, key.fault):
        assert fault is not None
        assert fault.code == code
        assert fault.detail
    assert (file.sha256, file.blake3, file.data, file.description) == ("", "", None, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path):
    path = put(tmp_path / "f", mode=0)
    fault = read_host_file(path, "x", known=nothing_known).fault
    assert fault is not None
    assert fault.code == "unreadable"


@pytest.mark.parametrize("keep", [False, True])
def test_a_file_replaced_while_it_is_read(tmp_path, monkeypatch, keep):
    path, other = put(tmp_path / "f", b"good"), put(tmp_path / "g", b"evil")
    real = hostfiles.check_size

    def then_replace(*args):
        os.replace(other, path)
        real(*args)

    monkeypatch.setattr(hostfiles, "check_size", then_replace)
    file = read_host_file(path, "x", known=nothing_known, keep=keep)
    assert file.fault is not None
    assert file.fault.code == "changed-while-reading"
    assert file.sha256 == ""


def test_a_file_replaced_between_two_readings(tmp_path):
    path = put(tmp_path / "f", b"good")

    def then_replace(_: str) -> bool:
        let_the_clock_tick(tmp_path)
        put(path, b"evil")
        return False

    file = read_host_file(path, "x", known=then_replace)
    assert file.fault is not None
    assert file.fault.code == "changed-while-reading"
    assert (file.sha256, file.description) == ("", None)


def test_a_go_program_is_described_from_what_go_wrote(tmp_path):
    size = 3 << 20
    program = bytearray(elf(data=(2 << 20, 1 << 20)).ljust(size, b"\0"))
    program[(2 << 20) + 64 : (2 << 20) + 64 + len(block())] = block()
    path = put(tmp_path / "atlasd", bytes(program))
    file = read_host_file(path, "x", known=nothing_known)
    assert file.description is not None
    assert file.description.kind == "ELF executable"
    assert file.description.platforms == ("linux/amd64",)
    assert file.description.go is not None
    assert file.description.go.module == "example.org/atlas"
    assert file.sha256 == entry("f", bytes(program)).sha256


def test_a_large_program_is_not_held_in_memory(tmp_path):
    path = put(tmp_path / "atlasd", elf(data=(0, 1 << 40)))
    os.truncate(path, 96 << 20)
    tracemalloc.start()
    file = read_host_file(path, "x", known=nothing_known)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.description == FileDescription("ELF executable", ("linux/amd64",))
    assert peak < 16 << 20


def test_a_genesis_is_described_from_the_bytes_here(tmp_path, monkeypatch):
    path = put(tmp_path / "g", b"<!doctype html>")
    monkeypatch.setattr(hostfiles, "_describe", None)
    file = read_host_file(path, "x", known=nothing_known, keep=True)
    assert file.description == FileDescription("HTML page")


def test_of_a_file_beyond_the_limit_there_are_only_digests(tmp_path, monkeypatch):
    monkeypatch.setattr(hostfiles, "GENESIS_LIMIT", 3)
    path = put(tmp_path / "g", b"{   ")
    file = read_host_file(path, "x", known=nothing_known, keep=True)
    assert file.data is None
    assert file.sha256 == entry("g", b"{   ").sha256
    assert file.description == FileDescription("JSON text")


def test_a_node_key_is_read_through_a_link_and_within_bounds(tmp_path):
    put(tmp_path / "k", b"A" * 43 + b"=\n", 0o644)
    (tmp_path / "l").symlink_to("k")
    assert read_node_key(tmp_path / "l").key == "A" * 43 + "="
    os.truncate(tmp_path / "k", 1 << 30)
    fault = read_node_key(tmp_path / "k").fault
    assert fault is not None
    assert fault.code == "node-key-malformed"
    assert "larger" in fault.detail


@pytest.mark.parametrize(
    ("system", "machine", "platform"),
    [
        ("Linux", "x86_64", "linux/amd64"),
        ("Linux", "aarch64", "linux/arm64"),
        ("Linux", "armv7l", "linux/arm"),
        ("Linux", "i686", "linux/386"),
        ("Linux", "riscv64", "linux/riscv64"),
        ("Linux", "ppc64le", "linux/ppc64le"),
        ("Darwin", "arm64", "darwin/arm64"),
        ("Darwin", "x86_64", "darwin/amd64"),
        ("FreeBSD", "amd64", "freebsd/amd64"),
    ],
)
def test_the_hosts_platform_is_in_gos_words(monkeypatch, system, machine, platform):
    uname = os.uname_result((system, "n", "r", "v", machine))
    stand_in(monkeypatch, hostfiles, "os", uname=lambda: uname)
    assert host_platform() == platform


def test_the_header_of_a_known_program_is_read_too(tmp_path):
    (tmp_path / "node").write_bytes(linux_program("arm64"))
    file = read_host_file(tmp_path / "node", "--binary", known=everything_known)
    assert file.header is not None
    assert file.header.platforms == ("linux/arm64",)
    assert file.description is None
