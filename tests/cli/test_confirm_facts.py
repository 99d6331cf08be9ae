"""`aztrust confirm NAME --facts FILE`: what an operator's nodes answered, signed like a
confirmation, shown with its age, compared with what others saw.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aztrust.core.chain.facts import Reach
from aztrust.core.formats.dsse import parse_envelope
from aztrust.report.observe.model import ObserveReport
from aztrust.storage.chainfacts import keep_facts
from tests.cli_launch import Desk, Template, another_machine, refused, ticking_clock, window_policy
from tests.command import Done, run
from tests.core.chain.watched import OTHER_GENESIS, anchored, has, silent
from tests.disk_launch import make_launch
from tests.operator_files import REGISTRAR_POLICY, entry, genesis, private_file, write_list
from tests.seen_facts import facts_of, put_facts

clock = pytest.fixture(ticking_clock)
SPLIT = facts_of(anchored("abcd", 18, state_after="X"))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    folder = tmp_path_factory.mktemp("facts")
    with another_machine(folder), pytest.MonkeyPatch.context() as patch:
        made_at = ticking_clock(patch)
        policy = window_policy(REGISTRAR_POLICY)
        desk = Desk(make_launch(folder, policy=policy, genesis={"genesis.json": genesis()}))
        listed = write_list(folder, entry("ada"), entry("bob"))
        assert desk.run("enrol", listed, "--yes", by="luca").exit_code == 0
        desk.freeze()
        desk.keep()
        return Template(folder, made_at.now)


@pytest.fixture
def desk(template, tmp_path, clock) -> Desk:
    return template.copy(tmp_path, clock)


def sign(
    desk: Desk, facts: ObserveReport | Path | None = None, *words: object, by: str = "ada"
) -> Done:
    """What `by` saw, signed into `BY.json` next to the launch."""
    folder = desk.launch.path.parent
    path = facts if isinstance(facts, Path) else put_facts(desk, facts)
    key = ("--key", private_file(folder, by), "--anchor", desk.anchor, "--yes")
    (folder / f"{by}.json").unlink(missing_ok=True)
    to = ("-o", folder / f"{by}.json")
    return run("-C", desk.launch.path, "confirm", by, "--facts", path, *key, *to, *words)


def append(desk: Desk, by: str = "ada") -> Done:
    file = desk.launch.path.parent / f"{by}.json"
    words = ("ledger", "append", file, "--ledger", desk.ledger)
    return desk.run(*words, "--key", desk.launch.key_file("luca"))


def send(desk: Desk, facts: ObserveReport | None = None, by: str = "ada") -> None:
    for done in (sign(desk, facts, by=by), append(desk, by)):
        assert done.exit_code == 0, done.out + done.err


def record(desk: Desk, by: str = "ada") -> dict:
    data = (desk.launch.path.parent / f"{by}.json").read_bytes()
    statement = json.loads(parse_envelope(data, name=by).payload)
    assert statement["predicateType"] == "urn:aztrust:node-facts:v1"
    return statement["predicate"]["record"]


def shown(desk: Desk) -> dict:
    return desk.json("window", "status")[1]["window"]


@pytest.mark.clause("AZ-26.2")
def test_the_facts_are_signed_by_the_enrolled_key_and_have_no_address(desk):
    done = sign(desk, facts_of(silent("d", 20, 40, Reach.TIMEOUT)))
    assert done.exit_code == 0, done.out + done.err
    found = record(desk)
    assert [node["name"] for node in found["nodes"]] == ["a", "b", "c", "d"]
    assert [node["reach"] for node in found["nodes"]] == ["ok", "ok", "ok", "timeout"]
    assert [node["genesis"] for node in found["nodes"]] == ["sealed"] * 3 + ["unknown"]
    assert found["signals"] == ["validator-absent"] or "node-unseen" in found["signals"]
    assert found["blocks"][-1]["id"] == "B20"
    assert ".test" not in json.dumps(found)
    assert len(found["blocks"]) <= 16


def test_addresses_are_in_it_only_when_asked_for(desk):
    with_addresses = facts_of().model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"address": f"http://{node.name}.test"})
                for node in facts_of().nodes
            )
        }
    )
    assert sign(desk, with_addresses).exit_code == 0
    assert ".test" not in json.dumps(record(desk))
    assert sign(desk, with_addresses, "--addresses").exit_code == 0
    assert record(desk)["nodes"][0]["address"] == "http://a.test"


@pytest.mark.clause("AZ-26.2")
def test_the_coordinator_sees_them_with_their_age(desk, clock):
    assert shown(desk)["operator_facts"] == []
    send(desk)
    clock.forward(300_000)
    (facts,) = shown(desk)["operator_facts"]
    assert (facts["operator"], facts["state"]) == ("ada", "current")
    assert 300_000 <= facts["age_ms"] < 400_000
    assert [node["head"] for node in facts["nodes"]] == [20] * 4
    text = desk.run("window", "status").advised
    assert "operator ada: 4 nodes, height 20, 5 min old, signed" in text
    clock.forward(3_600_000)
    assert shown(desk)["operator_facts"][0]["state"] == "too-old"


def test_they_confirm_nothing(desk):
    send(desk)
    before = desk.json("readiness")[1]
    assert all(each["operator"] != "ada" for each in before.get("confirmed", []))
    assert "ready" not in json.dumps(shown(desk)["operator_facts"])


def test_newer_facts_of_a_key_replace_older_ones(desk, clock):
    send(desk)
    clock.forward(60_000)
    send(desk, facts_of(seconds=30))
    (facts,) = shown(desk)["operator_facts"]
    assert facts["nodes"][0]["head"] == 15
    send(desk, by="bob")
    assert [one["operator"] for one in shown(desk)["operator_facts"]] == ["ada", "bob"]


def test_the_same_facts_count_once(desk):
    send(desk)
    assert append(desk).exit_code == 0
    assert len(shown(desk)["operator_facts"]) == 1


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"policy_digest": "sha256:" + "ab" * 32}, "of the policy abababab"),
        ({"scope_hash": "sha256:" + "cd" * 32}, "of the scope cdcdcdcd"),
        ({"age_ms": 3_700_000}, "older than an hour"),
        ({"age_ms": -3_700_000}, "in the future"),
        ({"nodes": []}, "from 1 to 16"),
    ],
)
def test_facts_of_another_launch_or_time_are_not_signed(desk, values, why):
    refused(sign(desk, put_facts(desk, **values)), why)


@pytest.mark.parametrize(("name", "signed"), [("\u00e9", "?"), ("", "-"), ("x" * 300, "x" * 120)])
def test_a_name_that_a_person_edited_is_signed_as_a_record_has_it(desk, name, signed):
    facts = put_facts(desk)
    document = json.loads(facts.read_bytes())
    document["nodes"] = [{**document["nodes"][0], "name": name}]
    facts.write_text(json.dumps(document))
    done = sign(desk, facts)
    assert done.exit_code == 0, done.err
    assert [node["name"] for node in record(desk)["nodes"]] == [signed]


def test_a_key_that_is_not_enrolled_signs_no_facts(desk):
    done = sign(desk, by="eve")
    assert done.exit_code == 10
    assert not (desk.launch.path.parent / "eve.json").exists()


def test_a_holders_key_signs_no_facts(desk):
    path = put_facts(desk)
    words = ("confirm", "ada", "--facts", path, "--key", desk.launch.key_file("luca"))
    done = run("-C", desk.launch.path, *words, "--anchor", desk.anchor, "--yes")
    assert done.exit_code == 10


@pytest.mark.parametrize("option", [("--print",), ("--qr",)])
def test_facts_do_not_fit_into_a_line(desk, option):
    done = sign(desk, None, *option)
    assert (done.exit_code, "do not fit into a line" in done.advised) == (2, True)


def test_facts_are_signed_apart_from_a_confirmation(desk):
    done = sign(desk, None, "--not-ready", "disk")
    assert (done.exit_code, "do not confirm this host" in done.advised) == (2, True)
    done = run("-C", desk.launch.path, "confirm", "ada", "--addresses", "--yes")
    assert (done.exit_code, "add --facts FILE" in done.advised) == (2, True)


@pytest.mark.clause("AZ-11.2", "AZ-32.2")
def test_a_disagreement_is_shown_and_holds_the_checkpoints(desk):
    send(desk)
    send(desk, by="bob")
    assert shown(desk)["disagreements"] == []
    code, _, codes = desk.verify()
    assert (code, codes) == (0, set())
    send(desk, SPLIT, by="bob")
    (one,) = shown(desk)["disagreements"]
    assert (one["topic"], one["height"]) == ("state", 18)
    assert [side["by"] for side in one["sides"]] == [["operator ada"], ["operator bob"]]
    assert "state after block 18: S18 (operator ada), X (operator bob)" in (
        desk.run("window", "status").advised
    )
    code, guidance, codes = desk.verify()
    assert (guidance, codes) == ("HOLD", {"observers-disagree"})
    assert code == 11
    document = desk.json("window", "checkpoint", "first_blocks_healthy", "--dry-run")[1]
    assert "observers-disagree" in json.dumps(document)
    # Who was wrong signs again.
    send(desk, by="bob")
    assert shown(desk)["disagreements"] == []
    assert desk.verify()[2] == set()


@pytest.mark.clause("AZ-11.2")
def test_another_genesis_of_a_node_is_in_the_facts(desk):
    send(desk, facts_of(has("d", genesis=OTHER_GENESIS)))
    nodes = shown(desk)["operator_facts"][0]["nodes"]
    assert [node["genesis"] for node in nodes] == ["sealed"] * 3 + ["other"]


def test_a_kit_carries_them(desk, tmp_path):
    send(desk)
    kit = tmp_path / "launch.kit"
    words = ("pack", kit, "--ledger", desk.ledger)
    assert desk.run(*words, anchor=False).exit_code == 0
    done = run("-C", kit, "verify", "--anchor", desk.anchor, "--format", "json")
    by_id = {check["id"]: check for check in json.loads(done.out)["checks"]}
    assert by_id["observers-agree"]["detail"] == "1 report of operators"
    page = run("show", desk.launch.path.parent / "ada.json", "-C", desk.launch.path)
    assert page.exit_code == 0, page.out + page.err
    assert "it is the operator's claim" in page.advised


@pytest.mark.clause("AZ-11.2")
def test_what_this_machine_saw_is_compared_too(desk):
    send(desk)
    keep_facts(desk.anchor, put_facts(desk).read_bytes())
    assert shown(desk)["disagreements"] == []
    keep_facts(desk.anchor, put_facts(desk, SPLIT).read_bytes())
    (one,) = shown(desk)["disagreements"]
    assert [side["by"] for side in one["sides"]] == [["operator ada"], ["this machine"]]
    other = put_facts(desk, SPLIT, scope_hash="sha256:" + "cd" * 32)
    keep_facts(desk.anchor, other.read_bytes())
    assert shown(desk)["disagreements"] == []
    keep_facts(desk.anchor, b"{}")
    assert shown(desk)["disagreements"] == []
