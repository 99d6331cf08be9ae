"""Genesis facts: any bytes give canonical facts or our own error, and the same ones each time."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.base.canonical import dumps
    from aztrust.core.genesis.facts import genesis_facts

SEEDS = [
    b'{"chain_id":"c","genesis_time":"2026-06-01T14:00:00.5Z","initial_height":"1","app_state":'
    b'{"genutil":{"gen_txs":[{"body":{"messages":[{"@type":"/x.MsgCreateValidator","description":'
    b'{"moniker":"m"},"pubkey":{"key":"k"},"value":{"denom":"d","amount":"5"}}]}}]},"bank":'
    b'{"balances":[{"coins":[{"denom":"d","amount":"5"}]}]},"auth":{"accounts":[{}]}}}',
    b'{"chain_id":"c","app_state":{"gentxs":[{"value":{"msg":[{"type":"x/MsgCreateValidator",'
    b'"value":{"delegation":{"denom":"d","amount":"5"}}}]}}]}}',
    b'{"chain_id":5,"validators":[{"name":"n","power":"10","pub_key":{"value":"k"}}]}',
    b'{"config":{"chainId":1},"timestamp":"0x5","extraData":"","alloc":{"0x1":{"balance":"1"}}}',
    b'{"chain_id":1.50,"app_state":{"staking":{"validators":[{"tokens":"1","status":2}]}}}',
    b'\xef\xbb\xbf{"chain_id":"c"}',
]


def target(data: bytes) -> None:
    facts = genesis_facts(data, "", "g.json")
    assert facts.size == len(data)
    written = dumps(facts.to_json())
    assert dumps(genesis_facts(data, "", "g.json").to_json()) == written, "not deterministic"
    named = genesis_facts(data, "#/chain_id", "g.json")
    assert named.chain_id, "a chain id was asked for, none was found, and nothing was reported"
    assert named.power == facts.power


if __name__ == "__main__":
    main(target, SEEDS, (*JSON_TOKENS, '"chain_id"', '"app_state"', '"gen_txs"', '"amount"'))
