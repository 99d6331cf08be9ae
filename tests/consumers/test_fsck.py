"""A published ledger is a log that another project's program recomputes: Tessera's `fsck`."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aztrust.core.formats import merkle
from aztrust.core.formats.tiles import CHECKPOINT, tiles_of
from tests.consumers.tools import PATH
from tests.ledgers import ORIGIN, head_note, nodes_of, reader
from tests.patience import PATIENCE
from tests.people import signer

FSCK = shutil.which("fsck", path=os.fspath(Path(PATH.split(os.pathsep)[0])))

pytestmark = pytest.mark.skipif(FSCK is None, reason="no fsck here: make .tools/fsck.done")


def write(folder: Path, size: int, by: str) -> None:
    """A log of so many leaves of different lengths."""
    leaves = [b"%d" % number * (number % 5) for number in range(size)]
    root = merkle.root(size, reader(nodes_of(leaves)))
    for path, data in {**tiles_of(leaves), CHECKPOINT: head_note(size, root, by)}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def fsck(folder: Path, by: str) -> str:
    """What the program prints about a log; its exit code is 0 whatever it finds."""
    key = signer(by).public
    kind = b"\x02" + key.spki if key.algorithm == "ecdsa-p256" else b"\x01" + key.material
    verifier = folder.parent / "verifier"
    verifier.write_text(
        f"{ORIGIN}+{key.log_id(ORIGIN)[:4].hex()}+{base64.b64encode(kind).decode()}"
    )
    # With one worker it waits for ever after the first file that differs.
    command = [
        FSCK,
        "-N=8",
        f"--storage_url=file://{folder}/",
        f"--public_key={verifier}",
        "--ui=false",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stderr


@pytest.mark.parametrize(("first", "further"), [("luca", "dan"), ("dan", "luca")])
def test_a_head_with_the_lines_of_two_keys_is_accepted_by_either(tmp_path, first, further):
    write(tmp_path / "log", 257, first)
    note = tmp_path / "log" / CHECKPOINT
    _, _, line = head_note_of(note.read_bytes(), further).rpartition(b"\n\n")
    note.write_bytes(note.read_bytes() + line)
    for by in (first, further):
        assert "Successfully fsck'd log with size 257 " in fsck(tmp_path / "log", by)
    assert "Successfully" not in fsck(tmp_path / "log", "rita")


def head_note_of(note: bytes, by: str) -> bytes:
    """The same head by another key."""
    _, size, root = note.decode().split("\n")[:3]
    return head_note(int(size), base64.b64decode(root), by)


@pytest.mark.parametrize("by", ["luca", "dan"])
@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_foreign_program_recomputes_the_log(tmp_path, size, by):
    write(tmp_path / "log", size, by)
    assert f"Successfully fsck'd log with size {size} " in fsck(tmp_path / "log", by)


@pytest.mark.parametrize(
    "path", [CHECKPOINT, "tile/entries/000", "tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1"]
)
def test_it_finds_a_changed_file(tmp_path, path):
    write(tmp_path / "log", 260, "luca")
    file = tmp_path / "log" / path
    data = file.read_bytes()
    file.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    assert "Successfully" not in fsck(tmp_path / "log", "luca")
