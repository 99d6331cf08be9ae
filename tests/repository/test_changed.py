"""What CI runs only where its inputs changed, and the Pythons that it finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import changed, pythons


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    there = tmp_path / "root"
    (there / "folder").mkdir(parents=True)
    (there / "folder/a").write_text("a", "ascii")
    (there / "b").write_text("b", "ascii")
    (there / "c").write_text("c", "ascii")
    return there


def run(root: Path, code: int = 0) -> bool:
    """Whether the command was run."""
    mark = root.parent / "ran"
    mark.unlink(missing_ok=True)
    command = [sys.executable, "-c", f"open({str(mark)!r}, 'w'); raise SystemExit({code})"]
    assert changed.main(["it", "folder", "b", "--", *command], root) in (0, code)
    return mark.exists()


def test_the_same_inputs_are_not_run_again(root, capsys):
    assert run(root)
    assert not run(root)
    assert "not run: it passed with these inputs before" in capsys.readouterr().out
    (root / "c").write_text("not an input", "ascii")
    assert not run(root)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "b").write_text("B", "ascii"),
        lambda root: (root / "folder/new").write_text("", "ascii"),
        lambda root: (root / "folder/a").rename(root / "folder/z"),
        lambda root: (root / "folder/a").chmod(0o755),
    ],
    ids=["bytes", "file", "name", "mode"],
)
def test_any_change_of_an_input_runs_it(root, change):
    run(root)
    change(root)
    assert run(root)
    assert not run(root)


def test_a_failure_is_not_remembered(root):
    assert run(root, 3)
    assert run(root, 3)
    (root / "b").unlink()
    with pytest.raises(FileNotFoundError):
        run(root)


def test_a_launcher_without_its_python_is_not_an_interpreter(tmp_path, monkeypatch):
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for name, text in {
        "python9.9": "exit 127",
        f"python{version}": f'exec {sys.executable} "$@"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", "ascii")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.interpreter("9.9") is None
    assert pythons.interpreter(version) == tmp_path / f"python{version}"


def test_an_absent_python_is_named_and_a_failing_one_fails(monkeypatch, capsys):
    found = {"9.8": Path("/python9.8"), "9.9": Path("/python9.9"), "9.7": None}
    monkeypatch.setattr(pythons, "interpreter", found.__getitem__)
    monkeypatch.setattr(pythons, "try_with", lambda python, folder: 0)
    assert pythons.main(["9.7", "9.8", "9.9"]) == 0
    text = capsys.readouterr().out
    assert "NOT run, not on this machine: 9.7\n" in text
    assert "(make test), 9.8, 9.9\n" in text
    monkeypatch.setattr(pythons, "try_with", lambda python, folder: int(python.name == "python9.9"))
    assert pythons.main(["9.8", "9.9"]) == 1
    assert "FAILED: 9.9\n" in capsys.readouterr().out
