"""The board of a launch: what one reading of its records says to a war room."""

from __future__ import annotations

from aztrust.core.judge.board import RECORDS_SHOWN, Board, make_board
from aztrust.core.judge.tasks import Todo
from aztrust.core.policy.model import MACHINE_ROWS, ROWS
from aztrust.report.board.document import board_document
from aztrust.report.board.model import BoardDocument
from tests.final_check_builders import CHECKED, blocker
from tests.memory_launch import Launch
from tests.operators import confirm, enrol, entry
from tests.readiness import CONFIRMED, bound, context_of, not_ready, ready, staffed
from tests.window_records import MINUTE, WindowRecords

POWERS = {"ann": 40, "bob": 27, "eve": 23, "joe": 10}
TABLE = 'min_power = "67%"\ncollapse = "34%"\nmandatory = ["ann"]'


def board(launch: Launch, at: int = CHECKED, unseen: tuple[str, ...] = ()) -> Board:
    return make_board(context_of(launch, at), Todo((), unseen))


def document(launch: Launch, at: int = CHECKED) -> BoardDocument:
    return board_document(board(launch, at), command="board")


def window_records(launch: Launch) -> WindowRecords:
    ids = bound(launch)
    return WindowRecords(
        launch.anchor, ids["scope_hash"], ids["launch_window_id"], at=CHECKED - 5 * MINUTE
    )


def put(launch: Launch, draft, by: str = "luca") -> None:
    launch.envelope(draft.payload(), by, draft.kind)


def some() -> Launch:
    launch = staffed(POWERS, TABLE)
    ready(launch, "ann")
    not_ready(launch, "eve", "genesis-mismatch", found="ab12cd34")
    return launch


def test_the_roll_call_has_every_operator_and_the_policys_thresholds():
    found = document(some()).readiness
    assert found is not None
    assert found.met is False
    assert found.total == "100"
    assert dict(found.powers) == {
        "ready": "40",
        "not-ready": "23",
        "stale": "0",
        "silent": "37",
        "unconfirmed": "0",
        "contested": "0",
    }
    assert (found.need_millionths, found.collapse_millionths) == (670_000, 340_000)
    assert [t.met for t in found.thresholds] == [False, True]
    states = {o.operator: (o.state, o.power, o.why) for o in found.operators}
    assert states == {
        "ann": ("ready", "40", None),
        "bob": ("silent", "27", None),
        "eve": ("not-ready", "23", "genesis-mismatch ab12cd34…"),
        "joe": ("silent", "10", None),
    }


def test_copies_of_one_wrong_file_are_named():
    launch = some()
    not_ready(launch, "joe", "genesis-mismatch", found="ab12cd34")
    found = document(launch).readiness
    assert found is not None
    assert any("ab12cd34" in text for text in found.findings)
    other = some()
    not_ready(other, "joe", "genesis-mismatch", found="00000000")
    found = document(other).readiness
    assert found is not None
    assert found.findings == ()


def test_a_confirmation_that_does_not_count_says_why():
    launch = some()
    confirm(launch, "bob", at=CONFIRMED, **{**bound(launch), "scope_hash": f"sha256:{'0' * 64}"})
    found = document(launch).readiness
    assert found is not None
    (bob,) = (o for o in found.operators if o.operator == "bob")
    assert bob.state == "silent"
    assert bob.why


def test_power_that_belongs_to_no_operator_is_listed_as_such():
    launch = staffed({"ann": 40, "bob": 60}, TABLE, enrolled=False)
    enrol(launch, entry("ann", validators=("ann-key",)))
    found = document(launch).readiness
    assert found is not None
    (rest,) = (o for o in found.operators if o.operator is None)
    assert (rest.state, rest.power) == ("unconfirmed", "60")


def test_without_the_genesis_the_power_is_not_known():
    launch = some()
    launch.captured["genesis"].clear()
    found = document(launch).readiness
    assert found is not None
    assert found.total is None
    assert found.powers == {}
    assert "not known" in found.findings[0]
    assert all(o.power is None for o in found.operators)


def test_without_an_enrolment_there_is_no_roll_call():
    assert document(staffed(POWERS, TABLE, enrolled=False)).readiness is None
    assert document(staffed(POWERS, "")).readiness.met is None


def test_a_launch_before_its_freeze_has_no_window_and_no_rows():
    found = document(Launch.approved())
    assert (found.window, found.readiness, found.checks) == (None, None, ())
    assert found.stage == "approved"
    assert found.chain_id == "bench-1"


def test_holds_come_with_their_end_and_their_next_update():
    launch = some()
    draft = window_records(launch).hold(severity="major")
    put(launch, draft)
    found = document(launch)
    assert found.window is not None
    (hold,) = found.window.holds
    assert (hold.holder, hold.severity) == ("luca", "major")
    assert hold.text == "peers of one operator are not seen"
    assert hold.ends_at_unix_ms == CHECKED + 25 * MINUTE
    assert hold.update_at_unix_ms == CHECKED + 5 * MINUTE
    assert found.records[0].statement.startswith("hold issued")


def test_what_stops_the_launch_is_listed_once():
    launch = some()
    assert document(launch).stops == ()
    blocker(launch)
    put(launch, window_records(launch).anomaly())
    stops = document(launch).stops
    assert [stop.kind for stop in stops] == ["blocker", "anomaly"]
    assert "the archive node does not start" in stops[0].text
    assert "no finality for two epochs" in stops[1].text


def test_rows_of_machines_are_of_the_last_final_check_and_before_it_not_looked_at():
    rows = document(some()).checks
    assert tuple(row.id for row in rows) == ROWS
    sources = {row.id: row.source for row in rows}
    assert {sources[name] for name in MACHINE_ROWS} == {"not-looked-at"}
    assert {sources[name] for name in set(ROWS) - set(MACHINE_ROWS)} == {"records"}
    assert {row.status for row in rows if row.id in MACHINE_ROWS} == {"not_run"}

    launch = some()
    launch.verdict(
        checkpoint_class="final_checks_completed",
        launch_window_id=bound(launch)["launch_window_id"],
    )
    rows = document(launch).checks
    seen = [row for row in rows if row.id in MACHINE_ROWS]
    assert {row.source for row in seen} == {"final-check"}
    assert {row.status for row in seen} == {"pass"}
    assert {row.detail for row in seen} == {"in the final check by luca"}


def test_the_last_records_are_the_newest_and_no_more_than_fit():
    launch = some()
    for n in range(RECORDS_SHOWN + 3):
        ready(launch, "joe", at=CONFIRMED + n)
    records = document(launch).records
    assert len(records) == RECORDS_SHOWN
    assert [r.at_unix_ms for r in records] == sorted((r.at_unix_ms for r in records), reverse=True)
    assert (records[0].holder, records[0].kind) == ("joe", "operator-confirmation")
    assert records[0].statement == "ready: node on linux/amd64"


def test_what_cannot_be_seen_is_in_the_document():
    found = board_document(board(some(), unseen=("a\nfile", "a\nfile")), command="board")
    assert found.unseen == ("a\\nfile",)
