"""The commands of docs/consumers.md, as written, by the programs themselves.

Each ends in 0 for an honest verdict, and otherwise for everything that `SPOILED` does to it.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from aztrust.core.base.canonical import dumps
from aztrust.core.formats.dsse import pae
from aztrust.core.history.bundle import ENDING, encode_bundle
from aztrust.core.history.trusted_root import trusted_root
from aztrust.core.state.context import Request, read_context
from aztrust.storage.launch import read_launch
from tests import ledgers
from tests.consumers.conftest import ORIGIN
from tests.consumers.tools import DOCUMENT, NEEDS, Bench, Documented, documented, require
from tests.consumers.verdicts import DSSE, Example
from tests.disk_launch import signer
from tests.verdicts import signed
from tools.readme import commands

ALL = documented()


def tools(found: Iterable[Documented]) -> pytest.MarkDecorator:
    """One test for each of these commands."""
    chosen = list(found)
    return pytest.mark.parametrize("told", chosen, ids=[told.name for told in chosen])


each = tools(ALL)
# check.sh takes the keys of the policy, the freeze alone, and a binary.
each_that_is_told = tools(told for told in ALL if told.section != "check.sh")
# What no ledger takes is in none.
each_without_ledger = tools(told for told in ALL if not told.asks_the_ledger)
ledger = tools(told for told in ALL if told.asks_the_ledger)

FAILED = {"verdict": "fail", "rows": {"scope": "fail"}}
OTHER_CLASS = {"checkpoint_class": "final_checks_completed"}


def test_the_page_has_a_command_for_every_tool():
    assert {told.section for told in ALL} == NEEDS.keys()
    assert len({told.name for told in ALL}) == len(ALL)
    assert sum(told.asks_the_ledger for told in ALL) == 2


def accepted(told: Documented, given: Bench) -> bool:
    """Runs the command; a crash of a program is not a refusal."""
    done = given.run(told.command.text)
    print(done.args, done.stdout, done.stderr, sep="\n")
    assert done.returncode not in (2, 126, 127), done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode == 0


@each
def test_an_honest_verdict_is_accepted(told, given):
    require(told.section)
    assert accepted(told, given)


@each_that_is_told
@pytest.mark.parametrize("file", ["manifests/release.json", "manifests/genesis.json"])
def test_a_manifest_is_a_file_of_the_verdict(told, given, file):
    require(told.section)
    given.variables["FILE"] = file
    assert accepted(told, given)


# ---- what is done to the honest verdict ----------------------------------------------------------


def flip(data: bytes, at: int) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def in_base64(text: str, at: int) -> str:
    """The base64 with one bit of the decoded bytes changed."""
    return base64.b64encode(flip(base64.b64decode(text), at)).decode()


def edit(path: Path, change: Callable[[dict], None]) -> None:
    """Changes a JSON file."""
    document = json.loads(path.read_bytes())
    change(document)
    path.write_bytes(dumps(document))


def both_files(given: Bench, change: Callable[[dict], None]) -> None:
    """Changes the envelope, wherever it is."""
    edit(given.path("VERDICT", DSSE), change)
    edit(given.path("VERDICT", ENDING), lambda whole: change(whole["dsseEnvelope"]))


def payload_byte(given: Bench, _: Example) -> None:
    def change(envelope: dict) -> None:
        payload = base64.b64decode(envelope["payload"])
        at = payload.index(b"AZTRUST_FREEZE") - 12
        envelope["payload"] = in_base64(envelope["payload"], at)

    both_files(given, change)


def signature_byte(given: Bench, _: Example) -> None:
    both_files(
        given, lambda e: e["signatures"][0].update(sig=in_base64(e["signatures"][0]["sig"], 20))
    )


def file_byte(given: Bench, _: Example) -> None:
    path = given.path("FILE")
    path.write_bytes(flip(path.read_bytes(), 3))


def another_file(given: Bench, _: Example) -> None:
    given.path("FILE").write_bytes(b"#!/bin/sh\necho another\n")


def no_file(given: Bench, _: Example) -> None:
    given.path("FILE").unlink()


def no_verdict(given: Bench, _: Example) -> None:
    for ending in (DSSE, ENDING):
        given.path("VERDICT", ending).unlink()


def empty_verdict(given: Bench, _: Example) -> None:
    for ending in (DSSE, ENDING):
        given.path("VERDICT", ending).write_bytes(b"")


def another_scope(given: Bench, _: Example) -> None:
    given.variables["SCOPE"] = "0" * 64


def another_payload_type(given: Bench, example: Example) -> None:
    both_files(given, lambda e: e.update(payloadType="application/vnd.in-toto+jso"))


SPOILED = (
    *(payload_byte, signature_byte, file_byte, another_file, no_file),
    *(no_verdict, empty_verdict, another_scope, another_payload_type),
)


@each
@pytest.mark.parametrize("spoil", SPOILED, ids=[spoil.__name__ for spoil in SPOILED])
def test_one_changed_byte_or_another_file_is_refused(told, given, examples, spoil):
    require(told.section)
    spoil(given, examples()[0])
    assert not accepted(told, given)


@each_that_is_told
def test_another_key_is_refused(told, given):
    require(told.section)
    given.path("KEY").write_bytes(signer("rita").public.pem)
    assert not accepted(told, given)


@each_that_is_told
def test_another_level_is_refused(told, given):
    require(told.section)
    given.variables["LEVEL"] = "AZTRUST_FINAL_CHECKS_COMPLETED"
    assert not accepted(told, given)


# ---- other verdicts ------------------------------------------------------------------------------


def replaced(given: Bench, example: Example, payload: bytes) -> Bench:
    """The honest verdict's place taken by another payload that the same key signed."""
    envelope = signed(payload, example.signer)
    given.path("VERDICT", DSSE).write_bytes(envelope)
    # The ledger takes no such thing; a bundle without an entry shows it to the tools all the same.
    given.path("VERDICT", ENDING).write_bytes(encode_bundle(envelope, example.key))
    return given


