"""A guard: what it suspects, what it clears, and what it ends for. Time is counted, not waited."""

from __future__ import annotations

import shutil
from itertools import count
from threading import Event

import pytest

from aztrust.acts.anomaly import record_anomaly
from aztrust.acts.guard import TICK, Pace, bad_findings, guard, guarded_places
from aztrust.acts.verify import ReadOptions, verify_launch
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify
from aztrust.core.checks.check import Stage
from aztrust.core.records.records import KINDS
from aztrust.core.state.context import Request
from tests.disk_launch import MINUTE, NOW, make_launch, policy_text, signer
from tests.patience import PATIENCE
from tests.verdicts import ONE

# Each look at the clock is a second, so only an event that never comes ends in "checked": two looks
# go with each TICK of waiting for one.
PACE = Pace(interval=2 * PATIENCE / TICK, quiet=0.05, grace=30)


@pytest.fixture
def launch(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    launch.freeze()
    return launch


class Question:
    """`aztrust verify --require frozen`, counted; after each reading something may be done."""

    def __init__(self, launch, anchor):
        self.launch = launch
        self.asked = 0
        self.then = {}
        self.request = Request(
            NOW + 24 * 60 * MINUTE, anchor=anchor, anchor_source="given" if anchor else "unpinned"
        )

    def __call__(self):
        self.asked += 1
        number = self.asked
        verdict = verify_launch(self.launch.path, self.request, Stage.FROZEN, ReadOptions(1))
        self.then.get(number, lambda: None)()
        return verdict


def watch(launch, pace=PACE):
    """The question, and the guard that asks it."""
    question = Question(launch, launch.anchor)
    ticks = count()
    places = guarded_places(launch.path, launch.policy)
    return question, guard(places, question, pace, lambda: float(next(ticks)))


def started(launch, pace=PACE):
    question, heard = watch(launch, pace)
    assert next(heard).kind == "watching"
    return question, heard


def codes(heard):
    return {finding.code for finding in bad_findings(heard.verdict)}


def until_calm(heard):
    """The kinds up to and with the next that is not a suspicion, and that one."""
    kinds = []
    for one in heard:
        kinds.append(one.kind)
        if one.kind != "suspect":
            return kinds, one
    raise AssertionError("it ended")


@pytest.mark.clause("AZ-25.1", "AZ-2.4")
def test_an_edited_file(launch):
    _, heard = started(launch)
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    suspect = next(heard)
    assert suspect.kind == "suspect"
    assert suspect.paths[0].startswith(str(launch.path / "packages/release"))
    kinds, end = until_calm(heard)
    assert kinds[-1] == "concluded"
    assert end.verdict.exit_code == 10
    assert "drift-after-freeze" in codes(end)
    assert list(heard) == []


@pytest.mark.clause("AZ-25.1")
def test_the_same_bytes_written_again(launch):
    _, heard = started(launch)
    path = launch.file("release", "bin/atlasd")
    path.write_bytes(path.read_bytes())
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "cleared")
    path.write_bytes(b"other")
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "concluded")
    assert end.verdict.exit_code == 10


@pytest.mark.clause("AZ-25.1")
@pytest.mark.parametrize("what", ["packages/release", "manifests", "keys", ""])
def test_a_tree_that_is_deleted_and_made_again(launch, tmp_path, what):
    _, heard = started(launch)
    place = launch.path / what
    shutil.copytree(place, tmp_path / "copy")
    shutil.rmtree(place)
    assert next(heard).kind == "suspect"
    shutil.copytree(tmp_path / "copy", place)
    kinds, _ = until_calm(heard)
    assert kinds[-1] == "cleared"
    # And it is watched again.
    launch.file("genesis", "genesis.json").write_bytes(b"{}")
    launch.file("release", "README").write_bytes(b"other")
    (launch.path / "keys/new.pem").write_bytes(b"")
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "concluded")
    assert "drift-after-freeze" in codes(end)


@pytest.mark.clause("AZ-25.1")
def test_a_package_that_is_deleted_for_good(launch):
    _, heard = started(launch)
    shutil.rmtree(launch.path / "packages/release")
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "concluded")
    assert end.verdict.exit_code == 10


def test_a_launch_that_is_deleted_for_good(launch):
    _, heard = started(launch)
    shutil.rmtree(launch.path)
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "concluded")
    assert isinstance(end.fault, CouldNotCheck)


def test_all_tries_together_wait_for_one_grace(launch):
    times = count()
    question = Question(launch, launch.anchor)
    places = guarded_places(launch.path, launch.policy)
    heard = guard(places, question, PACE, lambda: float(next(times)))
    assert next(heard).kind == "watching"
    shutil.rmtree(launch.path)
    began = next(times)
    kinds, _ = until_calm(heard)
    assert (kinds[-1], question.asked) == ("concluded", 4)
    assert next(times) - began < 2 * PACE.grace


