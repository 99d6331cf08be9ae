"""Do the proof bundles of the running network prove their blocks from the sealed genesis?

A bundle in `manifests/observations` holds the responses of a node from which a block is proven: the
header's hash is computed, the validators come from the sealed genesis, and their signatures are
verified. Nothing that a bundle claims is believed, and everything is computed again in this run. A
bundle of another chain, another genesis or an earlier scope proves nothing about this launch; one
that names this launch and does not prove its blocks was made from another network, or was altered.
Two proven blocks of one height mean that a third of the voting power signed both: that is a fork.

A kit has no genesis, so in a kit only the form and the origin of its bundles are looked at. Who
has the packages unpacks the kit next to them and runs `aztrust verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.findings import CheckClass, Finding, Guidance
from aztrust.core.chain.recheck import Fault, Rechecked
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.proofs import NetworkProofs, network_proofs

CODES: Final[dict[Fault, Code]] = {
    "malformed": Code(
        "proof-malformed",
        "A proof bundle is not one: it is too large, altered, or of another form.",
        "Move the file away, and observe again.",
        guidance=Guidance.HOLD,
    ),
    "foreign": Code(
        "proof-foreign",
        "A proof bundle was made for another chain, another genesis or another scope.",
        "Move the file away, and observe the network of this launch.",
        guidance=Guidance.HOLD,
    ),
    "wrong": Code(
        "proof-wrong",
        "A proof bundle does not prove its block from the sealed genesis.",
        "Find out which network it was made from; move the file away, and ask another node.",
        guidance=Guidance.HOLD,
    ),
}


def _ask(context: Context, _: PackageClass) -> Answer:
    unread = context.evidence.unread("manifests/observations")
    if unread:
        return Answer(not_run=unread)
    found = network_proofs(context)
    findings = (*(_of_bundle(bundle) for bundle in found.faulty), *_forks(found))
    if found.unproven and not findings:
        return Answer(not_run=f"no proof was computed: {found.unproven}")
    proven = [bundle.proof.text for bundle in found.bundles if bundle.proof is not None]
    return Answer(
        tuple(findings),
        evidence=tuple(bundle.sha256 for bundle in found.bundles),
        detail=proven[-1] if proven else "",
    )


def _of_bundle(bundle: Rechecked) -> Finding:
    code = CODES[bundle.fault or "malformed"]
    return Finding(code.name, bundle.name, bundle.why, mend=code.mend)


def _forks(found: NetworkProofs) -> Iterator[Finding]:
    for height in found.forks():
        yield Finding(
            "proof-fork",
            f"block {height}",
            "two different blocks of this height are proven: a third of the power signed both",
            mend="hold the launch, and find out which validators signed twice",
        )


CHECK = Check(
    id="network-proof",
    title="proof of the running network",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-10.2", "AZ-32.2"),
    codes=(
        *CODES.values(),
        Code(
            "proof-fork",
            "Two different blocks of one height are proven.",
            "Hold the launch, and find out which validators signed twice.",
        ),
    ),
    ask=_ask,
)
