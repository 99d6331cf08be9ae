"""The walk over one's tasks: one review and one question each, one passphrase, one commit line."""

import json
import os
import shutil
from pathlib import Path

import jsonschema
import pytest

from aztrust.cli import session as session_module
from tests.cli_launch import Desk, Template, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import Launch, make_launch
from tests.ledgers import TABLE
from tests.shared import REPOSITORY
from tests.verdicts import TWO

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AZTRUST_PASSPHRASE", raising=False)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A launch whose packages are sealed and that no one has approved."""
    parent = tmp_path_factory.mktemp("sealed")
    launch = make_launch(parent, policy=window_policy(TABLE, verdicts=TWO), approve=False)
    return launch.path


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """A launch that luca and sonia froze; no row is answered."""

    def act(desk: Desk) -> None:
        desk.freeze()
        desk.freeze(by="sonia")
        desk.keep()

    return Template.of_two(tmp_path_factory.mktemp("frozen"), act)


@pytest.fixture
def desk(frozen, tmp_path, clock):
    return frozen.copy(tmp_path, clock)


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(session_module, "is_terminal", lambda _: True)


def own(desk, name):
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust" / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(desk.launch.key_file(name), keys / f"{name}.key")
    (keys / f"{name}.key").chmod(0o600)
    shutil.copy(desk.launch.path / "keys" / f"{name}.pem", keys / f"{name}.pem")


def walk(desk, *words, answer=None, ledger=True):
    more = ("--ledger", desk.ledger) if ledger else ()
    return run(
        "-C", desk.launch.path, "sign", *words, *more, "--anchor", desk.anchor, answer=answer
    )


def valid(done):
    document = done.document
    schema = json.loads((REPOSITORY / "docs/schemas/walk.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == done.exit_code
    return document


def outcomes(document):
    return [(s["act"], s["subject"], s["outcome"]) for s in document["steps"]]


def test_each_task_is_asked_about_and_signed_once(desk, at_a_terminal):
    own(desk, "dan")
    done = walk(desk, answer="pass\npass\npass\npass\n")
    assert done.exit_code == 0, done.out + done.err
    assert done.out.count("signed   manifests/records/") == 4
    commit, or_send = done.out.splitlines()[-2:]
    assert commit.startswith("next     git -C ")
    assert "add manifests && git" in commit
    assert commit.endswith(" push")
    assert or_send.startswith("         or send the files")
    text = " ".join(done.out.split())
    assert "done 4: attest incident-path, attest monitoring-live, attest operator" in text
    assert desk.run("todo", "--for", "dan").exit_code == 0


def test_to_decline_one_goes_on_to_the_next(desk, at_a_terminal):
    own(desk, "dan")
    done = walk(desk, "--format", "json", answer="\npass\nfail\n\n")
    assert done.exit_code == 4, done.err
    document = valid(done)
    assert outcomes(document) == [
        ("attest", "incident-path", "declined"),
        ("attest", "monitoring-live", "done"),
        ("attest", "operator-preflight", "done"),
        ("attest", "operator-readiness", "declined"),
    ]
    # The fail is an objection now, and a task of its own.
    (objection, *_) = desk.json("todo", "--for", "dan")[1]["tasks"]
    assert (objection["act"], objection["subject"]) == (
        "withdraw-objection",
        "operator-preflight",
    )
    assert all((s["record_id"] is None) == (s["outcome"] != "done") for s in document["steps"])
    assert "attest monitoring-live pass, attest operator-preflight fail" in document["commit"]


def test_what_one_act_makes_possible_is_asked_in_the_same_walk(desk, at_a_terminal):
    desk.answer_all(but=("role-readiness",))
    own(desk, "luca")
    document = valid(walk(desk, "--format", "json", answer="pass\ny\n"))
    assert outcomes(document) == [
        ("attest", "role-readiness", "done"),
        ("final-check", "", "done"),
    ]
    assert document["steps"][1]["path"].startswith("manifests/verdicts/")


def test_one_passphrase_for_all(desk, at_a_terminal, monkeypatch):
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust" / "keys"
    own(desk, "dan")
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key((keys / "dan.key").read_bytes(), None)
    encrypted = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"four words")
    )
    (keys / "dan.key").write_bytes(encrypted)
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: (asked.append(prompt), "four words")[1])
    done = walk(desk, answer="pass\npass\npass\npass\n")
    assert done.exit_code == 0, done.err
    assert asked == ["passphrase for dan: "]


