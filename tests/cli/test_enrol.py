"""`aztrust enrol`: a list of operators is reviewed, checked and signed; the roster is shown."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import make_launch
from tests.gentxs import consensus_key, data, gentx, operator_address, std_tx
from tests.operator_files import (
    REGISTRAR_POLICY,
    entry,
    genesis,
    public,
    ssh_line,
    write_list,
)
from tests.people import fingerprint

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture
def desk(tmp_path):
    policy = window_policy(REGISTRAR_POLICY)
    return Desk(make_launch(tmp_path, policy=policy, genesis={"genesis.json": genesis()}))


def enrol(desk: Desk, *words: object, by: str = "luca"):
    return desk.run("enrol", *words, by=by)


def body_of(desk: Desk, document: dict[str, object]) -> dict[str, object]:
    return desk.statement(str(document["path"]))["predicate"]["record"]


def test_a_list_is_signed_by_the_registrar(desk, tmp_path):
    pem = tmp_path / "bob.pem"
    pem.write_bytes(public("bob").pem)
    listed = write_list(
        tmp_path,
        entry("ada", operator_address("ada")),
        entry("bob", consensus_key("bob"), key="bob.pem"),
        entry(
            "zoe", key=public("zoe").fingerprint, more='key_file = "zoe.pub"', roles=("observer",)
        ),
    )
    (tmp_path / "zoe.pub").write_text(ssh_line("zoe") + "\n")
    document = enrol(desk, listed, "--yes", "--format", "json").document
    body = body_of(desk, document)
    assert body["gentx"] == "none"
    assert body["policy_digest"] == desk.anchor
    operators = {entry["operator"]: entry for entry in body["operators"]}
    assert {name: entry["key"] for name, entry in operators.items()} == {
        name: public(name).fingerprint for name in ("ada", "bob", "zoe")
    }
    assert operators["ada"]["validators"] == [operator_address("ada")]
    assert operators["zoe"]["roles"] == ["observer"]
    assert (document["genesis_compared"], document["replaced"]) == (True, [])


def test_what_the_registrar_sees_before_the_signature(desk, tmp_path):
    listed = write_list(tmp_path, entry("ada", operator_address("ada")), entry("bob"))
    before = desk.snapshot()
    done = enrol(desk, listed)
    assert done.exit_code == 4
    assert desk.snapshot() == before
    shown = done.out
    assert "luca, launch-coordinator" in shown
    assert "2 operators with 2 keys: 50.0% of the voting power" in shown
    assert public("ada").fingerprint in shown
    assert f"{operator_address('ada')}  50.0%" in " ".join(shown.split(" ")).replace("\n", " ")
    assert "no validator" in shown
    assert "every validator of the list is in it (3 validators)" in shown
    assert "Enrol 2 operators with 2 keys?" in done.err


def test_the_roster_shows_who_is_enrolled(desk, tmp_path):
    assert enrol(desk, by=None).out.startswith("roster   0 operators with 0 keys")
    enrol(desk, write_list(tmp_path, entry("ada", operator_address("ada")), entry("bob")), "--yes")
    done = enrol(desk, by=None)
    assert done.exit_code == 0
    assert "50.0% belongs to these operators" in done.out
    assert "50.0% belongs to none of them" in done.out
    document = enrol(desk, "--format", "json", by=None).document
    assert [(o["operator"], o["power"]) for o in document["operators"]] == [
        ("ada", "2000000"),
        ("bob", "0"),
    ]
    assert (document["total_power"], document["power_unknown"]) == ("4000000", None)


def test_a_later_list_replaces_the_operators_that_it_names(desk, tmp_path):
    enrol(desk, write_list(tmp_path, entry("ada", operator_address("ada")), entry("bob")), "--yes")
    listed = write_list(tmp_path, entry("ada", operator_address("zoe")))
    document = enrol(desk, listed, "--yes", "--format", "json").document
    assert document["replaced"] == ["ada"]
    document = enrol(desk, "--format", "json", by=None).document
    assert {o["operator"]: o["validators"] for o in document["operators"]} == {
        "ada": [operator_address("zoe")],
        "bob": [],
    }


def test_without_the_sealed_genesis_it_says_that_nothing_was_compared(desk, tmp_path):
    desk.launch.file("genesis", "genesis.json").write_bytes(b"{}")
    listed = write_list(tmp_path, entry("ada", "cosmosvaloper1unknown"))
    done = enrol(desk, listed, "--yes")
    assert done.exit_code == 0, done.err
    assert "not looked at, so no validator was compared with it" in done.advised
    assert "genesis.json here is not the sealed file" in done.advised
    assert "power    not known" in enrol(desk, by=None).out


def test_rows_of_a_weight_table(tmp_path):
    more = '[readiness]\nregistrar = "launch-coordinator"\nweights = "genesis:weights.json"\n'
    files = {"genesis.json": genesis(), "weights.json": b'{"row one": 1, "row-two": 3}'}
    desk = Desk(make_launch(tmp_path, policy=window_policy(more), genesis=files))
    done = enrol(desk, write_list(tmp_path, entry("ada", "row-two")))
    assert "75.0% of the voting power" in done.out
    done = enrol(desk, write_list(tmp_path, entry("ada", operator_address("ada"))), "--yes")
    assert (done.exit_code, "is not a validator of the sealed genesis" in done.advised) == (
        10,
        True,
    )


ADA, BOB = operator_address("ada"), operator_address("bob")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((entry("ada"), entry("bob", key=ssh_line("ada"))), "is listed for ada, too"),
        ((entry("ada"), entry("ada")), "is listed for ada, too"),
        ((entry("ada", ADA), entry("bob", ADA)), "belongs to ada"),
        ((entry("ada", ADA), entry("bob", ADA.upper())), "belongs to ada"),
        ((entry("ada", ADA), entry("bob", consensus_key("ada"))), "belongs to ada"),
        ((entry("ada", ADA, consensus_key("ada")),), "belongs to ada"),
        ((entry("ada", "cosmosvaloper1none"),), "is not a validator of the sealed genesis"),
        ((entry("ada", roles=("noed",)),), "noed is not a role of this launch; did you mean node?"),
        ((entry("ada", roles=("node", "node")),), "the role node is listed 2 times"),
        ((entry("dan", key="dan.pem"),), "is a key of the holder dan"),
    ],
    ids=list(map(str, range(10))),
)
def test_a_list_that_cannot_be_enrolled(desk, tmp_path, entries, message):
    (tmp_path / "dan.pem").write_bytes((desk.launch.path / "keys/dan.pem").read_bytes())
    before = desk.snapshot()
    done = enrol(desk, write_list(tmp_path, *entries), "--yes")
    assert done.exit_code == 10, done.out + done.err
    assert message in done.advised
    assert "enrolment-conflict" in done.err
    assert desk.snapshot() == before


def test_every_offender_is_named_at_once(desk, tmp_path):
    done = enrol(desk, write_list(tmp_path, entry("ada", "x"), entry("bob", roles=("y",))), "--yes")
    assert "2 things in this list cannot be enrolled" in done.advised
    assert "ada: x is not a validator" in done.advised
    assert "bob: y is not a role" in done.advised


def test_what_others_have_in_force_is_not_enrolled_again(desk, tmp_path):
    enrol(desk, write_list(tmp_path, entry("ada", ADA), entry("bob")), "--yes")
    done = enrol(desk, write_list(tmp_path, entry("zoe", ADA)), "--yes")
    assert "the validator " in done.advised
    assert "belongs to ada (enrolled)" in done.advised
    done = enrol(desk, write_list(tmp_path, entry("zoe", key=ssh_line("bob"))), "--yes")
    assert "is enrolled for bob already" in done.advised
    # A list that replaces the other operator, too, may move both.
    moved = write_list(
        tmp_path,
        entry("zoe", ADA, key=ssh_line("bob")),
        entry("ada"),
        entry("bob", key=ssh_line("zoe")),
    )
    assert enrol(desk, moved, "--yes").exit_code == 0


@pytest.mark.parametrize("by", ["rita", "mallory"])
def test_only_the_registrar_enrols(desk, tmp_path, by):
    before = desk.snapshot()
    done = enrol(desk, write_list(tmp_path, entry("ada")), "--yes", by=by)
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    assert desk.snapshot() == before


def test_a_policy_without_a_registrar(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    done = enrol(desk, write_list(tmp_path, entry("ada")), "--yes")
    assert (done.exit_code, "no holder has that role" in done.advised) == (10, True)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", 10, "operator is missing"),
        ("operator = 5", 10, "operator: it has to be a list, not 5"),
        ("<<<", 10, ""),
        (entry("ada", more="colour = 1"), 10, "unknown key"),
        (entry("Ada"), 10, "operator[0].name: it has to be a name: "),
        (entry("ada", roles=()), 10, "operator[0].roles: it is empty"),
        (entry("ada", key="none.pub"), 1, "cannot read"),
        (entry("ada", key="sha256:" + "0" * 64), 2, "a fingerprint alone holds no key"),
        (entry("ada", key="sha256:00"), 2, "its key is not a SHA-256"),
        (entry("ada", more='key_file = "a.pub"'), 2, "has the key itself and a file"),
        (entry("ada", key="a.pub", more='key_file = "a.pub"'), 2, "names two files"),
        (
            entry("ada", key="sha256:" + "0" * 64, more='key_file = "a.pub"'),
            10,
            "holds another key than the fingerprint says",
        ),
        (entry("ada", key="ssh-rsa AAAA"), 10, "only ssh-ed25519 is taken"),
        (entry("ada", key="junk"), 10, "is not exactly one PEM block"),
        (entry("ada", key="../dan.key"), 10, "PRIVATE key in the place of a public one"),
    ],
    ids=list(map(str, range(15))),
)
def test_a_list_that_cannot_be_read(desk, tmp_path, text, code, message):
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.pub").write_text(ssh_line("ada"))
    (folder / "junk").write_bytes(b"\xff\x00")
    (tmp_path / "dan.key").write_bytes(desk.launch.key_file("dan").read_bytes())
    before = desk.snapshot()
    done = enrol(desk, write_list(folder, text), "--yes")
    assert (done.exit_code, message in done.advised) == (code, True), done.err
    assert "Traceback" not in done.err
    assert not re.search(r"tuple|validation|pattern|more\)", done.err)
    assert desk.snapshot() == before


def test_the_fingerprint_of_an_ssh_key(tmp_path):
    path = tmp_path / "a.pub"
    path.write_text(ssh_line("ada") + "\n")
    assert run("key", "fingerprint", path, "-q").out == f"{public('ada').fingerprint}\n"
    path.write_text("ssh-rsa AAAA\n")
    assert run("key", "fingerprint", path).exit_code == 10


def test_options_of_two_lists(desk, tmp_path):
    listed = write_list(tmp_path, entry("ada"))
    assert enrol(desk, listed, "--from-gentx", tmp_path).exit_code == 2
    for words in (("--keys", tmp_path), ("--key-of", "ada=x"), ("--role", "node")):
        assert "belong to --from-gentx" in enrol(desk, listed, *words).advised


# ---- from gen_txs -------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with three gen_txs, and one with the keys of two operators."""
    gentxs, keys = tmp_path / "gentxs", tmp_path / "keys of operators"
    gentxs.mkdir()
    keys.mkdir()
    (gentxs / "gentx-Ada Labs.json").write_bytes(data(gentx("ada", "Ada Labs")))
    (gentxs / "gentx-bob.json").write_bytes(data(gentx("bob")))
    (gentxs / "zoe.json").write_bytes(data(std_tx("zoe")))
    (keys / "Ada Labs.pub").write_text(ssh_line("ada") + "\n")
    (keys / "bob.pem").write_bytes(public("bob").pem)
    return gentxs, keys


