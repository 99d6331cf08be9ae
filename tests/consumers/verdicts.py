"""A frozen launch whose verdict stands in a ledger: what foreign tools are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aztrust.core.ledger import tree
from aztrust.core.ledger.leaf import LedgerRecord
from aztrust.core.ledger.note import VerifiedHead, open_head
from aztrust.core.ledger.proof import inclusion_proof
from aztrust.core.ledger.trustedroot import trusted_root
from aztrust.core.signed.bundle import ENDING, Inclusion, encode_bundle, included
from aztrust.core.signed.keys import PublicKey
from aztrust.core.signed.verdict import build_verdict
from aztrust.storage.launch import read_launch
from tests import ledgers
from tests.launches import Launch, make_launch, policy_text, signer
from tests.verdicts import ONE, freeze_of, signed

ORIGIN = ledgers.ORIGIN


class Example:
    """A launch that is frozen by luca, with `pass` unless told otherwise.

    `envelope` is the verdict, `inclusion` its place among five entries of a ledger by `keeper`.
    """

    def __init__(
        self,
        parent: Path,
        *,
        keeper: str = ledgers.KEEPER,
        origin: str = ORIGIN,
        by: str = "luca",
        **record: Any,
    ) -> None:
        self.launch: Launch = make_launch(parent, policy=policy_text(extra=ONE))
        self.origin = origin
        self.keeper = signer(keeper)
        self.signer = signer(by)
        statement = freeze_of(
            read_launch(self.launch.path), self.signer.public, self.launch.now(), **record
        )
        self.statement = statement
        self.envelope = signed(build_verdict(statement), self.signer)
        self.record: LedgerRecord = ledgers.record(self.envelope)
        self.inclusion = self.included_at(2, 5)
        self.head: VerifiedHead = open_head(
            self.inclusion.note, self.keeper.public, origin, name="head"
        )

    @property
    def key(self) -> PublicKey:
        """The signer's."""
        return self.signer.public

    def included_at(self, index: int, size: int) -> Inclusion:
        """The place of the verdict in a ledger of so many entries."""
        held = ledgers.records(size)
        held[index] = self.record
        nodes = ledgers.nodes_of(item.leaf for item in held)
        read = ledgers.reader(nodes)
        note = ledgers.head_note(size, tree.root(size, read), self.keeper, self.origin)
        head = open_head(note, self.keeper.public, self.origin, name="head")
        return included(head, index, inclusion_proof(index, size, read))

    def write(self, folder: Path) -> Path:
        """Everything a foreign tool is given, below a folder; returns the folder.

        `verdict.dsse.json`, `verdict.sigstore.json`, `unlogged.sigstore.json`, `key.pem`,
        `trusted_root.json` and the file that the verdict is about, `atlasd`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            "verdict.dsse.json": self.envelope,
            f"verdict{ENDING}": encode_bundle(self.envelope, self.key, self.inclusion),
            f"unlogged{ENDING}": encode_bundle(self.envelope, self.key),
            "key.pem": self.key.pem,
            "trusted_root.json": trusted_root(self.origin, self.keeper.public),
            "atlasd": self.launch.file("release", "bin/atlasd").read_bytes(),
        }
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder
