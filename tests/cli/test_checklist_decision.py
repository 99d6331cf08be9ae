"""From answers to sign-offs, the score, the decision, the start, and the end of a checklist."""

from __future__ import annotations

import pytest

from tests import checklist_desk as board
from tests.checklist_desk import MEETING, lines, score, sign_all, sign_off
from tests.cli_launch import Desk, Template, copied, refused, ticking_clock
from tests.policies import authority

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    return board.at_the_decision(tmp_path_factory.mktemp("checklist"))


@pytest.fixture(scope="module")
def signed(template, tmp_path_factory) -> Template:
    return template.after(tmp_path_factory.mktemp("signed"), lambda desk, _: sign_all(desk))


def decide(desk: Desk, outcome: str = "go", *words: str, by: str = "luca"):
    said = ("checklist", "decide", outcome, *(words or MEETING), "--yes")
    return desk.run(*said, "--ledger", desk.ledger, by=by)


@pytest.mark.clause("RC-G.scoring", "RC-A")
def test_the_score_is_open_until_each_area_is_signed_off_and_then_go(desk):
    exit_code, document = score(desk)
    assert (exit_code, document["result"]) == (11, "OPEN")
    assert [line["subject"] for line in document["lines"]] == list(board.AREAS)
    sign_all(desk, "release")
    assert [line["subject"] for line in score(desk)[1]["lines"]] == ["release"]
    sign_off(desk, "release")
    exit_code, document = score(desk)
    assert (exit_code, document["result"], document["lines"]) == (0, "GO", [])


@pytest.fixture
def ready(signed, tmp_path, clock) -> Desk:
    """A desk of a launch whose areas are all signed off."""
    return signed.copy(tmp_path, clock)


@pytest.mark.clause("RC-G.decision", "RC-I", "AZ-40")
def test_a_go_by_the_checklist_has_its_score_and_minutes_and_leads_to_the_start(ready, clock):
    done = decide(ready)
    assert done.exit_code == 0, done.out + done.err
    (path,) = (p for p in ready.files() if ".go-no-go-decision." in p.name)
    statement = ready.statement(f"manifests/records/{path.name}")["predicate"]
    minutes = statement["preimages"]["minutes"]
    assert minutes["chair"] == "luca"
    assert {a["holder"]: a["role"] for a in minutes["attendees"]} == {
        "dan": "ops-lead",
        "luca": "launch-coordinator",
        "rita": "release-manager",
        "sonia": "security-lead",
    }
    assert minutes["score"]["result"] == "GO"
    assert statement["record"]["checklist_digest"] == board.DIGEST
    assert "go" in ready.window(clock.now).facts
    opens = clock.now // 1000
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    ready.done("window", "go", "--reason", "as decided", *times)
    ready.done("window", "checkpoint", "bootstrap_authorized")
    assert ready.window(clock.now).status == "BOOTSTRAP_AUTHORIZED"


@pytest.mark.clause("RC-G.decision")
def test_a_go_without_the_checklist_is_refused_with_the_command_that_has_it(ready, clock):
    done = ready.run("window", "decide", "go", "--reason", "T", "--yes")
    refused(done, "checklist-decided")
    assert "checklist decide go --reason T" in done.err
    opens = clock.now // 1000
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    done = ready.run("window", "go", "--reason", "T", *times, "--yes")
    refused(done, "checklist-decided")
    assert "checklist decide go --reason T" in done.err


@pytest.mark.clause("RC-G.decision")
def test_a_go_without_a_sign_off_of_each_area_is_refused(desk):
    sign_all(desk, "release")
    done = decide(desk)
    refused(done, "release: not signed off")
    assert "checklist sign-off release approve" in done.err


@pytest.mark.clause("RC-G.scoring", "RC-A")
def test_what_changes_after_a_sign_off_makes_it_stale_by_name(ready, clock):
    board.answer(ready, clock, "D.4", "fail")
    exit_code, document = score(ready)
    assert exit_code == 11
    assert lines(document, "OPEN") == [
        "operations: the sign-off by dan is stale: D.4 was pass and is fail"
    ]
    refused(decide(ready), "D.4 was pass and is fail")
    # The other areas are as they were.
    sign_off(ready, "operations")
    exit_code, document = score(ready)
    assert (exit_code, len(lines(document, "GO"))) == (0, 1)


