"""`aztrust final-check`, end to end through the command line."""

from __future__ import annotations

import json
import shutil

import jsonschema
import pytest

from aztrust.core.policy.model import ROWS
from aztrust.report.escape import visible
from tests.cli_launch import DAY, Desk, Template, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import MINUTE, NOW, PEOPLE, make_launch
from tests.final_check_builders import OWNERS
from tests.patience import PATIENCE
from tests.servers import answer, closed, serving, silent
from tests.shared import REPOSITORY
from tests.verdicts import TWO

clock = pytest.fixture(autouse=True)(ticking_clock)
HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture(scope="module")
def is_answered(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("answered"), answered=True)


@pytest.fixture
def desk(is_frozen, tmp_path, clock):
    """A frozen launch without any answer."""
    return is_frozen.copy(tmp_path, clock)


@pytest.fixture
def answered(is_answered, tmp_path, clock):
    """The same with every answer."""
    return is_answered.copy(tmp_path, clock)


def statuses(document):
    return {row["id"]: row["status"] for row in document["matrix"]}


def spoil(desk, path="config/network.toml"):
    """Change a sealed file; how to put it back."""
    file = desk.launch.file("release", path)
    before = file.read_bytes()
    file.write_bytes(b'chain_id = "test-1" # changed\n')
    return lambda: file.write_bytes(before)


def test_the_ledger_lists_what_was_answered(desk):
    desk.run("attest", "monitoring-live", "pass", by="dan")
    desk.run("attest", "incident-path", "fail", by=OWNERS["incident-path"])
    desk.run("advisory", "review", "--outcome", "blocking", "--source", "public")
    desk.run("blocker", "open", "a disk is full", "--severity", "major")
    desk.keep()
    done = desk.run("ledger", "list", "--json", "--ledger", desk.ledger)
    answers = [entry["answer"] for entry in done.document["entries"] if entry["answer"]]
    assert answers[-4:] == [
        "monitoring-live = pass",
        "incident-path = fail",
        "advisories = blocking",
        "major blocker opened",
    ]
    assert "pass" in answers[:-4], "the freeze"
    kinds = {e["kind"] for e in done.document["entries"] if not e["answer"]}
    assert {"seal", "approval"} <= kinds
    text = desk.run("ledger", "list", "--ledger", desk.ledger).out
    for stated in answers[-4:]:
        assert text.count(stated) == 1, stated
    assert "freeze_confirmed pass" in text


# ---- a pass --------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-6.3", "AZ-23.1", "AZ-36")
def test_a_pass(answered):
    done = answered.run("final-check")
    assert (done.exit_code, done.err) == (0, "")
    assert done.out.startswith("PASS")
    for row in ROWS:
        assert f"\n{row} " in done.out
    assert f"passed   {len(ROWS)} of {len(ROWS)} rows" in done.out
    assert "say      checkpoint final_checks_completed = pass" in done.out
    assert all(
        len(line) <= 80
        for line in done.out.splitlines()
        if "git " not in line and "manifests/" not in line
    )
    names = [p.name for p in answered.files("verdicts") if p.name.startswith("final_checks")]
    assert [name.partition(".")[2][17:] for name in names] == [
        "f14aec86.dsse.json",
        "f14aec86.sigstore.json",
    ]
    assert answered.verify() == (0, "CONTINUE", set())


@pytest.mark.clause("AZ-17.2", "AZ-23.2")
def test_what_the_verdict_says(answered):
    exit_code, document = answered.json("final-check")
    assert exit_code == 0
    assert (document["verdict"], document["guidance"]) == ("pass", "CONTINUE")
    assert document["signatures"] == {"have": 1, "missing": [], "need": 1, "pending": []}
    assert document["say"] == ["checkpoint final_checks_completed = pass"]
    predicate = answered.statement(document["recorded"]["path"])["predicate"]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["AZTRUST_FINAL_CHECKS_COMPLETED"]
    checkpoint = predicate["urn:aztrust:launch-checkpoint:v1"]
    assert (checkpoint["guidance"], checkpoint["findings"]) == ("CONTINUE", [])
    assert [row["id"] for row in checkpoint["matrix"]] == list(ROWS)
    assert all(row["owner"] and row["evidence"] for row in checkpoint["matrix"])
    said = [row["timestamp_unix_ms"] for row in checkpoint["matrix"]]
    assert max(said) <= checkpoint["record"]["timestamp_unix_ms"]
    assert len(set(said)) > 1
    entries = document["recorded"]["ledger_entry"]
    assert entries == checkpoint["ledger"]["size"]


