"""Who is in an aggregated vote: the bits of an attestation, by the committees of its slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.chain import typed
from aztrust.core.linkage.jsondoc import JsonValue, get

_COMMITTEES: Final = 64
_MAX_BYTES: Final = 16_384
Seat = tuple[int, int, int]
"""(slot, index of the committee, place in it): one vote, by any validator."""
_WHAT: Final = "attestation.aggregation_bits"


def aggregated(
    attestation: JsonValue, slot: int, committees: Mapping[tuple[int, int], tuple[int, ...]]
) -> frozenset[int]:
    """The indices of the validators whose votes are in an attestation.

    Until Deneb it is of one committee. From Electra on it is of those in `committee_bits`, one
    after the other.

    Args:
        attestation: of a block.
        slot: that it is for.
        committees: of its epoch, by (slot, index).

    Raises:
        Malformed: its bits do not fit to the committees.
    """
    named = get(attestation, "committee_bits")
    if named is None:
        index = get(attestation, "data", "index")
        chosen = [typed.whole(index, "attestation.index", most=_COMMITTEES - 1)]
    else:
        chosen = list(_set_bits(typed.prefixed(named, "attestation.committee_bits")))
    members: list[int] = []
    for index in chosen:
        if (slot, index) not in committees:
            typed.refuse("attestation", f"is of a committee {index} that slot {slot} does not have")
        members += committees[slot, index]
    bits, length = _read_bits(attestation)
    if length != len(members):
        typed.refuse(_WHAT, f"are of {length} validators, and must be of {len(members)}")
    return frozenset(members[bit] for bit in bits)


def unnamed(attestation: JsonValue, slot: int) -> frozenset[Seat] | None:
    """The seats whose votes are in an attestation, where its committee is not known.

    None from Electra on: there the bits of several committees cannot be separated.

    Args:
        attestation: of a block.
        slot: that it is for.

    Raises:
        Malformed: it has no bits.
    """
    if get(attestation, "committee_bits") is not None:
        return None
    index = typed.whole(get(attestation, "data", "index"), "attestation.index", most=63)
    bits, _ = _read_bits(attestation)
    return frozenset((slot, index, bit) for bit in bits)


def _read_bits(attestation: JsonValue) -> tuple[list[int], int]:
    """(the bits that are set, how many there are); the last one of the data marks the length."""
    data = typed.prefixed(get(attestation, "aggregation_bits"), _WHAT, most=_MAX_BYTES)
    bits = list(_set_bits(data))
    if not bits or not data[-1]:
        typed.refuse(_WHAT, "have no end")
    return bits[:-1], bits[-1]


def _set_bits(data: bytes) -> Iterator[int]:
    for number, byte in enumerate(data):
        for bit in range(8):
            if byte >> bit & 1:
                yield number * 8 + bit
