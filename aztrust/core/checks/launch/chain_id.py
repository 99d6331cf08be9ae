"""Is the chain id inside the genesis file the one that the policy names?

It is compared character by character: a trailing space or a letter of another alphabet that looks
alike is another chain. An integer is compared by its decimal digits. A policy with an empty
`chain_id_at` says that the genesis carries none, and then there is nothing to compare.
"""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.launch.manifest import CHECK as MANIFEST
from aztrust.core.linkage.pointers import Sources, parse_reference, resolve
from aztrust.core.linkage.scalars import Scalar, compare
from aztrust.core.policy.model import PackageClass, Policy
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


def chain_id_answer(policy: Policy, sources: Sources, where: str, *, mend: str) -> Answer:
    """What the chain id in a genesis file amounts to.

    Args:
        policy: which chain it is, and where in the genesis its id is.
        sources: with the first genesis file's bytes.
        where: what to call the file.
        mend: what to do about another chain's.
    """
    package = policy.packages.genesis
    path = package.genesis_files[0]
    if not package.chain_id_at:
        return Answer(detail="the policy says that the genesis carries none")
    if ("genesis", path) not in sources.documents:
        return Answer(not_run=f"{where} was not read")
    subject = f"{where}{escape(package.chain_id_at)}"
    try:
        value = resolve(parse_reference(f"genesis:{path}{package.chain_id_at}"), sources)
    except Malformed as error:
        code = error.code if error.code == "genesis-malformed" else "chain-id-mismatch"
        return Answer((Finding(code, subject, error.message, mend=mend),))
    wanted = Scalar("string", policy.launch.chain_id)
    if value.kind in ("string", "integer") and value.text == wanted.text:
        return Answer(detail=escape(policy.launch.chain_id))
    finding = Finding(
        "chain-id-mismatch",
        subject,
        f"the genesis is for another chain{_why(value, wanted)}",
        expected=wanted.shown(),
        actual=value.shown(),
        mend=mend,
    )
    return Answer((finding,))


def _why(value: Scalar, wanted: Scalar) -> str:
    reason = compare(value, wanted).reason if value.kind == "string" else ""
    return f": {reason}" if reason else ""


CHAIN_ID_MISMATCH = MANIFEST.code("chain-id-mismatch")

CHECK = Check(
    id="chain-id",
    title="chain id in the genesis",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2",),
    codes=(
        CHAIN_ID_MISMATCH,
        Code(
            "genesis-malformed",
            "The genesis file is not a document that can be read in exactly one way.",
            "Write it again with the chain's own tool: no duplicate keys, no BOM, valid UTF-8.",
        ),
    ),
    ask=_ask,
)
