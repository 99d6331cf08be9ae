"""The four check characters, against the parity matrix computed in another way."""

from __future__ import annotations

import itertools
import random
from functools import cache

import pytest

from aztrust.core.records.line.code import (
    ALPHABET,
    CHECKS,
    check_characters,
    is_clean,
    one_wrong,
)
from aztrust.core.records.line.layout import DATA

COUNT = DATA + CHECKS


@cache
def product(a: int, b: int) -> int:
    """In GF(32), by long division by z^5 + z^2 + 1."""
    found = 0
    for bit in range(5):
        found ^= (a << bit) * (b >> bit & 1)
    for bit in (8, 7, 6, 5):
        found ^= (0b100101 << bit - 5) * (found >> bit & 1)
    return found


def column(x: int, y: int) -> tuple[int, ...]:
    return 1, x, y, product(x, x) ^ product(x, y) ^ product(y, y)


MATRIX = [column(place % 32, 2 + place // 32) for place in range(DATA)]
MATRIX += [column(0, 0), column(1, 0), column(0, 1), column(1, 1)]


def sums(errors: dict[int, int]) -> tuple[int, ...]:
    """What the parity check has for errors, by place."""
    found = [0, 0, 0, 0]
    for place, error in errors.items():
        for row in range(4):
            found[row] ^= product(MATRIX[place][row], error)
    return tuple(found)


@pytest.fixture(scope="module")
def line() -> list[int]:
    data = random.Random(1).choices(range(32), k=DATA)
    return [*data, *check_characters(data)]


def test_the_alphabet_is_base32_of_rfc_4648():
    assert ALPHABET == "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def test_the_check_characters_satisfy_the_parity_check(line):
    assert sums(dict(enumerate(line))) == (0, 0, 0, 0)
    assert is_clean(line)
    assert one_wrong(line) is None


def test_every_wrong_character_at_every_place_is_located_and_corrected(line):
    tried = 0
    for place, error in itertools.product(range(COUNT), range(1, 32)):
        bent = list(line)
        bent[place] ^= error
        assert not is_clean(bent)
        wrong = one_wrong(bent)
        assert wrong is not None
        assert (wrong.index, wrong.value) == (place, line[place])
        tried += 1
    assert tried == 153 * 31


def test_no_two_errors_look_like_none_or_like_one():
    """Over the matrix: all multiples of all columns are distinct, and no two add up to a third."""
    single = {sums({place: error}) for place in range(COUNT) for error in range(1, 32)}
    assert len(single) == COUNT * 31
    # By linearity the first of two errors can be taken as 1.
    for first in range(COUNT):
        start = MATRIX[first]
        for second in range(first):
            for error in range(1, 32):
                other = sums({second: error})
                both = tuple(a ^ b for a, b in zip(start, other, strict=True))
                assert both != (0, 0, 0, 0)
                assert both not in single


def test_two_wrong_characters_are_never_clean_and_never_corrected(line):
    chance = random.Random(2)
    for first, second in itertools.combinations(range(COUNT), 2):
        bent = list(line)
        bent[first] ^= chance.randrange(1, 32)
        bent[second] ^= chance.randrange(1, 32)
        assert not is_clean(bent)
        assert one_wrong(bent) is None


def test_characters_that_changed_places_are_never_clean_and_never_corrected(line):
    swaps = [(a, b) for a, b in itertools.combinations(range(COUNT), 2) if line[a] != line[b]]
    assert sum(b - a == 1 for a, b in swaps) > 100
    for first, second in swaps:
        bent = list(line)
        bent[first], bent[second] = bent[second], bent[first]
        assert not is_clean(bent)
        assert one_wrong(bent) is None
