"""From answers to sign-offs, the score, the decision, the start, and the end of a checklist."""

from __future__ import annotations

import pytest

from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.base.value import replace
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.present_window import present_window
from aztrust.storage.launch import open_launch
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
    line = ("checklist", "decide", outcome, *(words or MEETING), "--yes")
    return desk.run(*line, "--ledger", desk.ledger, by=by)


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
def test_a_failed_p0_stops_and_a_failed_p2_is_tracked(desk, clock):
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


def test_a_follow_up_of_one_who_is_not_a_holder_is_refused(ready):
    words = (*MEETING, "--follow-up")
    done = decide(ready, "no-go", *words, "look again;stranger;2030-01-01T00:00:00Z")
    assert done.exit_code == 2
    assert "stranger is not a holder" in done.advised
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
def test_the_same_decision_proposed_again_is_the_same_record(of_two, tmp_path, clock):
    desk = of_two.copy(tmp_path, clock)

    def decisions() -> int:
        return len([p for p in desk.files() if ".go-no-go-decision." in p.name])

    assert decide(desk).exit_code == 0
    desk.keep()
    clock.forward(90_000)
    again = decide(desk)
    assert again.exit_code == 0, again.out + again.err
    assert "it was signed before" in again.out
    assert decisions() == 1
    refused(decide(desk, by="sonia"), "luca proposed the same")
    # Another reason is another decision.
    other = ("--reason", "another reason", *MEETING[2:])
    assert decide(desk, "go", *other).exit_code == 0
    assert decisions() == 2


@pytest.mark.clause("RC-G.decision")
def test_the_advice_of_a_launch_with_a_checklist_runs_as_it_is_typed(ready):
    _, document = ready.json("window", "next", "--ledger", ready.ledger)
    shown = str(document)
    assert "window go" not in shown
    assert "window decide go" not in shown
    typed = "aztrust checklist decide go --reason T --chair HOLDER --attendee HOLDER"
    assert typed in shown
    words = typed.replace("--attendee HOLDER", "--attendee sonia").replace("HOLDER", "luca")
    more = ("--attendee", "dan", "--attendee", "rita", "--yes", "--ledger", ready.ledger)
    done = ready.run(*words.split()[1:], *more, by="luca")
    assert done.exit_code == 0, done.out + done.err


@pytest.mark.clause("RC-G.decision")
def test_another_holder_does_not_sign_the_decision_on_another_score(of_two, tmp_path, clock):
    desk = of_two.copy(tmp_path, clock)
    assert decide(desk).exit_code == 0
    desk.keep()
    board.answer(desk, clock, "D.4", "not-applicable")
    (path,) = (p for p in desk.files() if ".go-no-go-decision." in p.name)
    done = desk.run("countersign", path.name.split(".")[0], "--yes", by="sonia")
    refused(done, "D.4 is scored pass, and here it is not-applicable")


@pytest.mark.clause("RC-H", "RC-A", "RC-G.scoring")
def test_a_file_that_is_replaced_by_one_of_the_same_name_stops_the_decision(desk, clock):
    file = desk.launch.path / "restore.log"
    file.write_bytes(b"restored\n")
    words = ("evidence", "add", "D.3", file, "--ledger", desk.ledger)
    done = desk.run(*words, by="dan")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    sign_all(desk)
    assert score(desk)[0] == 0
    file.write_bytes(b"restored?\n")
    exit_code, document = score(desk)
    assert exit_code == 10
    assert any(line.startswith("D.3: P0 fail") for line in lines(document, "NO-GO"))
    assert "operations: the sign-off by dan is stale: D.3 was pass and is fail" in lines(
        document, "OPEN"
    )
    refused(decide(desk), "D.3: P0 fail")
    file.unlink()
    assert score(desk)[0] == 11
    file.write_bytes(b"restored\n")
    assert score(desk)[0] == 0


@pytest.mark.clause("RC-pre", "RC-G.decision")
def test_a_checklist_that_is_not_the_one_of_the_policy_is_neither_scored_nor_decided(ready):
    path = ready.launch.path / "manifests/checklist.toml"
    path.write_bytes(board.DEFINITIONS.replace(b'priority = "P0"', b'priority = "P2"'))
    for words in (("checklist", "score"), ("checklist", "decide", "go", *MEETING, "--yes")):
        done = ready.run(*words, "--ledger", ready.ledger, by=None if "score" in words else "luca")
        assert done.exit_code == 10
        assert "not those that the policy names" in " ".join(done.err.split())
    path.write_bytes(board.DEFINITIONS)
    assert score(ready)[0] == 0


@pytest.mark.clause("RC-G.scoring")
def test_a_third_warning_of_p1_and_a_conditional_sign_off_count_together(desk, clock):
    board.answer(desk, clock, "D.2", "warning", due_unix_ms=clock.now + 10 * 86_400_000)
    due = ("--owner", "sonia", "--due", str(clock.now // 1000 + 86_400))
    sign_off(desk, "security", "conditional", *due)
    sign_off(desk, "operations")
    sign_off(desk, "release")
    assert score(desk)[0] == 0
    sign_off(desk, "release", "conditional", *due)
    exit_code, document = score(desk)
    assert exit_code == 10
    assert "number 3: at most 2 are allowed" in lines(document, "NO-GO")[0]


@pytest.mark.clause("RC-G.decision", "AZ-40")
def test_a_kit_carries_what_the_go_rests_on(ready, tmp_path, clock):
    assert decide(ready).exit_code == 0
    ready.keep()
    kit = tmp_path / "launch.aztrust"
    done = ready.run("pack", "--to", kit, "--ledger", ready.ledger, anchor=False)
    assert done.exit_code == 0, done.out + done.err
    request = Request(clock.now, anchor=ready.anchor)
    evidence = with_ledger(open_launch(kit).evidence(), request, LedgerOptions(None))

    def facts(held: Evidence) -> frozenset[str]:
        context = read_context(request, held)
        (attempt,) = context.state.attempts
        return present_window(context, attempt).facts

    assert "go" in facts(evidence)
    # Without the definitions nothing shows what the decision had to answer.
    assert "go" not in facts(replace(evidence, checklist=None))
