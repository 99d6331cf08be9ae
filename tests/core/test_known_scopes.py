"""What a launch knows of scopes, windows and operators."""

from __future__ import annotations

import pytest

from aztrust.core.state.known_scopes import known_here, present_scope
from tests.memory_launch import Launch
from tests.operators import REGISTRAR, enrol, operator
from tests.verdicts import ONE


def test_before_both_packages_are_sealed_no_scope_is_known():
    context = Launch().verify().context
    assert present_scope(context) is None
    assert known_here(context, pytest.fail).scopes == ()


def test_a_freeze_without_a_record_of_its_window_names_the_window():
    launch = Launch.approved(verdicts=ONE)
    launch.verdict()
    context = launch.verify().context
    (freeze,) = context.state.freezes
    assert not context.state.windows
    known = known_here(context, pytest.fail)
    assert known.windows == ((freeze.statement.scope_hash, freeze.launch_window_id),)
    assert [scope.scope for scope in known.scopes] == [context.scope]


def test_a_window_before_its_freeze_and_every_enrolled_key_are_known():
    launch = Launch.approved(roles=REGISTRAR, verdicts=ONE)
    window = launch.window()
    enrol(launch, "acme", "bora")
    known = known_here(launch.verify().context, pytest.fail)
    assert [name for _, name in known.windows] == [window]
    assert set(known.keys) == {operator("acme").public, operator("bora").public}
