"""`aztrust window hold` and `proceed`: a pause with a boundary, and how the launch goes on."""

from __future__ import annotations

import re

import pytest

from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import replace
from aztrust.core.judge.window_delay import delay_sentences
from aztrust.core.records.records import Unsigned
from aztrust.core.state.launch_state import Attempt
from tests.cli_launch import Desk, Template, copied, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import MINUTE, make_launch, signer
from tests.window_records import WindowRecords

clock = pytest.fixture(ticking_clock)
HOUR = 60 * MINUTE
TWO_PROCEED = (
    '[window]\nmax_hold = "30m"\nmax_update = "10m"\n'
    "[authority.proceed]\ndistinct_holders = 2\n"
    "roles = { launch-coordinator = 1, security-lead = 1 }\n"
    "[authority.hold]\ndistinct_holders = 1\nroles = { launch-coordinator = 1 }\n"
)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    return Template.at_go_hold(tmp_path_factory.mktemp("launch"), TWO_PROCEED)


desk = pytest.fixture(copied)


def hold(desk: Desk, *words: str, by: str = "luca") -> dict:
    code, document = desk.json("window", "hold", *words, "--yes", by=by)
    assert code == 0, document
    (record,) = document["records"]
    return record


def held(desk: Desk, record: dict) -> dict:
    return desk.statement(record["path"])["predicate"]


@pytest.mark.clause("AZ-18.2", "AZ-18.3")
def test_a_hold_has_an_end_and_a_promised_update(desk, clock):
    record = hold(desk, "--for", "20m", "--update", "5m", "--class", "role-readiness-gap", "silent")
    body, preimage = held(desk, record)["record"], held(desk, record)["preimages"]["hold_reason"]
    made = body["timestamp_unix_ms"]
    assert preimage["ends_at_unix_ms"] - made == 20 * MINUTE
    assert preimage["next_update_unix_ms"] - made == 5 * MINUTE
    assert record["in_effect"]
    assert record["ledger_entry"] is not None
    assert record["say"] == "hold issued for anomaly class role-readiness-gap"


def test_without_a_boundary_it_has_the_longest_that_the_policy_allows(desk):
    record = hold(desk, "silent")
    body, preimage = held(desk, record)["record"], held(desk, record)["preimages"]["hold_reason"]
    assert preimage["ends_at_unix_ms"] - body["timestamp_unix_ms"] == 30 * MINUTE
    assert preimage["next_update_unix_ms"] - body["timestamp_unix_ms"] == 10 * MINUTE


@pytest.mark.clause("AZ-18.3")
@pytest.mark.parametrize(
    ("words", "code", "cause"),
    [
        (("--for", "31m"), 10, "longer than the policy allows: 30m"),
        (("--update", "11m"), 10, "longer than the policy allows: 10m"),
        (("--for", "0m"), 2, "--for: '0m' is not a span of time"),
        (("--update", "soon"), 2, "--update: 'soon' is not a span of time"),
        (("--for", "5m", "--update", "6m"), 2, "after the end of the hold"),
        (("--class", "rain"), 2, "rain"),
    ],
)
def test_a_hold_without_an_end_that_the_policy_allows_is_refused(desk, words, code, cause):
    before = desk.snapshot()
    done = desk.run("window", "hold", *words, "silent", "--yes", by="luca")
    assert done.exit_code == code
    assert cause in done.advised
    assert desk.snapshot() == before


def test_a_hold_stops_a_proceed_and_past_its_end_it_still_does(desk, clock):
    hold(desk, "--for", "10m", "silent")
    for _ in range(2):
        done = desk.run("window", "proceed", "--reason", "T", "--yes", by="luca")
        assert done.exit_code == 10
        assert "no-open-hold" in done.advised
        assert "AZ-18.3" in done.advised
        clock.forward(11 * MINUTE)


