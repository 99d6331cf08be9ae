"""The pinned requirement files: hashes for everything, one version of each, no host."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.shared import REPOSITORY

FOLDER = REPOSITORY / "requirements"
FILES = sorted(path.name for path in FOLDER.glob("*.txt"))
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.!+]+)(?: ; .+?)?(?= --hash|$)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(file: str) -> dict[str, str]:
    """Name -> version; fails on any line that is neither a pin nor its hashes."""
    found = {}
    for logical in (FOLDER / file).read_text("utf-8").replace(" \\\n    ", " ").splitlines():
        match = PIN.match(logical)
        assert match, f"{file}: {logical!r}"
        hashes = logical[match.end() :].split()
        assert hashes, f"{file}: {match['name']} has no hash"
        assert all(HASH.fullmatch(h) for h in hashes), f"{file}: {match['name']}"
        assert match["name"] not in found, f"{file}: {match['name']} twice"
        found[match["name"]] = match["version"]
    return found


def test_there_are_requirement_files():
    assert {"run.txt", "build.txt", "dev.txt", "fuzz.txt", "bench.txt"} <= set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_requirement_file_has_pins_and_hashes_and_nothing_else(file):
    assert pins(file)


@pytest.mark.parametrize("file", ["run.txt", "build.txt", "fuzz.txt", "bench.txt", "tools.txt"])
def test_all_files_agree_so_that_one_environment_can_hold_them(file):
    dev = pins("dev.txt")
    assert {n: v for n, v in pins(file).items() if dev.get(n, v) != v} == {}


def test_every_dependency_of_the_package_is_pinned():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.split(r"[<>=~! \[]", d)[0].lower() for d in project["dependencies"]}
    assert named <= pins("run.txt").keys() <= pins("dev.txt").keys()
