"""A folder of gen_txs: each file is accounted for by its name."""

from __future__ import annotations

from aztrust.core.genesis.gentx_operators import operator_name, read_operators
from tests.gentxs import CHAIN, data, gentx, message, operator_address, std_tx


def read(files, unread=None):
    return {file.name: file for file in read_operators(files, unread or {}, CHAIN)}


def test_names_with_spaces_are_files_like_others():
    files = {
        "gentx-Bi23 Labs.json": data(gentx("bi", "Bi23 Labs")),
        "n0ok[MantiCore].json": data(gentx("no", "n0ok[MantiCore]")),
        "old.json": data(std_tx("eve")),
    }
    found = read(files)
    assert list(found) == sorted(files)
    assert [(f.operator, f.signature, f.is_refused) for f in found.values()] == [
        ("bi23-labs", "verified", False),
        ("n0ok-manticore", "verified", False),
        ("eve", "verified", False),
    ]
    assert found["old.json"].validators == (operator_address("eve"),)


def test_every_file_that_is_not_a_gentx_is_named_with_its_reason():
    tx = gentx("ada")
    foreign = {"@type": "/cosmos.bank.v1beta1.MsgSend"}
    files = {
        "a README.md": b"# gentxs\n",
        "cut.json": data(tx)[:-20],
        "empty.json": b"",
        "list.json": b"[" + data(tx) + b"]",
        "lines.json": data(tx) + b"\n" + data(gentx("eve")),
        "other.json": b'{"body":{"messages":[]}}',
        "mixed.json": data(gentx("bob", messages=[message("bob")]) | {}).replace(
            b'"messages": [', b'"messages": [{"@type": "/cosmos.bank.v1beta1.MsgSend"}, '
        ),
        "wrong.json": data(gentx("dan", chain_id="other-1")),
        "good.json": data(gentx("zoe")),
    }
    assert foreign["@type"].encode() in files["mixed.json"]
    found = read(files, {"a folder": "not a regular file"})
    assert found.keys() == {*files, "a folder"}
    good = found.pop("good.json")
    assert (good.operator, good.why) == ("zoe", "")
    assert all(file.is_refused and file.why for file in found.values())
    assert "list of 1" in found["list.json"].why
    assert found["mixed.json"].why == "1 of its 2 messages cannot be read"
    assert (found["wrong.json"].signature, "chain id" in found["wrong.json"].why) == ("wrong", True)
    assert found["a folder"].why == "not a regular file"


def test_two_files_of_one_validator_count_for_none():
    same = message("ada")
    files = {
        "1.json": data(gentx("ada")),
        "2.json": data(gentx("ada", messages=[same | {"min_self_delegation": "2"}])),
        "3.json": data(gentx("bob")),
    }
    found = read(files)
    assert [file.is_refused for file in found.values()] == [True, True, False]
    assert found["1.json"].why in (
        "the same validator as in 2.json",
        "the same operator's name as in 2.json",
    )


def test_two_operators_of_one_name_count_for_none():
    files = {"1.json": data(gentx("ada", "Node!")), "2.json": data(gentx("bob", "node"))}
    found = read(files)
    assert {file.why for file in found.values()} == {
        "the same operator's name as in 1.json",
        "the same operator's name as in 2.json",
    }


def test_several_messages_of_one_file():
    one = message("ada")
    twice = data(gentx("ada", messages=[one, one]))
    assert read({"t.json": twice})["t.json"].why == "it creates one validator twice"
    strangers = data(gentx("ada", messages=[one, message("bob")]))
    assert "another account" in read({"t.json": strangers})["t.json"].why


def test_a_moniker_without_letters_takes_the_files_name():
    files = {"Nova 7.json": data(gentx("ada", "✨")), "✨.json": data(gentx("bob", "✨"))}
    found = read(files)
    assert found["Nova 7.json"].operator == "nova-7"
    assert "no letter" in found["✨.json"].why


def test_operator_names_are_names_of_an_enrolment():
    assert operator_name("P2P.ORG - P2P Validator") == "p2p-org-p2p-validator"
    assert operator_name("--a--") == "a"
    assert len(operator_name("a" * 100)) == 64
