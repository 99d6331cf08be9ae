"""A frozen launch whose verdict is in a ledger: what foreign tools are shown."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

from aztrust.acts.pack import pack
from aztrust.core.base.digest import sha256_id
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import VerifiedHead, open_head
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.merkle import inclusion_proof
from aztrust.core.history.bundle import ENDING, Inclusion, encode_bundle, included
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.trusted_root import trusted_root
from aztrust.core.records.verdict import VerdictStatement, build_verdict
from aztrust.signers.local import LocalSigner
from aztrust.storage.launch import VERDICTS, read_launch
from tests import ledgers
from tests.disk_launch import Launch, make_launch, policy_text, signer
from tests.verdicts import ONE, freeze_of, signed

DSSE = ".dsse.json"


class Example:
    """A launch that is frozen by luca, with `pass` unless stated otherwise.

    `envelope` is the verdict, `inclusion` its place among five entries of a ledger by `keeper`.

    Args:
        parent: where the launch directory is made.
        keeper: who signs the ledger's heads.
        origin: the ledger's name.
        by: who signs the verdict, whatever the policy says about the signer.
        record: fields of the checkpoint that are to be other ones, as `tests.verdicts.freeze_of`.
    """

    def __init__(
        self,
        parent: Path,
        *,
        keeper: str = ledgers.KEEPER,
        origin: str = ledgers.ORIGIN,
        by: str = "luca",
        **record: Any,
    ) -> None:
        self.launch: Launch = make_launch(parent, policy=policy_text(extra=ONE))
        self.origin = origin
        self.keeper: LocalSigner = signer(keeper)
        self.signer: LocalSigner = signer(by)
        self.statement: VerdictStatement = freeze_of(
            read_launch(self.launch.path), self.key, self.launch.now(), **record
        )
        self.payload = build_verdict(self.statement)
        self.envelope = signed(self.payload, self.signer)
        self.record: LedgerRecord = read_record(
            self.envelope, {self.key.fingerprint: self.key}, Opener(), name="the verdict"
        )
        self.inclusion = self.included_at(2, 5)
        self.head: VerifiedHead = open_head(
            self.inclusion.note, self.keeper.public, origin, name="head"
        )

    @property
    def key(self) -> PublicKey:
        """The signer's."""
        return self.signer.public

    @property
    def scope(self) -> str:
        """The 64 digits that are read aloud."""
        return self.statement.scope_hash.removeprefix("sha256:")

    @property
    def stem(self) -> str:
        """The path of both files in a launch directory, without their endings."""
        name = f"{self.statement.checkpoint.checkpoint_class}.{sha256_id(self.payload)[7:23]}"
        return f"{VERDICTS}/{name}.{self.key.keyid[:8]}"

    def included_at(self, index: int, size: int) -> Inclusion:
        """The place of the verdict in a ledger of so many entries."""
        held = ledgers.records(size)
        held[index] = self.record
        nodes = ledgers.nodes_of(item.leaf for item in held)
        read = ledgers.reader(nodes)
        note = ledgers.head_note(size, merkle.root(size, read), self.keeper, self.origin)
        head = open_head(note, self.keeper.public, self.origin, name="head")
        return included(head, index, inclusion_proof(index, size, read))

    def store(self) -> None:
        """Both files of the verdict, into the launch directory."""
        path = self.launch.path / f"{self.stem}{DSSE}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.envelope)
        path.with_name(path.name.removesuffix(DSSE) + ENDING).write_bytes(
            encode_bundle(self.envelope, self.key, self.inclusion)
        )

    def hand_over(self, folder: Path) -> dict[str, str]:
        """What someone without aztrust has: the unpacked kit, a binary and a genesis of a host,
        and the ledger's trusted root. The variables of docs/consumers.md, relative to the folder.
        """
        self.store()
        kit = folder.with_name(f"{folder.name}.kit")
        pack(self.launch.path, kit)
        with tarfile.open(fileobj=io.BytesIO(kit.read_bytes())) as archive:
            archive.extractall(folder, filter="data")
        for package, path, name in (
            ("release", "bin/atlasd", "atlasd"),
            ("genesis", "genesis.json", "genesis.json"),
        ):
            (folder / name).write_bytes(self.launch.file(package, path).read_bytes())
        (folder / "atlasd").chmod(0o755)
        (folder / "key.pem").write_bytes(self.key.pem)
        (folder / "trusted_root.json").write_bytes(trusted_root(self.origin, self.keeper.public))
        return {
            "KEY": "key.pem",
            "SCOPE": self.scope,
            "LEVEL": "AZTRUST_FREEZE_CONFIRMED",
            "VERDICT": self.stem,
            "FILE": "atlasd",
            "GENESIS": "genesis.json",
            "ROOT": "trusted_root.json",
        }
