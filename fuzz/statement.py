"""Statements: what is accepted is written back to the same bytes."""

from __future__ import annotations

from _harness import JSON_TOKENS, instrumented, main

with instrumented():
    from aztrust.core.base import canonical
    from aztrust.core.base.digest import sha256_id
    from aztrust.core.formats.dsse import VerifiedPayload
    from aztrust.core.formats.keys import PublicKey
    from aztrust.core.formats.statement import Subject, build_statement, parse_statement

KEY = PublicKey("ed25519", bytes(32))
REVIEW = {"files": 6, "power": ["a", {"b": None}]}
SUBJECT = Subject("release", "sha256:" + "a" * 64, "blake3:" + "b" * 64)
SEEDS = [
    build_statement("approval", [SUBJECT], {"role": "x"}, {}),
    build_statement(
        "go-no-go-decision",
        [SUBJECT, Subject("scope", "sha256:" + "c" * 64)],
        {"review_hash": sha256_id(canonical.dumps(REVIEW))},
        {"review": REVIEW},
    ),
]


def target(data: bytes) -> None:
    statement = parse_statement(VerifiedPayload(data, sha256_id(data), KEY))
    again = build_statement(
        statement.kind, statement.subjects, statement.record, statement.preimages
    )
    assert again == data, "two spellings of one statement"


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        (*JSON_TOKENS, "urn:aztrust:", ":v1", ":v2", "_hash", "preimages", "record", "sha256"),
    )