def test_a_final_check_again_is_a_new_one(answered):
    first = answered.json("final-check")[1]["recorded"]
    second = answered.json("final-check")[1]["recorded"]
    assert first["record_id"] != second["record_id"]
    assert second["ledger_entry"] == first["ledger_entry"] + 1


@pytest.mark.clause("AZ-6.3")
def test_what_is_open_is_a_hold_and_is_signed(desk):
    desk.answer_all(but=("incident-path",))
    done = desk.run("final-check")
    assert done.exit_code == 11
    assert done.out.startswith("HOLD")
    assert "open     incident-path: ops-lead (dan) has not answered" in done.out
    assert "dan: aztrust attest incident-path pass --role ops-lead" in done.advised
    assert "say      checkpoint final_checks_completed = hold" in done.out
    exit_code, document = desk.json("final-check")
    assert (exit_code, document["verdict"], document["guidance"]) == (11, "hold", "HOLD")
    statement = desk.statement(document["recorded"]["path"])
    assert statement["predicate"]["verificationResult"] == "FAILED"
    assert [s["name"] for s in statement["subject"]] == ["scope"]
    desk.run("attest", "incident-path", "pass")
    assert desk.run("final-check").exit_code == 0


@pytest.mark.clause("AZ-28", "AZ-18.3")
def test_what_is_open_is_a_defer_once_the_window_is_to_be_decided(tmp_path, clock):
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.freeze("--decide-by", str((clock.now + HOUR) // 1000))
    assert desk.json("final-check")[1]["guidance"] == "HOLD"
    clock.forward(HOUR)
    exit_code, document = desk.json("final-check")
    assert (exit_code, document["verdict"], document["guidance"]) == (11, "hold", "DEFER")
    checkpoint = desk.statement(document["recorded"]["path"])["predicate"]
    assert checkpoint["urn:aztrust:launch-checkpoint:v1"]["guidance"] == "DEFER"
    # The scope stays valid, and what was open can still be answered.
    desk.answer_all()
    assert desk.run("final-check").exit_code == 0


def test_answers_age(answered, clock):
    assert answered.run("final-check").exit_code == 0
    clock.forward(HOUR)
    exit_code, document = answered.json("final-check")
    assert exit_code == 11
    assert {s for r, s in statuses(document).items() if "integrity" not in r} >= {"not_run"}


def test_a_major_blocker_is_conditional(desk):
    desk.run("blocker", "open", "slow disks", "--severity", "major")
    desk.answer_all()
    exit_code, document = desk.json("final-check")
    assert (exit_code, document["verdict"]) == (11, "conditional")
    record = desk.statement(document["recorded"]["path"])["predicate"]
    record = record["urn:aztrust:launch-checkpoint:v1"]["record"]
    assert record["verdict"] == "conditional"
    assert record["blocker_root"].startswith("sha256:")


# ---- only looking --------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", [True, False])
def test_a_dry_run_writes_nothing(desk, answered):
    if answered:
        desk.answer_all()
    before = desk.snapshot()
    done = desk.run("final-check", "--dry-run")
    assert done.exit_code == (0 if answered else 11)
    assert "nothing was signed" in done.out
    assert "say " not in done.out
    assert desk.snapshot() == before
    _, document = desk.json("final-check", "--dry-run")
    assert (document["recorded"], document["say"]) == (None, [])
    assert list(statuses(document)) == list(ROWS)


def test_what_only_the_folder_has_is_taken_in_by_a_real_run_and_in_memory_by_a_dry_one(
    desk, tmp_path
):
    """An answer that came by chat is in the folder; the ledger has yet to take it."""
    elsewhere = tmp_path / "another.ledger"
    desk.answer_all(but=("incident-path",))
    shutil.copy(desk.ledger, elsewhere)
    desk.run("attest", "incident-path", "pass", "--ledger", elsewhere)
    before = desk.snapshot()
    exit_code, document = desk.json("final-check", "--dry-run")
    assert (exit_code, statuses(document)["incident-path"]) == (0, "pass")
    assert desk.snapshot() == before
    assert desk.run("final-check").exit_code == 0


def test_the_file_of_a_check_that_was_stopped_after_its_entry(answered):
    path = answered.launch.path / answered.json("final-check")[1]["recorded"]["path"]
    data = path.read_bytes()
    path.unlink()
    assert answered.run("final-check").exit_code == 0
    assert path.read_bytes() == data


def test_a_ledger_that_is_elsewhere(answered):
    done = answered.run("final-check", "--ledger", answered.launch.path.parent / "none.ledger")
    told = " ".join(done.out.split())
    assert "ledger none here; pending: counts after " in told
    assert "aztrust ledger keep" in done.advised
    # It is shown as it is typed outside of the launch directory.
    assert "aztrust ledger keep" not in told


# ---- broken truth --------------------------------------------------------------------------------


@pytest.mark.clause("AZ-28", "AZ-29.1")
def test_broken_truth_asks_before_it_ends_the_scope(answered):
    restore = spoil(answered)
    before = answered.snapshot()
    done = answered.run("final-check")
    assert done.exit_code == 4
    assert answered.snapshot() == before
    assert done.out.splitlines()[0] == "check    test-1  would be FAIL"
    assert "INVALIDATES THE SCOPE FOR GOOD" in done.out
    assert "release:config/network.toml" in done.out
    assert "for good?" in done.err
    restore()
    assert answered.run("final-check").exit_code == 0


@pytest.mark.clause("AZ-25.3", "AZ-28", "AZ-29.1")
def test_a_signed_abort_ends_the_scope_for_good(answered):
    restore = spoil(answered)
    done = answered.run("final-check", "--yes")
    assert done.exit_code == 10
    assert "say      checkpoint final_checks_completed = fail" in done.out
    assert "the scope has ended" in done.out
    restore()
    exit_code, guidance, codes = answered.verify()
    assert (exit_code, guidance) == (10, "ABORT")
    assert codes == {"scope-invalidated", "freeze-missing"}
    for words in (("final-check",), ("final-check", "--dry-run"), ("freeze", "--yes")):
        done = answered.run(*words)
        assert done.exit_code == 10
        assert "scope-invalidated" in done.err
    assert "scope-invalidated" in answered.run("attest", "incident-path", "pass").err


def test_what_an_abort_says(desk):
    spoil(desk)
    exit_code, document = desk.json("final-check", "--yes")
    assert (exit_code, document["verdict"], document["guidance"]) == (10, "fail", "ABORT")
    checkpoint = desk.statement(document["recorded"]["path"])["predicate"]
    checkpoint = checkpoint["urn:aztrust:launch-checkpoint:v1"]
    assert checkpoint["record"]["verdict"] == "fail"
    assert checkpoint["guidance"] == "ABORT"
    assert "release:config/network.toml" in {f["subject"] for f in checkpoint["findings"]}


@pytest.mark.clause("AZ-40")
def test_a_stray_file_fails_and_ends_nothing(answered):
    stray = answered.launch.file("release", "notes.txt")
    stray.write_text("mine")
    done = answered.run("final-check")
    assert done.exit_code == 10
    assert "INVALIDATES" not in done.out
    assert "guidance HOLD" in done.out
    stray.unlink()
    assert answered.verify() == (0, "CONTINUE", set())
    assert answered.run("final-check").exit_code == 0


@pytest.mark.clause("AZ-25.1", "AZ-25.2")
def test_a_package_sealed_anew_is_reported_under_the_frozen_scope(desk):
    frozen = desk.json("verify")[1]["scope_hash"]
    spoil(desk)
    desk.launch.seal("release", "rita")
    exit_code, document = desk.json("final-check", "--dry-run")
    assert (exit_code, document["guidance"]) == (10, "ABORT")
    codes = {f["subject"] for c in document["checks"] for f in c["findings"]}
    assert "manifests/release.json" in codes
    exit_code, document = desk.json("final-check", "--yes")
    path = document["recorded"]["path"]
    assert desk.statement(path)["predicate"]["resourceUri"] == f"urn:aztrust:scope:{frozen[7:]}"


# ---- the policy that was frozen ------------------------------------------------------------------


def rewrite(desk):
    """A launch.toml in which rita may sign verdicts."""
    path = desk.launch.path / "manifests/launch.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("{ launch-coordinator = 1 }", "{ release-manager = 1 }"), "utf-8")


@pytest.mark.clause("AZ-2.4", "AZ-25.1")
def test_a_rewritten_policy_is_judged_by_the_frozen_one(answered):
    rewrite(answered)
    exit_code, document = answered.json("final-check", "--dry-run")
    assert (exit_code, document["guidance"]) == (10, "ABORT")
    assert document["policy_digest"] == answered.anchor
    drifted = [f for c in document["checks"] for f in c["findings"] if c["id"] == "drift"]
    assert [f["subject"] for f in drifted] == ["manifests/launch.toml"]
    done = answered.run("final-check", "--yes", by="rita")
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    assert answered.run("final-check", "--yes").exit_code == 10
    exit_code, _, codes = answered.verify()
    assert "anchor-mismatch" in codes


@pytest.mark.clause("AZ-25.3")
@pytest.mark.parametrize("given", ["anchor", "scope"])
def test_a_kept_policy_counts_under_any_name(desk, given):
    """Its digest decides what it is: every command that judges under it finds it the same way."""
    scope = desk.json("verify")[1]["scope_hash"]
    announced = ("--anchor", desk.anchor) if given == "anchor" else ("--scope", scope)
    rewrite(desk)
    kept = desk.launch.path / "manifests/policies" / f"{desk.anchor[7:]}.toml"
    kept.rename(kept.with_name("renamed.toml"))
    _, document = desk.json("final-check", "--dry-run", *announced, anchor=False)
    assert document["policy_digest"] == desk.anchor
    words = ("window", "abort", "--trigger", "other", "--reason", "x", "--yes", *announced)
    done = desk.run(*words, anchor=False)
    assert done.exit_code == 0, done.err
    assert "scope-invalidated" in desk.run("final-check", "--dry-run", *announced, anchor=False).err


def test_a_rewritten_policy_by_its_pin(desk, tmp_path):
    assert run("-C", desk.launch.path, "anchor", "add", desk.anchor).exit_code == 0
    desk.answer_all()
    assert desk.run("final-check", "--dry-run", anchor=False).exit_code == 0
    rewrite(desk)
    exit_code, document = desk.json("final-check", "--dry-run", anchor=False)
    assert (exit_code, document["anchor"], document["policy_digest"]) == (
        10,
        "pinned",
        desk.anchor,
    )


def test_a_rewritten_policy_by_the_scope(desk):
    scope = desk.json("verify")[1]["scope_hash"]
    desk.answer_all()
    assert desk.run("final-check", "--dry-run", "--scope", scope, anchor=False).exit_code == 0
    rewrite(desk)
    exit_code, document = desk.json("final-check", "--dry-run", "--scope", scope, anchor=False)
    assert (exit_code, document["guidance"], document["policy_digest"]) == (
        10,
        "ABORT",
        desk.anchor,
    )


def test_a_kept_policy_of_someone_else_is_not_used(desk):
    """An attacker who can write the folder keeps a policy there under a name of their choice."""
    rewrite(desk)
    kept = desk.launch.path / "manifests/policies" / f"{desk.anchor[7:]}.toml"
    kept.write_bytes(kept.read_bytes() + b"# mine\n")
    done = desk.run("final-check", "--dry-run")
    assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True)


# ---- refusals ------------------------------------------------------------------------------------


def test_not_without_an_anchor(answered):
    for words in (("final-check",), ("final-check", "--dry-run")):
        done = answered.run(*words, anchor=False)
        assert (done.exit_code, "anchor-unpinned" in done.err) == (10, True)


@pytest.mark.clause("AZ-5.3")
def test_not_without_a_freeze(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    for words in (("final-check",), ("attest", "incident-path", "pass")):
        done = desk.run(*words)
        assert (done.exit_code, "freeze-missing" in done.err) == (10, True)


def test_not_for_a_scope_that_was_mistyped(answered):
    before = answered.snapshot()
    for anchor in (True, False):
        done = answered.run("final-check", "--yes", "--scope", "7" * 64, anchor=anchor)
        assert done.exit_code == 10
    assert answered.snapshot() == before


def test_not_after_a_defer(answered):
    assert answered.run("window", "defer", "--reason", "not ready", "--yes").exit_code == 0
    done = answered.run("final-check")
    assert (done.exit_code, "freeze-missing" in done.err) == (10, True)
    # The same scope may be tried again; everything is answered anew.
    answered.freeze()
    assert answered.run("final-check").exit_code == 11
    answered.answer_all()
    assert answered.run("final-check").exit_code == 0


def test_not_by_another_role(desk):
    done = desk.run("final-check", by="dan")
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)


def test_not_with_a_revoked_key(desk):
    key = PEOPLE["luca"].public().fingerprint
    desk.answer_all()
    assert desk.run("revoke", key, "--reason", "retired", "--yes").exit_code == 0
    done = desk.run("final-check", "--yes")
    assert done.exit_code == 10
    assert "key-revoked" in done.err or "freeze-missing" in done.err


@pytest.mark.clause("AZ-28")
def test_lost_authority_blocks_and_is_cured(answered):
    approval = next(p for p in answered.files() if ".approval.1052bce8" in p.name)
    assert answered.run("revoke", approval.name, "--reason", "second look", "--yes").exit_code == 0
    exit_code, document = answered.json("final-check")
    assert (exit_code, document["verdict"], document["guidance"]) == (10, "fail", "HOLD")
    assert statuses(document)["release-integrity"] == "fail"
    assert (
        run(
            "-C",
            answered.launch.path,
            "approve",
            "release",
            "--yes",
            "--anchor",
            answered.anchor,
            "--key",
            answered.launch.key_file("sonia"),
        ).exit_code
        == 0
    )
    assert answered.run("final-check").exit_code == 0


# ---- two who sign --------------------------------------------------------------------------------


def test_where_two_must_sign_each_recomputes(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=window_policy(verdicts=TWO)))
    desk.freeze(by="luca")
    desk.freeze(by="sonia")
    desk.keep()
    desk.answer_all()
    done = desk.run("final-check", by="luca")
    assert done.exit_code == 11
    assert "1 of 2 signed; missing: security-lead (sonia)" in " ".join(done.out.split())
    done = desk.run("final-check", by="sonia")
    assert done.exit_code == 0
    assert "2 of 2 signed" in done.out
    # A holder's latest verdict counts: what luca takes back by a hold no longer passes.
    desk.run("blocker", "open", "wait")
    desk.run("final-check", by="luca")
    blocker = desk.json("blocker", "list")[1]["blockers"][0]["blocker"]
    desk.run("blocker", "close", blocker, "--reason", "mended")
    assert desk.run("final-check", by="sonia").exit_code == 11


