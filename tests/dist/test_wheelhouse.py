"""The wheelhouse's list and tar file. Installing from it is tried by `make wheelhouse`."""

from __future__ import annotations

import hashlib
import tarfile

import pytest

from tools import wheelhouse
from tools.install_page import section


@pytest.fixture
def folder(tmp_path):
    there = tmp_path / wheelhouse.NAME
    there.mkdir()
    for name in (
        "aztrust-0.1.0-py3-none-any.whl",
        "pydantic_core-2.50.4-cp311-cp311-linux.whl",
        "pydantic_core-2.50.4-cp312-cp312-linux.whl",
        "cffi-2.1.1-cp311-cp311-linux.whl",
    ):
        (there / name).write_bytes(name.encode())
    return there


def test_each_wheel_has_its_hash_in_the_list_and_no_other(folder):
    text = wheelhouse.requirements(folder)
    hashes = {part.split()[0] for part in text.split("--hash=sha256:")[1:]}
    wheels = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.whl")}
    assert hashes == wheels
    heads = [line.removesuffix(" \\") for line in text.splitlines() if not line.startswith(" ")]
    assert heads[0] == "aztrust==0.1.0"
    assert heads[1].startswith("cffi==2.1.1 ; platform_python_implementation")
    assert heads[2:] == ["pydantic-core==2.50.4"]


def test_the_tar_file_has_the_same_bytes_again(folder):
    first = wheelhouse.packed(folder)
    for path in folder.iterdir():
        path.chmod(0o600)
    assert wheelhouse.packed(folder) == first
    (folder.parent / "a.tar").write_bytes(first)
    with tarfile.open(folder.parent / "a.tar") as archive:
        names = archive.getnames()
    assert names == sorted(f"{wheelhouse.NAME}/{path.name}" for path in folder.iterdir())


@pytest.mark.parametrize("title", ["One file", "A host without a network"])
def test_the_page_has_commands_that_compare_the_digest_first(title):
    first, *rest = section(title)
    assert first.text.startswith("sha256sum --check ")
    assert len(rest) > 1
    with pytest.raises(LookupError):
        section("The wheel, without a console block")


def test_installing_offline_asks_for_hashes_and_no_index():
    (install,) = [c.text for c in section("A host without a network") if " pip " in c.text]
    assert "--no-index" in install
    assert "--require-hashes" in install
