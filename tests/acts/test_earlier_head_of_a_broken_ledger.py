"""`verify --at-head` with a ledger that does not hold: it leaves out nothing that counts."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.formats import merkle
from tests.command import run
from tests.disk_launch import Launch, make_launch, policy_text
from tests.ledgers import TABLE, LedgerFile, signed_files
from tests.verdicts import ONE


class Kept:
    """A launch whose ledger grew by one record after a head that someone kept."""

    def __init__(self, folder: Path) -> None:
        self.launch: Launch = make_launch(folder, policy=policy_text(extra=ONE + TABLE))
        held = signed_files(self.launch)
        self.log = LedgerFile(folder / "l.ledger", held)
        self.size = len(held)
        self.head = folder / "then.note"
        self.head.write_bytes(self.log.head())
        approval = next(r.record_id for r in self.launch.records if ".approval." in r.path)
        self.launch.revoke(approval, "sonia")
        (revocation,) = set(signed_files(self.launch)) - set(held)
        self.log.append([revocation])

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.log.path, isolation_level=None)) as database:
            database.execute(statement)

    def verify(self, *words: object) -> dict[str, Any]:
        done = run(
            *("-C", self.launch.path, "verify", "--anchor", self.launch.anchor),
            *("--ledger", self.log.path, *words, "--format", "json"),
        )
        document = json.loads(done.out)
        noticed = [notice["code"] for notice in document["notices"]]
        checks = {check["id"]: check for check in document["checks"]}
        return {"exit": done.exit_code, "noticed": noticed, **checks}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def codes(check: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in check["findings"]]


def test_at_the_kept_head_of_a_ledger_that_holds_the_later_revocation_does_not_count(kept: Kept):
    assert codes(kept.verify()["release-approvals"]) == ["approval-revoked", "threshold-unmet"]
    found = kept.verify("--at-head", kept.head)
    assert found["exit"] == 0
    assert "ledger-later" in found["noticed"]
    assert codes(found["release-approvals"]) == []


BROKEN = {
    "the tree": "UPDATE node SET hash = zeroblob(32) WHERE position = {after}",
    "an entry after the head": "UPDATE entry SET envelope = x'7b7d' WHERE position = {size}",
    "an entry under the head": "UPDATE entry SET envelope = (SELECT envelope FROM entry"
    " WHERE position = 1) WHERE position = 2",
}


@pytest.mark.clause("AZ-2.4")
@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN.keys())
def test_at_the_kept_head_of_a_ledger_that_does_not_hold_everything_counts(
    kept: Kept, statement: str
):
    """Who can write the ledger's file must not be able to leave a revocation out."""
    after = merkle.position(merkle.Node(0, kept.size))
    kept.execute(statement.format(size=kept.size, after=after))
    plain = kept.verify()
    found = kept.verify("--at-head", kept.head)
    assert found["exit"] == plain["exit"] == 10
    assert codes(found["release-approvals"]) == ["approval-revoked", "threshold-unmet"]
    assert codes(found["release-approvals"]) == codes(plain["release-approvals"])
    assert "ledger-inconsistent" in codes(found["ledger"])
    assert "ledger-later" not in found["noticed"]