# ---- the monitoring ------------------------------------------------------------------------------


PATIENT = f'timeout = "{PATIENCE:g}s"\n'


def probed(tmp_path, url, more=""):
    probe = f'[checks.monitoring-live.probe]\nurl = "{url}"\n{more}'
    desk = Desk(make_launch(tmp_path, policy=window_policy(probe)))
    desk.freeze()
    desk.answer_all(but=("monitoring-live",))
    return desk


@pytest.mark.clause("AZ-6.2", "AZ-26.2")
def test_the_monitoring_is_asked(tmp_path):
    with serving({"/live": answer(200, b"all well")}) as (base, asked):
        desk = probed(tmp_path, f"{base}/live", f'matches = "all well"\n{PATIENT}')
        assert asked == []
        exit_code, document = desk.json("final-check")
        assert asked == ["/live"]
    assert exit_code == 0
    row = next(r for r in document["matrix"] if r["id"] == "monitoring-live")
    assert row["status"] == "pass"
    assert len(row["evidence"]) == 1


@pytest.mark.clause("AZ-6.2", "AZ-26.2")
@pytest.mark.parametrize(
    ("status", "body", "exit_code", "said"),
    [(503, b"all well", 11, "fail"), (200, b"firing", 11, "fail"), (301, b"", 11, "fail")],
)
def test_the_monitoring_is_not_well(tmp_path, status, body, exit_code, said):
    with serving({"/": answer(status, body)}) as (base, _):
        desk = probed(tmp_path, f"{base}/", f'matches = "all well"\n{PATIENT}')
        code, document = desk.json("final-check")
    assert (code, statuses(document)["monitoring-live"]) == (exit_code, said)


