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
        proof: of that block, where it is proven.
        fault: what kind of trouble it has; None where it proves its block.
        why: the trouble in a sentence, "" for none.
    """

    name: str
    sha256: str
    height: int | None
    proof: Proof | None
    fault: Fault | None
    why: str


def recheck(
    data: bytes, name: str, sha256: str, origin: Origin, adapter: AnyAdapter, expected: Expected
) -> Rechecked:
    """Prove the blocks of a bundle again.

    Args:
        data: its bytes.
        name: of its file, for messages.
        sha256: over the bytes.
        origin: what a bundle of this launch is made for.
        adapter: of the policy.
        expected: from the sealed genesis, read now.
    """
    try:
        bundle = read_bundle(data, what=name)
    except Malformed as error:
        return Rechecked(name, sha256, None, None, "malformed", error.message)
    foreign = _foreign(bundle, origin)
    if foreign:
        return Rechecked(name, sha256, bundle.height, None, "foreign", foreign)
    if bundle.heights[0] != expected.first_height:
        why = (
            f"begins with block {bundle.heights[0]}, and the first block is {expected.first_height}"
        )
        return Rechecked(name, sha256, bundle.height, None, "wrong", why)
    try:
        proven = prove_again(bundle, adapter, expected)
    except Malformed as error:
        return Rechecked(name, sha256, bundle.height, None, "malformed", error.message)
    if proven is None:
        why = "lacks a response that the proof rests on"
        return Rechecked(name, sha256, bundle.height, None, "wrong", why)
    if not proven.holds or proven.heights != bundle.heights:
        why = cut("; ".join(proven.wrong()), _SHOWN) or "does not prove its blocks"
        return Rechecked(name, sha256, bundle.height, None, "wrong", why)
    return Rechecked(name, sha256, bundle.height, proven.last, None, "")


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
