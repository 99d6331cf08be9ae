"""Five programs that know nothing of aztrust accept an archive, and refuse it changed by one bit.

A program refuses a change in whatever it covers: bagit-python and bagit-java every file of the bag,
sha256sum and b3sum what their lists name and the lists, fsck the tiles and the head of the ledger.
"""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from aztrust.core.archive.layout import B3SUMS, TAG_MANIFESTS
from tests.archive.bags import files_of, flip
from tests.consumers.tools import PATH, PYTHON, TOOLS
from tests.patience import PATIENCE
from tests.people import signer
from tests.shared import REPOSITORY
from tools.readme import commands

pytestmark = pytest.mark.clause("RC-J")

JAVA = TOOLS / "bagit-java"
LEDGER = "data/launch/manifests/ledger"
MORE = ("--check", "--strict", "--quiet")


def command(*words: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def bagit_python(bags: Iterable[Path]) -> set[Path]:
    done = command(PYTHON / "python", "-m", "bagit", "--validate", *bags)
    return {bag for bag in bags if f"{bag} is valid\n" in done.stderr}


def bagit_java(bags: Iterable[Path]) -> set[Path]:
    done = command("java", "-cp", f"{JAVA}/*:{JAVA}", "BagCheck", *bags)
    lines = done.stdout.splitlines()
    assert len(lines) == len(list(bags)), done.stderr
    return {bag for bag in bags if f"valid {bag}" in lines}


def sha256sum(bags: Iterable[Path]) -> set[Path]:
    lists = ("manifest-sha256.txt", "tagmanifest-sha256.txt")
    return {b for b in bags if command("sha256sum", *MORE, *lists, folder=b).returncode == 0}


def b3sum(bags: Iterable[Path]) -> set[Path]:
    return {
        b for b in bags if command("b3sum", "--check", "--quiet", B3SUMS, folder=b).returncode == 0
    }


def fsck(bags: Iterable[Path]) -> set[Path]:
    return {bag for bag in bags if "Successfully fsck'd log" in _fsck(bag)}


def _fsck(bag: Path) -> str:
    key = signer("luca").public
    # The origin is known beforehand, as the key is; a head that is spoiled does not name it.
    origin = ORIGIN
    kind = b"\x02" + key.spki if key.algorithm == "ecdsa-p256" else b"\x01" + key.material
    text = f"{origin}+{key.log_id(origin)[:4].hex()}+{base64.b64encode(kind).decode()}"
    verifier = bag.parent / f"{bag.name}.verifier"
    verifier.write_text(text)
    storage = f"--storage_url=file://{bag / LEDGER}/"
    done = command(TOOLS / "fsck", "-N=8", storage, f"--public_key={verifier}", "--ui=false")
    return done.stderr


ORIGIN = ""


def _has_bagit() -> bool:
    return any(PYTHON.parent.glob("lib/python*/site-packages/bagit.py"))


def _needs(name: str) -> tuple[bool, str]:
    return {
        "bagit-python": (_has_bagit(), "make .venv-consumers/.done"),
        "bagit-java": (
            (JAVA / "BagCheck.class").exists() and shutil.which("java") is not None,
            "make .tools/bagit-java.done, with Java and Maven",
        ),
        "sha256sum": (shutil.which("sha256sum") is not None, "install coreutils"),
        "b3sum": (shutil.which("b3sum") is not None, "install b3sum"),
        "fsck": ((TOOLS / "fsck").exists(), "make .tools/fsck.done"),
    }[name]


def in_tiles(name: str) -> bool:
    return name.startswith(f"{LEDGER}/")


PROGRAMS: dict[str, tuple[Callable[[Iterable[Path]], set[Path]], Callable[[str], bool]]] = {
    "bagit-python": (bagit_python, lambda name: True),
    "bagit-java": (bagit_java, lambda name: True),
    "sha256sum": (sha256sum, lambda name: name != TAG_MANIFESTS[1]),
    "b3sum": (b3sum, lambda name: name not in TAG_MANIFESTS),
    "fsck": (fsck, in_tiles),
}
"""Each program, and which files of a bag it covers."""


@pytest.fixture(params=list(PROGRAMS))
def program(request, bag, monkeypatch):
    there, mend = _needs(request.param)
    if not there:
        pytest.skip(f"no {request.param} here: {mend}")
    origin = (bag / LEDGER / "checkpoint").read_text("utf-8").partition("\n")[0]
    monkeypatch.setitem(globals(), "ORIGIN", origin)
    return PROGRAMS[request.param]


@pytest.mark.slow
def test_a_program_accepts_the_archive_and_refuses_one_flipped_bit(program, bag, tmp_path):
    accepts, covers = program
    whole = tmp_path / "whole"
    shutil.copytree(bag, whole)
    spoiled = {}
    for number, name in enumerate(n for n in files_of(bag) if covers(n)):
        copy = tmp_path / f"{number:03}"
        shutil.copytree(bag, copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / name).write_bytes(bytes(data))
        spoiled[copy] = name
    assert len(spoiled) >= 3
    accepted = accepts([whole, *spoiled])
    assert accepted == {whole}, sorted(spoiled[copy] for copy in accepted - {whole})


@pytest.mark.parametrize("name", ["bagit-python", "bagit-java"])
def test_a_validator_of_bags_refuses_a_file_more_and_a_file_less(name, bag, tmp_path):
    there, mend = _needs(name)
    if not there:
        pytest.skip(f"no {name} here: {mend}")
    copies = [tmp_path / which for which in ("whole", "more", "less")]
    for copy in copies:
        shutil.copytree(bag, copy)
    (copies[1] / "data/more").write_bytes(b"more")
    (copies[2] / "data/missing.json").unlink()
    assert PROGRAMS[name][0](copies) == {copies[0]}


WALK = commands((REPOSITORY / "docs/walks/auditor.md").read_text("utf-8"))
TYPED = {
    "bagit-python": ("bagit.py ",),
    "bagit-java": ("java ",),
    "sha256sum": ("sha256sum ",),
    "b3sum": ("b3sum ",),
    "fsck": ("head=", '"$TOOLS/fsck" '),
}
"""How the lines of the walk begin that ask a program."""


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_what_the_walk_types_accepts_the_archive_and_refuses_a_changed_one(name, bag, tmp_path):
    there, mend = _needs(name)
    if not there:
        pytest.skip(f"no {name} here: {mend}")
    (tmp_path / "in").mkdir()
    whole, spoiled = tmp_path / "in/whole", tmp_path / "in/spoiled"
    for copy in (whole, spoiled):
        shutil.copytree(bag, copy)
    flip(next(path for path in (spoiled / LEDGER).glob("tile/0/**/*") if path.is_file()), 5)
    lines = [part.text for part in WALK if part.text.startswith(TYPED[name])]
    assert len(lines) == len(TYPED[name])
    script = f"TOOLS={shlex.quote(str(TOOLS))}\n" + "\n".join(lines)
    assert command("bash", "-c", script, folder=whole).returncode == 0
    assert command("bash", "-c", script, folder=spoiled).returncode != 0
