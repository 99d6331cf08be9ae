"""docs/formats/confirmation-line.md says what is written: its table, its lists and its example."""

from __future__ import annotations

import re

import pytest

from aztrust.core.records.enrolment import NOT_READY_REASONS
from aztrust.core.records.line.chat import find_lines
from aztrust.core.records.line.frozen_scope import COMMON
from aztrust.core.records.line.layout import CHECKS, DATA, FIELDS, LENGTH, SIGNATURE
from aztrust.core.records.line.rebuild import CONSENSUS_KEY, SIGNER, expand_line, line_of
from tests.core.confirmations import confirmation, frozen, known, signed, ssh_signer
from tests.shared import REPOSITORY

TEXT = (REPOSITORY / "docs/formats/confirmation-line.md").read_text()
ROWS = re.findall(r"^\| (\w+) \| (\d+) \| (.*?) \| (\w*) ?\|$", TEXT, re.MULTILINE)


@pytest.fixture(scope="module")
def example() -> str:
    scope, who = frozen(), ssh_signer()
    return line_of(signed(confirmation(scope), who), who.public, scope)


def test_the_table_has_every_field_with_its_width():
    rows = [(name, int(width)) for name, width, _, _ in ROWS]
    assert rows == [*FIELDS, ("signature", 8 * SIGNATURE)]
    assert sum(width for _, width in rows) == 5 * DATA
    assert f"{DATA} characters with the bits below, then {CHECKS} check characters" in TEXT
    assert f"A confirmation as {LENGTH} characters" in TEXT


def test_the_example_is_the_line_of_the_confirmation_that_it_names(example):
    assert f"```text\n{example}\n```" in TEXT
    (found,) = find_lines(TEXT)
    expanded = expand_line(found, known(frozen(), keys=(ssh_signer(),)))
    assert expanded.body == confirmation(frozen())


def test_the_example_has_the_numbers_of_the_table(example):
    bits = "".join(
        f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.index(letter):05b}" for letter in example[3:-CHECKS]
    )
    for name, width, _, value in ROWS[:-1]:
        assert f"{int(bits[: int(width)], 2):x}" == value, name
        bits = bits[int(width) :]


def test_the_lists_are_in_the_order_of_their_numbers():
    assert ",\n".join(f"`{name}`" for name in NOT_READY_REASONS) == re.sub(
        r",\s", ",\n", re.search(r"(`binary-mismatch`[^.]*)\.", TEXT)[1]
    )
    for name, values in (("consensus_key", CONSENSUS_KEY), ("signer", SIGNER)):
        (row,) = [what for field, _, what, _ in ROWS if field == name]
        assert row == "of `ready`: {}; else 0".format(
            ", ".join(f"{number} `{value}`" for number, value in enumerate(values))
        )
    *first, last = (f"`{platform}`" for platform in COMMON)
    assert f"{', '.join(first)} and {last}" in " ".join(TEXT.split())
