"""The scope that was read out as words: an option that takes a scope takes them."""

from __future__ import annotations

import pytest

from aztrust.core.base.words import to_words
from tests.cli_launch import Desk, answered, copied, ticking_clock

clock = pytest.fixture(autouse=True)(ticking_clock)
template = pytest.fixture(scope="module")(answered)
desk = pytest.fixture(copied)


def scope_of(desk: Desk) -> str:
    return str(desk.json("window", "status")[1]["window"]["scope_hash"])


def test_the_status_shows_the_words(desk: Desk):
    shown = desk.run("window", "status", "-v")
    assert " ".join(to_words(scope_of(desk))) in " ".join(shown.out.split())


def test_the_words_are_taken_as_the_digits_are(desk: Desk):
    digest = scope_of(desk)
    for given in (digest, " ".join(to_words(digest)), ", ".join(to_words(digest)).upper()):
        assert desk.run("verify", "--scope", given).exit_code == 0
    other = "sha256:" + "7" * 64
    for given in (other, " ".join(to_words(other))):
        assert desk.run("verify", "--scope", given).exit_code == 10


def test_two_words_that_were_swapped_are_refused(desk: Desk):
    first, second, *rest = to_words(scope_of(desk))
    done = desk.run("verify", "--scope", " ".join((second, first, *rest)))
    assert done.exit_code == 2
    assert f"word 1, {second}, is at a wrong position" in " ".join(done.err.split())
