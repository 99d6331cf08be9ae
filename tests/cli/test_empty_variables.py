"""An empty variable, or option, is a usage error that names it."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import make_launch

GIVEN = [
    ("AZTRUST_ANCHOR", "--anchor", ("verify",)),
    ("AZTRUST_SCOPE", "--scope", ("verify",)),
    ("AZTRUST_LEDGER", "--ledger", ("verify",)),
    ("AZTRUST_KEY", "--key", ("seal", "release")),
    ("AZTRUST_LAUNCH", "-C", ("verify",)),
]


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path)
    monkeypatch.chdir(made.path)
    return made


@pytest.mark.parametrize(("variable", "option", "words"), GIVEN, ids=[g[0] for g in GIVEN])
def test_what_is_empty_is_named(launch, monkeypatch, variable, option, words):
    done = run(*words, option, "")
    assert done.exit_code == 2
    assert f"{option} is empty" in done.err
    monkeypatch.setenv(variable, "")
    done = run(*words)
    assert done.exit_code == 2
    assert f"${variable} is empty" in done.err


@pytest.mark.parametrize(("variable", "option", "words"), GIVEN[:2], ids=[g[0] for g in GIVEN[:2]])
def test_what_is_not_a_digest_is_named(launch, monkeypatch, variable, option, words):
    assert f"{option} is not a SHA-256 digest" in run(*words, option, "12").err
    monkeypatch.setenv(variable, "12")
    done = run(*words)
    assert done.exit_code == 2
    assert f"${variable} is not a SHA-256 digest" in done.err


def test_an_option_comes_before_its_variable(launch, monkeypatch):
    monkeypatch.setenv("AZTRUST_ANCHOR", "")
    assert run("verify", "--anchor", launch.anchor).exit_code == 0
