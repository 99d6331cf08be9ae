"""The beginning of an id, as it is typed."""

from __future__ import annotations

import pytest

from aztrust.acts.ids import SHORTEST_OBJECT, record_digits, that_begin, typed_digits

ID = "sha256:" + "9e44c1d2" * 8
OTHER = "sha256:" + "9e44c1d3" * 8


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("9e44", "9e44"),
        (" 9E44 c1d2 ", "9e44c1d2"),
        ("sha256:9e44c1d2", "9e44c1d2"),
        (ID, ID[7:]),
        ("9e4", ""),
        ("", ""),
        ("sha256:", ""),
        ("9e44-", ""),
        (ID + "0", ""),
    ],
)
def test_digits_are_read_with_or_without_the_name_of_the_hash(text, digits):
    assert typed_digits(text) == digits


def test_the_object_of_an_act_takes_more_digits_or_the_file_of_a_record():
    assert typed_digits("9e44c1d", SHORTEST_OBJECT) == record_digits("9e44c1d") == ""
    assert record_digits("9e44c1d2") == "9e44c1d2"
    name = "9e44c1d29e44c1d2.blocker.1a2b3c4d.dsse.json"
    assert record_digits(f"manifests/records/{name}") == "9e44c1d29e44c1d2"
    assert record_digits(f"{name}.bak") == ""


def test_every_id_with_that_beginning_is_found_once():
    assert that_begin((ID, OTHER, ID), "9e44c1d2") == (ID,)
    assert that_begin((ID, OTHER), "9e44") == (ID, OTHER)
    assert that_begin((ID, OTHER), "") == ()
    assert that_begin((ID, ""), "44c1") == ()
