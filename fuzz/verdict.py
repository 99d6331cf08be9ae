"""Verdicts: what is accepted is written back to the same bytes, and never passes by half."""

from __future__ import annotations

import json
from typing import Any

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.base import canonical
    from aztrust.core.base.digest import sha256_id
    from aztrust.core.formats.dsse import VerifiedPayload
    from aztrust.core.formats.keys import PublicKey
    from aztrust.core.formats.statement import Subject
    from aztrust.core.records.checkpoint import FREEZE_ROWS, Checkpoint, MatrixRow
    from aztrust.core.records.verdict import VerdictStatement, build_verdict, parse_verdict

KEY = PublicKey("ed25519", bytes(32))
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def statement(verdict: str, checkpoint_class: str) -> bytes:
    """A verdict in agreement with itself."""
    record: dict[str, Any] = {
        "checkpoint_id": A,
        "launch_window_id": B,
        "checkpoint_class": checkpoint_class,
        "checkpoint_scope_hash": C,
        "verdict": verdict,
        "timestamp_unix_ms": 1_780_315_200_000,
    }
    matrix = tuple(
        MatrixRow(evidence=(A,), id=row, owner="o", status="pass", timestamp_unix_ms=0)
        for row in FREEZE_ROWS
    )
    manifests = (
        Subject("manifests/release.json", A, "blake3:" + "d" * 64),
        Subject("manifests/genesis.json", B),
    )
    return build_verdict(
        VerdictStatement(
            key=KEY,
            checkpoint=Checkpoint(**record),
            matrix=matrix,
            policy_digest=B,
            subjects=manifests if verdict == "pass" else (),
            rests_on=(A,),
            versions={"aztrust": "0.1.0"},
        )
    )


SEEDS = [
    statement("pass", "freeze_confirmed"),
    statement("hold", "freeze_confirmed"),
    statement("conditional", "go_hold_review_completed"),
]


def target(data: bytes) -> None:
    read = parse_verdict(VerifiedPayload(data, sha256_id(data), KEY))
    assert build_verdict(read) == data, "two spellings of one verdict"
    predicate = json.loads(data)["predicate"]
    words = (predicate["verificationResult"], predicate["verifiedLevels"][0] != "FAILED")
    assert words == (("PASSED", True) if read.passed else ("FAILED", False))
    assert canonical.dumps(json.loads(data)) == data


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        (
            *JSON_TOKENS,
            *("PASSED", "FAILED", "AZTRUST_", "urn:aztrust:", ":v1", ":v2", "matrix", "record"),
            *("pass", "hold", "fail", "conditional", "not_applicable", "sha256", "blake3"),
        ),
    )
