"""What an observer saw of the chain, on a screen: fresh, stale, or not there, and never a pass."""

from __future__ import annotations

import pytest

from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import replace
from aztrust.report.board.chain import chain_part, chain_text
from aztrust.report.lines import WIDTH
from aztrust.report.observe.document import observe_report
from aztrust.report.observe.seen import (
    STALE_MS,
    LastSeen,
    SeenChain,
    network_texts,
    seen_chain,
    seen_lines,
)
from tests.core.chain.watched import T0, silent
from tests.report.test_observe_document import ABOUT, looked

AT = T0 + 40_000
"""When the observer looked."""
NOTHING = LastSeen(None, "no observer ran here")


def seen(*changes, later: int = 0, **instead) -> SeenChain:
    """What a screen has so many milliseconds after the look."""
    found = replace(looked(*changes), **instead)
    return seen_chain(LastSeen(observe_report(found, ABOUT)), AT + later)


def screen(found: SeenChain) -> str:
    lines = seen_lines(found)
    assert all(len(line) <= WIDTH for line in lines), lines
    return "\n".join(lines)


@pytest.mark.clause("AZ-26.1")
def test_the_screen_has_the_numbers_of_the_network():
    found = seen(silent("d", 20, 40))
    assert dict(network_texts(found)) == {
        "height": "20",
        "final": "20",
        "participation": "100.0%",
        "block time": "2.0 s",
        "halted slots": "0",
        "round": "0",
        "spread of heads": "0",
        "nodes that answer": "3 of 4",
        "newest answer": "0s old",
        "blind power": "25.0%",
    }
    text = screen(found)
    assert "height 20, final 20, 100.0% take part, phase early" in text
    assert "3 of 4 nodes answer, the newest answer is 0s old, blind power 25.0%" in text
    assert "proven: 3 of 4 signed block 1" in text
    assert "node-unseen d, 25.0% of the power: " in " ".join(text.split())
    assert "unknown  d does not answer: refused" in text
    assert found.good is False
    assert "no signal" not in text


def test_what_is_not_known_is_called_unknown():
    picture = replace(
        looked().picture,
        **dict.fromkeys(
            (
                "height",
                "finalized",
                "participation",
                "block_time_ms",
                "halted",
                "blind",
                "round",
                "lowest",
            )
        ),
    )
    texts = dict(network_texts(seen(picture=replace(picture, answered_ms=None))))
    assert texts.pop("nodes that answer") == "4 of 4"
    assert texts.pop("newest answer") == "never"
    assert set(texts.values()) == {"unknown"}


def test_only_what_an_observer_sees_now_and_would_end_with_0_is_good():
    well = replace(looked(), unknown=(), criteria=())
    report = observe_report(well, ABOUT)
    assert (report.exit_code, report.signals) == (0, ())
    fresh = seen_chain(LastSeen(report), AT)
    assert (fresh.state, fresh.good) == ("observed", True)
    assert "no signal" in screen(fresh)
    assert chain_text(fresh) == "no signal from the chain"
    for code in (10, 11):
        other = report.model_copy(update={"exit_code": code})
        assert not seen_chain(LastSeen(other), AT).good
    for later in (STALE_MS + 1, -AHEAD_MS - 1):
        assert not seen_chain(LastSeen(report), AT + later).good
    assert not seen_chain(NOTHING, AT).good


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (0, "observed"),
        (STALE_MS, "observed"),
        (STALE_MS + 1, "stale"),
        (86_400_000, "stale"),
        (-AHEAD_MS, "observed"),
        (-AHEAD_MS - 1, "stale"),
    ],
)
def test_after_ten_seconds_it_is_stale_and_so_is_what_claims_to_be_of_the_future(later, state):
    found = seen(later=later)
    assert found.state == state
    assert (found.why is None) is (state == "observed")
    assert ("STALE" in screen(found)) is (state == "stale")
    assert ("STALE" in chain_part(found, AT + later).text) is (state == "stale")
    assert ("STALE" in chain_text(found)) is (state == "stale")
    # What was seen then is still shown, as of then.
    assert "height 20" in screen(found)


def test_what_was_never_seen_is_not_shown_as_good():
    found = seen_chain(NOTHING, AT)
    assert found.state == "not-observed"
    assert (found.picture, found.signals, found.criteria) == (None, (), ())
    text = screen(found)
    assert "not observed on this machine: no observer ran here" in text
    assert "aztrust observe --watch" in text
    part = chain_part(found, AT).text
    assert "not observed on this machine" in part
    for word in ("good", "no signal", "height"):
        assert word not in part + text + chain_text(found)


def test_criteria_that_are_met_or_unknown_are_open():
    found = seen()
    assert {one.criterion: one.state for one in found.criteria}["halt"] == "not-met"
    text = screen(found)
    assert "errors unknown" in text
    assert "halt" not in text.replace("halted slots", "")
    met = [
        one.model_copy(update={"state": "met", "detail": "5 slots"})
        if one.criterion == "halt"
        else one
        for one in found.criteria
    ]
    shown = found.model_copy(update={"criteria": tuple(met)})
    assert "halt met: 5 slots" in screen(shown)
    assert "halt met: 5 slots" in chain_part(shown, AT).text


def test_many_signals_are_counted():
    found = seen(silent("d", 20, 40))
    (first, *_) = found.signals
    many = found.model_copy(update={"signals": (first,) * 9})
    assert "+3: aztrust observe --once" in screen(many)
    assert chain_text(many) == "9 signals from the chain"
    assert chain_text(found.model_copy(update={"signals": (first,)})) == "1 signal from the chain"


def test_a_screen_is_shown_again_for_a_signal_and_not_for_a_height():
    one, later = seen(), seen_chain(LastSeen(observe_report(looked(seconds=42), ABOUT)), AT + 2000)
    assert one.picture != later.picture
    assert one.key == later.key
    assert seen(silent("d", 20, 40)).key != one.key
    assert seen(later=STALE_MS + 1).key != one.key
    assert seen_chain(NOTHING, AT).key != one.key


def test_once_the_network_runs_it_is_the_first_part_of_the_board():
    found = seen()
    assert 'class="chain started"' in chain_part(found, T0).text
    assert 'class="chain"' in chain_part(found, T0 - 1).text