@pytest.mark.clause("AZ-25.1")
def test_lost_events_are_found_at_the_interval(launch, monkeypatch):
    from aztrust.storage.fswatch import Watch

    _, heard = started(launch, Pace(interval=4, quiet=0, grace=2))
    monkeypatch.setattr(Watch, "next", lambda _self, _seconds: None)
    assert next(heard).kind == "checked"
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    kinds, end = until_calm(heard)
    assert kinds == ["concluded"]
    assert "drift-after-freeze" in codes(end)


def test_its_own_reading_is_not_a_change(launch):
    question, heard = started(launch, Pace(interval=20, quiet=0.05, grace=3))
    assert [next(heard).kind for _ in range(3)] == ["checked"] * 3
    assert question.asked == 4


@pytest.mark.clause("AZ-25.1")
def test_a_change_while_it_reads_is_reported_at_once_and_read_again(launch):
    question, heard = started(launch)
    path = launch.file("release", "bin/atlasd")
    told = Event()

    def change():
        path.write_bytes(b"other")
        # This reading ends only after the guard has reported the change.
        assert told.wait(PATIENCE)

    question.then[2] = change
    path.touch()
    assert next(heard).kind == "suspect"
    second = next(heard)
    assert (second.kind, question.asked) == ("suspect", 2)
    told.set()
    kinds, end = until_calm(heard)
    assert kinds[-1] == "concluded"
    assert "drift-after-freeze" in codes(end)
    assert question.asked > 2


@pytest.mark.clause("AZ-2.4")
def test_a_policy_that_names_another_place(launch):
    _, heard = started(launch)
    old = launch.policy_bytes
    (launch.path / "manifests/launch.toml").write_bytes(old.replace(b"packages/rel", b"elsewhere/"))
    kinds, end = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "concluded")
    assert end.verdict.exit_code == 10
    assert "anchor-mismatch" in codes(end)


def test_a_new_record_is_not_drift(launch):
    _, heard = started(launch)
    launch.revoke("sha256:" + "1" * 64, "sonia")
    kinds, _ = until_calm(heard)
    assert (kinds[0], kinds[-1]) == ("suspect", "cleared")


def test_nothing_frozen(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    _, heard = watch(launch)
    with pytest.raises(NothingToVerify, match="nothing is frozen"):
        next(heard)


def test_drift_before_it_begins(launch):
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    _, heard = watch(launch)
    assert [(one.kind, one.verdict.exit_code) for one in heard] == [("concluded", 10)]


@pytest.mark.clause("AZ-38")
@pytest.mark.parametrize(
    ("package", "file", "anomaly"),
    [
        ("release", "bin/atlasd", "artifact-mismatch"),
        ("genesis", "genesis.json", "genesis-mismatch"),
    ],
)
def test_the_anomaly(launch, package, file, anomaly):
    _, heard = watch(launch)
    context = next(heard).verdict.context
    path = launch.file(package, file)
    path.write_bytes(path.read_bytes() + b"\n")
    _, end = until_calm(heard)
    told = record_anomaly(
        launch.path, end.verdict, signer("rita"), NOW + 25 * 60 * MINUTE, guarded=context
    )
    assert told[1] == anomaly
    path.write_bytes(path.read_bytes()[:-1])
    question, heard = watch(launch)
    verdict = question()
    found = [u for u in verdict.context.records.effective.verified if u.kind == "launch-anomaly"]
    assert [type(u.body) for u in found] == [KINDS["launch-anomaly"].model]
    body = found[0].body
    assert (body.guidance, body.scope_hash) == ("HOLD", context.scope.hash)
    assert f"drift-after-freeze {package}:{file}" in body.detail
    # It asks for a pause, and ends nothing: the bytes are back, and the scope holds.
    assert verdict.exit_code == 0
    assert next(heard).kind == "watching"


def test_a_ledger_that_cannot_be_used_keeps_no_anomaly_back(launch, tmp_path):
    """It is negative: stored first, and appended as far as possible (law 9)."""
    _, heard = watch(launch)
    context = next(heard).verdict.context
    path = launch.file("release", "bin/atlasd")
    path.write_bytes(path.read_bytes() + b"\n")
    _, end = until_calm(heard)
    broken = tmp_path / "broken.ledger"
    broken.write_bytes(b"no database")
    published, _ = record_anomaly(
        launch.path, end.verdict, signer("rita"), NOW + 25 * 60 * MINUTE, str(broken), context
    )
    assert published.record.is_negative
    assert (published.entry, "broken.ledger" in published.hindrance) == (None, True)
    assert (launch.path / published.record.path).read_bytes() == published.record.data
