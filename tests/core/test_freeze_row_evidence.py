"""What the rows of a freeze rest on: what counts, and every negative record."""

from __future__ import annotations

from aztrust.core.judge.freeze_matrix import confirmations
from tests.memory_launch import NOW, PEOPLE, Launch


def test_a_revocation_stays_in_the_evidence_after_its_key_is_revoked_and_an_approval_does_not():
    launch = Launch.approved()
    lost = launch.approve("release", "dan", at=NOW + 1)
    kept = launch.approve("release", "sonia", at=NOW + 2)
    no = launch.revoke(lost, "dan")
    end = launch.revoke(PEOPLE["dan"].public().fingerprint, "sonia", kind="key")
    (row,) = (r for r in confirmations(launch.verify()) if r.id == "approvals")
    assert {kept, no, end} <= set(row.evidence)
    assert lost not in row.evidence
