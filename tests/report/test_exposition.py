"""The text format of Prometheus."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aztrust.core.chain.series import FAMILIES
from aztrust.report.exposition import Value, metric, number


def test_a_metric_has_its_help_its_type_and_a_line_for_each_value() -> None:
    lines = metric("up", "gauge", "Whether.", [Value(1, {"node": "a"}), Value(0, {"node": "b"})])
    assert lines == [
        "# HELP up Whether.",
        "# TYPE up gauge",
        'up{node="a"} 1',
        'up{node="b"} 0',
    ]


def test_without_labels_no_braces_are_written() -> None:
    assert metric("up", "counter", "Whether.", [Value(3)])[2:] == ["up 3"]


@pytest.mark.parametrize(
    ("value", "written"),
    [("a\\b", "a\\\\b"), ('a"b', 'a\\"b'), ("a\nup 1", "a\\nup 1"), ("é", "é"), ("\ud800", "?")],
    ids=["backslash", "quote", "line feed", "other letters", "a lone surrogate"],
)
def test_what_a_node_calls_itself_cannot_add_a_line(value: str, written: str) -> None:
    assert metric("up", "gauge", "x", [Value(1, {"node": value})])[2:] == [
        f'up{{node="{written}"}} 1'
    ]


def test_a_help_text_stays_on_its_line() -> None:
    assert metric("up", "gauge", 'a\n"b"\\', [])[0] == '# HELP up a\\n"b"\\\\'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**53, "9007199254740992"),
        (2**53 + 2, "9007199254740994.0"),
        (10**400, "+Inf"),
        (-(10**400), "-Inf"),
        (Fraction(6, 3), "2"),
        (Fraction(1, 8), "0.125"),
    ],
)
def test_numbers_are_written_as_prometheus_reads_them(value: int | Fraction, written: str) -> None:
    assert number(value) == written


def test_the_names_of_the_exported_series_are_each_used_once() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("aztrust_") for name in names)
