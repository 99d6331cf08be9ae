"""What overtakes a final check where a ledger says what came before it (AZ-6.2)."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.checks.gate.current import CHECK
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.judge.verify import verify
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import GateInput, GateReading, GateRequirements
from tests.final_check_builders import CHECKED, MINUTE, attest, frozen
from tests.memory_launch import PEOPLE, Launch, signer
from tests.verdicts import NOTHING, freeze_of

FINAL = "final_checks_completed"
ORIGIN = "ledger.example/test"
KEYS = {p.public().fingerprint: p.public() for p in PEOPLE.values()}


def passed(launch: Launch, considered: LedgerHead | None = None) -> str:
    """A final check that passed, with the head that it considered; its id."""
    (attempt,) = launch.verify().context.state.frozen_attempts
    made = freeze_of(
        launch.evidence(),
        signer("luca").public,
        CHECKED,
        checkpoint_class=FINAL,
        launch_window_id=attempt.launch_window_id,
    )
    return launch.sign_verdict(build_verdict(replace(made, ledger=considered)))


def head(size: int, origin: str = ORIGIN) -> LedgerHead:
    keeper = signer("dan").public.fingerprint
    return LedgerHead(keeper=keeper, origin=origin, root=NOTHING, size=size)


def overtaken(launch: Launch, *order: str) -> list[str]:
    """The records that overtake the last verdict; the ledger holds all files, these last, and after
    them an answer that takes the objection back: what is asked is whether it was known before.
    """
    order = (*order, attest(launch, "incident-path", at=CHECKED + 6 * MINUTE))
    files = [*launch.records.values(), *launch.verdicts.values()]
    read = [read_record(data, KEYS, Opener(), name="a file") for data in files]
    read.sort(key=lambda r: order.index(r.record_id) if r.record_id in order else -1)
    entries = tuple(LedgerEntry(index, record) for index, record in enumerate(read))
    reading = GateReading(
        GateRequirements(FINAL, offline=True),
        (GateInput("v", list(launch.verdicts.values())[-1]),),
        has_launch=True,
    )
    ledger = LedgerReading("here", ORIGIN, size=len(entries), entries=entries)
    evidence = replace(launch.evidence(), gate=reading, ledger=ledger)
    request = Request(CHECKED + 9 * MINUTE, anchor=launch.anchor, anchor_source="given")
    results = verify(evidence, request, None, (CHECK,)).results
    (result,) = (r for r in results if r.id == CHECK.id)
    assert {finding.code for finding in result.findings} <= {"verdict-overtaken"}
    return [finding.actual for finding in result.findings]


@pytest.fixture
def launch() -> Launch:
    return frozen()


@pytest.mark.parametrize(("minutes", "known"), [(-1, True), (1, True), (5, False)])
def test_an_earlier_place_counts_as_known_unless_the_time_is_far_later(launch, minutes, known):
    no = attest(launch, "incident-path", "fail", at=CHECKED + minutes * MINUTE)
    check = passed(launch)
    assert overtaken(launch, no, check) == ([] if known else [no])


@pytest.mark.parametrize("minutes", [-1, 5])
def test_a_later_place_overtakes_whatever_the_time(launch, minutes):
    no = attest(launch, "incident-path", "fail", at=CHECKED + minutes * MINUTE)
    check = passed(launch)
    assert overtaken(launch, check, no) == [no]


def test_the_head_that_a_final_check_considered_goes_before_places_and_times(launch):
    no = attest(launch, "incident-path", "fail", at=CHECKED - MINUTE)
    first = len(launch.records) + len(launch.verdicts) - 1
    check = passed(launch, head(first))
    assert overtaken(launch, no, check) == [no]
    check = passed(launch, head(first + 2))
    assert overtaken(launch, no, check) == []


def test_a_head_of_another_ledger_says_nothing(launch):
    no = attest(launch, "incident-path", "fail", at=CHECKED - MINUTE)
    check = passed(launch, head(0, "ledger.example/other"))
    assert overtaken(launch, no, check) == []
    assert overtaken(launch, check, no) == [no]


def test_an_open_objection_counts_whatever_was_known(launch):
    no = attest(launch, "incident-path", "fail", at=CHECKED - MINUTE)
    other = attest(launch, "operator-readiness", "fail", at=CHECKED - MINUTE)
    check = passed(launch, head(len(launch.records) + len(launch.verdicts)))
    assert overtaken(launch, no, other, check) == [other]
