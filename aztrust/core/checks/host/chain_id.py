"""Is the chain id in this host's genesis the one that the policy names?

It is read from the bytes that were hashed in this run, at the place the policy gives
(`chain_id_at`), and compared character by character.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Locus
from aztrust.core.checks.answers import chain_id_answer
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import CHAIN_ID_MISMATCH, GENESIS_MALFORMED
from aztrust.core.linkage.pointers import Sources
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, host = context.policy, context.evidence.host
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    file = host.genesis if host else None
    if file is None or file.data is None:
        return Answer(not_run="no genesis of this host was read")
    path = policy.packages.genesis.genesis_files[0]
    sources = Sources({("genesis", path): file.data})
    return chain_id_answer(
        policy,
        sources,
        file.path,
        mend="fetch the announced genesis again, then: aztrust preflight",
    )


CHECK = Check(
    id="host-chain-id",
    title="chain id on this host",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2",),
    locus=Locus.HOST,
    codes=(CHAIN_ID_MISMATCH, GENESIS_MALFORMED),
    ask=_ask,
)
