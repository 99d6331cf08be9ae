"""The parts of Prometheus' query language that rules are made of and compared by."""

from __future__ import annotations

import pytest

from aztrust.core.chain.alerts.promql import is_selector, quoted, span, tokens


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a > 0.67 and on (x, y) b", "a>0.67   and on(x,y)\n  b"),
        ("a > 1000000", "a > 1e+06"),
        ("a > 0.00001", "a > 1e-05"),
        ("a > 0.5", "a > 0.500"),
        ('a{b="\\u00e9\\U0001f600"}', 'a{b="é\U0001f600"}'),
        ('a{b="c\\u000ad"}', 'a{b="c\\nd"}'),
    ],
    ids=["space", "large", "small", "zeros", "letters", "line feed"],
)
def test_two_spellings_of_one_expression_are_equal(written: str, shown: str) -> None:
    assert tokens(written) == tokens(shown)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a > 0.67", "a > 0.670001"),
        ("a > 0.67", "a >= 0.67"),
        ("a > 0.67", "a > bool 0.67"),
        ("a > 3", "- a > 3"),
        ("a and b", "aand b"),
        ("a[1m]", "a[1m0s]"),
        ("a[1m]", "a[1m:]"),
        ("a > 10", "a > 1 0"),
        ('a{b="c d"}', 'a{b="cd"}'),
        ('a{b="c"}', 'a{b=~"c"}'),
        ('a{b="\\\\u0041"}', 'a{b="A"}'),
        ('a{b="c"}', 'a{b="c"} # x'),
    ],
)
def test_other_expressions_are_not(written: str, shown: str) -> None:
    assert tokens(written) != tokens(shown)


@pytest.mark.parametrize(
    "text",
    ["a", "a:b", 'a{b="c"}', 'a{b="c",d="e\\"f\\\\"}', "a{}"],
)
def test_a_series_is_a_selector(text: str) -> None:
    assert is_selector(text)


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a\n", 'a{b="c"} or vector(1)', "a{b=c}", 'a{b="c}', "1a", "rate(a[1m])", "é"],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_selector(text)


@pytest.mark.parametrize("text", ["é", "\x00\x7f", 'a"b\\c', "\ud800", "\u2028"])
def test_a_literal_is_ascii_and_ends_once(text: str) -> None:
    found = quoted(text)
    assert found.isascii()
    assert found.isprintable()
    assert len(tokens(found)) == 1


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [(1_500, "1s500ms"), (3_661_000, "1h1m1s"), (365 * 86_400_000, "1y"), (93_600_000, "1d2h")],
)
def test_a_span_is_written_as_prometheus_shows_it(milliseconds: int, written: str) -> None:
    assert span(milliseconds) == written
