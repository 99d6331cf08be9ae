"""A digest as words of the PGP word list: both ways, and what goes wrong at a telephone."""

from __future__ import annotations

import re

import pytest

from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import UsageError
from aztrust.core.base.wordlist import EVEN, ODD
from aztrust.core.base.words import to_words

DIGEST = "sha256:" + bytes(range(7, 7 + 32 * 7, 7)).hex()
WORDS = to_words(DIGEST)


def typed(words) -> str:
    return " ".join(words)


def refused(words) -> str:
    with pytest.raises(UsageError) as caught:
        parse_sha256(typed(words))
    return caught.value.message


def test_the_lists_are_the_published_ones():
    """The example of the standard, and what every copy of the two lists has in common."""
    assert (len(EVEN), len(ODD), len({w.lower() for w in (*EVEN, *ODD)})) == (256, 256, 512)
    fingerprint = "E58294F2E9A227486E8B061B31CC528FD7FA3F19"
    spoken = (
        "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa"
        " afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless"
    )
    assert to_words("sha256:" + fingerprint) == tuple(spoken.split())


def test_every_byte_has_a_word_at_both_places():
    for value in range(256):
        digest = "sha256:" + bytes([value] * 32).hex()
        assert parse_sha256(typed(to_words(digest))) == digest


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_case_commas_and_lines_do_not_matter(change):
    text = ",\n".join(typed(WORDS[start : start + 4]) for start in range(0, 32, 4))
    assert parse_sha256(change(text)) == DIGEST


def test_a_word_that_is_missing_doubled_or_swapped_is_found():
    assert "word 5" in refused((*WORDS[:4], *WORDS[5:]))
    assert "word 6" in refused((*WORDS[:5], WORDS[4], *WORDS[5:]))
    assert "word 9" in refused((*WORDS[:8], WORDS[9], WORDS[8], *WORDS[10:]))


def test_a_word_that_is_misspelt_is_named_with_the_nearest():
    other = WORDS[3][:-1] + "x"
    message = refused((*WORDS[:3], other, *WORDS[4:]))
    assert f"word 4, {other.lower()}" in message
    assert f"did you mean {WORDS[3].lower()}?" in message


@pytest.mark.parametrize("count", [30, 34])
def test_too_few_or_too_many_words_are_refused(count):
    assert f"{count} words were given" in refused((*WORDS, *WORDS)[:count])


def test_digits_in_groups_are_still_digits():
    digits = DIGEST.removeprefix("sha256:")
    grouped = " ".join(re.findall("....", digits))
    assert parse_sha256(grouped) == DIGEST
    with pytest.raises(UsageError, match="64 hex digits are needed"):
        parse_sha256(grouped[:-5])
    with pytest.raises(UsageError, match="64 hex digits are needed"):
        parse_sha256("dead beef")
