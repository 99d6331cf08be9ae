"""Each record of a launch window goes from signing through the ledger and the kit to `show`."""

from __future__ import annotations

import json

import pytest

from aztrust.acts.pack import pack
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.publish import store_record
from aztrust.core.records.statements import body_statement
from aztrust.storage.kit import read_kit
from tests import memory_launch
from tests.command import run
from tests.disk_launch import Launch, make_launch, policy_text
from tests.ledgers import TABLE
from tests.verdicts import ONE
from tests.window_records import Draft, WindowRecords

AMEND = "[authority.amend]\ndistinct_holders = 1\nroles = { launch-coordinator = 1 }\n"
# Records that any holder may sign; every other one needs a role of its act.
BY_ANYONE = {
    *("launch-anomaly", "launch-live-status", "launch-observation"),
    *("exception", "correction"),
}
KINDS = sorted(WindowRecords().every())
# Words of each page that come from the record or its preimages.
WORDS = {
    "launch-hold": (
        "critical",
        "peers of one operator are not seen",
        "the peers of one operator answer",
        "hold_reason.ends_at",
        "2026-06-01 12:30:00 UTC",
    ),
    "launch-proceed": ("all checks pass", "PROCEED_TO_BOOTSTRAP_AUTH", "2026-06-01 13:00:00 UTC"),
    "go-no-go-decision": ("GO", "all checks pass"),
    "launch-authorization": ("test-1", "authorized_at"),
    "bootstrap-start-instruction": (
        "role validators; ",
        "role proposers",
        "start_window.closes_at",
        "2026-06-01 12:20:00 UTC",
    ),
    "role-activation": ("validators", "all validators are connected"),
    "launch-anomaly": ("no finality for two epochs", "INC-7", "validators"),
    "anomaly-resolution": ("finality is back", "name epochs.txt"),
    "launch-live-status": ("FIRST_BLOCKS", "healthy", "two of two validators"),
    "launch-observation": ("finality_cadence ok", "first 0, last 3"),
    "restricted-posture-entry": ("change-freeze, snapshots", "every_ms 600000", "first 0, last 3"),
    "restricted-posture-exit": ("stable for a day", "observation"),
    "normalization": ("the network is stable",),
    "amendment": ("path node.tar.gz", "INC-7", "1000"),
    "exception": ("the call was cut", "luca, rita"),
    "correction": ("the call was cut twice",),
    "launch-window": ("OPEN", "metadata.scope_hash"),
    "launch-defer": ("not ready",),
    "launch-abort": ("binary-hash-mismatch",),
}


@pytest.fixture(scope="module")
def launch(tmp_path_factory) -> Launch:
    return make_launch(
        tmp_path_factory.mktemp("launch") / "of", policy=policy_text(extra=ONE + AMEND + TABLE)
    )


@pytest.fixture(scope="module")
def drafts(launch) -> dict[str, Draft]:
    """One of each kind, signed by luca and in the launch."""
    made = WindowRecords(policy_digest=launch.anchor).every()
    for draft in made.values():
        store_record(launch.path, draft.signed("luca"))
    return made


@pytest.fixture
def kit(launch, drafts, tmp_path):
    """The launch as a kit, with a ledger that took every record."""
    ledger = tmp_path / "launch.ledger"
    words = ("-C", launch.path)
    given = ("--ledger", str(ledger))
    done = run(*words, "ledger", "init", *given)
    assert done.exit_code == 0, done.out
    done = run(*words, "ledger", "append", *given, "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.out
    done = run(*words, "ledger", "verify", *given, "--anchor", launch.anchor)
    assert done.exit_code == 0, done.out
    listed = run(*words, "ledger", "list", *given).out
    assert [kind for kind in KINDS if f" {kind} " not in listed.replace("\n", " \n")] == []
    return pack(launch.path, tmp_path / "kit.aztrust", str(ledger)).path


@pytest.mark.clause("AZ-15.2")
def test_it_goes_through_the_ledger_and_the_kit_to_show(launch, drafts, kit):
    in_kit = read_kit(kit).files
    for kind, draft in drafts.items():
        signed = draft.signed("luca")
        assert [path for path in in_kit if signed.record_id[7:23] in path], kind
        for source in (launch.path, kit):
            done = run("-C", source, "show", draft.record_id[7:])
            assert done.exit_code == 0, done.err
            assert done.out.startswith(f"record: {kind}:v1\n")
            assert "verified the signature, by luca under this launch's policy" in done.out
            assert "{" not in done.out
            text = " ".join(done.out.split())
            for word in WORDS[kind]:
                assert word in text, (kind, word)
            line = f" say {body_statement(kind, draft.body, draft.preimages)} "
            assert (line in text) == (kind != "launch-abort"), kind
            assert ("nothing here revokes it" in done.out) != signed.is_negative, kind


@pytest.mark.parametrize("kind", KINDS)
def test_its_document_is_the_record(launch, drafts, kind):
    done = run("-C", launch.path, "show", drafts[kind].record_id[7:], "--format", "json")
    assert done.exit_code == 0, done.err
    wanted = drafts[kind].body.model_dump(mode="json", exclude_none=True)
    assert json.loads(done.out)["document"] == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_it_counts_from_a_holder_of_its_act_and_no_other(tmp_path, kind):
    launch = make_launch(tmp_path / "of", policy=policy_text(extra=ONE + AMEND))
    draft = WindowRecords(policy_digest=launch.anchor).every()[kind]
    other = WindowRecords(policy_digest=launch.anchor, at=WindowRecords().at + 1).every()[kind]
    store_record(launch.path, draft.signed("luca"))
    store_record(launch.path, other.signed("rita"))
    records = read_launch_context(launch.path).records
    counting = {u.holder for u in records.effective.verified if u.kind == kind}
    assert counting == ({"luca", "rita"} if kind in BY_ANYONE else {"luca"})
    refused = [] if kind in BY_ANYONE else ["signer-not-in-role"]
    assert [n.code for n in records.notices] == refused


@pytest.mark.clause("AZ-36")
def test_a_record_that_is_not_of_its_kind_has_no_statement(launch, drafts, tmp_path):
    """A page may be of a record that no one verified: its line would be read aloud."""
    hold = drafts["launch-hold"]
    preimages = {**hold.preimages, "more": {}}
    book = memory_launch.Launch()
    book.envelope(Draft(hold.kind, hold.body, preimages).payload(), "luca")
    (data,) = book.records.values()
    path = tmp_path / "hold.dsse.json"
    path.write_bytes(data)
    done = run("-C", launch.path, "show", path)
    assert done.exit_code == 0, done.err
    assert "hold issued" not in done.out
    assert "NOT verified" in done.out
