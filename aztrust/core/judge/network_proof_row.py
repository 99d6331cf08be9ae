"""The row of a checkpoint that rests on a proof of the running network (AZ-10.2, AZ-32.2)."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.rates import WHOLE, parse_percent
from aztrust.core.chain.adapter import ChainOptions
from aztrust.core.chain.kinds import adapter_of
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.core.state.context import Context
from aztrust.core.state.proofs import FOLDER, NetworkProofs, network_proofs

PROOF_ROW: Final = "proof"
_RECORD: Final = "record what was seen since then: aztrust observe --record"
_OBSERVE: Final = "aztrust observe --once"


def proof_row(
    context: Context, checkpoint_class: CheckpointClass, *, observed: bool = False
) -> CheckResult:
    """Whether a bundle proves the first block, or the last one of the first epoch.

    The power that signed the latter is held against the participation of `[early]` (AZ-32.2). One
    block may lack late votes: an observation in which every answer is ok shows it as well.

    Each bundle that is here has to prove its blocks: one that does not is a fail, whatever the
    others prove. Where the kind of chain has no proof, the row says so, and does not apply.

    Args:
        context: the launch, with the packages as they were read in this run.
        checkpoint_class: `first_blocks_healthy` or `first_epoch_finalized`.
        observed: whether such an observation is in effect.
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
    row = _proven(found, found.epoch_end, is_first=False)
    low = "" if observed else _too_few(context, found, found.epoch_end)
    return _failed("participation", low, _RECORD) if row.status is Status.PASS and low else row


def _too_few(context: Context, found: NetworkProofs, height: int) -> str:
    """Why what signed the blocks from a height on is less than the early band, else ""."""
    band = context.policy.early if context.policy is not None else None
    proofs = [proof for b in found.bundles for proof in b.proofs if proof.height >= height]
    if band is None or not proofs:
        return ""
    best = max(proofs, key=lambda proof: Fraction(proof.signed, proof.total))
    if Fraction(best.signed, best.total) * WHOLE >= parse_percent(band.min_participation):
        return ""
    return f"{best.text}, and [early] asks for {band.min_participation}"


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
