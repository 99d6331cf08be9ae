"""Laws 1, 11 and 12: clock, environment and file system are inputs of the core, never its doing."""

from __future__ import annotations

import pytest

from tests.architecture.purity import impurities
from tests.shared import REPOSITORY

PACKAGE = REPOSITORY / "aztrust"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400


def test_the_core_touches_nothing():
    found = [
        f"{path.relative_to(REPOSITORY)}:{line}: {what}"
        for path in sorted((PACKAGE / "core").rglob("*.py"))
        for line, what in impurities(path.read_text("utf-8"))
    ]
    assert not found


def test_no_module_holds_more_than_one_noun():
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in MODULES
        if (lines := path.read_text("utf-8").count("\n")) > LONGEST
    }
    assert not long, f"more than {LONGEST} lines"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("open('x')", "open"),
        ("read = open", "open"),
        ("def f():\n    import os", "import os"),
        ("import os.path", "import os.path"),
        ("from os import environ as e", "import os"),
        ("from pathlib import Path", "import pathlib"),
        ("import time as clock", "import time"),
        ("datetime.now(UTC)", ".now"),
        ("datetime.datetime.utcnow()", ".utcnow"),
        ("f = date.today", ".today"),
        ("sys.argv[1]", ".argv"),
        ("io.open('x')", ".open"),
        ("__import__('os')", "__import__"),
        ("print(1)", "print"),
        ("input()", "input"),
    ],
)
def test_each_way_out_is_seen(source, what):
    assert what in [found for _, found in impurities(source)]


def test_what_is_pure_stays_allowed():
    source = "import re\nfrom datetime import datetime, UTC\nx = re.compile('a')\ny = f(now=now)\n"
    assert not list(impurities(source))
