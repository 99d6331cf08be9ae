"""A dry run concludes what the real run concludes, in every state, and writes nothing."""

import json
import os
import shutil
from pathlib import Path

import pytest

from aztrust.acts.dry_run import NamedKey
from aztrust.core.base.errors import Refused
from tests.cli_launch import MINUTE, Desk, Template, ticking_clock, window_policy
from tests.disk_launch import Launch, make_launch
from tests.ledgers import TABLE
from tests.people import signer
from tests.verdicts import TWO

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """A launch before its freeze, after it, and with every answer; two have to sign."""
    made = {}
    for name in ("approved", "frozen", "answered"):
        parent = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            for variable in ("HOME", "XDG_CONFIG_HOME"):
                patch.setenv(variable, str(parent / "home"))
            ticking = ticking_clock(patch)
            desk = Desk(make_launch(parent, policy=window_policy(TABLE, verdicts=TWO)))
            if name != "approved":
                desk.freeze()
                desk.freeze(by="sonia")
                desk.keep()
            if name == "answered":
                desk.answer_all()
            made[name] = Template(parent, ticking.now)
    return made


def at(templates, name, tmp_path, clock):
    """A desk of its own in that state."""
    template = templates[name]
    if name == "approved":
        shutil.copytree(template.path / "launch", tmp_path / "launch")
        clock.now = template.now
        launch = Launch(tmp_path / "launch")
        launch.records = [None] * 7  # only their number counts
        return Desk(launch)
    return template.copy(tmp_path, clock)


def compared(done):
    """What must be equal: verdict, guidance, exit code, rows, and the findings."""
    document = json.loads(done.out)
    if document["schema"] == "aztrust/error":
        return done.exit_code, document["code"], document["message"]
    return (
        done.exit_code,
        document["exit_code"],
        document["verdict"],
        document["guidance"],
        [(row["id"], row["status"]) for row in document["matrix"]],
        [
            (check["id"], check["status"], f["code"], f["subject"], f["message"])
            for check in document["checks"]
            for f in check["findings"]
        ],
        [(check["id"], check["status"]) for check in document["checks"]],
        document["signatures"],
        document["pending"],
    )


def everything(desk):
    """Every file of the launch, its ledger, and what is kept for the user, heads among it."""
    home = Path(os.environ["XDG_CONFIG_HOME"])
    kept = {str(p): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}
    return desk.snapshot() | kept


def answer(desk, *rows):
    """Answers by dan, who does not keep the ledger: they are in the folder alone."""
    for row in rows:
        assert desk.run("attest", row, "pass", by="dan").exit_code == 0


def nothing(desk, clock):
    """As the template is."""


def one_answer_is_missing(desk, clock):
    desk.run("attest", "incident-path", "fail", "--note", "no one is on call")


def one_answer_is_pending(desk, clock):
    answer(desk, "incident-path")


def two_answers_are_pending(desk, clock):
    answer(desk, "incident-path", "monitoring-live")


def an_objection_is_answered_in_a_pending_record(desk, clock):
    desk.run("attest", "incident-path", "fail", "--note", "no one is on call")
    desk.keep()
    clock.forward(MINUTE)
    answer(desk, "incident-path")


def a_pending_answer_is_dated_ahead(desk, clock):
    clock.forward(30 * MINUTE)
    answer(desk, "incident-path")
    clock.forward(-30 * MINUTE)


def a_critical_blocker_is_open(desk, clock):
    desk.run("blocker", "open", "the archive node does not start")


def a_blocker_is_closed_in_a_pending_record(desk, clock):
    opened = desk.json("blocker", "open", "the archive node does not start")[1]["blocker"]
    desk.keep()
    clock.forward(MINUTE)
    closed = desk.run("blocker", "close", opened, "--reason", "it starts")
    assert closed.exit_code == 0, closed.err


def answers_are_too_old(desk, clock):
    clock.forward(3 * 60 * MINUTE)


def a_file_changed(desk, clock):
    desk.launch.file("release", "README").write_bytes(b"another release\n")


def an_approval_is_revoked(desk, clock):
    record = next((desk.launch.path / "manifests/records").glob("*.approval.*"))
    assert desk.run("revoke", record, "--reason", "a second look", "--yes").exit_code == 0


FINAL = [
    ("answered", nothing),
    ("frozen", nothing),
    ("frozen", one_answer_is_missing),
    ("frozen", one_answer_is_pending),
    ("frozen", two_answers_are_pending),
    ("answered", an_objection_is_answered_in_a_pending_record),
    ("frozen", a_pending_answer_is_dated_ahead),
    ("answered", a_critical_blocker_is_open),
    ("answered", a_blocker_is_closed_in_a_pending_record),
    ("answered", answers_are_too_old),
    ("answered", a_file_changed),
    ("answered", an_approval_is_revoked),
]


