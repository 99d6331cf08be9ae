"""Operators that were enrolled, or got another key, after the freeze: they count and are shown."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.state import late_enrolments as module
from aztrust.core.state.current import current_attempt
from aztrust.core.state.late_enrolments import late_enrolments
from aztrust.core.state.present_readiness import wanted_of
from tests.crew import MINUTE
from tests.memory_launch import NOW
from tests.operators import enrol, entry, operator
from tests.readiness import context_of, counted, ready, staffed

POWERS = {"ann": 60, "bob": 40}
LATER = NOW + MINUTE


def late(launch) -> list[tuple[str, str, str]]:
    return [(each.operator, each.change, each.registrar) for each in counted(launch).late]


def again(name: str, *, key: str = "", validators: tuple[str, ...] = (), **more):
    key_of = operator(key) if key else None
    return entry(name, key_of, validators=validators or (f"{name}-key",), **more)


def test_what_was_enrolled_before_the_freeze_is_not_late():
    assert late(staffed(POWERS)) == []


@pytest.mark.clause("AZ-24.2")
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"key": "bob two"}, "keys"),
        ({"validators": ("ann-key", "bob-key")}, "validators"),
        ({"roles": ("node", "notary")}, "roles"),
        ({}, None),
    ],
)
def test_another_entry_after_the_freeze_is_shown_with_what_changed(change, what):
    launch = staffed(POWERS)
    enrol(launch, again("bob", **change), at=LATER)
    assert late(launch) == ([("bob", what, "luca")] if what else [])


def test_an_operator_who_is_added_after_the_freeze_counts_and_is_shown():
    launch = staffed({**POWERS, "zoe": 100}, enrolled=False)
    enrol(launch, again("ann"), again("bob"))
    ready(launch, "ann")
    enrol(launch, again("zoe"), at=LATER)
    ready(launch, "zoe", at=LATER + MINUTE)
    found = counted(launch)
    assert found.powers.ready == 160
    assert late(launch) == [("zoe", "added", "luca")]


def test_a_key_that_was_replaced_confirms_nothing_until_the_new_one_does():
    launch = staffed(POWERS)
    ready(launch, "bob")
    assert counted(launch).powers.ready == 40
    enrol(launch, again("bob", key="bob two"), at=LATER)
    assert counted(launch).powers.ready == 0
    assert {row.operator: row.status for row in counted(launch).rows}["bob"] == "silent"
    ready(launch, "bob", key=operator("bob two"), at=LATER + MINUTE)
    assert counted(launch).powers.ready == 40


def test_what_was_put_back_is_not_late():
    launch = staffed(POWERS)
    enrol(launch, again("bob", key="bob two"), at=LATER)
    assert late(launch) == [("bob", "keys", "luca")]
    enrol(launch, again("bob"), at=LATER + MINUTE)
    assert late(launch) == []


def test_with_a_ledger_its_order_decides_and_not_the_time_that_is_claimed(monkeypatch):
    launch = staffed(POWERS)
    enrol(launch, again("bob", key="bob two"), at=NOW - MINUTE)
    context = context_of(launch)
    attempt = current_attempt(context)
    assert attempt is not None
    wanted = replace(wanted_of(context, attempt), freeze_place=5)
    old, new = sorted(
        (r for r in context.records.effective.verified if r.kind == "enrolment"),
        key=lambda r: len(r.body.operators),
        reverse=True,
    )
    for place, names in ((4, []), (6, ["bob"])):
        places = {old.identity: 1, new.identity: place}
        monkeypatch.setattr(module, "ledger_places", lambda _context, p=places: p)
        assert [each.operator for each in late_enrolments(context, wanted)] == names