def from_gentx(desk: Desk, folders: tuple[Path, Path], *words: object):
    gentxs, keys = folders
    return enrol(desk, "--from-gentx", gentxs, "--keys", keys, "--role", "node", *words)


def test_a_folder_of_gentxs(desk, folders):
    done = from_gentx(desk, folders, "--yes", "--format", "json")
    assert done.exit_code == 0, done.err
    body = body_of(desk, done.document)
    assert body["gentx"] == "verified"
    assert {entry["operator"]: entry["validators"] for entry in body["operators"]} == {
        "ada-labs": [ADA],
        "bob": [BOB],
    }
    assert {file["name"]: file["outcome"] for file in done.document["files"]} == {
        "gentx-Ada Labs.json": "enrols ada-labs; signature verified",
        "gentx-bob.json": "enrols bob; signature verified",
        "zoe.json": "zoe is not enrolled: there is no key zoe.pub; signature verified",
    }


def test_each_file_is_named_before_the_signature(desk, folders):
    (folders[1] / "nora.pub").write_text(ssh_line("nora"))
    (folders[1] / "notes.txt").write_text("hello\n")
    done = from_gentx(desk, folders)
    assert done.exit_code == 4
    shown = " ".join(done.out.split())
    for name in ("gentx-Ada Labs.json: enrols", "gentx-bob.json: enrols", "zoe.json: zoe is not"):
        assert name in shown
    assert "keys of operators/nora.pub: no gen_tx of an operator of this name" in shown
    assert "keys of operators/notes.txt: is not exactly one PEM block" in shown


