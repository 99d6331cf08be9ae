"""The user's other ledgers of one chain: a freeze there may be in no file of this launch.

A ledger's path follows from the chain id and the policy, so the ledger of an earlier policy is next
to the present one. Its freezes are judged under the policy that they name, like those of the
folder; a freeze whose policy is not kept cannot be judged, and is reported so (law 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aztrust.core.base import canonical
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.leaf import claimed_kind
from aztrust.core.records.checkpoint import FREEZE
from aztrust.core.records.summary import CHECKPOINT_KEY
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import Evidence
from aztrust.storage.config import shown
from aztrust.storage.ledger.location import ledgers_of_chain
from aztrust.storage.ledger.sqlite import open_store


@frozen
class OtherLedger:
    """A ledger that is not the launch's own: its path, and its records by their names."""

    name: str
    records: dict[str, bytes]
    verdicts: dict[str, bytes]

    @property
    def frozen_under(self) -> tuple[str, ...]:
        """The digests of the policies under which its verdicts freeze."""
        return tuple(sorted({frozen_under(data) for data in self.verdicts.values()} - {""}))

    def added_to(self, evidence: Evidence) -> Evidence:
        """The folder's files and this ledger's records, with no order among them."""
        records, verdicts = evidence.records, evidence.verdicts
        return replace(
            evidence,
            records={**records, **self.records},
            verdicts={**verdicts, **self.verdicts},
            packages={},
            policies={},
            ledger=None,
        )


def other_ledgers(context: Context, chain_id: str) -> Iterator[OtherLedger]:
    """Every ledger of the chain in the user's configuration, but the one that is judged.

    Raises:
        CouldNotCheck: one of them is there and cannot be read.
    """
    own = context.evidence.ledger
    for path in ledgers_of_chain(chain_id):
        found = _read(path, own.origin if own is not None else "")
        if found is not None:
            yield found


def _read(path: Path, own: str) -> OtherLedger | None:
    name = shown(path)
    records: dict[str, bytes] = {}
    verdicts: dict[str, bytes] = {}
    try:
        with open_store(path) as store:
            if store.origin == own:
                return None
            for entry in store.entries():
                target = verdicts if claimed_kind(_payload(entry.envelope)) else records
                target[f"entry {entry.index} of {name}"] = entry.envelope
    except CouldNotCheck as error:
        raise CouldNotCheck(
            f"an earlier ledger of this chain cannot be read, so it is unknown whether a"
            f" scope is frozen there: {error.message}",
            subject=name,
            mend="make it again from a clone of that launch; or, if nothing is frozen in it, move"
            " it away",
        ) from None
    return OtherLedger(name, records, verdicts)


def _payload(envelope: bytes) -> bytes:
    return parse_envelope(envelope, name="").payload


def frozen_under(data: bytes) -> str:
    """The policy under which a file claims to freeze a scope, "" for anything else.

    The signature is not checked: the policy that names the key is missing here.
    """
    try:
        payload = parse_envelope(data, name="").payload
        statement: Any = canonical.loads(payload, what="", code="record-malformed")
        record = statement["predicate"][CHECKPOINT_KEY]["record"]
        passed = (record["checkpoint_class"], record["verdict"]) == (FREEZE, "pass")
        return f"sha256:{statement['predicate']['policy']['digest']['sha256']}" if passed else ""
    except (Malformed, LookupError, TypeError):
        return ""
