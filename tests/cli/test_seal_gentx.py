"""`aztrust seal genesis --gentx DIR`: the gen_txs that were sent in, all of them and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Done, run
from tests.core.test_facts import gen_tx
from tests.disk_launch import Launch, make_launch

A, B = gen_tx("a", "1"), gen_tx("b", "2")


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """A sealed release, and a genesis with the gen_txs of a and b."""
    made = make_launch(tmp_path, seal=False)
    document = {
        "chain_id": "test-1",
        "genesis_time": "2035-01-01T00:00:00Z",
        "app_state": {"genutil": {"gen_txs": [A, B]}},
    }
    made.file("genesis", "genesis.json").write_text(json.dumps(document))
    words = ("seal", "release", "-C", made.path, "--key", made.key_file("rita"))
    assert run(*words).exit_code == 0
    return made


def seal(launch: Launch, folder: Path, package_class: str = "genesis") -> Done:
    key = launch.key_file("gabi" if package_class == "genesis" else "rita")
    return run("seal", package_class, "-C", launch.path, "--key", key, "--gentx", folder)


def sent(tmp_path: Path, **txs: object) -> Path:
    folder = tmp_path / "gentx"
    folder.mkdir()
    for name, tx in txs.items():
        (folder / name).write_text(json.dumps(tx, indent=2))
    return folder


def test_a_genesis_with_all_of_them_is_sealed(launch: Launch, tmp_path: Path) -> None:
    done = seal(launch, sent(tmp_path, **{"gentx a.json": A, "gentx-b.json": B}))
    assert done.exit_code == 0
    text = " ".join(done.out.split())
    assert "all 2 of the folder are in it as they were sent, and no other" in text
    assert "their signatures were not verified" in text


def test_a_genesis_that_lost_one_and_changed_one_is_refused(launch: Launch, tmp_path: Path) -> None:
    files = {"a.json": gen_tx("a", "7"), "b.json": B, "c d.json": gen_tx("c", "3")}
    done = seal(launch, sent(tmp_path, **files))
    assert done.exit_code == 10
    text = " ".join(done.err.split())
    assert "1 of 3 files are in it" in text
    assert "altered: a.json" in text
    assert "missing: c d.json" in text
    assert not launch.manifest_path("genesis").exists()


def test_what_cannot_be_read_is_never_left_out(launch: Launch, tmp_path: Path) -> None:
    folder = sent(tmp_path, **{"a.json": A, "b.json": B})
    (folder / "inner").mkdir()
    assert seal(launch, folder).exit_code == 1
    (folder / "inner").rmdir()
    assert seal(launch, tmp_path / "none").exit_code == 1
    assert seal(launch, folder).exit_code == 0


def test_a_release_has_no_gen_txs(launch: Launch, tmp_path: Path) -> None:
    done = seal(launch, sent(tmp_path, **{"a.json": A}), "release")
    assert (done.exit_code, "a release has no gen_txs" in done.err) == (2, True)