@pytest.mark.clause("AZ-6.2", "AZ-26.2")
def test_the_monitoring_cannot_be_reached(tmp_path):
    with closed() as port:
        desk = probed(tmp_path, f"http://127.0.0.1:{port}/")
        exit_code, document = desk.json("final-check")
    assert (exit_code, document["verdict"], document["guidance"]) == (1, "error", "HOLD")
    assert statuses(document)["monitoring-live"] == "error"
    record = desk.statement(document["recorded"]["path"])["predicate"]
    assert record["urn:aztrust:launch-checkpoint:v1"]["record"]["verdict"] == "hold"


def test_the_monitoring_does_not_answer_in_time(tmp_path):
    with silent() as base:
        desk = probed(tmp_path, f"{base}/", 'timeout = "1s"\n')
        exit_code, document = desk.json("final-check", "--dry-run")
    assert (exit_code, statuses(document)["monitoring-live"]) == (1, "error")


def test_no_question_before_the_policy_is_the_announced_one(tmp_path):
    with serving({"/": answer(200)}) as (base, asked):
        desk = probed(tmp_path, f"{base}/")
        path = desk.launch.path / "manifests/launch.toml"
        text = path.read_bytes()
        path.write_bytes(text.replace(b'url = "', b'url = "').replace(b'"test launch"', b'"x"'))
        for anchor in ("7" * 64, None):
            given = ("--anchor", anchor) if anchor else ()
            assert run("-C", desk.launch.path, "final-check", "--dry-run", *given).exit_code == 10
        path.write_bytes(text)
        desk.run("verify")
        desk.run("attest", "incident-path", "pass")
        assert asked == []