def test_yes_answers_nothing_that_only_a_person_can(desk):
    own(desk, "dan")
    before = desk.snapshot()
    document = valid(walk(desk, "--yes", "--format", "json"))
    assert document["exit_code"] == 11
    assert {outcome for _, _, outcome in outcomes(document)} == {"left"}
    assert document["commit"] is None
    assert desk.snapshot() == before


def test_without_a_terminal_everything_is_declined(desk):
    own(desk, "dan")
    before = desk.snapshot()
    done = walk(desk)
    assert (done.exit_code, desk.snapshot()) == (4, before)


@pytest.fixture
def unapproved(sealed, tmp_path, clock):
    shutil.copytree(sealed, tmp_path / "launch")
    launch = Launch(tmp_path / "launch")
    launch.records = [None] * 2  # only their number counts
    return Desk(launch)


def test_yes_approves_and_freezes_as_the_single_acts_do(unapproved):
    desk = unapproved
    own(desk, "cosmin")
    document = valid(walk(desk, "--yes", "--format", "json"))
    assert outcomes(document) == [
        ("approve", "release", "done"),
        ("approve", "genesis", "done"),
    ]
    assert (document["exit_code"], document["holders"]) == (1, ["cosmin"])
    for package_class, by in (("release", "rita"), ("release", "sonia"), ("genesis", "gabi")):
        assert desk.run("approve", package_class, "--yes", by=by).exit_code == 0
    own(desk, "luca")
    document = valid(walk(desk, "--yes", "--format", "json"))
    assert outcomes(document) == [("freeze", "", "done")]
    assert document["exit_code"] == 0


def test_a_freeze_or_final_check_that_would_not_pass_is_left_to_its_own_command(
    desk, at_a_terminal
):
    desk.answer_all()
    desk.launch.file("release", "README").write_bytes(b"another release\n")
    own(desk, "luca")
    verdicts = desk.files("verdicts")
    document = valid(walk(desk, "--format", "json", answer="y\ny\n"))
    assert document["exit_code"] == 11
    assert outcomes(document) == [("final-check", "", "left")]
    assert "would not pass" in document["steps"][0]["message"]
    assert desk.files("verdicts") == verdicts


def test_what_fails_is_shown_and_the_walk_goes_on(unapproved):
    desk = unapproved
    desk.launch.file("release", "README").write_bytes(b"another release\n")
    own(desk, "cosmin")
    done = walk(desk, "--yes", "--format", "json")
    document = valid(done)
    assert outcomes(document) == [
        ("approve", "release", "failed"),
        ("approve", "genesis", "done"),
    ]
    assert document["exit_code"] == 10
    assert "the release package is not valid; do not sign this" in done.err


def test_an_interrupt_keeps_what_was_signed_and_says_how_to_send_it(
    desk, at_a_terminal, monkeypatch
):
    own(desk, "dan")
    answers = iter(["pass"])

    def question(_, text):
        answer = next(answers, None)
        if answer is None:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(session_module.Session, "question", question)
    done = walk(desk)
    assert done.exit_code == 130
    assert "done     1: attest incident-path" in done.err
    assert "git -C" in done.err


def test_nothing_waits(desk):
    own(desk, "rita")
    done = walk(desk)
    assert done.exit_code == 0
    assert "nothing waits for these keys" in done.out


def test_the_keeper_appends_first_and_the_commit_sends_it(desk, at_a_terminal):
    desk.answer_all(but=("incident-path",))
    assert desk.run("attest", "incident-path", "pass").exit_code == 0
    own(desk, "luca")
    document = valid(walk(desk, "--format", "json", answer="y\ny\n"))
    assert outcomes(document) == [("append", "", "done"), ("final-check", "", "done")]
    assert "keep the ledger, final checks" in document["commit"]
    assert desk.json("status")[1]["pending"] == []
