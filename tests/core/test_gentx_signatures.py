"""Signatures of gen_txs: both sign modes, the older form, and everything that changes them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aztrust.core.genesis.bech32 import decode_bech32
from aztrust.core.genesis.gentx_signatures import check_gentx
from tests.gentxs import AMINO, CHAIN, DIRECT, gentx, message, operator_address, sign, std_tx

MADE = {
    "direct": lambda: gentx("ada"),
    "amino": lambda: gentx("ada", mode=AMINO),
    "older": lambda: std_tx("ada"),
}


@pytest.mark.parametrize("form", MADE)
def test_what_the_validators_account_signed_is_verified(form):
    assert check_gentx(MADE[form](), CHAIN).answer == "verified"


@pytest.mark.parametrize("form", MADE)
def test_for_another_chain_it_is_wrong(form):
    found = check_gentx(MADE[form](), "test-2")
    assert (found.answer, "another chain id" in found.why) == ("wrong", True)


def changed(tx: dict[str, Any], *path: Any, to: object) -> dict[str, Any]:
    tx = copy.deepcopy(tx)
    at: Any = tx
    for key in path[:-1]:
        at = at[key]
    assert at[path[-1]] != to
    at[path[-1]] = to
    return tx


MESSAGE = ("body", "messages", 0)
CHANGES: list[tuple[tuple[Any, ...], object]] = [
    ((*MESSAGE, "description", "moniker"), "eve"),
    ((*MESSAGE, "description", "identity"), "x"),
    ((*MESSAGE, "description", "website"), ""),
    ((*MESSAGE, "commission", "rate"), "0.060000000000000000"),
    ((*MESSAGE, "commission", "max_change_rate"), "0.000000000000000002"),
    ((*MESSAGE, "min_self_delegation"), "2"),
    ((*MESSAGE, "delegator_address"), "cosmos1other"),
    ((*MESSAGE, "pubkey", "key"), "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
    ((*MESSAGE, "value", "amount"), "1000001"),
    ((*MESSAGE, "value", "denom"), "other"),
    (("body", "memo"), "id@10.0.0.2:26656"),
    (("auth_info", "fee", "gas_limit"), "200001"),
]


@pytest.mark.parametrize("mode", [DIRECT, AMINO])
@pytest.mark.parametrize(("path", "to"), CHANGES, ids=[str(path[-1]) for path, _ in CHANGES])
def test_a_changed_value_is_wrong(mode, path, to):
    assert check_gentx(changed(gentx("ada", mode=mode), *path, to=to), CHAIN).answer == "wrong"


def test_another_account_may_not_sign_for_a_validator():
    found = check_gentx(gentx("ada", by="eve"), CHAIN)
    assert (found.answer, found.why) == (
        "wrong",
        "it is signed by another account than its validator's",
    )
    # Neither may one account create the validator of another along with its own.
    both = [message("ada"), message("eve")]
    assert check_gentx(gentx("ada", messages=both), CHAIN).answer == "wrong"
    assert check_gentx(gentx("ada", messages=[message("ada")] * 2), CHAIN).answer == "verified"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("auth_info", "signer_infos", 0, "public_key", "@type"), "/ethermint.PubKey"),
        (("auth_info", "signer_infos", 0, "mode_info"), {"multi": {}}),
        (("auth_info", "signer_infos", 0, "mode_info", "single", "mode"), "SIGN_MODE_TEXTUAL"),
        (("auth_info", "signer_infos"), []),
        (("signatures",), []),
        (("body", "extension_options"), [{}]),
        (("body", "timeout_height"), "5"),
        ((*MESSAGE, "commission", "rate"), "0.05"),
        ((*MESSAGE, "value", "amount"), "-1"),
        ((*MESSAGE, "description", "moniker"), 5),
        ((*MESSAGE, "description", "moniker"), "\ud800"),
        ((*MESSAGE, "@type"), "/other.MsgCreateValidator"),
    ],
    ids=list(map(str, range(12))),
)
def test_what_is_not_understood_is_unknown_and_not_verified(path, to):
    found = check_gentx(changed(gentx("ada"), *path, to=to), CHAIN)
    assert (found.answer, bool(found.why)) == ("unknown", True)


def test_a_field_that_is_not_known_is_unknown():
    for path in ((), ("body",), MESSAGE, (*MESSAGE, "description"), ("auth_info", "fee")):
        tx = gentx("ada")
        at: Any = tx
        for key in path:
            at = at[key]
        at["more"] = ""
        # What is outside of body and signer information was never signed.
        assert check_gentx(tx, CHAIN).answer == ("unknown" if path else "verified")


def test_signatures_of_another_size():
    tx = gentx("ada")
    for text in ("", "AAAA", "not base64!", tx["signatures"][0][:-4]):
        assert check_gentx({**tx, "signatures": [text]}, CHAIN).answer == "wrong"
    zeros = "A" * 86 + "=="
    assert check_gentx({**tx, "signatures": [zeros]}, CHAIN).answer == "wrong"


def test_a_signature_over_something_else():
    tx = {**gentx("ada"), "signatures": [sign("ada", b"something else")]}
    assert check_gentx(tx, CHAIN).answer == "wrong"


@pytest.mark.parametrize("tx", [None, [], {}, "x", {"body": 5}, {"value": {"signatures": 5}}])
def test_other_documents(tx):
    assert check_gentx(tx, CHAIN).answer == "unknown"


def test_bech32():
    # BIP 173, test vectors.
    assert decode_bech32("A12UEL5L") == ("a", b"")
    address = operator_address("ada")
    found = decode_bech32(address)
    assert found is not None
    assert (found[0], len(found[1])) == ("cosmosvaloper", 20)
    assert decode_bech32(address.upper()) == found
    for wrong in (address[:-1], address[:-1] + "b", address.replace("1", "", 1), "A12uEL5L", "é1"):
        assert decode_bech32(wrong) is None
    for wrong in ("1", "a1", "10a06t8", "x" * 300, f"{address[:20]}q{address[21:]}x"):
        assert decode_bech32(wrong) is None
