"""Ledger files of launches made for tests.

launch = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))
log = Log(tmp_path / "l.ledger", signed_files(launch))
log.head()                                   # signed by luca, the keeper that TABLE names
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import open_head
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from tests.disk_launch import Launch, signer
from tests.ledgers import KEEPER, KEYS, ORIGIN, head_note

KEEPERS_KEY = signer(KEEPER).public.fingerprint
TABLE = f'[ledger]\norigin = "{ORIGIN}"\nkeeper = "{KEEPERS_KEY}"\n'


class Log:
    """A ledger file that is made of envelopes."""

    def __init__(self, path: Path, held: Iterable[bytes], origin: str = ORIGIN) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        create_database(path, origin)
        self.append(held)

    def append(self, held: Iterable[bytes]) -> None:
        """Append envelopes, each honestly signed by anybody."""
        with open_store(self.path, writing=True) as store:
            store.append_many(read_record(data, KEYS, Opener(), name="a record") for data in held)

    def head(self, by: str = KEEPER) -> bytes:
        """Sign a head over all of it and keep it in it; its note."""
        with open_store(self.path, writing=True) as store:
            size = store.size()
            note = head_note(size, merkle.root(size, store.nodes), by, store.origin)
            store.put_head(open_head(note, signer(by).public, store.origin, name="head"))
        return note


def signed_files(launch: Launch) -> list[bytes]:
    """The records and verdicts of a launch, seals first: what is cited comes before."""
    folder = launch.path / "manifests"
    paths = [*folder.glob("records/*"), *folder.glob("verdicts/*.dsse.json")]
    return [p.read_bytes() for p in sorted(paths, key=lambda p: (".seal." not in p.name, p.name))]
