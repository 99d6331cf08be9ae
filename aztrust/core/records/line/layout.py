"""The bits of a line: what it carries, in which order, and how that is written.

Each field is a whole number, the most significant bit first; docs/formats/confirmation-line.md has
the same table. `scope`, `window` and `key` are the first bits of digests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.records.line.code import ALPHABET, CHECKS, check_characters

MARK: Final = "AZ1"
FORMAT: Final = 1
FIELDS: Final = (
    ("format", 4),
    ("scope", 40),
    ("window", 28),
    ("key", 40),
    ("time", 32),
    ("major", 8),
    ("minor", 8),
    ("patch", 8),
    ("platform", 6),
    ("roles", 16),
    ("status", 1),
    ("consensus_key", 2),
    ("signer", 2),
    ("reason", 5),
    ("has_found", 1),
    ("found", 32),
)
"""Name and width in bits of each field before the signature."""

SIGNATURE: Final = 64
WIDTHS: Final = dict(FIELDS)
_BITS: Final = sum(WIDTHS.values()) + 8 * SIGNATURE
DATA: Final = _BITS // 5
"""How many characters the fields and the signature fill: no bit is left over."""

LENGTH: Final = len(MARK) + DATA + CHECKS
"""How many characters a line has."""


@frozen
class Printed:
    """What a line carries.

    Args:
        scope: the first 40 bits of the scope hash.
        window: the first 28 bits of `launch_window_id`.
        key: the first 40 bits of the key's fingerprint.
        time: when it was made, in seconds since the epoch.
        version: major, minor and patch of the aztrust that made it.
        platform: an index into the platforms of the scope.
        roles: bit i, of value 2^i, is the i-th role of the scope.
        ready: whether the host is ready.
        consensus_key: 0 in the genesis, 1 not there, 2 not asked.
        signer: 0 answers, 1 silent, 2 not asked.
        reason: an index into `enrolment.NOT_READY_REASONS`; 0 where it is ready.
        found: the first 32 bits of the digest that was found, None for none.
        signature: 64 bytes: r and s of ECDSA, or those of Ed25519.
    """

    scope: int
    window: int
    key: int
    time: int
    version: tuple[int, int, int]
    platform: int
    roles: int
    ready: bool
    consensus_key: int
    signer: int
    reason: int
    found: int | None
    signature: bytes


def written(printed: Printed) -> str:
    """The line: the mark, then base32 in capitals with its check characters.

    Every field must fit its width: `rebuild.line_of` sees to that.
    """
    major, minor, patch = printed.version
    # In the order of FIELDS.
    fields = (
        *(FORMAT, printed.scope, printed.window, printed.key, printed.time, major, minor, patch),
        *(printed.platform, printed.roles, int(printed.ready), printed.consensus_key),
        *(printed.signer, printed.reason, int(printed.found is not None), printed.found or 0),
    )
    number = 0
    for (_, width), value in zip(FIELDS, fields, strict=True):
        number = number << width | value
    number = number << 8 * SIGNATURE | int.from_bytes(printed.signature, "big")
    values = [number >> 5 * (DATA - 1 - place) & 31 for place in range(DATA)]
    return MARK + "".join(ALPHABET[value] for value in (*values, *check_characters(values)))


def read(values: Sequence[int]) -> Printed:
    """What is in a line, from the values of its `DATA` characters before the check characters.

    Raises:
        Malformed: `record-malformed`: it is of a later form, or has bits that no line has.
    """
    number = 0
    for value in values:
        number = number << 5 | value
    rest = 8 * SIGNATURE
    signature = (number & (1 << rest) - 1).to_bytes(SIGNATURE, "big")
    number >>= rest
    fields: dict[str, int] = {}
    for name, width in reversed(FIELDS):
        fields[name] = number & (1 << width) - 1
        number >>= width
    if fields["format"] != FORMAT:
        raise Malformed(
            f"it has the form {fields['format']}, and this aztrust reads form {FORMAT}",
            code="record-malformed",
            mend="use a newer aztrust, or ask for the file of the confirmation",
        )
    of_ready, of_not_ready = fields["consensus_key"], fields["reason"]
    unused = (of_not_ready, fields["has_found"], fields["found"])
    if not fields["status"]:
        unused = (of_ready, fields["signer"], fields["found"] * (1 - fields["has_found"]))
    if any(unused):
        raise Malformed(
            "it has a bit that no confirmation has",
            code="record-malformed",
            mend="ask for the file of the confirmation",
        )
    return Printed(
        scope=fields["scope"],
        window=fields["window"],
        key=fields["key"],
        time=fields["time"],
        version=(fields["major"], fields["minor"], fields["patch"]),
        platform=fields["platform"],
        roles=fields["roles"],
        ready=bool(fields["status"]),
        consensus_key=of_ready,
        signer=fields["signer"],
        reason=of_not_ready,
        found=fields["found"] if fields["has_found"] else None,
        signature=signature,
    )