@pytest.mark.clause("RC-G.scoring")
def test_a_failed_p0_is_no_go_and_a_failed_p2_is_tracked(desk, clock):
    board.answer(desk, clock, "D.4", "fail")
    board.answer(desk, clock, "D.3", "fail")
    exit_code, document = score(desk)
    assert exit_code == 10
    assert [line.split(":")[0] for line in lines(document, "NO-GO")] == ["D.3"]
    assert [line.split(":")[0] for line in lines(document, "GO")] == ["D.4"]
    sign_all(desk)
    refused(decide(desk), "D.3: P0 fail")


@pytest.mark.clause("RC-I")
def test_a_decision_without_one_who_has_to_be_there_is_refused(ready):
    words = ("--reason", "T", "--chair", "luca", "--attendee", "sonia", "--attendee", "dan")
    for outcome in ("go", "no-go"):
        refused(decide(ready, outcome, *words), "release: rita")
    assert decide(ready, "no-go", *words, "--attendee", "rita").exit_code == 0


def test_a_follow_up_of_somebody_who_is_not_a_holder_is_refused(ready):
    words = (*MEETING, "--follow-up")
    done = decide(ready, "no-go", *words, "look again;nobody;2030-01-01T00:00:00Z")
    assert done.exit_code == 2
    assert "nobody is not a holder" in done.advised
    assert decide(ready, "no-go", *words, "look again;dan;2030-01-01T00:00:00Z").exit_code == 0


@pytest.mark.clause("RC-J", "RC-G.decision")
def test_the_checklist_is_closed_after_its_decision_and_nothing_counts_after_it(ready, clock):
    close = ("checklist", "freeze", "--yes", "--ledger", ready.ledger)
    refused(ready.run(*close, by="luca"), "nothing was decided")
    assert decide(ready).exit_code == 0
    ready.keep()
    done = ready.run(*close, by="luca")
    assert done.exit_code == 0, done.out + done.err
    ready.keep()
    (path,) = (p for p in ready.files() if ".checklist-closed." in p.name)
    index = ready.statement(f"manifests/records/{path.name}")["predicate"]["preimages"]["index"]
    kinds = [record["kind"] for record in index["records"]]
    assert sorted(kinds) == [
        *["checklist-answer"] * 3,
        *["checklist-sign-off"] * 3,
        "go-no-go-decision",
    ]
    board.answer(ready, clock, "D.3", "fail")
    assert score(ready)[0] == 0
    words = ("checklist", "sign-off", "release", "reject", "--reason", "T", "--cites", "C.2")
    refused(ready.run(*words, "--yes", "--ledger", ready.ledger, by="rita"), "closed")


@pytest.mark.clause("RC-G.decision")
def test_a_sign_off_that_is_revoked_takes_the_go_back_until_the_start(ready, clock):
    assert decide(ready).exit_code == 0
    ready.keep()
    assert "go" in ready.window(clock.now).facts
    (signed, *_) = sorted(
        p.name.split(".")[0] for p in ready.files() if ".checklist-sign-off." in p.name
    )
    done = ready.run("revoke", signed, "--reason", "a mistake", "--yes", by="sonia")
    assert done.exit_code == 0, done.out + done.err
    ready.keep()
    assert "go" not in ready.window(clock.now).facts


TWO_DECIDE = authority("decide", 2, launch_coordinator=1, security_lead=1)


@pytest.fixture(scope="module")
def of_two(tmp_path_factory) -> Template:
    made = board.at_the_decision(tmp_path_factory.mktemp("two"), more=TWO_DECIDE)
    return made.after(tmp_path_factory.mktemp("two-signed"), lambda desk, _: sign_all(desk))


@pytest.mark.clause("RC-G.decision")
def test_another_holder_signs_the_decision_on_the_same_score(of_two, tmp_path, clock):
    desk = of_two.copy(tmp_path, clock)
    assert decide(desk).exit_code == 0
    desk.keep()
    assert "go" not in desk.window(clock.now).facts
    (path,) = (p for p in desk.files() if ".go-no-go-decision." in p.name)
    done = desk.run("countersign", path.name.split(".")[0], "--yes", by="sonia")
    assert done.exit_code == 0, done.out + done.err
    assert "6 of 6 items are the same here" in done.out
    desk.keep()
    assert "go" in desk.window(clock.now).facts


@pytest.mark.clause("RC-G.decision")
def test_another_holder_does_not_sign_the_decision_on_another_score(of_two, tmp_path, clock):
    desk = of_two.copy(tmp_path, clock)
    assert decide(desk).exit_code == 0
    desk.keep()
    board.answer(desk, clock, "D.4", "not-applicable")
    (path,) = (p for p in desk.files() if ".go-no-go-decision." in p.name)
    done = desk.run("countersign", path.name.split(".")[0], "--yes", by="sonia")
    refused(done, "D.4 is scored pass, and here it is not-applicable")