@each
@pytest.mark.parametrize("file", ["atlasd", "the scope"])
def test_a_failed_verdict_is_refused(told, examples, tmp_path, file):
    """It names the scope alone; a caller who gives the scope as the file is still refused."""
    require(told.section)
    example, given = examples("failed", **FAILED)
    given = given.copy(tmp_path / "given")
    if file == "the scope":
        context = read_context(Request(example.launch.now()), read_launch(example.launch.path))
        given.path("FILE").write_bytes(context.scope.encode())
    assert not accepted(told, given)


@each_without_ledger
def test_a_failed_verdict_that_names_the_file_is_refused(told, given, examples):
    """aztrust writes none, and its readers refuse one. A signer with another program could."""
    require(told.section)
    example = examples()[0]
    document = json.loads(example.payload)
    document["predicate"] |= {"verificationResult": "FAILED"}
    assert not accepted(told, replaced(given, example, dumps(document)))


@each_without_ledger
def test_a_passed_statement_of_another_type_is_refused(told, given, examples):
    require(told.section)
    example = examples()[0]
    document = json.loads(example.payload)
    document["predicateType"] = "https://slsa.dev/provenance/v1"
    assert not accepted(told, replaced(given, example, dumps(document)))


@each_without_ledger
def test_a_verdict_signed_as_something_else_is_refused(told, given, examples):
    """The same words, signed by the same key, and not as an in-toto statement."""
    require(told.section)
    example = examples()[0]
    kind = "application/vnd.example+json"
    signature = base64.b64encode(example.signer.sign(pae(kind, example.payload))).decode()

    def change(envelope: dict) -> None:
        envelope["payloadType"] = kind
        envelope["signatures"][0]["sig"] = signature

    both_files(given, change)
    edit(
        given.path("VERDICT", ENDING),
        lambda whole: whole["verificationMaterial"].update(tlogEntries=[]),
    )
    assert not accepted(told, given)


@each
def test_a_verdict_of_another_class_is_refused(told, examples, tmp_path):
    require(told.section)
    assert not accepted(told, examples("class", **OTHER_CLASS)[1].copy(tmp_path / "given"))


@each
def test_a_signer_who_is_not_trusted_is_refused(told, examples, tmp_path):
    """rita is a holder, and no verdict signer: check.sh knows it from the policy."""
    require(told.section)
    given = examples("rita", by="rita")[1].copy(tmp_path / "given")
    given.path("KEY").write_bytes(signer("luca").public.pem)
    assert not accepted(told, given)


# ---- the ledger ----------------------------------------------------------------------------------


def entry(change: Callable[[dict], None]) -> Callable[[Bench, Example], None]:
    """Changes the ledger's entry in the bundle."""

    def spoil(given: Bench, _: Example) -> None:
        edit(
            given.path("VERDICT", ENDING),
            lambda whole: change(whole["verificationMaterial"]["tlogEntries"][0]),
        )

    return spoil


def _hash_byte(entry: dict) -> None:
    proof = entry["inclusionProof"]
    proof["hashes"][0] = in_base64(proof["hashes"][0], 0)


