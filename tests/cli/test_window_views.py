"""What shows a launch window: status, next, log, script, minutes, roles, handover, the tasks."""

import hashlib
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aztrust.cli import session as session_module
from aztrust.core.base.advice import commands
from aztrust.core.judge import window_script
from aztrust.core.records.window import window_metadata
from tests.cli_launch import DAY, MINUTE, NOW, Desk, Template, copied, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.standins import script_watch

HOUR = 60 * MINUTE
START = NOW + DAY + 3 * HOUR
TIMES = {
    "--bootstrap-authorization": START - HOUR,
    "--bootstrap-start": START,
    "--early-epoch-end": START + HOUR,
    "--posture-end": START + DAY,
}
GO = ("window", "go", "--reason", "all pass", "--yes")

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "UTC")


def planned() -> list[str]:
    return [word for name, at in TIMES.items() for word in (name, str(at // 1000))]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A launch at its go/hold point: luca and sonia froze it with five times, and checked it."""

    def act(desk: Desk) -> None:
        desk.freeze(*planned())
        desk.freeze(by="sonia")
        desk.keep()
        desk.answer_all()
        for by in ("luca", "sonia"):
            assert desk.run("final-check", "--yes", by=by).exit_code in (0, 11)
            desk.keep()

    return Template.of_two(tmp_path_factory.mktemp("checked"), act)


desk = pytest.fixture(copied)


@pytest.fixture
def early(tmp_path, clock):
    """A launch that nothing is frozen in yet, with one signer."""
    return Desk(make_launch(tmp_path, policy=window_policy()))


def status(desk, *words):
    exit_code, document = desk.json("window", "status", *words)
    assert exit_code == 0
    return document["window"]


def proposed(desk):
    """luca proposes to go; sonia has not signed."""
    opens, closes = (str(at // 1000) for at in (START, START + HOUR))
    done = desk.run(*GO, "--opens", opens, "--closes", closes, by="luca")
    assert done.exit_code == 0, done.err
    desk.keep()


def flat(done) -> str:
    return " ".join(done.out.split())


# ---- status --------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-3.2", "AZ-4.1", "AZ-16.2")
def test_status_shows_where_the_window_is(desk):
    done = desk.run("window", "status")
    assert done.exit_code == 0
    first, phase, *_ = done.out.splitlines()
    assert first.startswith("WINDOW   AT_GO_HOLD_POINT   test-1   T-02:59:")
    assert phase == "phase    LW_PHASE_2_GO_HOLD_POINT"
    assert "bootstrap start" in done.out
    assert "open no hold, no blocker, no anomaly" in flat(done)
    for line in done.out.splitlines():
        # A path is never torn.
        assert len(line) <= 80 or "/" in line
    assert desk.run("window", "status", "-q").out.startswith(first[:40])
    window = status(desk)
    assert (window["status"], window["phase"]) == ("AT_GO_HOLD_POINT", "LW_PHASE_2_GO_HOLD_POINT")
    at = {b["id"]: b["at_unix_ms"] for b in window["boundaries"]}
    assert at["bootstrap-authorization-time"] == START - HOUR
    assert at["bootstrap-start-time"] == START
    assert at["early-epoch-observation-end-time"] == START + HOUR
    assert at["restricted-posture-end-time"] == START + DAY
    assert "window-open" in at
    assert window["start"] == {"from": "bootstrap start", "at_unix_ms": START}
    taken = [(step["step"], step["holders"]) for step in window["steps"]]
    assert taken[0] == ("freeze", ["luca", "sonia"])
    assert [name for name, _ in taken] == ["freeze", "first-final-check", "final-checks-passed"]


def test_status_counts_down_and_then_up(desk, clock):
    before = desk.run("window", "status", "--at", str(START // 1000 - 2240)).out
    assert "T-00:37:20" in before.splitlines()[0]
    after = desk.run("window", "status", "--at", str(START // 1000 + 65)).out
    assert "T+00:01:05" in after.splitlines()[0]


def test_status_shows_times_in_the_readers_zone(desk, monkeypatch):
    import time

    # Bucharest, on a machine that may have no zones.
    monkeypatch.setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4")
    time.tzset()
    try:
        shown = desk.run("window", "status").out
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()
    assert re.search(r"now +\S+ \S+ UTC   \S+ \S+ EEST", shown)
    assert re.search(
        r"final check counts until +\d\d:\d\d UTC \(\d\d:\d\d EEST, in \d+ min\)", shown
    )


def test_a_final_check_that_is_too_old_is_shown_with_what_mends_it(desk):
    later = str((NOW + DAY + 2 * HOUR) // 1000)
    assert "aztrust final-check" in desk.run("window", "status", "--at", later).out
    exit_code, document = desk.json("window", "next", "--at", later)
    lacking = {m["id"] for s in document["steps"] if s["step"] == "proceed" for m in s["missing"]}
    assert lacking == {"final-checks-recent"}
    assert exit_code == 0
    assert next(s for s in document["steps"] if s["step"] == "final-checks-again")["possible"]


def test_a_hold_is_open_with_its_end_and_its_next_update(desk):
    words = ("--for", "10m", "--update", "5m", "two operators are silent", "--yes")
    assert desk.run("window", "hold", *words, by="luca").exit_code == 0
    window = status(desk)
    [hold] = window["holds"]
    assert (hold["holder"], hold["text"]) == ("luca", "two operators are silent")
    assert hold["ends_at_unix_ms"] - hold["at_unix_ms"] == 10 * MINUTE
    assert hold["update_at_unix_ms"] - hold["at_unix_ms"] == 5 * MINUTE
    ids = [boundary["id"] for boundary in window["boundaries"]]
    assert ids.count("hold-end") == ids.count("next-update") == 1
    shown = flat(desk.run("window", "status"))
    assert "two operators are silent" in shown
    past = str((hold["ends_at_unix_ms"] + MINUTE) // 1000)
    assert "only a proceed that names it" in flat(desk.run("window", "status", "--at", past))
    assert "only a proceed that names it" not in shown


def test_what_waits_names_who_can_still_sign(desk):
    proposed(desk)
    window = status(desk)
    waiting = {each["act"]: each for each in window["waiting"]}
    assert set(waiting) == {"proceed", "decide-go", "authorize", "instruct"}
    assert waiting["proceed"]["holders"] == ["luca"]
    assert waiting["proceed"]["missing"] == [{"role": "security-lead", "holders": ["sonia"]}]
    assert waiting["proceed"]["command"].startswith("aztrust countersign ")
    shown = desk.run("window", "status").out
    assert "missing: security-lead (sonia)" in " ".join(shown.split())


def test_a_step_that_lacks_signatures_advises_no_second_proposal(desk):
    first = {step["step"]: step for step in desk.json("window", "next")[1]["steps"]}["proceed"]
    assert (first["command"].split()[1], first["holders"]) == ("window", ["luca", "sonia"])
    proposed(desk)
    step = {step["step"]: step for step in status(desk)["next"]}["proceed"]
    [record] = step["waiting"]
    assert step["command"] == f"aztrust countersign {record[7:23]}"
    assert step["holders"] == ["sonia"]
    shown = flat(desk.run("window", "status"))
    assert f"countersign {record[7:23]}" in shown.rpartition("next ")[2]
    assert "window proceed" not in shown


def test_a_signature_in_the_folder_is_pending_and_asks_no_one_again(desk):
    proposed(desk)
    record = status(desk)["waiting"][0]["record_id"][7:23]
    done = desk.run("countersign", record, "--yes", "--ledger", "/absent", by="sonia")
    assert done.exit_code == 0, done.err
    window = status(desk)
    [act] = [each for each in window["waiting"] if each["record_id"][7:23] == record]
    assert (act["in_folder"], act["missing"]) == (["sonia"], [])
    assert (act["holders"], act["need"], act["command"]) == (["luca", "sonia"], 2, None)
    assert any(p["holder"] == "sonia" for p in window["pending"])
    desk.keep()
    after = status(desk)
    assert "proceed" in {step["step"] for step in after["steps"]}
    assert after["decided"]["step"] == "proceed"
    assert after["pending"] == []


def test_status_at_a_head_knows_nothing_later(desk, tmp_path):
    head = tmp_path / "head"
    kept = desk.run("ledger", "head", "--format", "json", "--ledger", desk.ledger).document
    head.write_text(kept["note"], "utf-8")
    assert desk.run("window", "hold", "a later hold", "--yes", by="luca").exit_code == 0
    assert len(status(desk)["holds"]) == 1
    assert status(desk, "--at-head", str(head))["holds"] == []
    # One that the keeper did not sign is named.
    first, size, *rest = kept["note"].split("\n")
    head.write_text("\n".join((first, str(int(size) - 1), *rest)), "utf-8")
    done = desk.run("window", "status", "--at-head", str(head))
    assert done.exit_code == 1
    assert "has a signature that the keeper, f14aec86, did not make" in flat(done)


def test_watching_shows_the_window_again_when_it_changes(desk, monkeypatch):
    """The reports of the file system are scripted: a hold arrives, then the user interrupts."""

    def hold() -> None:
        desk.run("window", "hold", "a peer is silent", "--yes", by="luca")

    script_watch(monkeypatch, hold, None, None)
    done = desk.run("window", "status", "--watch")
    assert done.exit_code == 130
    assert done.out.count("WINDOW   AT_GO_HOLD_POINT") == 2
    _, before, after = done.out.split("WINDOW   ")
    assert "a peer is silent" in after
    assert "a peer is silent" not in before
    refused = desk.run("window", "status", "--watch", "--at", "1")
    assert (refused.exit_code, "drop --at" in refused.err) == (2, True)


def test_the_window_that_ended_last_is_still_shown(desk):
    desk.run("window", "defer", "--reason", "rain", "--yes", by="luca")
    window = status(desk)
    assert window["status"] == "DEFERRED"
    assert window["decided"]["step"] == "defer"
    assert "rain" in desk.run("window", "log").out
    assert "WINDOW   DEFERRED   test-1" in desk.run("window", "status").out


def test_without_a_window_the_views_have_nothing_to_show(early):
    where = ("-C", early.launch.path, "window")
    for view in ("next", "log", "script", "minutes"):
        done = run(*where, view, "--anchor", early.anchor)
        assert (done.exit_code, "no launch window was opened" in done.err) == (3, True)
    done = run(*where, "status", "--anchor", early.anchor, "--format", "json")
    assert (done.exit_code, done.document["window"]) == (0, None)


# ---- next ----------------------------------------------------------------------------------------


def test_next_lists_what_is_possible_for_whom_and_what_is_lacking(desk):
    exit_code, document = desk.json("window", "next")
    assert exit_code == 0
    steps = {step["step"]: step for step in document["steps"]}
    assert steps["proceed"]["possible"]
    assert steps["proceed"]["holders"] == ["luca", "sonia"]
    assert steps["decide-go"]["missing"][0]["id"] == "go-hold-reviewed"
    assert {"hold", "defer", "abort"} <= set(steps)
    shown = desk.run("window", "next").out
    assert "can      proceed" in shown
    assert "not yet  decide-go" in shown
    assert "lacks  go-hold-reviewed" in shown
    assert "signed by launch-coordinator (luca), security-lead (sonia)" in shown
    typed = commands(shown.replace(" \\\n", " "))
    assert any(" window go " in command for command in typed)


def test_next_addresses_the_reader_and_the_place(desk):
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    shutil.copy(desk.launch.key_file("sonia"), keys / "sonia.key")
    shutil.copy(desk.launch.path / "keys" / "sonia.pem", keys / "sonia.pem")
    shown = desk.run("window", "next").out
    assert "you (sonia):" in shown
    assert f"-C {desk.launch.path}" in flat(desk.run("window", "next")).replace("\\ ", "")


# ---- log, script, minutes ------------------------------------------------------------------------


def test_the_log_is_in_the_order_of_the_ledger(desk):
    desk.run("window", "hold", "a peer is silent", "--yes", by="luca")
    entries = desk.json("window", "log")[1]["entries"]
    places = [entry["entry"] for entry in entries]
    assert places == sorted(places)
    names = [entry["name"] for entry in entries]
    assert names[:2] == ["launch-window", "freeze"]
    assert names[-1] == "hold"
    assert entries[-1]["statement"].startswith("hold issued for launch_window_id sha256:")
    assert entries[-1]["text"] == "a peer is silent"
    freeze = entries[1]
    assert (freeze["statement"], freeze["status"]) == ("checkpoint freeze_confirmed = pass", "OPEN")


def test_the_script_is_the_one_that_was_fixed_when_the_window_opened(desk):
    done = desk.run("window", "script")
    assert done.exit_code == 0
    document = desk.json("window", "script")[1]
    digest = f"sha256:{hashlib.sha256(document['text'].encode()).hexdigest()}"
    assert digest == document["digest"] == document["script_hash"]
    assert done.out == document["text"]
    [path] = [p for p in desk.files() if ".launch-window." in p.name]
    preimages = desk.statement(f"manifests/records/{path.name}")["predicate"]["preimages"]
    metadata = window_metadata(preimages)
    assert metadata.script_hash == digest
    assert "| bootstrap start | " in done.out


def test_another_script_than_the_fixed_one_is_a_notice(early, monkeypatch):
    real = window_script.script_text
    with monkeypatch.context() as patch:
        patch.setattr(window_script, "script_text", lambda script: real(script) + "more\n")
        early.freeze()
    window = status(early)
    assert [notice["code"] for notice in window["notices"]] == ["window-script-differs"]
    assert "window-script-differs" in early.run("window", "status").out
    assert early.run("window", "script").exit_code == 10


def test_a_window_with_its_own_script_has_no_notice(early):
    early.freeze()
    assert status(early)["notices"] == []


@pytest.mark.clause("AZ-3.2")
def test_times_that_are_out_of_order_are_refused_before_anything_is_signed(early):
    early_start = ["--bootstrap-start", str(START // 1000)]
    late = ["--bootstrap-authorization", str((START + HOUR) // 1000)]
    before = early.snapshot()
    done = early.run("freeze", "--yes", *early_start, *late)
    assert done.exit_code == 2
    assert "not in order" in done.err
    assert [p for p in early.snapshot() if "window" in str(p)] == [
        p for p in before if "window" in str(p)
    ]
    assert early.run("freeze", "--yes", *early_start).exit_code == 0


def test_the_cutoff_is_the_policys_before_the_planned_start(tmp_path, clock):
    policy = window_policy('[window]\nchange_cutoff = "90m"\n')
    desk = Desk(make_launch(tmp_path, policy=policy))
    desk.freeze("--bootstrap-start", str(START // 1000))
    at = {b["id"]: b["at_unix_ms"] for b in status(desk)["boundaries"]}
    assert at["change-cutoff"] == START - 90 * MINUTE


@pytest.mark.parametrize("planned", [True, False])
def test_without_a_table_the_default_cutoff_is_shown(tmp_path, clock, planned):
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.freeze(*(("--bootstrap-start", str(START // 1000)) if planned else ()))
    at = {b["id"]: b["at_unix_ms"] for b in status(desk)["boundaries"]}
    if planned:
        assert at["change-cutoff"] == START - 120 * MINUTE
    else:
        assert at["change-cutoff"] == status(desk)["start"]["at_unix_ms"] - 120 * MINUTE


class Page(HTMLParser):
    """The names of the elements of a page, and every address in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.words += data


def test_the_minutes_annotate_the_script(desk, tmp_path):
    nasty = "<script>alert(1)</script> | **x**"
    desk.run("window", "hold", nasty, "--yes", by="luca")
    text = desk.run("window", "minutes").out
    assert "### 1. The freeze" in text
    assert "* **done** " in text
    assert "* not done" in text
    assert nasty not in text
    out = tmp_path / "minutes.html"
    desk.run("window", "minutes", "--html", "-o", out)
    page = Page(out.read_text("utf-8"))
    assert not {"script", "link", "img", "iframe"} & set(page.names)
    assert page.addresses == []
    assert nasty in page.words
    assert "@page" in out.read_text("utf-8")
    assert "overflow-wrap: anywhere" in out.read_text("utf-8"), "a digest is wider than a column"
    assert "url(" not in out.read_text("utf-8")
    for reference in ("@import", "://", "srcset", "refresh"):
        assert reference not in out.read_text("utf-8")
    for words in (("--html",), ()):
        done = desk.run("window", "minutes", *words, "-o", out)
        assert done.exit_code == 0, "earlier minutes are replaced"
    out.write_text("<!DOCTYPE html>\n<title>Minutes of the launch window: mine", "utf-8")
    assert desk.run("window", "minutes", "--html", "-o", out).exit_code == 2
    document = desk.json("window", "minutes")[1]
    happened = {s["step"]: len(s["happened"]) for s in document["steps"]}
    assert (happened["freeze"], happened["proceed"]) == (1, 0)
    assert [entry["name"] for entry in document["others"]][-1] == "hold"


# ---- people --------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-14.1", "AZ-14.2")
def test_each_actor_has_a_card(desk):
    cards = {card["role"]: card for card in desk.json("window", "roles")[1]["roles"]}
    assert len([card for card in cards.values() if card["title"]]) == 10
    lead = cards["security-lead"]
    assert (lead["holders"], lead["backup"]) == (["sonia"], [])
    for key in ("responsibilities", "escalation", "may_confirm", "may_not_improvise"):
        assert all(card[key] for card in cards.values() if card["title"])
    shown = flat(desk.run("window", "roles", "security-lead"))
    for text in (*lead["may_confirm"], *lead["may_not_improvise"]):
        assert text in shown
    assert desk.run("window", "roles", "nothing").exit_code == 2


def test_a_handover_records_what_is_open(desk):
    desk.run("window", "hold", "a peer is silent", "--yes", by="luca")
    exit_code, document = desk.json("window", "handover", "--to", "sonia", "--yes", by="luca")
    assert exit_code == 0
    assert "by luca to sonia: AT_GO_HOLD_POINT" in document["text"]
    assert "open: hold " in document["text"]
    entries = desk.json("window", "log")[1]["entries"]
    assert (entries[-1]["name"], entries[-1]["text"]) == ("note", document["text"])
    before = len(desk.files())
    assert desk.run("window", "handover", "--to", "zoe", "--yes", by="luca").exit_code == 2
    assert desk.run("window", "handover", "--to", "luca", "--yes", by="luca").exit_code == 2
    assert len(desk.files()) == before


# ---- tasks ---------------------------------------------------------------------------------------


def tasks(desk, name, *words):
    return desk.json("todo", "--for", name, *words)[1]["tasks"]


def test_a_proposal_is_one_task_of_those_who_can_still_sign(desk):
    assert [task["act"] for task in tasks(desk, "sonia")] == ["window-step"]
    proposed(desk)
    [task] = tasks(desk, "sonia")
    assert task["act"] == "countersign"
    # Two hours later the proposal has expired, and no one is asked to sign it.
    late = str(START // 1000)
    assert "countersign" not in [each["act"] for each in tasks(desk, "sonia", "--at", late)]
    ids = {each["record_id"][7:23] for each in status(desk)["waiting"]}
    assert set(task["command"].split()[2:6]) == ids
    assert tasks(desk, "luca") == []


def test_the_walk_countersigns_all_of_a_proposal_with_one_answer(desk, monkeypatch):
    proposed(desk)
    monkeypatch.setattr(session_module, "is_terminal", lambda _: True)
    common = ("--ledger", desk.ledger, "--anchor", desk.anchor)
    key = ("--key", desk.launch.key_file("sonia"))
    walked = ("-C", desk.launch.path, "sign", *key, *common, "--format", "json")
    unanswered = run(*walked, "--yes").document
    assert [step["outcome"] for step in unanswered["steps"]] == ["left"]
    done = run(*walked, answer="y\n").document
    # The four make a checkpoint possible, which its own command reviews.
    walked = [(s["act"], s["outcome"]) for s in done["steps"]]
    assert walked == [("countersign", "done"), ("checkpoint", "left")]
    assert [task["act"] for task in tasks(desk, "sonia")] == ["checkpoint"]
    desk.keep()
    assert "proceed" in {step["step"] for step in status(desk)["steps"]}


def test_a_hold_past_its_end_is_a_task(desk):
    desk.run("window", "hold", "--for", "10m", "--update", "5m", "rain", "--yes", by="luca")
    [hold] = status(desk)["holds"]
    acts = [task["act"] for task in tasks(desk, "sonia")]
    assert "end-hold" not in acts
    past = str((hold["ends_at_unix_ms"] + MINUTE) // 1000)
    [task] = [t for t in tasks(desk, "sonia", "--at", past) if t["act"] == "end-hold"]
    assert task["urgency"] == "objection"
    assert task["command"].startswith("aztrust window proceed ")


def test_a_promised_update_is_a_task_until_something_is_noted(desk):
    desk.run("window", "hold", "--for", "30m", "--update", "5m", "rain", "--yes", by="luca")
    [hold] = status(desk)["holds"]
    due = str((hold["update_at_unix_ms"] + MINUTE) // 1000)
    acts = [task["act"] for task in tasks(desk, "luca")]
    assert "hold-update" not in acts
    [task] = [t for t in tasks(desk, "luca", "--at", due) if t["act"] == "hold-update"]
    assert "was promised" in task["why"]
    assert task["command"].startswith("aztrust window note T")
    assert "hold-update" not in [t["act"] for t in tasks(desk, "sonia", "--at", due)]
    assert desk.run("window", "note", "still raining", "--yes", by="luca").exit_code == 0
    assert "hold-update" not in [t["act"] for t in tasks(desk, "luca", "--at", due)]


def test_what_cannot_be_read_may_be_a_stop(desk):
    """A file that may be an abort, and a head that is none: the state shown is not all there is."""
    assert desk.run("window", "status").exit_code == 0
    stray = desk.launch.path / "manifests/records/aaaa.launch-abort.dsse.json"
    stray.mkdir()
    for words in (("status",), ("next",)):
        done = desk.run("window", *words)
        assert done.exit_code == 1, words
        assert "aaaa.launch-abort.dsse.json" in " ".join(done.out.split())
    stray.rmdir()
    assert desk.run("window", "status").exit_code == 0
    program = desk.launch.path.parent / "atlasd"
    program.write_bytes(b"\x7fELF")
    done = desk.run("window", "status", "--at-head", program)
    assert done.exit_code != 0
