"""Operators are counted in a launch with a ledger, and before each act up to the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.acts.window.ready_now import require_ready
from aztrust.core.base.errors import Refused
from aztrust.core.records.programs import confirmed_programs
from aztrust.core.state.context import Context
from aztrust.core.state.current import current_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.row import Trigger
from tests.cli_launch import Clock, Desk, home_at, ticking_clock, window_policy
from tests.crew import genesis
from tests.disk_launch import make_launch
from tests.final_check_builders import CHECKED
from tests.operators import confirm, enrol, entry
from tests.readiness import context_of, not_ready, ready, staffed
from tests.standins import script_watch

POWERS = {"ann": 40, "bob": 27, "eve": 33}
TABLE = '[readiness]\nregistrar = "ops-lead"\nmin_power = "67%"\nmax_age = "5h"\n'
ROWS = ("operator-preflight", "operator-readiness")
BEFORE: tuple[Trigger, ...] = (
    *("proceed", "authorize", "instruct"),
    *("activate-first", "activate-next"),
)


class Manned(Desk):
    """A frozen launch whose operators are enrolled, with every other row answered."""

    def confirm(self, name: str, clock: Clock, reason: str = "") -> None:
        """A confirmation that the keeper appends."""
        launch = self.launch
        attempt, context = self.subject(clock.read())
        scope = context.scope
        assert scope is not None
        bound = {
            "scope_hash": attempt.scope_hash,
            "launch_window_id": attempt.launch_window_id,
        }
        artifacts = context.manifests["release"].artifacts
        frozen = {
            "chain_id": scope.chain_id,
            "genesis_package_id": scope.genesis_package_id,
            "genesis_sha256": scope.genesis_hash,
            "programs": confirmed_programs(artifacts, "linux/amd64", ("node",)),
            "release_package_id": scope.release_package_id,
        }
        fields = {"reason": reason} if reason else frozen
        confirm(launch._builder(), name, at=clock.read(), **bound, **fields)
        self.keep()

    def subject(self, now: int) -> tuple[Attempt, Context]:
        """The attempt, and the launch."""
        from aztrust.acts.frozen_attempt import TrustInputs
        from aztrust.acts.window.reading import read_launch_window

        inputs = TrustInputs(now, anchor=self.anchor, ledger=str(self.ledger))
        context = read_launch_window(self.launch.path, inputs)
        attempt = current_attempt(context)
        assert attempt is not None
        return attempt, context


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return ticking_clock(monkeypatch)


@pytest.fixture
def desk(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Manned:
    home_at(monkeypatch, tmp_path / "home")
    data = genesis(POWERS, chain_id="test-1", genesis_time="2026-06-02T14:00:00Z")
    made = make_launch(tmp_path, policy=window_policy(TABLE), genesis={"genesis.json": data})
    desk = Manned(made)
    desk.freeze()
    enrol(
        made._builder(),
        *(entry(name, validators=(f"{name}-key",)) for name in POWERS),
        by="dan",
        at=clock.read(),
    )
    desk.answer_all(but=ROWS)
    return desk


@pytest.mark.clause("AZ-8.2")
@pytest.mark.clause("AZ-30.1")
def test_an_act_before_the_start_is_refused_while_too_few_are_ready(desk: Manned, clock: Clock):
    desk.confirm("ann", clock)
    assert desk.run("final-check", "--yes").exit_code == 11
    desk.confirm("bob", clock)
    desk.done("final-check")
    assert desk.run("readiness", "--at", str(clock.now // 1000)).exit_code == 0
    desk.confirm("bob", clock, "network")
    done = desk.run("window", "proceed", "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 10
    assert "readiness-short" in done.err
    assert "40% of the voting power is ready of 67%" in " ".join(done.err.split())
    desk.confirm("bob", clock)
    done = desk.done("window", "proceed", "--reason", "T", by="luca")
    assert "ready    67% of the voting power is ready of 67%" in done.out


def test_a_confirmation_that_waits_for_the_ledger_does_not_count(desk: Manned, clock: Clock):
    desk.confirm("ann", clock)
    keep, desk.keep = desk.keep, lambda: None  # type: ignore[method-assign]
    desk.confirm("bob", clock)
    at = str(clock.read() // 1000 + 60)
    done = desk.run("readiness", "--at", at, "--ledger", desk.ledger, "--format", "json")
    assert [(n["operator"], n["why"]) for n in done.document["not_counted"]] == [("bob", "pending")]
    assert done.document["powers"]["ready"] == "40"
    keep()
    assert desk.run("readiness", "--at", at, "--ledger", desk.ledger).exit_code == 0


def test_no_holder_is_asked_for_what_operators_answer(desk: Manned, clock: Clock):
    desk.confirm("ann", clock)
    tasks = desk.json("todo", "--for", "dan")[1]["tasks"]
    assert not [t for t in tasks if t["about"] in ROWS]
    rows = {row["id"]: row["status"] for row in desk.json("status")[1]["rows"]}
    assert rows["operator-readiness"] == "not_run"
    assert desk.json("todo", "--for", "luca")[1]["tasks"] == []
    desk.confirm("bob", clock)
    rows = {row["id"]: row["status"] for row in desk.json("status")[1]["rows"]}
    assert rows["operator-readiness"] == "pass"
    acts = [t["act"] for t in desk.json("todo", "--for", "luca")[1]["tasks"]]
    assert "final-check" in acts


def test_watch_shows_the_count_again_when_it_changes(
    desk: Manned, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    desk.confirm("ann", clock)
    script_watch(monkeypatch, lambda: desk.confirm("bob", clock), None, places=("manifests",))
    done = desk.run("readiness", "--watch")
    assert done.exit_code == 130
    firsts = [line.split("test-1")[0].strip() for line in done.out.splitlines() if "exit" in line]
    assert list(dict.fromkeys(firsts)) == ["NOT READY", "READY"]
    assert desk.run("readiness", "--watch", "--at", "1").exit_code == 2


def state_of(context: Context):
    attempt = current_attempt(context)
    assert attempt is not None
    return present_window(context, attempt)


@pytest.mark.clause("AZ-8.2")
@pytest.mark.clause("AZ-30.1")
@pytest.mark.parametrize("trigger", BEFORE)
def test_each_act_up_to_the_start_needs_the_thresholds(trigger: Trigger):
    launch = staffed(POWERS)
    ready(launch, "ann")
    context = context_of(launch)
    with pytest.raises(Refused) as refusal:
        require_ready(context, state_of(context), (trigger,))
    assert refusal.value.code == "readiness-short"
    ready(launch, "bob")
    context = context_of(launch)
    found = require_ready(context, state_of(context), (trigger,))
    assert found is not None
    assert found.powers.ready == 67


@pytest.mark.parametrize("trigger", ["hold", "observe", "anomaly", None])
def test_other_acts_wait_for_no_operator(trigger: Trigger | None):
    context = context_of(staffed(POWERS))
    assert require_ready(context, state_of(context), (trigger,)) is None


def test_a_collapse_refuses_with_its_own_code():
    launch = staffed(POWERS, 'min_power = "67%"\ncollapse = "50%"')
    ready(launch, "ann")
    ready(launch, "bob")
    not_ready(launch, "bob", "network", at=CHECKED - 1)
    context = context_of(launch)
    with pytest.raises(Refused) as refusal:
        require_ready(context, state_of(context), ("authorize",))
    assert refusal.value.code == "readiness-collapsed"


def test_without_the_packages_the_power_rests_on_the_final_check_and_the_rest_is_counted():
    launch = staffed(POWERS, 'min_power = "67%"\nmandatory = ["ann"]')
    del launch.captured["genesis"]["genesis.json"]
    context = context_of(launch)
    with pytest.raises(Refused) as refusal:
        require_ready(context, state_of(context), ("authorize",))
    assert "ann is silent" in refusal.value.message
    ready(launch, "ann")
    context = context_of(launch)
    assert require_ready(context, state_of(context), ("authorize",)) is not None