def _head_byte(entry: dict) -> None:
    head = entry["inclusionProof"]["checkpoint"]
    root = head["envelope"].split("\n")[2]
    head["envelope"] = head["envelope"].replace(root, in_base64(root, 0), 1)


def _head_signature(entry: dict) -> None:
    head = entry["inclusionProof"]["checkpoint"]
    *rest, last = head["envelope"].rstrip("\n").split(" ")
    head["envelope"] = " ".join([*rest, in_base64(last, 30)]) + "\n"


def _log_id(entry: dict) -> None:
    entry["logId"]["keyId"] = in_base64(entry["logId"]["keyId"], 0)


def _index(entry: dict) -> None:
    entry["logIndex"] = entry["inclusionProof"]["logIndex"] = "3"


def _leaf_byte(entry: dict) -> None:
    entry["canonicalizedBody"] = in_base64(entry["canonicalizedBody"], 130)


def not_logged(given: Bench, example: Example) -> None:
    given.path("VERDICT", ENDING).write_bytes(encode_bundle(example.envelope, example.key))


def another_keeper(given: Bench, example: Example) -> None:
    given.path("ROOT").write_bytes(trusted_root(ORIGIN, signer("rita").public))


def another_log(given: Bench, example: Example) -> None:
    given.path("ROOT").write_bytes(trusted_root("other.log", example.keeper.public))


IN_THE_LEDGER = {
    "hash": entry(_hash_byte),
    "head": entry(_head_byte),
    "head signature": entry(_head_signature),
    "log id": entry(_log_id),
    "index": entry(_index),
    "leaf": entry(_leaf_byte),
    "not logged": not_logged,
    "another keeper": another_keeper,
    "another log": another_log,
}


@ledger
@pytest.mark.parametrize("spoil", IN_THE_LEDGER.values(), ids=IN_THE_LEDGER)
def test_a_verdict_that_the_ledger_does_not_hold_is_refused(told, given, examples, spoil):
    require(told.section)
    spoil(given, examples()[0])
    # cosign makes the leaf anew, and does not compare the bundle's.
    made_anew = (told.section, spoil) == ("cosign", IN_THE_LEDGER["leaf"])
    assert accepted(told, given) == made_anew


@ledger
@pytest.mark.parametrize("named", ["", "absent.json", "https://127.0.0.1:9/root.json"])
def test_without_its_trusted_root_nothing_is_in_the_ledger(told, given, named):
    require(told.section)
    given.variables["ROOT"] = named
    assert not accepted(told, given)
    assert "127.0.0.1" not in given.run(told.command.text).stderr.replace(named, "")


@ledger
def test_the_entry_of_another_verdict_is_refused(told, given, examples):
    """The ledger holds that one, and the proof is right."""
    require(told.section)
    other = json.loads(examples("rita", by="rita")[1].path("VERDICT", ENDING).read_bytes())
    edit(
        given.path("VERDICT", ENDING),
        lambda whole: whole["verificationMaterial"].update(
            tlogEntries=other["verificationMaterial"]["tlogEntries"]
        ),
    )
    assert not accepted(told, given)


@ledger
def test_an_entry_of_every_place_is_found(told, given, examples):
    require(told.section)
    example = examples()[0]
    for index, size in ((0, 1), (0, 2), (1, 2), (2, 3), (5, 7), (6, 7)):
        data = encode_bundle(example.envelope, example.key, example.included_at(index, size))
        given.path("VERDICT", ENDING).write_bytes(data)
        assert accepted(told, given), f"entry {index} of {size}"


@ledger
def test_an_origin_with_a_path_is_one_that_cosign_does_not_find(told, examples, tmp_path):
    require(told.section)
    given = examples("path", origin=ledgers.ORIGIN)[1].copy(tmp_path / "given")
    assert "/" in ledgers.ORIGIN
    assert accepted(told, given) == (told.section != "cosign")


@each
def test_who_takes_ed25519(told, examples, tmp_path):
    """A verdict by an Ed25519 key; dan is not a verdict signer, which check.sh knows."""
    require(told.section)
    given = examples("ed25519", by="dan")[1].copy(tmp_path / "given")
    takes = told.section != "check.sh" and not (told.section == "cosign" and told.asks_the_ledger)
    assert accepted(told, given) == takes


def test_the_digest_of_a_key_as_the_page_has_it(given, examples):

    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    (command,) = commands(DOCUMENT.read_text("utf-8").partition("\n## ")[0])
    done = given.run(command.text)
    assert done.stdout.split()[0] == examples()[0].key.keyid
