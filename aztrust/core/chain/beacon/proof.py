"""What can be proven of a block without its signatures: that it descends from the sealed genesis.

The roots of headers are computed, never believed. The block of slot 0 follows from the sealed
genesis; any later one is followed from parent to parent down to it. Signatures are of BLS, and are
not verified (docs/adr/0024-beacon-api.md): no such proof holds, and it says why.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.chain.adapter import Get
from aztrust.core.chain.beacon.answers import Header, Session
from aztrust.core.chain.beacon.read import served_clock
from aztrust.core.chain.facts import Expected, Proof
from aztrust.core.chain.session import NotServed

UNVERIFIED: Final = "its signatures are BLS signatures, which are not verified"
MAX_ANCESTORS: Final = 1024
"""From a later block the genesis is not looked for."""


def prove(expected: Expected, get_: Get, height: int, after: Proof | None = None) -> Proof | None:
    """What is known of the block of a slot; see `Adapter.prove`."""
    session = Session(get_)
    try:
        header = session.header(str(height))
        time_ms = expected.genesis.time_ms
        if height > 0:
            time_ms = served_clock(session, time_ms).time_ms(height)
    except NotServed:
        return None
    wrong, why = _ancestry(session, expected, header, after)
    return Proof(
        height=height,
        id=header.id,
        time_ms=time_ms,
        round=0,
        signed=0,
        total=expected.total,
        signers=(),
        wrong=(wrong,) if wrong else (),
        next_validators="",
        raw=tuple(session.raw),
        members=expected.members,
        unverified=f"{UNVERIFIED}{why}",
    )


def _ancestry(
    session: Session, expected: Expected, header: Header, after: Proof | None
) -> tuple[str, str]:
    """(what is wrong, what else could not be shown)."""
    if after is not None and header.slot > 0:
        if after.wrong:
            return "the block before is wrong", ""
        if header.parent != after.id:
            return f"the block does not follow the one of slot {after.height}", ""
        return "", ""
    slot, id_, parent = header.slot, header.id, header.parent
    for _ in range(MAX_ANCESTORS):
        if slot == 0:
            if id_ != expected.first_block:
                return "the genesis block is not the one of the sealed genesis", ""
            return "", ""
        try:
            before = session.header(parent)
        except NotServed:
            return "", "; and the blocks before it are not served"
        if before.slot >= slot:
            return f"the block before slot {slot} is of slot {before.slot}", ""
        slot, id_, parent = before.slot, before.id, before.parent
    return "", f"; and the genesis is more than {MAX_ANCESTORS} blocks before it"
