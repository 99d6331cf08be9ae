"""Policies: what is accepted has authority in it, and lint, prose and diff can describe it."""

from __future__ import annotations

from _harness import instrumented, main

with instrumented():
    from aztrust.core.policy.describe import describe
    from aztrust.core.policy.diff import diff_policies
    from aztrust.core.policy.lint import lint_policy
    from aztrust.core.policy.validate import parse_policy, parse_policy_structure

from aztrust.core.policy.scaffold import CHAINS, Answers, scaffold_policy

SMALL = b"""version = 1
[launch]
name = "n"
network_class = "devnet"
chain_id = 1
expires = 2099-01-01T00:00:00Z
[packages.release]
path = "r"
[packages.genesis]
path = "g"
genesis_files = ["g"]
chain_id_at = "#/a"
[holders.a]
keys = ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]
roles = ["x"]
[approvals.release]
distinct_holders = 1
roles = { x = 1 }
[approvals.genesis]
distinct_holders = 1
roles = { x = 1 }
[[linkage]]
name = "l"
left = "launch:chain_id"
right = "'1'"
as = "hex"
"""

SEEDS = [SMALL, SMALL.replace(b"= 1\n", b"= 0x1\n"), *(scaffold_policy(Answers(c)) for c in CHAINS)]


def target(data: bytes) -> None:
    for remark in lint_policy(data):
        assert remark.message.isprintable(), "a remark that acts on a terminal"
    policy = parse_policy_structure(data)
    assert all(sentence.isprintable() for _, sentence in describe(policy))
    assert diff_policies(policy, policy) == (), "a policy differs from itself"
    policy = parse_policy(data)
    for package_class in ("release", "genesis"):
        rule = policy.approval_rule(package_class)
        assert rule.distinct_holders >= 1, "a threshold that is met without a holder"
        assert rule.roles, "approvals without a role"
        assert all(count >= 1 for count in rule.roles.values()), "a role that no holder has to have"
    assert sum(len(h.keys) for h in policy.holders.values()) == len(policy.key_holders())


if __name__ == "__main__":
    main(
        target, SEEDS, ("[launch]", "[holders.", "roles = [", "keys = [", '"sha256:', "[[linkage]]")
    )