@pytest.mark.clause("AZ-19.2", "AZ-19.3")
def test_a_proceed_that_names_the_hold_ends_it_at_its_threshold(desk):
    record = hold(desk, "silent")
    words = ("window", "proceed", record["record_id"][7:15], "--reason", "it answers", "--yes")
    code, document = desk.json(*words, by="luca")
    assert code == 0
    (first,) = document["records"]
    assert not first["in_effect"]
    assert first["missing"] == [{"role": "security-lead", "holders": ["sonia"]}]
    # The same holder again signs nothing, and one holder twice is not two.
    code, again = desk.json(*words, by="luca")
    assert code == 0
    assert again["record_id"] is None
    assert again["records"][0]["record_id"] == first["record_id"]
    assert again["records"][0]["signed_by"] == ["luca"]
    done = desk.run("countersign", first["record_id"][7:15], "--yes", by="sonia")
    assert done.exit_code == 0, done.err
    assert "takes effect once the ledger has it" in done.advised
    desk.keep()
    done = desk.run("window", "proceed", "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 0, done.err


@pytest.mark.parametrize("named", ["0" * 16, "zz", ""])
def test_a_proceed_for_a_hold_that_does_not_exist_is_refused(desk, named):
    hold(desk, "silent")
    before = desk.snapshot()
    done = desk.run("window", "proceed", named, "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 2
    assert "hold" in done.advised
    assert desk.snapshot() == before


def test_a_holder_without_the_role_does_not_hold(desk):
    done = desk.run("window", "hold", "silent", "--yes", by="sonia")
    assert done.exit_code == 10
    assert "signer-not-in-role" in done.advised or "may not hold" in done.advised


def test_the_same_hold_again_signs_nothing(desk):
    first = hold(desk, "silent")
    code, again = desk.json("window", "hold", "silent", "--yes", by="luca")
    assert code == 0
    assert again["record_id"] is None
    assert again["records"][0]["record_id"] == first["record_id"]
    # Another reason is another hold.
    assert hold(desk, "noise")["record_id"] != first["record_id"]


def test_it_counts_at_once_without_a_ledger(desk, tmp_path):
    desk.ledger.rename(tmp_path / "elsewhere")
    words = ("--key", desk.launch.key_file("luca"), "--anchor", desk.anchor, "--yes")
    done = run("-C", desk.launch.path, "window", "hold", "silent", *words, "--json")
    assert done.exit_code == 0, done.err
    (record,) = done.document["records"]
    assert record["in_effect"]
    assert not record["pending"]
    assert record["ledger_entry"] is None


def test_a_dry_run_signs_and_writes_nothing(desk):
    before = desk.snapshot()
    code, document = desk.json("window", "hold", "silent", "--dry-run", by="luca")
    assert code == 0
    assert document["dry_run"]
    assert document["record_id"] is None
    assert document["holder"] == "luca"
    assert desk.snapshot() == before


def test_the_review_is_shown_and_without_an_answer_nothing_is_signed(desk):
    before = desk.snapshot()
    done = desk.run("window", "hold", "silent", by="luca")
    assert done.exit_code == 4
    assert "silent" in done.out
    assert desk.snapshot() == before


@pytest.mark.clause("AZ-36")
def test_a_program_gets_the_statement(desk, tmp_path):
    program = tmp_path / "hook"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/lines\n", "utf-8")
    program.chmod(0o755)
    done = desk.run("window", "hold", "silent", "--exec", program, "--yes", by="luca")
    assert done.exit_code == 0
    lines = (tmp_path / "lines").read_text("utf-8")
    assert re.fullmatch(r"hold issued for launch_window_id sha256:[0-9a-f]{64}\n", lines)
    assert "ended with 0" in done.err


def test_a_program_that_fails_changes_nothing(desk):
    done = desk.run("window", "hold", "silent", "--exec", "false", "--yes", by="luca")
    assert done.exit_code == 0
    assert "ended with 1" in done.err
    done = desk.run("window", "hold", "noise", "--exec", "'", "--yes", by="luca")
    assert done.exit_code == 2


# ---- what it means for the chain -----------------------------------------------------------------


def test_a_hold_that_reaches_genesis_time_says_what_that_means(desk, clock):
    """genesis_time is 14:00, two hours after the clock of these tests begins."""
    done = desk.run("window", "hold", "silent", "--dry-run", by="luca")
    assert "genesis_time" not in done.advised
    clock.forward(100 * MINUTE)
    done = desk.run("window", "hold", "silent", "--dry-run", by="luca")
    assert "genesis_time 2026-06-02 14:00 UTC is reached: CometBFT starts late" in done.advised
    assert "started without `aztrust exec` start by themselves" in done.advised
    done = desk.run("window", "hold", "--for", "5m", "silent", "--dry-run", by="luca")
    assert "genesis_time" not in done.advised


def test_after_genesis_time_nothing_starts_by_itself_any_more(desk, clock):
    clock.forward(3 * HOUR)
    done = desk.run("window", "hold", "silent", "--dry-run", by="luca")
    assert "genesis_time 2026-06-02 14:00 UTC is past" in done.advised
    assert "start by themselves" not in done.advised


def test_a_deferral_says_what_it_means(desk):
    done = desk.run("window", "defer", "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 0
    assert "genesis_time 2026-06-02 14:00 UTC is reached: CometBFT starts late" in done.advised


@pytest.mark.parametrize(
    ("form", "cause"),
    [("ethereum", "every slot from then on is missed"), ("json", "for their documentation")],
)
def test_each_chain_has_its_own_consequence(desk, form, cause):
    context = read_launch_context(desk.launch.path, desk.launch.now())
    genesis = context.manifests["genesis"]
    other = genesis.model_copy(update={"facts": {**(genesis.facts or {}), "format": form}})
    changed = replace(context, manifests={**context.manifests, "genesis": other})
    attempt = Attempt("sha256:" + "1" * 64, "sha256:" + "2" * 64, ())
    assert cause in " ".join(delay_sentences(changed, attempt, None))
    nothing = replace(context, manifests={})
    assert delay_sentences(nothing, attempt, None) == ()


def test_a_hold_that_reaches_the_planned_start_says_so(desk):
    context = read_launch_context(desk.launch.path, desk.launch.now())
    records = WindowRecords()
    start = records.at + HOUR
    window = records.launch_window({"bootstrap_start_time_unix_ms": start})
    opened = Unsigned(window.kind, window.body, window.preimages).by("luca", signer("luca").public)
    attempt = Attempt("sha256:" + "1" * 64, "sha256:" + "2" * 64, (), opened)
    nothing = replace(context, manifests={})
    assert delay_sentences(nothing, attempt, start - 1) == ()
    (sentence,) = delay_sentences(nothing, attempt, start)
    assert sentence == f"it reaches the planned start, {format_minute(start)}"


# ---- several who stop ----------------------------------------------------------------------------


@pytest.mark.clause("AZ-28")
def test_a_deferral_that_takes_two_is_in_effect_at_the_second(tmp_path, clock):
    more = "distinct_holders = 2\nroles = { launch-coordinator = 1, security-lead = 1 }\n"
    desk = Desk(make_launch(tmp_path, policy=window_policy(f"[authority.defer]\n{more}")))
    desk.freeze()
    words = ("window", "defer", "--reason", "rain", "--yes")
    done = desk.run(*words, by="luca")
    assert done.exit_code == 0, done.err
    assert "luca, 1 of 2: waits" in done.advised
    assert desk.json("window", "status")[1]["open"]
    record = next(p for p in desk.files() if ".launch-defer." in p.name).name.split(".")[0]
    # The same person again signs nothing; another proposal of the same content is not made.
    assert "nothing was signed" in desk.run(*words, by="luca").advised
    done = desk.run(*words, by="sonia")
    assert done.exit_code == 10
    assert f"aztrust countersign {record}" in done.advised
    done = desk.run("window", "defer", "--reason", "snow", by="sonia")
    assert f"signed by luca, and it waits for others: aztrust countersign {record}" in done.advised
    done = desk.run("countersign", record, "--yes", by="sonia")
    assert "in effect" in done.advised
    assert not desk.json("window", "status")[1]["open"]