def test_a_key_of_one_operator(desk, folders, tmp_path):
    pub = tmp_path / "z.pub"
    pub.write_text(ssh_line("zoe"))
    done = from_gentx(desk, folders, "--key-of", f"zoe={pub}", "--yes", "--format", "json")
    assert len(body_of(desk, done.document)["operators"]) == 3
    for text in ("nora=x", "zoe", "zoe="):
        done = from_gentx(desk, folders, "--key-of", text)
        assert (done.exit_code, "names no operator of these gen_txs" in done.advised) == (2, True)
    pub.write_text(ssh_line("nora"))
    assert "bob has two keys here" in from_gentx(desk, folders, "--key-of", f"bob={pub}").advised


def test_a_signature_that_cannot_be_verified_is_recorded_as_that(desk, folders):
    tx = gentx("bob")
    tx["body"]["extension_options"] = [{"@type": "/unknown"}]
    (folders[0] / "gentx-bob.json").write_bytes(data(tx))
    done = from_gentx(desk, folders, "--yes", "--format", "json")
    assert body_of(desk, done.document)["gentx"] == "unverified"
    outcomes = {file["name"]: file["outcome"] for file in done.document["files"]}
    assert (
        "signature not verified: what was signed cannot be made again" in outcomes["gentx-bob.json"]
    )


