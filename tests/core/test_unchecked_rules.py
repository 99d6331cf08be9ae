"""Which linkage rules wait for a package that was not read."""

from __future__ import annotations

from aztrust.core.base.value import replace
from aztrust.core.judge.seal_errors import unchecked_rules
from aztrust.core.state.context import Request, read_context
from tests.memory_launch import NOW, Launch

MORE = b"""
[[linkage]]
name = "inside the release"
left = "release:network.toml#/chain_id"
right = "release:network.toml#/chain_id"
[[linkage]]
name = "inside the genesis"
left = "genesis:genesis.json#/chain_id"
right = "genesis:genesis.json#/chain_id"
"""


def test_only_rules_of_this_package_that_need_another_one_wait():
    launch = Launch()
    launch.policy += MORE
    evidence = launch.evidence()
    alone = replace(evidence, packages={"release": evidence.packages["release"]})
    context = read_context(Request(NOW), alone)
    assert [rule.name for rule in unchecked_rules(context, "release")] == ["chain id"]
    context = read_context(Request(NOW), evidence)
    assert unchecked_rules(context, "release") == ()
