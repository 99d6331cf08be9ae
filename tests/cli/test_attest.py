"""`aztrust attest` and `aztrust advisory review`: who answers what, and what is recorded."""

from __future__ import annotations

import json

import jsonschema
import pytest

from aztrust.acts.select_key import choose_signer
from aztrust.core.base.digest import both
from tests.cli_launch import Desk, Template, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import PEOPLE, ended, make_launch
from tests.shared import REPOSITORY

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture
def desk(is_frozen, tmp_path, clock):
    return is_frozen.copy(tmp_path, clock)


def record_of(desk, document):
    return desk.statement(document["path"])["predicate"]["record"]


@pytest.mark.clause("AZ-6.3", "AZ-23.2")
def test_attest(desk, tmp_path):
    shown = tmp_path / "on call.txt"
    shown.write_bytes(b"answered: ines, omar\n")
    scope = desk.json("verify")[1]["scope_hash"]
    words = ("incident-path", "pass", "--role", "ops-lead", "--evidence", shown, "--note", "done")
    exit_code, document = desk.json("attest", *words)
    assert exit_code == 0
    digests = both(shown.read_bytes())
    evidence = {
        "blake3": digests.blake3,
        "name": "on call.txt",
        "sha256": digests.sha256,
        "size": 21,
    }
    said = record_of(desk, document)
    assert said.pop("attested_at_unix_ms") > 0
    assert said == {
        "check": "incident-path",
        "evidence": [evidence],
        "note": "done",
        "policy_digest": desk.anchor,
        "role": "ops-lead",
        "scope_hash": scope,
        "status": "pass",
    }
    assert document["evidence"] == [evidence]
    assert document["ledger_entry"] is None
    assert (desk.launch.path / document["path"]).is_file()


def test_what_a_person_sees(desk):
    done = desk.run("attest", "monitoring-live", "fail", "--note", "no alerts arrive")
    assert (done.exit_code, done.err) == (0, "")
    assert "you      dan, ops-lead" in done.out
    assert "fail     monitoring-live" in done.out
    # The keeper appends what dan signed.
    assert "ledger   entry " not in done.out
    assert desk.run("attest", "monitoring-live", "pass", "-q").out == (
        "attested monitoring-live pass\n"
    )


def test_several_rows_at_once(desk, tmp_path):
    shown = tmp_path / "on call.txt"
    shown.write_bytes(b"answered: ines, omar\n")
    words = ("operator-preflight=pass", "incident-path=pass", "monitoring-live=fail")
    exit_code, document = desk.json("attest", *words, "--evidence", shown)
    assert exit_code == 0
    jsonschema.Draft202012Validator(
        json.loads((REPOSITORY / "docs/schemas/attested.json").read_text("utf-8"))
    ).validate(document)
    assert [(r["check"], r["status"]) for r in document["records"]] == [
        ("operator-preflight", "pass"),
        ("incident-path", "pass"),
        ("monitoring-live", "fail"),
    ]
    for record in document["records"]:
        said = record_of(desk, record)
        assert (said["check"], said["status"]) == (record["check"], record["status"])
        assert [file["name"] for file in said["evidence"]] == ["on call.txt"]
    # Dan does not keep the ledger, and luca does.
    assert [record["ledger_entry"] for record in document["records"]] == [None] * 3
    words = ("role-readiness=pass", "blocker-review=pass")
    first, second = desk.json("attest", *words, by="luca")[1]["records"]
    assert second["ledger_entry"] == first["ledger_entry"] + 1
    done = desk.run("attest", "operator-preflight=pass", "incident-path=fail")
    assert done.out.count("signed   manifests/records/") == 2
    assert "attest operator-preflight pass, incident-path fail" in done.out


def test_one_passphrase_for_several_rows(desk, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "aztrust.cli.signing.choose_signer",
        lambda key, **more: (asked.append(more["act"]), choose_signer(key, **more))[1],
    )
    done = desk.run("attest", "operator-preflight=pass", "incident-path=pass")
    assert (done.exit_code, asked) == (0, ["answer operator-preflight and incident-path"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("incident-path=pass", "incident-path=fail"), 2, "answered twice"),
        (("incident-path=maybe",), 2, "pass or fail"),
        (("incident-path", "maybe"), 2, "pass or fail"),
        (("incident-path",), 2, "pass or fail"),
        (("incident-path=pass", "chain-id=pass"), 2, "aztrust final-check"),
        (("incident-path=pass", "role-readiness=pass"), 10, "role-readiness: luca"),
        (("incident-path=pass", "role-readiness=pass", "--role", "ops-lead"), 10, "not by"),
    ],
)
def test_rows_that_cannot_be_answered_together(desk, words, code, said):
    before = desk.snapshot()
    done = desk.run("attest", *words)
    assert (done.exit_code, said in done.advised) == (code, True), done.err
    assert desk.snapshot() == before


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("monitoring", "monitoring-live"),
        ("Monitoring-Live", "monitoring-live"),
        ("operator-ready", "operator-readiness"),
        ("chain-id", "aztrust final-check"),
        ("release-integrity", "aztrust final-check"),
        ("advisory-review", "aztrust advisory review"),
        ("zzz", "rows: operator-preflight"),
    ],
)
def test_a_row_that_takes_no_attestation(desk, typed, mend):
    before = desk.snapshot()
    done = desk.run("attest", typed, "pass")
    assert done.exit_code == 2
    assert mend in done.advised
    assert desk.snapshot() == before


