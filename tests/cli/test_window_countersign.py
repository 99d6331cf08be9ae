"""`countersign`: the same record as another holder, after a look at what it rests on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli_launch import Clock, Desk, Template, another_machine, copied, refused, ticking_clock
from tests.command import run
from tests.disk_launch import MINUTE
from tests.starts import KINDS, go, go_proposed, proposals, two_at_go_hold

clock = pytest.fixture(ticking_clock)
HOUR = 60 * MINUTE

template = pytest.fixture(scope="module")(two_at_go_hold)
proposed = pytest.fixture(scope="module")(go_proposed)
desk = pytest.fixture(copied)


@pytest.fixture
def second(proposed: Template, tmp_path: Path, clock: Clock) -> Desk:
    """The launch after luca proposed to go."""
    return proposed.copy(tmp_path, clock)


# ---- what has changed since the proposal ---------------------------------------------------------


def test_another_entry_of_the_ledger_does_not_stop_a_countersignature(second):
    done = second.run("attest", "monitoring-live", "pass", by="dan")
    assert done.exit_code == 0
    second.keep()
    assert second.run("window", "go", "--yes", by="sonia").exit_code == 0


@pytest.mark.clause("AZ-2.2")
def test_a_countersignature_over_a_moved_state_is_refused(second):
    assert second.run("attest", "incident-path", "fail", by="dan").exit_code == 0
    refused(second.run("window", "go", "--yes", by="sonia"), "no-open-trigger", "AZ-29.1")
    assert second.run("final-check", "--yes").exit_code != 0
    # What was objected to is mended, and the check that did not pass is still the last one.
    assert second.run("attest", "incident-path", "pass", by="dan").exit_code == 0
    before = second.snapshot()
    # What rests on the check before is no longer open: it is proposed again.
    done = second.run("window", "go", "--yes", by="sonia")
    assert (done.exit_code, "no proposal to go is open" in " ".join(done.err.split())) == (2, True)
    done = second.run("countersign", proposals(second)["launch-proceed"], "--yes", by="sonia")
    refused(done, "final-checks-passed")
    assert second.snapshot() == before


def test_a_countersignature_after_the_final_check_was_taken_back_is_refused(second):
    found = [p for p in second.files("verdicts") if p.name.startswith("final_checks")]
    (path,) = [p for p in found if "dsse" in p.name]
    record_id = path.name.split(".")[1]
    done = second.run("revoke", record_id, "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 0, done.err
    before = second.snapshot()
    done = second.run("countersign", proposals(second)["launch-proceed"], "--yes", by="sonia")
    refused(done, "rests on", "not in force here")
    assert second.snapshot() == before


def test_a_proposal_that_expired_is_refused(second, clock):
    clock.forward(3 * HOUR)
    before = second.snapshot()
    done = second.run("countersign", proposals(second)["launch-proceed"], "--yes", by="sonia")
    refused(done, "act-expired", "by luca expired")
    assert second.snapshot() == before


def test_a_signer_takes_a_signature_back_before_it_is_in_effect(second):
    ids = proposals(second)
    done = second.run("revoke", ids["launch-proceed"], "--reason", "wait", "--yes", by="luca")
    assert done.exit_code == 0, done.err
    code, document = second.json("countersign", ids["launch-proceed"], "--yes", by="luca")
    assert code == 10
    assert "took this signature back" in document["message"]
    # No other holder has the coordinator's role, so that the signatures can never be enough.
    done = second.run("countersign", ids["launch-proceed"], "--yes", by="sonia")
    refused(done, "cannot sign enough")


@pytest.fixture
def elsewhere(template: Template, tmp_path: Path, clock: Clock) -> Desk:
    """Another copy from before."""
    (tmp_path / "other").mkdir()
    return template.copy(tmp_path / "other", clock)


def handed_over(desk: Desk, elsewhere: Desk) -> str:
    """The records of a proposal, in the folder of the other copy; the id of its proceed."""
    for path in desk.files():
        if path.name.split(".")[1] in KINDS:
            shutil.copy(path, elsewhere.launch.path / "manifests/records")
    return proposals(desk)["launch-proceed"]


def test_a_proposal_over_the_ledger_of_before_is_signed(second, elsewhere, tmp_path):
    """Only what came after the head of the proposal is missing here."""
    record_id = handed_over(second, elsewhere)
    with another_machine(tmp_path):
        done = elsewhere.run("countersign", record_id, "--yes", by="sonia")
    assert done.exit_code == 0, done.err


@pytest.mark.parametrize("grows", [False, True])
def test_a_proposal_over_another_ledger_is_refused(desk, elsewhere, clock, tmp_path, grows):
    assert desk.run("attest", "monitoring-live", "pass", by="dan").exit_code == 0
    desk.keep()
    go(desk, clock)
    with another_machine(tmp_path):
        if grows:
            assert elsewhere.run("attest", "incident-path", "pass", by="dan").exit_code == 0
            elsewhere.keep()
        record_id = handed_over(desk, elsewhere)
        before = elsewhere.snapshot()
        done = elsewhere.run("countersign", record_id, "--yes", by="sonia")
    if grows:
        refused(done, "is not the beginning of the one here")
    else:
        assert done.exit_code == 1
        assert "git pull" in done.advised
    assert elsewhere.snapshot() == before


def test_a_ledger_that_does_not_hold_is_named_as_the_cause(second):
    ids = proposals(second)
    (tile,) = (second.launch.path / "manifests/ledger/tile/0").iterdir()
    held = tile if tile.is_file() else next(tile.iterdir())
    held.write_bytes(held.read_bytes()[::-1])
    words = ("countersign", ids["launch-proceed"], "--yes", "--key")
    done = run("-C", second.launch.path, *words, second.launch.key_file("sonia"))
    assert done.exit_code == 1, done.err
    assert "cannot be compared with the proposal's: " in done.advised
    assert "entries, and" not in done.advised


# ---- packages ------------------------------------------------------------------------------------


def without_packages(desk: Desk) -> None:
    shutil.rmtree(desk.launch.path / "packages" / "release")


def test_where_the_packages_are_here_they_are_recomputed(second):
    done = second.run("window", "go", "--yes", by="sonia")
    assert "recomputed" in done.advised
    assert "not looked at" not in done.advised


def test_where_they_are_not_the_act_rests_on_a_young_final_check(second):
    without_packages(second)
    code, document = second.json("window", "go", "--yes", by="sonia")
    assert code == 0, document
    assert document["packages"] == "not-looked-at"
    verdicts = [p.name.split(".")[1] for p in second.files("verdicts") if "final" in p.name]
    assert document["rests_on_final_check"][7:23] in verdicts


def test_the_review_without_packages_never_says_recomputed(second):
    without_packages(second)
    done = second.run("window", "go", "--yes", by="sonia")
    assert done.exit_code == 0
    assert "packages not looked at here; rests on final check" in done.advised
    assert "recomputed" not in done.advised


def test_without_packages_an_old_final_check_is_not_enough(second, clock):
    ids = proposals(second)
    clock.forward(61 * MINUTE)
    without_packages(second)
    done = second.run("countersign", ids["launch-proceed"], "--yes", by="sonia")
    refused(done, "final-checks-recent")


def test_with_packages_an_old_final_check_is_not_enough_for_a_proceed(second, clock):
    """It is judged at the time of the countersignature, not at that of the proposal."""
    clock.forward(61 * MINUTE)
    before = second.snapshot()
    done = second.run("countersign", proposals(second)["launch-proceed"], "--yes", by="sonia")
    refused(done, "final-checks-recent", "AZ-")
    assert "the packages are not here" not in done.advised
    assert second.snapshot() == before


def test_without_packages_an_instruction_needs_a_young_final_check_too(second, clock):
    """The table asks for none at this step: only who has no packages needs one."""
    ids = proposals(second)
    for kind in KINDS[:3]:
        assert second.run("countersign", ids[kind], "--yes", by="sonia").exit_code == 0
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        assert second.run("window", "checkpoint", name).exit_code == 0
    clock.forward(61 * MINUTE)
    done = second.run("countersign", ids[KINDS[3]], "--dry-run", by="sonia")
    assert done.exit_code == 0, done.err
    without_packages(second)
    done = second.run("countersign", ids[KINDS[3]], "--dry-run", by="sonia")
    refused(done, "the packages are not here", "final-checks-recent")


def test_packages_that_changed_stop_a_countersignature(second):
    second.launch.file("release", "README").write_bytes(b"another\n")
    before = second.snapshot()
    done = second.run("window", "go", "--yes", by="sonia")
    refused(done, "does not verify")
    assert second.snapshot() == before


# ---- which record --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("abc", "neither a record id nor a file"),
        ("f" * 16, "no record begins with"),
        ("x y", "neither a record id nor a file"),
    ],
)
def test_what_names_no_record_is_refused(second, text, cause):
    done = second.run("countersign", text, "--yes", by="sonia")
    assert done.exit_code == 2
    assert cause in done.advised


def test_a_record_that_one_holder_signs_is_not_countersigned(second):
    approval = next(p for p in second.files() if ".approval." in p.name)
    done = second.run("countersign", approval.name.split(".")[0], "--yes", by="sonia")
    assert done.exit_code == 2
    assert "is not signed by several holders" in done.advised


def test_a_record_is_taken_from_a_file_that_was_sent(second, tmp_path):
    """The proposer's file is in no folder and no ledger here."""
    sent = next(p for p in second.files() if ".launch-proceed." in p.name)
    copy = tmp_path / "from luca"
    shutil.copy(sent, copy)
    code, document = second.json("countersign", copy, "--yes", by="sonia")
    assert code == 0, document
    assert document["records"][0]["record_id"][7:23] == sent.name.split(".")[0]


def test_the_payload_of_a_countersignature_is_the_same_to_the_byte(second):
    ids = proposals(second)
    for kind in KINDS:
        assert second.run("countersign", ids[kind], "--yes", by="sonia").exit_code == 0
        files = [p for p in second.files() if p.name.startswith(ids[kind])]
        assert len(files) == 2
        one, two = (second.statement(f"manifests/records/{p.name}") for p in files)
        assert one == two


def test_a_review_is_the_same_for_both_signers(second):
    lines = second.run("window", "go", "--dry-run", by="sonia").lines
    first = second.run("window", "go", "--dry-run", by="luca").lines

    def acts(shown: list[str]) -> list[str]:
        return shown[1 : shown.index("scope")]

    assert len(acts(lines)) > 12
    assert [x for x in acts(lines) if not x.startswith(("checked", " "))] == [
        x for x in acts(first) if not x.startswith(" ")
    ]
