"""What waits for the keys here, or for a holder: the list, its commands, its exit codes."""

import json
import os
import shutil
from pathlib import Path

import jsonschema
import pytest

from tests.cli_launch import MINUTE, Desk, Template, copied, ticking_clock
from tests.command import run
from tests.shared import REPOSITORY
from tests.standins import script_watch

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A launch that luca and sonia froze, with every answer but one."""

    def act(desk: Desk) -> None:
        desk.freeze()
        desk.freeze(by="sonia")
        desk.keep()
        desk.answer_all(but=("incident-path",))

    return Template.of_two(tmp_path_factory.mktemp("frozen"), act)


desk = pytest.fixture(copied)


def own(desk, name, *, public=True):
    """Put a holder's key into the configuration directory, as `key generate` would."""
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust" / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(desk.launch.key_file(name), keys / f"{name}.key")
    (keys / f"{name}.key").chmod(0o600)
    if public:
        shutil.copy(desk.launch.path / "keys" / f"{name}.pem", keys / f"{name}.pem")


def valid(done):
    document = done.document
    schema = json.loads((REPOSITORY / "docs/schemas/todo.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == done.exit_code
    return document


def test_what_waits_for_my_key_with_its_command(desk):
    own(desk, "dan")
    done = desk.run("todo")
    assert done.exit_code == 11, done.err
    first, why, command, *rest = done.out.splitlines()
    assert first.startswith("TODO     test-1   1 waits for dan   ")
    assert why == "1        others wait: incident-path: ops-lead (dan) has not answered"
    assert command.split() == [
        *"aztrust attest incident-path pass --role ops-lead".split(),
        "--ledger",
        str(desk.ledger),
        "--anchor",
        desk.anchor,
        "-C",
        str(desk.launch.path),
    ]
    assert rest[-1].startswith("next     aztrust attest incident-path pass")


def test_the_command_that_is_shown_does_it(desk):
    own(desk, "dan")
    document = valid(desk.run("todo", "--format", "json"))
    (task,) = document["tasks"]
    assert (task["act"], task["subject"], task["urgency"], task["asks"]) == (
        "attest",
        "incident-path",
        "waited-for",
        True,
    )
    assert [h["holder"] for h in task["holders"]] == ["dan"]
    done = run(*task["command"].split()[1:])
    assert done.exit_code == 0, done.err
    done = desk.run("todo")
    assert done.exit_code == 0, done.out
    assert "none for dan" in done.out
    # The keeper appends the answer, and makes the final check.
    assert "others   2 tasks wait for others" in done.out
    assert valid(desk.run("todo", "--format", "json"))["others"] == 2


def test_what_the_coordinator_asks_another_for(desk):
    done = desk.run("todo", "--for", "dan")
    assert done.exit_code == 11
    assert "next     ask dan to run:\n         aztrust attest incident-path pass" in done.out
    assert desk.run("todo", "--for", "rita").exit_code == 0
    done = desk.run("todo", "--for", "dann")
    assert (done.exit_code, "did you mean dan?" in done.err) == (2, True)


def test_an_objection_comes_before_everything_else(desk):
    own(desk, "dan")
    own(desk, "luca")
    desk.run("blocker", "open", "the archive node does not start")
    document = valid(desk.run("todo", "--format", "json"))
    assert [(t["urgency"], t["act"]) for t in document["tasks"]] == [
        ("objection", "close-blocker"),
        ("waited-for", "attest"),
        ("rest", "append"),
    ]
    walk = desk.run("todo").out.splitlines()[-1]
    assert walk.startswith(f"next     aztrust sign --ledger {desk.ledger} --anchor ")
    assert sorted(key["holder"] for key in document["keys"]) == ["dan", "luca"]


def test_a_record_that_came_by_git_waits_for_the_keeper_and_not_for_its_signer(desk, clock):
    assert desk.run("attest", "incident-path", "pass").exit_code == 0
    assert desk.run("todo", "--for", "dan").exit_code == 0
    document = valid(desk.run("todo", "--for", "luca", "--format", "json"))
    assert [t["act"] for t in document["tasks"]] == ["append", "final-check"]
    assert [p["holder"] for p in document["pending"]] == ["dan"]
    # Sonia cannot append it: her final check would not see it.
    assert desk.run("todo", "--for", "sonia").exit_code == 0


def test_of_several_keys_of_mine_the_command_names_one(desk):
    own(desk, "luca")
    own(desk, "sonia")
    desk.run("attest", "incident-path", "pass")
    desk.keep()
    document = valid(desk.run("todo", "--format", "json"))
    (task,) = document["tasks"]
    assert task["act"] == "final-check"
    assert "--key luca" in task["command"]


def test_nothing_waits_and_nothing_shows_that_the_policy_is_the_announced_one(desk):
    done = desk.run("todo", "--for", "rita", anchor=False)
    assert done.exit_code == 12
    assert "aztrust anchor add" in done.out
    assert desk.run("todo", "--for", "dan", anchor=False).exit_code == 11


def test_another_policy_than_the_announced_one_has_no_tasks(desk):
    done = desk.run("todo", "--for", "dan", "--anchor", "0" * 64, anchor=False)
    assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True)


def test_a_ledger_that_is_not_here_is_not_taken_for_nothing_to_do(desk):
    shutil.rmtree(desk.launch.path / "manifests/ledger")
    done = desk.run("todo", "--for", "rita", "--ledger", desk.launch.path.parent / "none.ledger")
    assert (done.exit_code, "not seen the ledger: there is none at" in done.out) == (1, True)
    done = run("-C", desk.launch.path, "todo", "--for", "rita", "--anchor", desk.anchor)
    assert done.exit_code == 1
    assert "not seen the ledger:" in " ".join(done.out.split())


def test_a_record_that_cannot_be_read_is_not_taken_for_nothing_to_do(desk):
    (desk.launch.path / "manifests/records/x.dsse.json").write_bytes(b"{}")
    done = desk.run("todo", "--for", "rita")
    assert done.exit_code == 1
    assert "record-malformed" in done.out


def test_no_key_of_mine_is_a_holders(desk):
    done = desk.run("todo")
    assert (done.exit_code, "--for NAME" in done.err) == (3, True)


def test_a_key_of_which_nothing_shows_whose_it_is_is_listed(desk):
    own(desk, "rita", public=False)
    done = desk.run("todo")
    assert done.exit_code == 1
    assert "the key rita: its public half is not next to it" in " ".join(done.out.split())


def test_a_key_by_file(desk):
    done = desk.run("todo", "--key", desk.launch.key_file("dan"))
    assert done.exit_code == 11
    done = desk.run("todo", "--key", desk.launch.key_file("dan"), "--for", "dan")
    assert done.exit_code == 2


def test_a_kit_shows_who_has_to_act(desk, tmp_path):
    kit = tmp_path / "test.aztrust"
    assert run("-C", desk.launch.path, "pack", kit).exit_code == 0
    done = run("-C", kit, "todo", "--for", "dan", "--anchor", desk.anchor)
    assert "incident-path" in done.out, done.err


def test_watching_shows_it_again_when_it_changes(desk, monkeypatch):
    """The reports of the file system are scripted: an answer arrives, then the user interrupts."""

    def answer() -> None:
        desk.run("attest", "incident-path", "pass")

    script_watch(monkeypatch, answer, None)
    done = desk.run("todo", "--for", "dan", "--watch")
    assert done.exit_code == 130
    firsts = [line.split("   ")[2] for line in done.out.splitlines() if line.startswith("TODO")]
    assert firsts == ["1 waits for dan", "none for dan"]


def test_a_renewal_is_the_last_of_the_list(desk, clock):
    desk.run("attest", "incident-path", "pass")
    desk.keep()
    clock.forward(50 * MINUTE)
    document = valid(desk.run("todo", "--for", "luca", "--format", "json"))
    assert [(t["urgency"], t["act"]) for t in document["tasks"]] == [
        ("waited-for", "final-check"),
        ("rest", "attest"),
        ("rest", "attest"),
    ]
