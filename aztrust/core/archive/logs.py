"""Logs of nodes that are kept with a launch: `evidence/logs/` in the launch directory (AZ-37.1).

A log is copied under the first digits of its digest, and a small document next to it says what it
is: which node, around what, when it was taken, both digests. No check rests on a log. It is not in
`manifests/`, which is read whole for signed records at every verification.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model, VersionOne, validate
from aztrust.core.base.schema import Field

FOLDER: Final = "evidence/logs"
ENDING: Final = ".log.json"
DOCUMENT_LIMIT: Final = 64 * 1024
Around = Literal["bootstrap", "first-epochs"]
AROUND: Final[tuple[Around, ...]] = ("bootstrap", "first-epochs")


class NodeLog(Model):
    """A log that was kept.

    Attributes:
        name: what the file was called.
        path: of the copy, in the launch directory.
        node: whose log it is, in the words of who kept it; "" where that was not named.
        around: what of the launch it covers, in the words of who kept it.
        taken_at_unix_ms: when it was copied, by that machine's clock.
    """

    schema_: Annotated[Literal["aztrust/node-log"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0)]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    path: Annotated[str, Field(pattern=r"^evidence/logs/[0-9a-f]{32}\.log$")]
    node: Annotated[str, Field(max_length=200)]
    around: Items[Around]
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256
    blake3: Blake3
    taken_at_unix_ms: Annotated[int, Field(ge=0)]


def log_path(sha256: str) -> str:
    """Where the copy of a log with this digest is, in the launch directory."""
    return f"{FOLDER}/{sha256.rpartition(':')[2][:32]}.log"


def encode_log(log: NodeLog) -> bytes:
    """The bytes of the document next to a log."""
    return canonical.dumps(log.model_dump(mode="json")) + b"\n"


def parse_log(data: bytes, *, name: str) -> NodeLog:
    """Read such a document.

    Raises:
        Malformed: `evidence-malformed`.
    """
    value = canonical.loads(data.removesuffix(b"\n"), what=name, code="evidence-malformed")
    return validate(NodeLog, value, what=name, code="evidence-malformed")
