"""The pieces of the single executable: its image, and the loader that imports from it.

The whole program is built and tried by `make binary`.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.shared import REPOSITORY
from tools.binary import image as imaging
from tools.binary.trial import only_binary
from tools.from_wheel import TrialError

# What launcher.c gives the loader, from an image in a file, and without a program to start.
LOADER = """
import os, sys, types
data = open(sys.argv[1], "rb").read()
given = types.ModuleType("_image")
given.image = lambda: memoryview(data)
given.memory = lambda name, part: sys.exit("no library is expected: " + name)
given.load = given.memory
sys.modules["_image"] = given
import email.parser, importlib.resources, importlib.metadata, zlib
source = open(sys.argv[2]).read()
assert source.endswith("\\n_start()\\n")
scope = {"__name__": "_aztrust_start"}
exec(source.removesuffix("_start()\\n"), scope)
finder = scope["Finder"]()
sys.meta_path[:] = [*sys.meta_path[:2], finder]
sys.path_hooks.clear()
sys.path.clear()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    for name, text in {
        "one/__init__.py": "from one.two import VALUE\n",
        "one/two.py": "VALUE = 7\ndef where(): return __file__\n",
        "one/data/list.txt": "a\nb\n",
        "spaced/inner/leaf.py": "NAME = __name__\n",
        "one-2.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: one\nVersion: 2.5\n",
        "one-2.5.dist-info/RECORD": "",
        "pip/__init__.py": "",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    return site


def imaged(tree: Path, target: Path) -> imaging.Image:
    image = imaging.Image()
    assert imaging.add_tree(image, tree, standard=False) == []
    target.write_bytes(image.finished("sha256:" + "c" * 64))
    return image


def loaded(image: Path, program: str, cwd: Path) -> str:
    start = REPOSITORY / "tools" / "binary" / "start.py"
    done = subprocess.run(
        (sys.executable, "-I", "-S", "-c", LOADER + program, str(image), str(start)),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_image_is_the_same_under_any_folder_and_has_what_is_needed(tree, tmp_path):
    image = imaged(tree, tmp_path / "image")
    assert set(image.modules) == {"one", "one.two", "spaced", "spaced.inner", "spaced.inner.leaf"}
    assert set(image.files) == {"one/data/list.txt", "one-2.5.dist-info/METADATA"}
    moved = tree.rename(tmp_path / "elsewhere")
    imaged(moved, tmp_path / "again")
    assert (tmp_path / "image").read_bytes() == (tmp_path / "again").read_bytes()
    assert str(tmp_path).encode() not in (tmp_path / "image").read_bytes()


def test_modules_files_and_versions_come_out_of_the_image(tree, tmp_path):
    imaged(tree, tmp_path / "image")
    program = """
import one, one.two
from spaced.inner.leaf import NAME
print(one.VALUE, NAME, finder.code_digest == "sha256:" + "c" * 64)
print(one.two.where().removeprefix(sys.executable))
print(one.__spec__.loader.get_data(sys.executable + "/one/data/list.txt"))
folder = importlib.resources.files("one") / "data"
print([(entry.name, entry.read_text()) for entry in folder.iterdir()])
print(importlib.metadata.version("one"))
"""
    assert loaded(tmp_path / "image", program, tmp_path).splitlines() == [
        "7 spaced.inner.leaf True",
        "/one/two.py",
        "b'a\\nb\\n'",
        "[('list.txt', 'a\\nb\\n')]",
        "2.5",
    ]


def test_nothing_is_imported_from_a_folder(tree, tmp_path):
    imaged(tree, tmp_path / "image")
    (tmp_path / "outside.py").write_text("raise SystemExit('imported')\n", "utf-8")
    program = """
for name in ("outside", "one.absent"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error)
try:
    finder.get_data(sys.executable + "/one/absent")
except FileNotFoundError as error:
    print(error.strerror)
"""
    assert loaded(tmp_path / "image", program, tmp_path).splitlines() == [
        "No module named 'outside'",
        "No module named 'one.absent'",
        "not in this program",
    ]


def test_what_is_deflated_has_a_negative_size(tmp_path):
    image = imaging.Image()
    assert image.put("zlib", b"x" * 100) == (imaging.ALIGNED, 100)
    where, size = image.put("another", b"x" * 100)
    assert where % imaging.ALIGNED == 0
    assert -100 < size < 0


def test_the_digest_of_the_code_is_that_of_the_wheel(tmp_path):
    from tools.dist import code_digest

    wheel = tmp_path / "aztrust-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("aztrust/__init__.py", "A = 1\n")
        archive.writestr("aztrust/check.sh", "exit 0\n")
        archive.writestr("aztrust-1.dist-info/METADATA", "Name: aztrust\n")
    image = imaging.Image()
    assert imaging.add_wheel(image, wheel) == f"sha256:{code_digest(wheel)}"
    assert (set(image.modules), set(image.files)) == ({"aztrust"}, {"aztrust/check.sh"})


def test_a_program_with_another_digest_is_not_tried(tmp_path):
    with pytest.raises(TrialError, match="0 executables"):
        only_binary(tmp_path)
    program = tmp_path / "aztrust-1-linux-x86_64"
    program.write_bytes(b"program")
    listed = tmp_path / "aztrust-1-linux-x86_64.sha256"
    listed.write_text(f"{'0' * 64}  {program.name}\n", "ascii")
    with pytest.raises(TrialError, match="not the file"):
        only_binary(tmp_path)
    digest = subprocess.run(
        ("sha256sum", program.name), cwd=tmp_path, capture_output=True, check=True
    )
    listed.write_bytes(digest.stdout)
    assert only_binary(tmp_path) == program
