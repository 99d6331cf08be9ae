"""The row of a checkpoint that rests on a proof of the running network (AZ-10.2, AZ-32.2)."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.kinds import adapter_of
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.core.state.context import Context
from aztrust.core.state.proofs import FOLDER, NetworkProofs, network_proofs

PROOF_ROW: Final = "proof"
_OBSERVE: Final = "aztrust observe --once"


def proof_row(context: Context, checkpoint_class: CheckpointClass) -> CheckResult:
    """Whether a bundle proves the first block, or the last one of the first epoch.

    Each bundle that is here has to prove its blocks: one that does not is a fail, whatever the
    others prove. Where the kind of chain has no proof, the row says so, and does not apply.

    Args:
        context: the launch, with the packages as they were read in this run.
        checkpoint_class: `first_blocks_healthy` or `first_epoch_finalized`.
    """
    chain = context.policy.chain if context.policy is not None else None
    if chain is not None and not adapter_of(chain.kind, ChainOptions()).traits.proves_signatures:
        return CheckResult(
            PROOF_ROW,
            CheckClass.TRUTH,
            Status.NOT_APPLICABLE,
            detail=f"signatures of the kind {chain.kind} are not verified: no block can be proven",
        )
    unread = context.evidence.unread(FOLDER)
    if unread:
        return _failed(FOLDER, unread, "make it a readable file, or move it away")
    found = network_proofs(context)
    for bundle in found.faulty:
        return _failed(bundle.name, bundle.why, f"move it away; then: {_OBSERVE}")
    for height in found.forks():
        return _failed(
            f"block {height}", "two different blocks of this height are proven", "hold the launch"
        )
    if found.unproven or found.expected is None or found.epoch_end is None:
        return _failed(FOLDER, f"no proof was computed: {found.unproven}", "put the package back")
    if checkpoint_class == "first_blocks_healthy":
        return _proven(found, found.expected.first_height, is_first=True)
    return _proven(found, found.epoch_end, is_first=False)


def _proven(found: NetworkProofs, height: int, *, is_first: bool) -> CheckResult:
    bundle = found.lowest(height)
    if bundle is None or bundle.proof is None:
        return _failed(f"block {height}", f"no bundle in {FOLDER} proves block {height}", _OBSERVE)
    proof = bundle.proofs[0] if is_first else bundle.proof
    return CheckResult(
        PROOF_ROW, CheckClass.TRUTH, Status.PASS, evidence=(bundle.sha256,), detail=proof.text
    )


def _failed(subject: str, why: str, mend: str) -> CheckResult:
    # It is a hold and no abort: a file in a folder shows nothing about the network yet.
    finding = Finding("precondition-unmet", subject, why, mend=mend)
    return CheckResult(
        PROOF_ROW, CheckClass.READINESS, Status.FAIL, (finding,), detail=f"{subject}: {why}"
    )