# ---- forms ---------------------------------------------------------------------------------------


def test_one_line(answered):
    done = answered.run("final-check", "--dry-run", "-q")
    count = f"{len(ROWS)} of {len(ROWS)}"
    assert done.out == f"PASS     test-1  exit 0  final_checks_completed {count}\n"


def test_the_evidence_in_full(answered):
    done = answered.run("final-check", "--dry-run", "-v")
    assert "evidence of chain-id" in done.out


def test_the_report_is_canonical_and_visible(desk):
    desk.run("blocker", "open", "a \x1b[31mred\x1b[0m line\nand another")
    done = desk.run("final-check", "--dry-run")
    assert "\x1b" not in done.out
    listed = desk.run("blocker", "list")
    assert "\x1b" not in listed.out
    assert json.loads(desk.run("final-check", "--dry-run", "--format", "json").out)
    assert visible("\x1b") in done.out


def test_looking_as_of_another_time(answered):
    late = str((NOW + 3 * DAY) // 1000)
    exit_code, document = answered.json("final-check", "--dry-run", "--at", late)
    assert (exit_code, document["at_unix_ms"]) == (11, NOW + 3 * DAY)
    before = answered.snapshot()
    done = answered.run("final-check", "--at", late)
    assert (done.exit_code, "--dry-run" in done.err) == (2, True)
    assert answered.snapshot() == before


def test_the_report_is_as_its_schema_says(answered):
    schema = json.loads((REPOSITORY / "docs/schemas/checkpoint.json").read_text("utf-8"))
    for words in (("--dry-run",), ()):
        document = answered.json("final-check", *words)[1]
        jsonschema.validate(document, schema)


def test_the_forms_of_ci(answered, tmp_path):
    spoil(answered)
    files = {form: tmp_path / f"report.{form}" for form in ("sarif", "junit", "markdown")}
    words = [word for form, file in files.items() for word in ("--report", f"{form}={file}")]
    assert answered.run("final-check", "--dry-run", *words).exit_code == 10
    for file in files.values():
        assert "drift-after-freeze" in file.read_text("utf-8")
