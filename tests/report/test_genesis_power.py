"""The line about power is there for every Cosmos genesis, also where no account holds any."""

from __future__ import annotations

import json

from aztrust.core.genesis.facts import genesis_facts
from aztrust.report.review import Moment, review_lines
from aztrust.report.sealing import genesis_lines
from tests.core.test_facts import gen_tx
from tests.core.test_review import FACTS, review

NOW = 1_700_000_000_000


def power_lines(*txs: object) -> list[str]:
    document = {
        "chain_id": "a-1",
        "genesis_time": "2030-01-01T00:00:00Z",
        "app_state": {"genutil": {"gen_txs": txs}},
    }
    facts = genesis_facts(json.dumps(document).encode(), "#/chain_id", "genesis.json")
    return [line for line in genesis_lines(facts, NOW) if line.startswith("power")]


def test_the_sealer_sees_who_holds_the_power_or_that_none_does() -> None:
    assert power_lines() == ["power    none: 0 validators"]
    assert power_lines(gen_tx("a", "5"), gen_tx("b", "5"))[0].startswith("power    2 gen_txs")


def test_the_approver_sees_it_too() -> None:
    def shown(facts: dict[str, object]) -> list[str]:
        lines = review_lines(review(facts=facts), Moment(NOW, lambda _: ""))
        return [line for line in lines if line.startswith("power")]

    none = {key: value for key, value in FACTS.items() if key != "power"}
    assert shown(none) == ["power    none: 0 validators"]
    assert shown(FACTS)[0].startswith("power    3 validators")
    assert shown({**none, "format": "ethereum"}) == []
