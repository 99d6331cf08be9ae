"""An advice is fitted to the place that its reader is in, and its commands are never torn."""

from __future__ import annotations

import shlex

import pytest

from aztrust.core.base.advice import Advice, command, commands
from aztrust.report.advice import FROM_A_KIT, Place, advice_lines, at_place, fit
from aztrust.report.lines import WIDTH

ANCHOR = "8f3a91c2" * 8


def test_in_the_launch_directory_it_stays_as_it_is():
    text = "mend it, then: aztrust freeze; or aztrust window defer --reason T"
    assert fit(text) == fit(text, Place()) == text


def test_elsewhere_each_command_names_the_launch():
    place = Place(where="/srv/my launch")
    text = "aztrust seal release, then aztrust seal genesis (aztrust explain seal-missing)"
    assert fit(text, place) == (
        "aztrust -C '/srv/my launch' seal release, then aztrust -C '/srv/my launch' seal genesis"
        " (aztrust explain seal-missing)"
    )


def test_a_command_that_names_its_place_keeps_it():
    text = "fetch it: aztrust -C URL preflight"
    assert fit(text, Place(where="old.aztrust", is_kit=True)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aztrust freeze", f"aztrust freeze --ledger /l --anchor {ANCHOR}"),
        ("aztrust preflight", f"aztrust preflight --ledger /l --anchor {ANCHOR}"),
        ("aztrust verify", "aztrust verify --ledger /l"),
        ("aztrust approve release", "aztrust approve release"),
        ("aztrust preflight --anchor HEX", "aztrust preflight --anchor HEX --ledger /l"),
    ],
)
def test_what_was_typed_and_is_needed_again_is_added(text, shown):
    assert fit(text, Place(anchor=ANCHOR, ledger="/l")) == shown


def test_next_to_a_kit_what_is_written_happens_elsewhere():
    kit = Place(where="a.aztrust", is_kit=True)
    assert fit("rita: aztrust seal release", kit) == f"{FROM_A_KIT}rita: aztrust seal release"
    assert fit("aztrust verify", kit) == "aztrust -C a.aztrust verify"
    assert fit("ask the publisher", kit) == "ask the publisher"
    directory = Place(where="launch")
    assert fit("aztrust seal release", directory) == "aztrust -C launch seal release"


def test_preflight_is_asked_about_the_same_kits():
    kits = Place(kits=("a b.aztrust", "~/c.aztrust"), is_kit=True)
    text = "say where it is: aztrust preflight --binary FILE"
    shown = fit(text, kits)
    assert shown == "say where it is: aztrust preflight 'a b.aztrust' ~/c.aztrust --binary FILE"
    given = "fetch it: aztrust preflight https://example.org/kit.aztrust"
    assert fit(given, kits) == given


def test_who_has_the_key_is_addressed():
    advice = Advice("aztrust approve release", {"cosmin": ("aa",), "rita": ("bb", "cc")})
    assert advice == "cosmin or rita: aztrust approve release"
    assert fit(advice, Place()) == advice
    mine = Place(keys=lambda: frozenset({"cc"}))
    assert fit(advice, mine) == "you (rita): aztrust approve release"
    assert fit(advice, Place(keys=lambda: frozenset({"dd"}))) == advice


def test_the_place_is_that_of_the_run_and_ends_with_it():
    with at_place(Place(where="there")):
        assert fit("aztrust verify") == "aztrust -C there verify"
        assert advice_lines("next", "aztrust verify") == ["next     aztrust -C there verify"]
    assert fit("aztrust verify") == "aztrust verify"


def test_a_command_is_on_one_line():
    text = "once it is resolved, sonia: aztrust advisory review --outcome clear --source private"
    lines = advice_lines("next", text)
    assert lines == [
        "next     once it is resolved, sonia:",
        "         aztrust advisory review --outcome clear --source private",
    ]


@pytest.mark.parametrize("lead", ["", "  "])
@pytest.mark.parametrize("before", ["", "put it back, then: "])
def test_a_long_command_goes_on_as_a_shell_takes_it(lead, before):
    typed = command("freeze", "--key", "a long name", "--ledger", "/l" * 20, "--anchor", ANCHOR)
    lines = advice_lines("mend", f"{before}{typed}; at last rest", lead=lead, indent=7)
    assert max(map(len, lines)) <= WIDTH
    assert all(line.startswith(lead) for line in lines)
    shown = "\n".join(lines).replace(" \\\n", " ")
    (found,) = (c for line in shown.splitlines() for c in commands(line))
    assert shlex.split(found) == shlex.split(typed)


def test_nothing_in_an_advice_moves_a_cursor():
    (line,) = advice_lines("mend", "look at \x1b[2K\rthis")
    assert line.isprintable()


def test_quotes_hold_the_marks_that_end_a_command():
    typed = command("attest-build", "a; b, (c).tar.gz", "FILE")
    assert commands(f"build it: {typed}; then go on") == (typed,)
