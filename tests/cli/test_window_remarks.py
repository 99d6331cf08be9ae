"""`aztrust window note`, `exception` and `correct`: they add, and change nothing in a window."""

from __future__ import annotations

import pytest

from tests.cli_launch import Desk, Template, copied, ticking_clock

clock = pytest.fixture(ticking_clock)
EXCEPTION = ("--step", "go/hold point", "--happened", "the call was cut", "--remedy", "repeated")


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    return Template.at_go_hold(tmp_path_factory.mktemp("of"))


desk = pytest.fixture(copied)


def record(desk: Desk, kind: str) -> tuple[str, dict]:
    """The id of the one record of a kind, and what it holds."""
    (path,) = (p for p in desk.files() if f".{kind}." in p.name)
    statement = desk.statement(f"manifests/records/{path.name}")
    return path.name.partition(".")[0], statement["predicate"]["record"]


def test_a_note_is_recorded_by_any_holder_each_time(desk, clock):
    before = desk.window(clock.now)
    for _ in range(2):
        assert "note called" in desk.done("window", "note", "called", by="rita").advised
    notes = [p for p in desk.files() if ".note." in p.name]
    assert len(notes) == 2
    assert desk.window(clock.now).facts == before.facts


def test_an_exception_names_step_remedy_and_witnesses(desk, clock):
    before = desk.window(clock.now).steps
    seen = ("--witness", "sonia", "--witness", "luca")
    done = desk.done("window", "exception", *EXCEPTION, *seen, by="rita")
    assert "say exception recorded in step go/hold point" in done.advised
    _, held = record(desk, "exception")
    assert held["witnesses"] == ["luca", "sonia"]
    assert (held["happened"], held["remedy"]) == ("the call was cut", "repeated")
    desk.keep()
    assert desk.window(clock.now).steps == before
    again = desk.done("window", "exception", *EXCEPTION, *seen, by="rita")
    assert "rita has recorded the same; nothing was signed" in again.advised


def test_an_exception_takes_the_number_of_a_step_of_the_script(desk):
    steps = desk.json("window", "script")[1]["steps"]
    last = str(len(steps))
    desk.done("window", "exception", "--step", last, *EXCEPTION[2:], by="rita")
    assert record(desk, "exception")[1]["step"] == last
    after = ("window", "exception", "--step", str(len(steps) + 1), *EXCEPTION[2:], "--yes")
    assert desk.run(*after, by="rita").exit_code == 2


def test_a_correction_adds_to_a_record_that_stays(desk):
    desk.done("window", "exception", *EXCEPTION, by="rita")
    exception, held = record(desk, "exception")
    done = desk.done("window", "correct", exception[:8], "the call was cut twice", by="rita")
    assert f"corrects record {exception}" in done.advised
    _, correction = record(desk, "correction")
    assert correction["corrects"].startswith(f"sha256:{exception}")
    assert correction["text"] == "the call was cut twice"
    assert record(desk, "exception") == (exception, held)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("note", " "), "TEXT needs 1 to 1000 characters"),
        (("note", "x" * 1001), "TEXT needs 1 to 1000 characters"),
        (("exception", *EXCEPTION, "--witness", "nora"), "nora is not a holder"),
        (("exception", *EXCEPTION, "--step", "x" * 201), "given more than once"),
        (("exception", "--step", "999", *EXCEPTION[2:]), "has no step 999"),
        (("exception", "--step", "0", *EXCEPTION[2:]), "has no step 0"),
        (("correct", "ffffffffffff", "T"), "is the beginning of no record"),
        (("correct", "", "T"), "is the beginning of no record"),
    ],
)
def test_a_remark_that_is_not_valid_is_refused(desk, words, cause):
    done = desk.run("window", *words, "--yes", by="rita")
    assert done.exit_code == 2, done.out
    assert cause in done.advised


def test_a_note_is_possible_after_a_window_ended_and_an_exception_is_not(desk):
    desk.done("window", "defer", "--reason", "rain")
    desk.done("window", "note", "we meet again tomorrow", by="rita")
    done = desk.run("window", "exception", *EXCEPTION, "--yes", by="rita")
    assert done.exit_code == 3
    assert "no launch window is open" in done.advised
