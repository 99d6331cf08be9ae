"""A proof bundle proves its blocks again, from the sealed genesis and from nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.chain.adapter import ChainOptions, Reply, Unreachable
from aztrust.core.chain.bundle import (
    MAX_BYTES,
    Origin,
    bundle_get,
    bundle_name,
    make_bundle,
    prove_again,
    read_bundle,
)
from aztrust.core.chain.cometbft.adapter import CometBFT
from aztrust.core.chain.proving import prove_to
from aztrust.core.chain.recheck import Rechecked, recheck
from fixtures.signed_chain import SignedChain
from tests.core.chain.recordings import recording

CHAIN = SignedChain([3, 3, 2, 1], absent=[3])
GROWN = SignedChain([3, 3, 2, 1], absent=[3], joined=5, since=6)
SCOPE = sha256_id(b"scope")
Document = dict[str, Any]


def look(data: bytes, chain: SignedChain = CHAIN, scope: str | None = None) -> Rechecked:
    return recheck(
        data, "1.proof.json", sha256_id(data), chain.origin(scope), chain.adapter, chain.expected
    )


def changed(data: bytes, change: Callable[[Document], None]) -> bytes:
    document: Document = json.loads(data)
    change(document)
    return canonical.dumps(document)


def set_body(response: Document, body: bytes) -> None:
    response["body"] = base64.b64encode(body).decode()
    response["sha256"] = sha256_id(body)


@pytest.mark.parametrize("height", [1, 2, 10])
def test_a_bundle_proves_its_blocks_again(height: int):
    found = look(CHAIN.bundle(height, SCOPE), scope=SCOPE)
    assert (found.fault, found.why, found.height) == (None, "", height)
    assert found.proof is not None
    assert found.proof.text == f"8 of 9 signed block {height}"


def test_it_holds_the_first_block_and_the_last_where_the_validators_stay():
    bundle = read_bundle(CHAIN.bundle(10), what="b")
    assert bundle.heights == (1, 10)
    assert [one.path for one in bundle.responses] == ["/commit?height=1", "/commit?height=10"]


def test_it_holds_the_blocks_between_where_the_validators_changed():
    data = GROWN.bundle(9)
    bundle = read_bundle(data, what="b")
    assert bundle.heights == (1, 5, 6, 7, 8, 9)
    found = look(data, GROWN)
    assert found.proof is not None
    assert found.proof.text == "13 of 14 signed block 9"


def test_without_the_block_that_names_the_new_validators_it_proves_nothing():
    def without(document: Document) -> None:
        document["heights"].remove(6)

    found = look(changed(GROWN.bundle(9), without), GROWN)
    assert found.fault == "wrong"
    assert found.proof is None
    assert "block 7" in found.why


def test_its_name_has_the_height_and_its_digest():
    data = CHAIN.bundle(2)
    assert bundle_name(2, data) == f"2-{sha256_id(data)[7:23]}.proof.json"


def other_body(document: Document) -> None:
    document["responses"][1]["body"] = document["responses"][0]["body"]


def not_base64(document: Document) -> None:
    document["responses"][0]["body"] = "*"


def two_answers(document: Document) -> None:
    document["responses"].append(document["responses"][0])


def descending(document: Document) -> None:
    document["heights"].reverse()


def unknown_key(document: Document) -> None:
    document["proven"] = True


def no_heights(document: Document) -> None:
    document["heights"] = []


def an_address(document: Document) -> None:
    document["responses"][0]["path"] = "http://10.0.0.1/commit"


def null_scope(document: Document) -> None:
    document["scope_hash"] = None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (null_scope, "is null"),
        (other_body, "another digest"),
        (not_base64, "not base64"),
        (two_answers, "two responses to /commit?height=1"),
        (descending, "do not ascend"),
        (unknown_key, "proven"),
        (no_heights, "heights"),
        (an_address, "path"),
    ],
)
def test_a_bundle_of_another_form_is_refused(change: Callable[[Document], None], why: str):
    found = look(changed(CHAIN.bundle(2), change))
    assert (found.fault, found.height) == ("malformed", None)
    assert why in found.why


def test_a_bundle_is_read_within_bounds():
    with pytest.raises(Malformed, match=f"has at most {MAX_BYTES}") as caught:
        read_bundle(b" " * (MAX_BYTES + 1), what="b")
    assert caught.value.code == "proof-malformed"
    assert "at most" in look(b" " * (MAX_BYTES + 1)).why


def test_a_bundle_that_is_too_large_is_not_made():
    proven = prove_to(CHAIN.adapter, CHAIN.expected, CHAIN.get, 2)
    assert proven is not None
    large = replace(proven, replies={"/a": Reply(b"a" * MAX_BYTES)})
    with pytest.raises(Malformed, match="at most"):
        make_bundle(CHAIN.origin(), large)


def test_no_bundle_is_made_of_what_is_not_proven():
    weak = SignedChain([3, 3, 3], absent=[0])
    proven = prove_to(weak.adapter, weak.expected, weak.get, 2)
    assert proven is not None
    assert proven.heights == (1,)
    with pytest.raises(Malformed, match="6 of 9 signed block 1, and more than two thirds must"):
        make_bundle(weak.origin(), proven)


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (SignedChain([3, 3, 2, 1], "c-2", absent=[3]), "is of the chain c-2, and not of c-1"),
        (SignedChain([3, 3, 2, 2], absent=[3]), "was made for the genesis"),
    ],
)
def test_a_bundle_of_another_chain_or_genesis_is_foreign(chain: SignedChain, why: str):
    found = look(chain.bundle(2))
    assert found.fault == "foreign"
    assert why in found.why


def test_a_bundle_of_another_genesis_that_claims_this_one_is_wrong():
    other = SignedChain([3, 3, 2, 2], absent=[3])
    found = look(other.bundle(2, origin=CHAIN.origin()))
    assert found.fault == "wrong"
    assert "another validator set than the genesis" in found.why


@pytest.mark.parametrize("made", [None, sha256_id(b"earlier scope")])
def test_a_bundle_of_another_scope_is_foreign(made: str | None):
    found = look(CHAIN.bundle(2, made), scope=SCOPE)
    assert found.fault == "foreign"
    assert f"and the launch is of {SCOPE[7:15]}" in found.why


def test_a_bundle_that_does_not_begin_with_the_first_block_is_wrong():
    def later(document: Document) -> None:
        document["heights"] = [2]

    found = look(changed(CHAIN.bundle(2), later))
    assert (found.fault, found.proof) == ("wrong", None)
    assert "begins with block 2" in found.why


def test_a_bundle_without_a_response_proves_nothing():
    def without(document: Document) -> None:
        del document["responses"][1]

    found = look(changed(CHAIN.bundle(2), without))
    assert (found.fault, found.why) == ("wrong", "lacks a response that the proof rests on")


def test_a_response_that_the_interface_does_not_define_is_malformed():
    def broken(document: Document) -> None:
        set_body(document["responses"][1], b'{"result": {"signed_header": 7}}')

    assert look(changed(CHAIN.bundle(2), broken)).fault == "malformed"


def test_the_signed_power_is_that_of_the_signatures_in_the_bundle():
    def without_the_largest(document: Document) -> None:
        for response in document["responses"]:
            answer = json.loads(base64.b64decode(response["body"]))
            votes = answer["result"]["signed_header"]["commit"]["signatures"]
            votes[0].update(block_id_flag=1, validator_address="", signature=None)
            set_body(response, json.dumps(answer).encode())

    found = look(changed(CHAIN.bundle(2), without_the_largest))
    assert found.fault == "wrong"
    assert found.why == "5 of 9 signed block 1, and more than two thirds must"


def test_a_bundle_answers_what_it_holds_and_nothing_else():
    bundle = read_bundle(CHAIN.bundle(2), what="b")
    get = bundle_get(bundle)
    assert get("/commit?height=2", None).body == CHAIN.get("/commit?height=2", None).body
    with pytest.raises(Unreachable):
        get("/commit?height=3", None)
    with pytest.raises(Unreachable):
        get("/commit?height=2", b"")
    assert prove_again(bundle, CHAIN.adapter, CHAIN.expected) is not None


def test_a_node_without_the_block_gives_no_proof():
    def until(last: int) -> Callable[[str, bytes | None], Reply]:
        def get(path: str, body: bytes | None) -> Reply:
            if int(path.rpartition("height=")[2].partition("&")[0]) > last:
                return Reply(b'{"error": {"data": "no such height"}}', 500)
            return CHAIN.get(path, body)

        return get

    assert prove_to(CHAIN.adapter, CHAIN.expected, until(3), 4) is None
    proven = prove_to(CHAIN.adapter, CHAIN.expected, until(3), 3)
    assert proven is not None
    assert proven.holds


@pytest.mark.parametrize(
    ("case", "height", "shown"),
    [
        ("sdk-healthy", 1, "303 of 406 signed block 1"),
        ("governance", 10, "6 of 8 signed block 10"),
        ("healthy-t0-60s", 10, "3 of 4 signed block 10"),
    ],
)
def test_a_bundle_of_a_real_network_proves_its_block(case: str, height: int, shown: str):
    run, adapter = recording(case), CometBFT()
    expected = adapter.expected(run.genesis, ChainOptions())
    origin = Origin("cometbft", expected.network, sha256_id(run.genesis))
    proven = prove_to(adapter, expected, run.get("node0"), height)
    assert proven is not None
    data = make_bundle(origin, proven)
    found = recheck(data, "b", sha256_id(data), origin, adapter, expected)
    assert found.why == ""
    assert found.proof is not None
    assert found.proof.text == shown
