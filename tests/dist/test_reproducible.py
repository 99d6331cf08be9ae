"""`make dist`: the same bytes wherever it is built, and exactly the package in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.shared import REPOSITORY
from tools import dist, readme


def build(tree: Path, **variables: str) -> dict[str, bytes]:
    """Run a tree's own tool; its two files by name."""
    words = (sys.executable, str(tree / "tools" / "dist.py"))
    environment = {**os.environ, **variables}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return files(tree / "dist")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("aztrust-*")}


def test_a_clone_under_another_umask_at_another_time_gives_the_same_bytes(built, tmp_path):
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git work tree")
    clone = readme.fresh_clone(REPOSITORY, tmp_path, umask=0o077)
    for path in clone.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    (clone / "aztrust" / "__pycache__").mkdir()
    (clone / "aztrust" / "__pycache__" / "old.pyc").write_bytes(b"")
    assert build(clone, SOURCE_DATE_EPOCH="1", TZ="Asia/Tokyo") == files(built)


def test_the_unpacked_source_archive_gives_the_same_bytes(built, sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        dist.unpack(archive, tmp_path)
    (tree,) = tmp_path.iterdir()
    assert build(tree) == files(built)


def test_the_source_archive_has_no_tests_and_no_fixtures(sdist):
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert {"aztrust", "Makefile", "requirements", "tools", "pyproject.toml"} <= tops
    assert not tops & {"tests", "fixtures", "fuzz", "benchmarks", "manifests", "keys", ".git"}


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("aztrust/")}
        modes = {item.filename: item.external_attr >> 16 for item in archive.infolist()}
    root = REPOSITORY / "aztrust"
    wanted = {
        path.relative_to(REPOSITORY).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == wanted
    for path in root.rglob("*.sh"):
        assert modes[path.relative_to(REPOSITORY).as_posix()] & 0o777 == path.stat().st_mode & 0o777


@pytest.fixture
def tree(tmp_path) -> Path:
    """A small project that builds like this one."""
    target = tmp_path / "project"
    dist.copy_sources(REPOSITORY, target)
    shutil.rmtree(target / "aztrust")
    home = target / "aztrust" / "core" / "base"
    home.mkdir(parents=True)
    (home / "version.py").write_text('__version__ = "9.9"\n', "utf-8")
    return target


def test_two_builds_that_differ_are_refused(tree, tmp_path):
    pytest.importorskip("hatchling")
    text = (tree / "pyproject.toml").read_text("utf-8")
    hook = "import os\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
    hook += "class Hook(BuildHookInterface):\n    def initialize(self, version, data):\n"
    hook += "        made = os.path.join(self.root, 'aztrust', 'where.py')\n"
    hook += "        with open(made, 'w') as file: file.write(repr(self.root))\n"
    (tree / "hatch_build.py").write_text(hook, "utf-8")
    text = text.replace(
        "[tool.hatch.version]", "[tool.hatch.build.hooks.custom]\n[tool.hatch.version]"
    )
    text = text.replace("include = [\n", 'include = [\n  "/hatch_build.py",\n')
    (tree / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(dist.DistError, match=r"two builds differ: aztrust-9\.9.*aztrust/where\.py"):
        dist.build_twice(tree, tmp_path / "scratch")


def test_a_file_that_git_ignores_would_be_missing_and_is_refused(tree, tmp_path):
    pytest.importorskip("hatchling")
    (tree / "aztrust" / "check.sh").write_text("#!/bin/sh\n", "utf-8")
    with (tree / ".gitignore").open("a") as ignore:
        ignore.write("*.sh\n")
    with pytest.raises(dist.DistError, match=r"aztrust/check\.sh is not in the wheel"):
        dist.build_twice(tree, tmp_path / "scratch")


def test_a_stray_file_is_refused(tree, tmp_path):
    pytest.importorskip("hatchling")
    (tree / "aztrust" / "notes.txt").write_text("to do\n", "utf-8")
    with pytest.raises(dist.DistError, match=r"aztrust/notes\.txt is not a file of a package"):
        dist.build_twice(tree, tmp_path / "scratch")


def test_a_foreign_member_and_other_bytes_are_refused(tmp_path):
    package = tmp_path / "aztrust"
    package.mkdir()
    (package / "__init__.py").write_bytes(b"")
    wheel = tmp_path / "aztrust-1-py3-none-any.whl"
    for members, reason in (
        ({"aztrust/__init__.py": b"", "tests/test_x.py": b""}, r"tests/test_x\.py is in the wheel"),
        ({"aztrust/__init__.py": b"x"}, "has other bytes in the wheel"),
    ):
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        with pytest.raises(dist.DistError, match=reason):
            dist.check_members(wheel, package, {})


def test_data_of_the_wheel_is_that_of_the_tree(tmp_path):
    package = tmp_path / "aztrust"
    package.mkdir()
    (package / "__init__.py").write_bytes(b"")
    wheel = tmp_path / "aztrust-1-py3-none-any.whl"
    own = {"aztrust/__init__.py": b""}
    page = "aztrust-1.data/data/share/man/man1/aztrust.1"
    given = {"share/man/man1/aztrust.1": b"page"}
    for members, reason in (
        ({}, "is not in the wheel"),
        ({page: b"other"}, "has other bytes in the wheel"),
        ({page: b"page", f"{page}x": b""}, "is not a file of a package"),
    ):
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, data in {**own, **members}.items():
                archive.writestr(name, data)
        with pytest.raises(dist.DistError, match=reason):
            dist.check_members(wheel, package, given)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in {**own, page: b"page"}.items():
            archive.writestr(name, data)
    dist.check_members(wheel, package, given)


def test_a_missing_source_is_named(tree, tmp_path):
    (tree / "LICENSE").unlink()
    with pytest.raises(dist.DistError, match="LICENSE is missing"):
        dist.build_twice(tree, tmp_path / "scratch")
