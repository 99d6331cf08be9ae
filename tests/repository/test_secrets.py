"""Private keys: none in the repository but the rehearsal's, under fixtures/ and worthless."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.shared import REPOSITORY

# A key is the line with its base64 after it (perhaps behind headers), so that code may name the
# line. Key files by their suffix, whatever they hold.
PRIVATE = re.compile(
    rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s+(?:[A-Za-z-]+:[^\n]*\n|\s)*[A-Za-z0-9+/=]{16}"
)
SUFFIXES = frozenset({".key", ".p8", ".p12", ".pfx", ".jks", ".keystore"})
NOT_OURS = frozenset({".git", ".tools", ".fuzz", "__pycache__", "dist", "build"})


def files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [
            f
            for f in folders
            if f not in NOT_OURS and not f.endswith("_cache") and not f.startswith(".venv")
        ]
        if Path(folder) == root:
            folders.remove("fixtures") if "fixtures" in folders else None
        yield from (path for n in names if (path := Path(folder, n)).is_file())


def private_keys(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root))
        for path in files(root)
        if path.suffix in SUFFIXES or PRIVATE.search(path.read_bytes())
    )


def test_no_private_key_outside_the_fixtures():
    assert private_keys(REPOSITORY) == []


def test_a_private_key_would_be_found(tmp_path):
    body = b"MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAA\n"
    for kind in (b"", b"EC ", b"ENCRYPTED ", b"OPENSSH "):
        name = f"{kind.decode().strip() or 'plain'}.pem"
        (tmp_path / name).write_bytes(b"note\n-----BEGIN " + kind + b"PRIVATE KEY-----\n" + body)
    headed = b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,00\n\n" + body
    (tmp_path / "headed.pem").write_bytes(headed)
    (tmp_path / "any.key").write_bytes(b"")
    (tmp_path / "public.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + body)
    (tmp_path / "code.py").write_bytes(b'if data.startswith(b"-----BEGIN PRIVATE KEY-----"):\n')
    found = ["EC.pem", "ENCRYPTED.pem", "OPENSSH.pem", "any.key", "headed.pem", "plain.pem"]
    assert private_keys(tmp_path) == found
