"""What a proof bundle is worth for one launch: proven again, or why not, in one sentence."""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.chain.bundle import Origin, ProofBundle, prove_again, read_bundle
from aztrust.core.chain.facts import Expected, Proof
from aztrust.core.chain.kinds import AnyAdapter

Fault = Literal["malformed", "foreign", "wrong"]
_SHOWN: Final = 160


@frozen
class Rechecked:
    """A bundle, held against the sealed genesis.

    Args:
        name: of its file.
        sha256: over its bytes, `sha256:…`.
        height: the last block that it is about; None where it cannot be read.
        proofs: of its blocks, the first one first; () where it is not proven, or was not asked.
        fault: what kind of trouble it has; None where it proves its block.
        why: the trouble in a sentence, "" for none.
    """

    name: str
    sha256: str
    height: int | None
    proofs: tuple[Proof, ...]
    fault: Fault | None
    why: str

    @property
    def proof(self) -> Proof | None:
        """The proof of the last block, where it is proven."""
        return self.proofs[-1] if self.proofs else None


def recheck(
    data: bytes,
    name: str,
    sha256: str,
    origin: Origin,
    adapter: AnyAdapter,
    expected: Expected | None,
) -> Rechecked:
    """Prove the blocks of a bundle again.

    Args:
        data: its bytes.
        name: of its file, for messages.
        sha256: over the bytes.
        origin: what a bundle of this launch is made for.
        adapter: of the policy.
        expected: from the sealed genesis, read now; None where it is not here, and then nothing
            is proven.
    """

    def broken(fault: Fault, why: str, height: int | None = None) -> Rechecked:
        return Rechecked(name, sha256, height, (), fault, why)

    try:
        bundle = read_bundle(data, what=name)
    except Malformed as error:
        return broken("malformed", error.message)
    foreign = _foreign(bundle, origin)
    if foreign:
        return broken("foreign", foreign, bundle.height)
    if expected is None:
        return Rechecked(name, sha256, bundle.height, (), None, "")
    if bundle.heights[0] != expected.first_height:
        return broken(
            "wrong",
            f"begins with block {bundle.heights[0]}, and the first block is"
            f" {expected.first_height}",
            bundle.height,
        )
    try:
        proven = prove_again(bundle, adapter, expected)
    except Malformed as error:
        return broken("malformed", error.message, bundle.height)
    if proven is None:
        return broken("wrong", "lacks a response that the proof rests on", bundle.height)
    if not proven.holds or proven.heights != bundle.heights:
        why = cut("; ".join(proven.wrong()), _SHOWN) or "does not prove its blocks"
        return broken("wrong", why, bundle.height)
    return Rechecked(name, sha256, bundle.height, proven.proofs, None, "")


def _foreign(bundle: ProofBundle, origin: Origin) -> str:
    if bundle.kind != origin.kind:
        return f"is of a chain of the kind {bundle.kind}, and the policy has {origin.kind}"
    if bundle.network != origin.network:
        return f"is of the chain {escape(cut(bundle.network))}, and not of {escape(origin.network)}"
    if bundle.genesis_sha256 != origin.genesis_sha256:
        return (
            f"was made for the genesis {bundle.genesis_sha256[7:15]}, and the sealed one is"
            f" {origin.genesis_sha256[7:15]}"
        )
    if bundle.scope_hash != origin.scope_hash:
        made = bundle.scope_hash[7:15] if bundle.scope_hash is not None else "no launch"
        ours = origin.scope_hash[7:15] if origin.scope_hash is not None else "none"
        return f"was made for the scope {made}, and the launch is of {ours}"
    return ""