@pytest.mark.parametrize(("state", "happened"), FINAL, ids=lambda v: getattr(v, "__name__", v))
@pytest.mark.parametrize("ledger", ["here", "elsewhere"])
def test_final_check(templates, tmp_path, clock, state, happened, ledger):
    desk = at(templates, state, tmp_path, clock)
    happened(desk, clock)
    more = ("--format", "json")
    if ledger == "elsewhere":
        more = (*more, "--ledger", tmp_path / "none.ledger")
    before, now = everything(desk), clock.now
    dry = desk.run("final-check", "--dry-run", "--key", desk.launch.key_file("luca"), *more)
    assert everything(desk) == before
    clock.now = now
    assert compared(dry) == compared(desk.run("final-check", "--yes", *more))


def a_record_is_pending(desk, clock):
    """The ledger was made, and one approval came after it."""
    record = min((desk.launch.path / "manifests/records").glob("*.approval.*"))
    data = record.read_bytes()
    record.unlink()
    assert desk.run("freeze", "--yes").exit_code in (10, 11)
    record.write_bytes(data)


def sonia_has_frozen_elsewhere(desk, clock):
    """The other signer's freeze is in the folder and not in the ledger."""
    other = desk.launch.path.parent / "other.ledger"
    assert desk.run("freeze", "--yes", "--ledger", other, by="sonia").exit_code == 11


FREEZES = [
    ("approved", nothing),
    ("approved", a_record_is_pending),
    ("approved", an_approval_is_revoked),
    ("approved", a_file_changed),
    ("approved", sonia_has_frozen_elsewhere),
    ("frozen", nothing),
    ("frozen", an_approval_is_revoked),
]


@pytest.mark.parametrize(("state", "happened"), FREEZES, ids=lambda v: getattr(v, "__name__", v))
@pytest.mark.parametrize("by", ["luca", "sonia"])
def test_freeze(templates, tmp_path, clock, state, happened, by):
    desk = at(templates, state, tmp_path, clock)
    happened(desk, clock)
    words = ("freeze", "--format", "json")
    before, now = everything(desk), clock.now
    dry = desk.run(*words, "--dry-run", "--key", desk.launch.key_file(by))
    assert everything(desk) == before
    clock.now = now
    assert compared(dry) == compared(desk.run(*words, "--yes", by=by))


def test_a_dry_run_without_a_key_is_as_no_holder(templates, tmp_path, clock):
    desk = at(templates, "answered", tmp_path, clock)
    done = desk.run("final-check", "--dry-run")
    assert done.exit_code == 0, done.err
    assert "as no holder, because no key was named" in " ".join(done.out.split())
    done = desk.run("freeze", "--dry-run")
    assert (done.exit_code, "--key K" in done.err) == (2, True)


def test_a_dry_run_asks_for_no_passphrase_and_names_the_holder(templates, tmp_path, clock):
    desk = at(templates, "answered", tmp_path, clock)
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    (keys / "mine.key").write_bytes(b"not a key that could be opened")
    (keys / "mine.pem").write_bytes((desk.launch.path / "keys" / "luca.pem").read_bytes())
    done = desk.run("final-check", "--dry-run")
    assert done.exit_code == 11, done.err
    text = " ".join(done.out.split())
    assert "dry run as luca, " in text
    assert "would be 1 of 2 signed; missing: security-lead (sonia)" in text


def test_a_named_key_signs_nothing():
    with pytest.raises(Refused):
        NamedKey(signer("luca").public).sign(b"anything")


@pytest.mark.parametrize("by", ["sonia", "luca"])
@pytest.mark.parametrize("restored", [True, False], ids=["kept", "published"])
def test_a_head_of_another_history(templates, tmp_path, clock, by, restored):
    """After the append there are as many entries as the head covers, and others than it covers."""
    desk = at(templates, "frozen", tmp_path, clock)
    other, published = tmp_path / "other.ledger", desk.launch.path / "manifests/ledger"
    shutil.copy(desk.ledger, other)
    shutil.copytree(published, tmp_path / "published")
    signed = desk.json("attest", "role-readiness", "pass", "--ledger", other, by="luca")[1]
    (desk.launch.path / signed["path"]).unlink()
    other.unlink()
    if restored:
        shutil.rmtree(published)
        shutil.copytree(tmp_path / "published", published)
    answer(desk, "incident-path")
    before, now = everything(desk), clock.now
    words = ("final-check", "--format", "json")
    dry = desk.run(*words, "--dry-run", "--key", desk.launch.key_file(by))
    assert everything(desk) == before
    clock.now = now
    real = desk.run(*words, "--yes", by=by)
    assert real.exit_code in (1, 10)
    assert compared(dry) == compared(real)
