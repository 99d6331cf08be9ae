"""What an error suggests for a misspelt name."""

from __future__ import annotations

import pytest

from aztrust.core.base.nearest import did_you_mean, nearest

KNOWN = ("release", "genesis", "genuine")


def test_the_most_alike_comes_first():
    assert nearest("genesys", KNOWN, 2) == ["genesis", "genuine"]
    assert nearest("genesys", KNOWN) == ["genesis"]


@pytest.mark.parametrize(("name", "near"), [("relaese", "release"), ("genuin", "genuine")])
def test_an_error_suggests_one_name(name, near):
    assert did_you_mean(name, KNOWN) == f"; did you mean {near}?"


def test_what_is_too_different_is_not_suggested():
    assert did_you_mean("policy", KNOWN) == ""
    assert did_you_mean("genesys", KNOWN, cutoff=0.95) == ""


def test_a_suggested_name_is_escaped():
    assert "\x1b" not in did_you_mean("a\x1b[1m", ("a\x1b[2m",))
