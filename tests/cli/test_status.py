"""Where the launch is: one screen, and the same as a document."""

import json
import time

import jsonschema
import pytest

from tests.cli_launch import MINUTE, Desk, Template, copied, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.ledgers import TABLE
from tests.shared import REPOSITORY

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """Sets the zone of this process; UTC before a test asks for another."""

    def put(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    put("UTC")
    yield put
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A launch that luca and sonia froze; no row is answered."""

    def act(desk: Desk) -> None:
        desk.freeze("--decide-by", "2026-06-02T13:00:00Z")
        desk.freeze(by="sonia")
        desk.keep()

    return Template.of_two(tmp_path_factory.mktemp("frozen"), act)


desk = pytest.fixture(copied)


def valid(done):
    document = done.document
    schema = json.loads((REPOSITORY / "docs/schemas/status.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == done.exit_code
    return document


def test_a_frozen_launch(desk):
    done = desk.run("status")
    assert (done.exit_code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("STATUS   test-1   frozen; 7 tasks wait   exit 0")
    assert lines[1].startswith("now      2026-06-02 12:00:")
    release = next(line for line in lines if line.startswith("release  "))
    assert "approved 3 of 3: " in release
    assert "; sealed by rita" in release
    assert any(
        line.startswith("freeze   2 of 2 signed: luca, sonia, 12:00 UTC (") for line in lines
    )
    assert any(line.startswith("answers  0 of 7 rows; open: ") for line in lines)
    assert "decide by 13:00 UTC (in 59 min)" in done.out
    assert "         dan: aztrust attest incident-path pass" in done.out.replace("next  ", "      ")


def test_it_fits_one_screen_whatever_happens(desk, clock):
    for number in range(5):
        desk.run("blocker", "open", f"number {number}: " + "a very long reason " * 20)
    desk.keep()
    for row in ("incident-path", "monitoring-live", "operator-preflight", "operator-readiness"):
        desk.run("attest", row, "fail" if row == "incident-path" else "pass")
    clock.forward(3 * 60 * MINUTE)
    (desk.launch.path / "manifests/records/x.dsse.json").write_bytes(b"{}")
    done = desk.run("status")
    lines = done.out.splitlines()
    assert (done.exit_code, len(lines)) == (1, 23), done.out  # and the prompt below it
    assert max(map(len, lines)) == 80
    assert any(line.startswith("pending  ") for line in lines)
    assert any(line.startswith("open     blocker ") for line in lines)
    assert any(line.startswith("not seen record-malformed") for line in lines)
    assert any("more: aztrust todo --for NAME" in line for line in lines)
    document = valid(desk.run("status", "--format", "json"))
    assert len(document["objections"]) == 6
    assert len(document["next"]) > 5
    assert document["unseen"]


def test_times_in_the_readers_zone(desk, zone):
    zone("Europe/Berlin")
    out = desk.run("status").out
    assert " UTC   2026-06-02 14:00:" in out
    assert "12:00 UTC (14:00 CEST, " in out
    zone("UTC")
    out = desk.run("status").out
    assert "CEST" not in out
    assert "12:00 UTC (" in out


def test_the_time_is_an_input(desk):
    out = desk.run("status", "--at", "2026-06-02T12:58:00Z").out
    assert "now      2026-06-02 12:58:00 UTC" in out
    assert "decide by 13:00 UTC (in 2 min)" in out
    out = desk.run("status", "--at", "2026-06-04T12:00:00Z").out
    assert "decide by 2026-06-02 13:00 UTC (47 h ago)" in out


def test_the_stages(desk, tmp_path, clock):
    fresh = Desk(make_launch(tmp_path / "fresh", policy=window_policy(TABLE), seal=False))

    def stage(of):
        return valid(of.run("status", "--format", "json"))["stage"]

    assert stage(fresh) == "unsealed"
    for package_class, by in (("release", "rita"), ("genesis", "gabi")):
        assert fresh.run("seal", package_class, by=by).exit_code == 0
    assert stage(fresh) == "sealed"
    fresh.seal_and_approve()
    assert stage(fresh) == "approved"
    assert stage(desk) == "frozen"
    desk.answer_all()
    desk.run("final-check")
    assert stage(desk) == "frozen"
    desk.run("final-check", by="sonia")
    desk.keep()
    document = valid(desk.run("status", "--format", "json"))
    assert document["stage"] == "checked"
    assert [by["holder"] for by in document["checked_by"]] == ["luca", "sonia"]
    assert [task["act"] for task in document["next"]] == ["window-step"]
    assert document["window"]["status"] == "AT_GO_HOLD_POINT"
    desk.launch.file("release", "README").write_bytes(b"another release\n")
    desk.run("final-check", "--yes")
    document = valid(desk.run("status", "--format", "json"))
    assert (document["stage"], document["ended_by"]) == ("ended", "luca")


def test_who_signed_and_is_pending_is_not_missing(desk):
    desk.answer_all()
    desk.run("final-check")
    assert desk.run("final-check", by="sonia").exit_code == 0
    document = valid(desk.run("status", "--format", "json"))
    assert document["final"]["have"] == 1
    assert (document["final"]["missing"], document["final"]["pending"]) == ([], ["sonia"])
    assert document["next"][0]["act"] == "append"
    assert [p["kind"] for p in document["pending"]] == ["verdict"]


def test_a_kit(desk, tmp_path):
    kit = tmp_path / "test.aztrust"
    assert run("-C", desk.launch.path, "pack", kit).exit_code == 0
    done = run("-C", kit, "status", "--anchor", desk.anchor)
    assert "frozen" in done.out, done.err
