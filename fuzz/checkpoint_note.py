"""Signed heads: one way to write each, and only the keeper's signature makes one."""

from __future__ import annotations

import binascii

from _harness import instrumented, main

with instrumented():
    from aztrust.core.formats.checkpoint_note import claimed_head, open_head, parse_note

from aztrust.core.formats.checkpoint_note import NOTE_LIMIT, SIGNATURES_LIMIT
from aztrust.core.formats.keys import from_material

# sum.golang.org's public key and, as the origin, its name.
ORIGIN = "sum.golang.org"
MATERIAL = binascii.a2b_base64("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")[1:]
KEEPER = from_material("ed25519", MATERIAL, name="keeper")
LINES = [binascii.b2a_base64(bytes(range(size))).decode() for size in (32, 68)]
HEAD = f"ledger.example/log\n7\n{LINES[0]}\n— ledger.example/log {LINES[1]}".encode()
SEEDS = [
    HEAD,
    HEAD.replace(b"ledger.example/log", ORIGIN.encode()),
    HEAD.replace(b"\n7\n", b"\n0\n"),
    HEAD.replace(b"\n7\n", b"\n9007199254740991\n"),
    HEAD.replace(b"=\n\n", b"=\nextension\n\n"),
    HEAD + HEAD.rpartition(b"\n\n")[2],
    b"text\n\nmore\n\n" + HEAD.rpartition(b"\n\n")[2],
]


def target(data: bytes) -> None:
    note = parse_note(data, name="f")
    assert len(data) <= NOTE_LIMIT
    assert 0 < len(note.signatures) <= SIGNATURES_LIMIT
    lines = b"".join(
        f"— {line.name} ".encode()
        + binascii.b2a_base64(line.key_id + line.signature, newline=False)
        + b"\n"
        for line in note.signatures
    )
    assert note.text + b"\n" + lines == data, "a second way to write it"
    head = claimed_head(note)
    assert head.text == note.text, "a second way to write its text"
    assert len(head.root) == 32
    open_head(data, KEEPER, ORIGIN, name="f")
    raise AssertionError("a head that its keeper never signed")


if __name__ == "__main__":
    main(
        target,
        SEEDS,
        ("\n\n", "— ", "\n", "0", "AAAA", "==", "+", "\u2028", "ledger.example/log"),
    )
