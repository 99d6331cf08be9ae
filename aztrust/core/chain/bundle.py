"""A proof bundle: the responses from which a block is proven again, without a node.

Nothing that a bundle claims is believed. It is read within bounds, its digests are computed again,
and `prove_again` runs the verification over its responses that ran over those of the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic_core import ValidationError

from aztrust.core.base import canonical
from aztrust.core.base.base64_text import decode_base64, encode_base64
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, SomeItems, VersionOne, VersionZero, malformed
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.chain.adapter import Get, Reply, Unreachable
from aztrust.core.chain.facts import Expected, Reach
from aztrust.core.chain.kinds import AnyAdapter
from aztrust.core.chain.proving import Proven, prove_heights
from aztrust.core.policy.chain_table import PROOF_ENDING, PROOF_LIMIT, ChainKind

MAX_BYTES: Final = PROOF_LIMIT
ENDING: Final = PROOF_ENDING
MAX_RESPONSES: Final = 20_000
SCHEMA: Final = "aztrust/chain-proof"
CODE: Final = "proof-malformed"
_MEND: Final = "make it again: aztrust observe"

Height = Annotated[int, Field(ge=0, le=canonical.MAX_INTEGER)]


class BundleResponse(Model):
    """One response of a node: `body` is base64, `sha256` is over its bytes."""

    path: Annotated[str, Field(pattern=r"^/[\x21-\x7e]*$", max_length=300)]
    status: Annotated[int, Field(ge=100, le=599)]
    sha256: Sha256
    body: str


class ProofBundle(Model):
    """The file. `heights` are proven in this order, from the first block to the last one.

    Args:
        kind: which adapter proves it.
        network: the chain id.
        genesis_sha256: over the genesis file that it was made for.
        scope_hash: the launch scope that it was made for; None outside a launch.
        heights: ascending.
        responses: each path once.
    """

    schema_: Annotated[Literal["aztrust/chain-proof"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: VersionZero
    kind: ChainKind
    network: Annotated[str, Field(min_length=1, max_length=200)]
    genesis_sha256: Sha256
    scope_hash: Sha256 | None = None
    heights: SomeItems[Height]
    responses: Items[BundleResponse]

    @property
    def height(self) -> int:
        """The last block that it proves."""
        return self.heights[-1]


@frozen
class Origin:
    """What a bundle is made for.

    Args:
        kind: of the adapter.
        network: the chain id.
        genesis_sha256: over the sealed genesis file, `sha256:…`.
        scope_hash: of the launch; None outside one.
    """

    kind: ChainKind
    network: str
    genesis_sha256: str
    scope_hash: str | None = None


def make_bundle(origin: Origin, proven: Proven) -> bytes:
    """The canonical bytes of a bundle that proves what was proven.

    Args:
        origin: what it is for.
        proven: from `prove_to`.

    Raises:
        Malformed: `proof-malformed`, it would be larger than a bundle may be, or a block is not
            proven.
    """
    for sentence in proven.wrong():
        raise Malformed(sentence, subject="the proof", code=CODE, mend="ask another node")
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version_major": 1,
        "version_minor": 0,
        "kind": origin.kind,
        "network": origin.network,
        "genesis_sha256": origin.genesis_sha256,
        "heights": list(proven.heights),
        "responses": [
            {
                "path": path,
                "status": reply.status,
                "sha256": sha256_id(reply.body),
                "body": encode_base64(reply.body),
            }
            for path, reply in sorted(proven.replies.items())
        ],
    }
    if origin.scope_hash is not None:
        document["scope_hash"] = origin.scope_hash
    data = canonical.dumps(document)
    _within_bounds(len(data), f"the proof of block {proven.heights[-1]}")
    return data


def bundle_name(height: int, data: bytes) -> str:
    """The name of a bundle's file: `HEIGHT-<16 hex digits of its SHA-256>.proof.json`."""
    return f"{height}-{sha256_id(data)[7:23]}{PROOF_ENDING}"


def read_bundle(data: bytes, *, what: str) -> ProofBundle:
    """The bundle in these bytes, checked by structure, canonical form and digests.

    Args:
        data: at most `MAX_BYTES`.
        what: its name in messages.

    Raises:
        Malformed: `proof-malformed`.
    """
    _within_bounds(len(data), what)
    document = canonical.loads_canonical(data, what=what, code=CODE, limit=MAX_BYTES)
    if isinstance(document, dict) and document.get("scope_hash", "") is None:
        raise Malformed("its scope_hash is null: leave it out", subject=what, code=CODE, mend=_MEND)
    try:
        bundle = ProofBundle.model_validate(document)
    except ValidationError as error:
        raise malformed(ProofBundle, error, what=what, code=CODE, mend=_MEND) from None
    for problem in _problems(bundle):
        raise Malformed(problem, subject=what, code=CODE, mend=_MEND)
    return bundle


def prove_again(bundle: ProofBundle, adapter: AnyAdapter, expected: Expected) -> Proven | None:
    """Verify the blocks of a bundle from the sealed genesis; None where a response is missing.

    Args:
        bundle: from `read_bundle`.
        adapter: of its kind.
        expected: from the sealed genesis, read now.

    Raises:
        Malformed: a response is not what the interface of the chain defines.
    """
    try:
        return prove_heights(adapter, expected, bundle_get(bundle), bundle.heights)
    except Unreachable:
        return None


def bundle_get(bundle: ProofBundle) -> Get:
    """Answers from a bundle as the node did."""
    by_path: Mapping[str, BundleResponse] = {one.path: one for one in bundle.responses}

    def get(path: str, body: bytes | None) -> Reply:
        found = by_path.get(path) if body is None else None
        if found is None:
            raise Unreachable(Reach.HTTP, f"the bundle has no response to {path}")
        return Reply(decode_base64(found.body) or b"", found.status)

    return get


def _within_bounds(size: int, what: str) -> None:
    if size > MAX_BYTES:
        raise Malformed(
            f"has {size} bytes, and a proof has at most {MAX_BYTES}",
            subject=what,
            code=CODE,
            mend="prove an earlier block: a shorter [chain] epoch_blocks",
        )


def _problems(bundle: ProofBundle) -> Iterable[str]:
    if len(bundle.responses) > MAX_RESPONSES:
        yield f"has {len(bundle.responses)} responses, and {MAX_RESPONSES} are the most"
    heights = list(bundle.heights)
    if heights != sorted(set(heights)):
        yield "its heights do not ascend"
    seen: set[str] = set()
    for response in bundle.responses:
        if response.path in seen:
            yield f"has two responses to {response.path}"
        seen.add(response.path)
        body = decode_base64(response.body)
        if body is None:
            yield f"the response to {response.path} is not base64"
        elif sha256_id(body) != response.sha256:
            yield f"the response to {response.path} has another digest than it names"
