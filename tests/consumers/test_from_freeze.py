"""From `aztrust freeze` to the programs of others: the files that it writes, read as documented."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from aztrust.cli.session import Session
from aztrust.core.history.bundle import ENDING, parse_bundle
from aztrust.storage.launch import VERDICTS
from tests.command import run
from tests.consumers.tools import Bench, bench, documented, require
from tests.disk_launch import MINUTE, NOW, make_launch, policy_text
from tests.verdicts import ONE

ALL = documented()
DAY = 24 * 60 * MINUTE


@pytest.fixture(scope="module")
def frozen(tmp_path_factory) -> Bench:
    """What luca's freeze leaves, as a kit, and the trusted root of the ledger that it made."""
    parent: Path = tmp_path_factory.mktemp("frozen")
    launch = make_launch(parent, policy=policy_text(extra=ONE))
    at = ("-C", launch.path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(parent / "config"))
        patch.setattr(Session, "now_unix_ms", lambda _: NOW + DAY)
        words = ("--key", launch.key_file("luca"), "--anchor", launch.anchor, "--yes")
        kept = ("--ledger", parent / "test.ledger")
        done = run(*at, "freeze", *words, *kept)
        assert done.exit_code == 0, done.out + done.err
        root = run(*at, "ledger", "trusted-root", "--anchor", launch.anchor)
        assert root.exit_code == 0, root.err
        asked = ("--anchor", launch.anchor, "--format", "json")
        document = run(*at, "verify", *asked, *kept).document
        packed = run(*at, "pack", "--to", parent / "kit", *kept)
        assert packed.exit_code == 0, packed.err
    folder = parent / "given"
    with tarfile.open(fileobj=io.BytesIO((parent / "kit").read_bytes())) as archive:
        archive.extractall(folder, filter="data")
    shutil.copy(launch.file("release", "bin/atlasd"), folder / "atlasd")
    shutil.copy(launch.file("genesis", "genesis.json"), folder / "genesis.json")
    (folder / "trusted_root.json").write_text(root.out, "utf-8")
    (written,) = (folder / VERDICTS).glob(f"*{ENDING}")
    variables = {
        "KEY": "keys/luca.pem",
        "SCOPE": document["scope_hash"].removeprefix("sha256:"),
        "LEVEL": "AZTRUST_FREEZE_CONFIRMED",
        "VERDICT": f"{VERDICTS}/{written.name.removesuffix(ENDING)}",
        "FILE": "atlasd",
        "GENESIS": "genesis.json",
        "ROOT": "trusted_root.json",
    }
    return bench(folder, variables)


def test_the_bundle_has_its_place_in_the_ledger(frozen):
    bundle = parse_bundle(frozen.path("VERDICT", ENDING).read_bytes(), name="b")
    assert bundle.inclusion is not None
    assert bundle.envelope == frozen.path("VERDICT", ".dsse.json").read_bytes()


@pytest.mark.parametrize("told", ALL, ids=[told.name for told in ALL])
def test_what_freeze_wrote_is_read(told, frozen, tmp_path):
    require(told.section)
    given = frozen.copy(tmp_path / "given")
    done = given.run(told.command.text)
    assert done.returncode == 0, done.stdout + done.stderr
    given.path("FILE").write_bytes(b"another")
    assert given.run(told.command.text).returncode != 0
