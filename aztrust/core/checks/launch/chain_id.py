"""Is the chain id inside the genesis file the one that the policy names?

It is compared character by character: a trailing space or a letter of another alphabet that looks
alike is another chain. An integer is compared by its decimal digits. A policy with an empty
`chain_id_at` says that the genesis carries none, and then there is nothing to compare.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.base.paths import escape
from aztrust.core.checks.answers import chain_id_answer
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import CHAIN_ID_MISMATCH, GENESIS_MALFORMED
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if context.request.no_packages:
        return Answer(not_run=context.request.no_packages)
    path = policy.packages.genesis.genesis_files[0]
    return chain_id_answer(
        policy,
        context.sources,
        f"genesis:{escape(path)}",
        mend="use the genesis of this chain, or correct the policy before it is announced",
    )


CHECK = Check(
    id="chain-id",
    title="chain id in the genesis",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2",),
    codes=(
        CHAIN_ID_MISMATCH,
        GENESIS_MALFORMED,
    ),
    ask=_ask,
)