@pytest.mark.parametrize(
    ("words", "by", "said"),
    [
        (("incident-path", "pass"), "luca", "may: dan"),
        (("role-readiness", "pass"), "dan", "may: luca"),
        (("incident-path", "pass", "--role", "security-lead"), "dan", "--role ops-lead"),
        (("incident-path", "pass"), "mallory", "may: dan"),
    ],
    ids=["another holder", "another row's owner", "another role", "a stranger"],
)
def test_only_the_owner_attests(desk, words, by, said):
    before = desk.snapshot()
    done = desk.run("attest", *words, by=by)
    assert done.exit_code == 10
    assert "signer-not-in-role" in done.err
    assert said in done.err
    assert desk.snapshot() == before


def test_what_cannot_be_answered(tmp_path):
    more = (
        '[checks.operator-readiness]\nnot_applicable = "one operator"\n'
        '[checks.role-readiness]\nrole = "audit-scribe"\n'
    )
    desk = Desk(make_launch(tmp_path, policy=window_policy(more)))
    desk.freeze()
    done = desk.run("attest", "operator-readiness", "pass")
    assert (done.exit_code, "one operator" in " ".join(done.err.split())) == (10, True)
    done = desk.run("attest", "role-readiness", "pass", by="luca")
    assert (done.exit_code, "no holder has that role" in " ".join(done.err.split())) == (10, True)


def test_not_with_a_revoked_key(desk):
    key = PEOPLE["dan"].public().fingerprint
    assert desk.run("revoke", key, "--reason", "retired", "--yes").exit_code == 0
    done = desk.run("attest", "incident-path", "pass")
    assert (done.exit_code, "key-revoked" in done.err) == (10, True)


def test_not_under_a_policy_that_has_ended(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=ended(window_policy())))
    desk.launch.freeze()
    done = desk.run("attest", "incident-path", "pass")
    assert (done.exit_code, "policy-expired" in done.err) == (10, True)


def test_evidence_that_is_not_there(desk, tmp_path):
    before = desk.snapshot()
    done = desk.run("attest", "incident-path", "pass", "--evidence", tmp_path / "gone.txt")
    assert (done.exit_code, "gone.txt" in done.err) == (1, True)
    assert desk.snapshot() == before


def test_the_same_file_by_a_link_is_its_contents(desk, tmp_path):
    shown, link = tmp_path / "roll.txt", tmp_path / "link.txt"
    shown.write_bytes(b"all here\n")
    link.symlink_to(shown)
    document = desk.json("attest", "incident-path", "pass", "--evidence", link)[1]
    assert document["evidence"][0]["sha256"] == both(b"all here\n").sha256


@pytest.mark.parametrize("length", [1000, 1001])
def test_a_remark_is_bounded(desk, length):
    done = desk.run("attest", "incident-path", "pass", "--note", "x" * length)
    assert done.exit_code == (0 if length == 1000 else 2)


def test_without_a_ledger_it_is_in_the_folder(tmp_path):
    """A freeze that names no ledger: the folder is all there is."""
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.launch.freeze()
    exit_code, document = desk.json("attest", "incident-path", "pass")
    assert (exit_code, document["ledger_entry"]) == (0, None)
    assert (desk.launch.path / document["path"]).is_file()


def test_a_ledger_that_is_elsewhere_is_reported(desk):
    desk.ledger.rename(desk.ledger.with_suffix(".moved"))
    done = desk.run("attest", "incident-path", "pass")
    assert done.exit_code == 0
    assert "pending: counts after" in " ".join(done.out.split())


def test_the_anchor_is_held_against(desk):
    done = desk.run("attest", "incident-path", "pass", "--anchor", "7" * 64, anchor=False)
    assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True)


# ---- advisories ----------------------------------------------------------------------------------

CLEAR = ("review", "--outcome", "clear", "--source", "private", "--source", "public")


@pytest.mark.clause("AZ-6.2")
def test_review(desk, tmp_path):
    shown = tmp_path / "advisories.txt"
    shown.write_bytes(b"none\n")
    document = desk.json("advisory", *CLEAR, "--source", "public", "--evidence", shown)[1]
    said = record_of(desk, document)
    assert (said["outcome"], said["sources"]) == ("clear", ["private", "public"])
    assert said["evidence"][0]["name"] == "advisories.txt"
    done = desk.run("advisory", *CLEAR)
    assert "clear    private and public advisories" in done.out


def test_only_the_owner_reviews(desk):
    done = desk.run("advisory", *CLEAR, by="dan")
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)


@pytest.mark.parametrize(
    "words",
    [
        ("review", "--outcome", "clear"),
        ("review", "--source", "public"),
        ("review", "--outcome", "fine", "--source", "public"),
        ("review", "--outcome", "clear", "--source", "secret"),
    ],
)
def test_a_review_says_what_was_read_and_with_which_result(desk, words):
    assert desk.run("advisory", *words).exit_code == 2


def test_a_blocking_review_blocks(desk):
    desk.answer_all()
    desk.run("advisory", "review", "--outcome", "blocking", "--source", "private")
    done = desk.run("final-check", "--dry-run")
    assert (done.exit_code, "sonia found something blocking" in done.out) == (11, True)
    desk.run("advisory", "review", "--outcome", "clear", "--source", "private")
    desk.keep()
    assert desk.run("final-check", "--dry-run").exit_code == 0


def test_commands_have_help():
    for words in (("attest",), ("advisory",), ("advisory", "review"), ("final-check",)):
        done = run(*words, "--help")
        assert (done.exit_code, "Example" in done.out) == (0, True)
