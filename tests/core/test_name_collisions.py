"""Names that a file system which ignores case and Unicode form cannot hold side by side; and names
that look much alike, which every file system holds.

Such file systems compare canonical caseless forms (the Unicode Standard 3.13, D145). Compatibility
forms (D146) are other names to all of them, so they are good input.
"""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Status
from aztrust.core.base.paths import find_collisions
from tests.memory_launch import Launch, codes, file_entry

DIFFERENT = [
    ("x\u00b2", "x2"),  # superscript two
    ("\u2460", "1"),  # circled one
    ("\uff21.json", "A.json"),  # fullwidth A
    ("\u212b-\u2102", "\u00e5-c"),  # double-struck C
    ("a\u00a0b", "a b"),  # no-break space
    ("\u2126\u00b5", "\u03c9\u03bcm"),  # one letter more
    ("\u0430", "a"),  # Cyrillic
    ("\u00e9", "e"),
    ("\u00df", "s"),
]
ALIKE = [
    ("\u00c9", "e\u0301"),
    ("\u212b", "a\u030a"),  # the sign of the angstrom is a letter in canonical form
    ("\u1e9e", "SS"),
    ("\ufb01", "FI"),
    ("\u03a3", "\u03c2"),  # the three forms of sigma
    ("q\u0307\u0323", "Q\u0323\u0307"),  # two marks in another order
    ("\u1fb4", "\u03b1\u0345\u0301"),  # the iota below becomes a letter: its place matters
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=ascii)
def test_names_of_different_canonical_caseless_form_do_not_collide(one, other):
    assert find_collisions([one, other]) == ()
    assert find_collisions([f"d/{one}", f"d/{other}"]) == ()


@pytest.mark.parametrize(("one", "other"), ALIKE, ids=ascii)
def test_names_of_one_canonical_caseless_form_collide(one, other):
    assert find_collisions([one, other]) == (tuple(sorted((one, other))),)
    assert find_collisions([f"c/{one}", f"d/{other}"]) == ()


@pytest.mark.parametrize(
    ("pair", "found"), [(DIFFERENT[0], False), (DIFFERENT[2], False), (ALIKE[0], True)]
)
def test_a_package_with_two_such_names(pair, found):
    launch = Launch()
    launch.release += [file_entry(name, b"x") for name in pair]
    launch.release.sort(key=lambda entry: entry.path.encode())
    launch.seal("release", "rita")
    verdict = launch.verify()
    assert ("path-collision" in codes(verdict)) is found
    result = next(r for r in verdict.results if r.id == "release-integrity")
    assert (result.status is Status.PASS) is not found
