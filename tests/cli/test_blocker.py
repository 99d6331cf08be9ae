"""`aztrust blocker`: an obstacle to the launch is opened, listed and closed."""

from __future__ import annotations

import pytest

from aztrust.acts.publish import sign_record, store_record
from aztrust.core.records.administration import Note
from aztrust.storage.ledger.sqlite import open_store
from tests.cli_launch import Desk, Template, ticking_clock, window_policy
from tests.disk_launch import PEOPLE, make_launch, signer

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def is_answered(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("answered"), answered=True)


@pytest.fixture
def desk(is_answered, tmp_path, clock):
    return is_answered.copy(tmp_path, clock)


def opened(desk, *words, **more):
    exit_code, document = desk.json("blocker", "open", "the archive node", *words, **more)
    assert exit_code == 0
    return document["blocker"]


def listed(desk):
    return {b["blocker"]: b for b in desk.json("blocker", "list")[1]["blockers"]}


@pytest.mark.clause("AZ-6.2", "AZ-23.1", "AZ-28")
def test_open_blocks_and_close_lets_go(desk):
    done = desk.run("final-check", "--dry-run")
    assert (done.exit_code, done.advised.endswith(" next aztrust final-check")) == (0, True)
    assert " next aztrust -C " in " ".join(done.out.split())
    blocker = opened(desk)
    exit_code, document = desk.json("final-check")
    assert (exit_code, document["verdict"], document["guidance"]) == (11, "hold", "HOLD")
    found = {f["code"] for c in document["checks"] for f in c["findings"]}
    assert found == {"blocker-open"}
    record = desk.statement(document["recorded"]["path"])["predicate"]
    record = record["urn:aztrust:launch-checkpoint:v1"]["record"]
    assert record["blocker_root"].startswith("sha256:")
    done = desk.run("blocker", "close", blocker[7:15], "--reason", "mended")
    assert (done.exit_code, "closed   critical blocker" in done.out) == (0, True)
    # Closing it counts once the keeper has appended it; the keeper's real run does that first.
    assert [b["open"] for b in listed(desk).values()] == [True]
    assert desk.run("final-check", "--dry-run").exit_code == 0
    assert [b["open"] for b in listed(desk).values()] == [True]
    desk.keep()
    assert [b["open"] for b in listed(desk).values()] == [False]
    assert desk.run("final-check", "--dry-run").exit_code == 0


@pytest.mark.parametrize(
    ("words", "is_taken"),
    [
        (("blocker", "open", "{note}", "--severity", "critical"), True),
        (("attest", "incident-path", "fail", "--note", "{note}"), True),
        (("attest", "incident-path", "pass", "--note", "{note}"), False),
    ],
)
def test_a_note_dated_ahead_keeps_no_negative_record_out_of_the_ledger(
    desk, clock, words, is_taken
):
    body = Note(
        policy_digest=desk.launch.anchor, said_at_unix_ms=clock.now + 100_000, text="see the log"
    )
    note = sign_record("note", body, {}, signer("gabi"))
    store_record(desk.launch.path, note)
    by = "dan" if words[0] == "attest" else "rita"
    code, document = desk.json(*(word.format(note=note.record_id[7:]) for word in words), by=by)
    assert code == 0, document
    desk.run("ledger", "append", "--ledger", desk.ledger)
    with open_store(desk.ledger) as store:
        assert bool(store.find(document["record_id"])) == is_taken, document


@pytest.mark.parametrize("by", ["rita", "gabi", "sonia", "cosmin", "dan"])
def test_anyone_named_may_open(desk, by):
    blocker = opened(desk, by=by)
    assert listed(desk)[blocker]["opened_by"] == by


def test_a_stranger_may_not(desk):
    done = desk.run("blocker", "open", "mine", by="mallory")
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)


@pytest.mark.parametrize(
    ("by", "exit_code"), [("rita", 0), ("luca", 0), ("dan", 10), ("sonia", 10)]
)
def test_who_may_close(desk, by, exit_code):
    blocker = opened(desk, by="rita")
    done = desk.run("blocker", "close", blocker, "--reason", "mended", by=by)
    assert done.exit_code == exit_code
    desk.keep()
    assert listed(desk)[blocker]["open"] == (exit_code != 0)


def test_closing_twice_signs_nothing(desk):
    blocker = opened(desk)
    desk.run("blocker", "close", blocker, "--reason", "mended")
    desk.keep()
    before = desk.snapshot()
    done = desk.run("blocker", "close", blocker, "--reason", "mended again")
    assert (done.exit_code, "nothing was signed" in done.out) == (0, True)
    assert desk.snapshot() == before


def test_a_closing_that_is_revoked_opens_it_again(desk):
    blocker = opened(desk)
    closing = desk.json("blocker", "close", blocker, "--reason", "mended")[1]["record_id"]
    desk.keep()
    assert desk.run("final-check", "--dry-run").exit_code == 0
    words = ("revoke", closing, "--reason", "not mended", "--yes")
    assert desk.run(*words, by="rita").exit_code == 0
    assert desk.run("final-check", "--dry-run").exit_code == 11


def test_an_opening_cannot_be_revoked(desk):
    done = desk.run("revoke", opened(desk), "--reason", "never mind", "--yes", by="rita")
    assert done.exit_code == 10


def test_which_blocker(desk):
    blocker = opened(desk)
    for text in ("zz", blocker[7:14], "0" * 64):
        done = desk.run("blocker", "close", text, "--reason", "mended")
        assert (done.exit_code, blocker[7:23] in done.err) == (2, True)
    name = next(p.name for p in desk.files() if p.name.startswith(blocker[7:23]))
    assert desk.run("blocker", "close", name, "--reason", "mended").exit_code == 0


def test_list(desk):
    assert desk.run("blocker", "list").out == "open     0, 0 of them critical; 0 closed\n"
    first = opened(desk, "--severity", "minor")
    second = opened(desk)
    done = desk.run("blocker", "list")
    assert "2, 1 of them critical; 0 closed" in done.out
    assert done.out.index(second[7:23]) < done.out.index(first[7:23])
    desk.run("blocker", "close", first, "--reason", "was nothing")
    desk.keep()
    assert first[7:23] not in desk.run("blocker", "list").out
    assert "closed by rita: was nothing" in desk.run("blocker", "list", "-v").out


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_a_reason_is_given(desk, reason):
    assert desk.run("blocker", "open", reason).exit_code == 2


def test_before_the_freeze_as_well(tmp_path):
    """A blocker may be opened at any time."""
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    blocker = opened(desk)
    desk.freeze()
    desk.answer_all()
    exit_code, document = desk.json("final-check")
    assert exit_code == 11
    subjects = {f["subject"] for c in document["checks"] for f in c["findings"]}
    assert subjects == {blocker}


def test_the_key_of_the_opener_may_be_gone(desk):
    """The reviewer closes what no one else can; a compromised key's blocker stays until then."""
    blocker = opened(desk, by="rita")
    key = PEOPLE["rita"].public().fingerprint
    desk.run("revoke", key, "--reason", "compromised", "--yes")
    assert listed(desk)[blocker]["open"]
    assert desk.run("blocker", "close", blocker, "--reason", "hers", by="luca").exit_code == 0
    assert not listed(desk)[blocker]["open"]
