"""Every fuzz target over its own seeds and their neighbours, without the fuzzer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import REPOSITORY

FOLDER = REPOSITORY / "fuzz"
FILES = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))


def loaded(path: Path) -> ModuleType:
    name = f"fuzz_{path.stem}"
    if name not in sys.modules:
        if str(FOLDER) not in sys.path:
            sys.path.append(str(FOLDER))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def check(path: Path, data: bytes) -> None:
    module = loaded(path)
    sys.modules["_harness"].check(module.target, data)


@st.composite
def neighbours(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with a piece, or one of another seed, replaced, cut out or repeated."""
    data = draw(st.sampled_from(seeds))
    other = draw(st.sampled_from(seeds))
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 8)))
    at = draw(st.integers(0, len(other)))
    piece = draw(st.one_of(st.binary(max_size=4), st.just(other[at : at + 16])))
    return data[:start] + piece + data[end:]


def test_there_are_targets() -> None:
    assert {"canonical", "envelope", "public_key", "statement"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_seeds(path: Path) -> None:
    module = loaded(path)
    assert module.__doc__
    assert module.SEEDS
    for seed in (b"", *module.SEEDS):
        check(path, seed)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_neighbours_of_seeds(path: Path) -> None:
    @given(neighbours(list(loaded(path).SEEDS)))
    def explore(data: bytes) -> None:
        check(path, data)

    explore()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_bytes(path: Path) -> None:
    @given(st.binary(max_size=100))
    def explore(data: bytes) -> None:
        check(path, data)

    explore()