def test_files_that_are_not_gentxs_are_named_one_by_one(desk, folders):
    gentxs, _ = folders
    (gentxs / "README.md").write_text("# hello\n")
    (gentxs / "a folder").mkdir()
    (gentxs / "a link.json").symlink_to(gentxs / "zoe.json")
    (gentxs / "forged.json").write_bytes(data(gentx("eve", chain_id="other")))
    (gentxs / "copy.json").write_bytes(data(gentx("bob")))
    os.mkfifo(gentxs / "pipe")
    before = desk.snapshot()
    done = from_gentx(desk, folders, "--yes")
    assert (done.exit_code, "are not gen_txs that can be enrolled" in done.advised) == (10, True)
    assert "7 of 9 files" in done.advised
    for cause in (
        "README.md: ",
        "a folder: ",
        "a link.json: a symbolic link",
        "forged.json: its signature does not hold",
        "copy.json: the same",
        "gentx-bob.json: the same",
        "pipe: not a regular file",
    ):
        assert cause in done.advised, cause
    assert desk.snapshot() == before


def test_without_keys_or_roles_or_files(desk, folders, tmp_path):
    gentxs, keys = folders
    done = enrol(desk, "--from-gentx", gentxs, "--role", "node")
    assert (done.exit_code, "no operator of these gen_txs has a key here" in done.advised) == (
        10,
        True,
    )
    assert "operators: ada-labs, bob, zoe" in done.advised
    assert enrol(desk, "--from-gentx", gentxs, "--keys", keys).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert "there is no file in" in from_gentx(desk, (tmp_path / "empty", keys)).advised
    assert from_gentx(desk, (tmp_path / "none", keys)).exit_code == 1


def test_a_key_of_a_holder_in_the_folder(desk, folders):
    (folders[1] / "bob.pem").write_bytes((desk.launch.path / "keys/dan.pem").read_bytes())
    done = from_gentx(desk, folders, "--yes")
    assert (done.exit_code, "is a key of the holder dan" in done.advised) == (10, True)
    assert fingerprint("dan")[:15] in done.advised


def test_the_result_is_one_line_with_q(desk, tmp_path):
    done = enrol(desk, write_list(tmp_path, entry("ada")), "--yes", "-q")
    assert done.out == "enrolled 1 operator with 1 key\n"
    assert json.loads(enrol(desk, "--format", "json", by=None).out)["operators"]
