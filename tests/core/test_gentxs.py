"""Each gen_tx that was sent in, and each that is in the genesis, is accounted for once."""

from __future__ import annotations

import json
from typing import Any

from aztrust.core.genesis.gentxs import account_for_gentxs, gentx_lines
from tests.core.test_facts import gen_tx

A, B, C = gen_tx("a", "1"), gen_tx("b", "2"), gen_tx("c", "3")


def account(sent: dict[str, Any], *inside: Any):
    files = {name: json.dumps(tx, indent=1).encode() for name, tx in sent.items()}
    return account_for_gentxs({"app_state": {"genutil": {"gen_txs": list(inside)}}}, files)


def test_the_same_set_in_another_order_and_form_agrees() -> None:
    found = account({"a b.json": A, "b": B}, B, A)
    assert found.inside == ("a b.json", "b")
    assert found.agrees
    assert list(gentx_lines(found)) == []


def test_missing_altered_and_extra_are_each_named() -> None:
    changed = gen_tx("b", "9")
    found = account({"a.json": A, "b.json": B, "c.json": C}, A, changed, gen_tx("d", "4"))
    assert (found.inside, found.missing, found.altered) == (("a.json",), ("c.json",), ("b.json",))
    assert found.extra == ("d valoper1d",)
    assert not found.agrees
    assert [line.partition(":")[0] for line in gentx_lines(found)] == [
        "missing",
        "altered",
        "extra",
    ]


def test_a_file_sent_twice_and_one_that_is_not_a_gen_tx_are_named() -> None:
    files = {"a": json.dumps(A).encode(), "copy of a": json.dumps(A).encode(), ".x\n": b"{"}
    found = account_for_gentxs({"app_state": {"genutil": {"gen_txs": [A]}}}, files)
    assert (found.inside, found.repeated) == (("a",), ("copy of a",))
    assert len(found.unread) == 1
    assert found.unread[0].startswith(".x\\n: ")
    assert not found.agrees


def test_nothing_sent_and_nothing_inside_is_not_an_agreement() -> None:
    assert not account({}).agrees
