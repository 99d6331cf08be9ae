"""Which window `aztrust window defer` and `abort` end, and with whose key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import PEOPLE, make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)

OTHER = "9" * 64
"""The hash of a scope that is not here."""
TWO_SIGN = "[verdicts]\nroles = { launch-coordinator = 1, ops-lead = 1 }\n"
WORDS: dict[str, tuple[str, ...]] = {
    "defer": ("window", "defer", "--reason", "wait"),
    "abort": ("window", "abort", "--trigger", "other", "--reason", "over"),
}
each = pytest.mark.parametrize("act", ["defer", "abort"])


def end(desk: Desk, act: str, *more: str, by: str = "luca") -> Done:
    return desk.run(*WORDS[act], *more, "--yes", by=by)


def open_scopes(desk: Desk) -> set[str]:
    return {attempt["scope_hash"] for attempt in desk.json("window", "status")[1]["open"]}


def ended(desk: Desk, act: str) -> list[str]:
    """The scopes that a record defers or aborts, by what the records say."""
    paths = [path for path in desk.files() if f"launch-{act}" in path.name]
    statements = (desk.statement(f"manifests/records/{path.name}") for path in paths)
    return [document["predicate"]["record"]["scope_hash"] for document in statements]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_launch(tmp_path, policy=window_policy()))


def ledgerless(desk: Desk, *words: str) -> Done:
    """A command about the window, where there is no ledger."""
    signing = ("--key", desk.launch.key_file("luca"), "--yes") if words[1] != "status" else ()
    return run("-C", desk.launch.path, *words, *signing, "--anchor", desk.anchor)


def frozen_scopes(desk: Desk) -> set[str]:
    done = ledgerless(desk, "window", "status", "--format", "json")
    return {attempt["scope_hash"] for attempt in done.document["open"]}


def frozen_twice(desk: Desk) -> tuple[str, str]:
    """Two scopes that were frozen in two copies of the launch, which were merged."""
    launch = desk.launch
    launch.freeze(launch_window_id="sha256:" + "1" * 64)
    (first,) = frozen_scopes(desk)
    launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    launch.seal("genesis", "gabi", prior=(launch.records[1].record_id,))
    for who in ("rita", "sonia", "cosmin"):
        launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        launch.approve("genesis", who)
    launch.freeze(launch_window_id="sha256:" + "2" * 64)
    (second,) = frozen_scopes(desk) - {first}
    return first, second


# ---- which scope ---------------------------------------------------------------------------------


@each
@pytest.mark.clause("AZ-28")
def test_another_scope_than_the_named_one_does_not_end(desk: Desk, act: str):
    scope = desk.freeze()
    before = desk.snapshot()
    done = end(desk, act, "--scope", OTHER)
    assert done.exit_code == 3, done.out + done.err
    assert "for this scope" in " ".join(done.err.split())
    assert desk.snapshot() == before
    assert open_scopes(desk) == {scope}
    assert end(desk, act, "--scope", scope).exit_code == 0
    assert open_scopes(desk) == set()


@each
@pytest.mark.clause("AZ-28")
def test_of_two_scopes_the_named_one_ends_and_the_other_one_stays(desk: Desk, act: str):
    first, second = frozen_twice(desk)
    done = ledgerless(desk, *WORDS[act])
    assert (done.exit_code, "2 windows" in done.err) == (2, True)
    assert frozen_scopes(desk) == {first, second}
    done = ledgerless(desk, *WORDS[act], "--scope", first)
    assert done.exit_code == 0, done.err
    assert frozen_scopes(desk) == {second}
    assert ended(desk, act) == [first]


@each
def test_a_window_that_ended_answers_for_its_own_scope_alone(desk: Desk, act: str):
    scope = desk.freeze()
    assert end(desk, act).exit_code == 0
    for words in ((), ("--scope", scope)):
        done = end(desk, act, *words)
        assert (done.exit_code, "has ended it already" in done.out) == (0, True)
    done = end(desk, act, "--scope", OTHER)
    assert (done.exit_code, "ended it already" in done.out) == (3, False)
    assert ended(desk, act) == [scope]


# ---- whose key -----------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path) -> Desk:
    """A scope that luca and dan have frozen; either of them may end its window."""
    desk = Desk(make_launch(tmp_path, policy=window_policy(verdicts=TWO_SIGN)))
    desk.freeze(by="luca")
    desk.freeze(by="dan")
    return desk


def revoke_key(desk: Desk, of: str) -> None:
    key = PEOPLE[of].public().fingerprint
    assert desk.run("revoke", key, "--reason", "retired", "--yes").exit_code == 0


@each
@pytest.mark.clause("AZ-28")
def test_a_revoked_key_ends_nothing_and_another_one_does(shared: Desk, act: str):
    revoke_key(shared, "dan")
    before = shared.snapshot()
    done = end(shared, act, by="dan")
    assert (done.exit_code, "key-revoked" in done.err) == (10, True), done.out + done.err
    assert shared.snapshot() == before
    assert ended(shared, act) == []
    done = end(shared, act, by="luca")
    assert done.exit_code == 0, done.err
    assert len(ended(shared, act)) == 1


@each
def test_a_key_that_is_not_revoked_ends_it(shared: Desk, act: str):
    revoke_key(shared, "cosmin")
    done = end(shared, act, by="dan")
    assert done.exit_code == 0, done.err
    assert len(ended(shared, act)) == 1
