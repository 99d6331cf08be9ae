"""The picture in README.md is what the program prints."""

from __future__ import annotations

import importlib
import xml.etree.ElementTree as ElementTree

import pytest

from tests.shared import REPOSITORY

terminal = importlib.import_module("tools.terminal")


def test_the_picture_is_what_the_program_prints():
    lines = terminal.output()
    assert lines[1].startswith("PASS")
    drawn = terminal.picture(lines)
    assert (REPOSITORY / "docs/terminal.svg").read_text("utf-8") == drawn, "make docs"
    assert terminal.picture([*lines[:-1], "another line"]) != drawn


def test_the_picture_is_well_formed_whatever_is_printed():
    text = terminal.picture(["$ aztrust <&>", "FAIL     a & b < c", ""])
    root = ElementTree.fromstring(text)
    shown = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert shown == ["$ aztrust <&>", "FAIL     a & b < c", ""]


@pytest.mark.parametrize("word", ["PASS", "FAIL", "HOLD"])
def test_a_verdict_has_a_colour(word):
    assert "<tspan" in terminal.picture([f"{word}  x"])
    assert "<tspan" not in terminal.picture(["other  x"])
