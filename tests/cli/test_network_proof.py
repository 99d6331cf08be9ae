"""With `[chain]` the checkpoints of the running network rest on a proof from the sealed genesis."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.chain.bundle import bundle_name
from aztrust.core.policy.chain_table import PROOF_LIMIT
from fixtures.signed_chain import SignedChain
from tests.cli_launch import ALL_OK, Clock, Desk, Template, refused, ticking_clock
from tests.command import run

clock = pytest.fixture(ticking_clock)
CHAIN = SignedChain([190, 100, 100, 16], "test-1", absent=[1])
TABLE = '[chain]\nkind = "cometbft"\nepoch_blocks = 4\n'
FOLDER = "manifests/observations"


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Template:
    genesis = {"genesis.json": CHAIN.genesis}
    return Template.started(tmp_path_factory.mktemp("chain"), TABLE, to="start", genesis=genesis)


@pytest.fixture
def desk(started: Template, tmp_path: Path, clock: Clock) -> Desk:
    return started.copy(tmp_path, clock)


def scope(desk: Desk) -> str:
    return str(desk.json("verify")[1]["scope_hash"])


def put(desk: Desk, data: bytes, height: int = 1) -> Path:
    folder = desk.launch.path / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / bundle_name(height, data)
    path.write_bytes(data)
    return path


def prove(desk: Desk, height: int, chain: SignedChain = CHAIN) -> Path:
    origin = CHAIN.origin(scope(desk))
    return put(desk, chain.bundle(height, origin=origin), height)


def checkpoint(desk: Desk, name: str, *more: object) -> tuple[int, dict[str, Any]]:
    evidence = ("--evidence", desk.launch.path / "manifests/launch.toml")
    return desk.json("window", "checkpoint", name, *evidence, *more, "--yes")


def row(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in document["matrix"] if row["id"] == "proof")
    return found


@pytest.mark.clause("AZ-10.2", "AZ-32.2", "AZ-32.3")
def test_both_checkpoints_rest_on_a_proof(desk):
    first, last = prove(desk, 1), prove(desk, 4)
    code, document = checkpoint(desk, "first_blocks_healthy")
    assert code == 0, document
    assert row(document)["detail"] == "306 of 406 signed block 1"
    assert row(document)["evidence"] == [digest(first)]
    code, document = checkpoint(desk, "first_epoch_finalized")
    assert code == 0, document
    assert row(document)["detail"] == "306 of 406 signed block 4"
    assert row(document)["evidence"] == [digest(last)]


def digest(path: Path) -> str:
    from aztrust.core.base.digest import sha256_id

    return sha256_id(path.read_bytes())


@pytest.mark.clause("AZ-32.2")
def test_without_a_bundle_they_do_not_pass(desk):
    code, document = checkpoint(desk, "first_blocks_healthy", "--dry-run")
    assert code == 11
    assert row(document)["status"] == "fail"
    assert row(document)["detail"] == f"block 1: no bundle in {FOLDER} proves block 1"
    prove(desk, 3)
    assert checkpoint(desk, "first_blocks_healthy")[0] == 0
    code, document = checkpoint(desk, "first_epoch_finalized", "--dry-run")
    assert code == 11
    assert "proves block 4" in row(document)["detail"]
    prove(desk, 5)
    assert checkpoint(desk, "first_epoch_finalized", "--dry-run")[0] == 0


def malformed(desk: Desk) -> bytes:
    return CHAIN.bundle(1, scope(desk))[:-1]


def oversized(desk: Desk) -> bytes:
    return b" " * (PROOF_LIMIT + 1)


def of_another_chain(desk: Desk) -> bytes:
    return SignedChain([190, 100, 100, 16], "test-2").bundle(1, scope(desk))


def of_another_genesis(desk: Desk) -> bytes:
    return SignedChain([190, 100, 100, 17], "test-1").bundle(1, scope(desk))


def of_an_earlier_scope(desk: Desk) -> bytes:
    return CHAIN.bundle(1, "sha256:" + "ab" * 32)


def of_a_network_with_another_genesis(desk: Desk) -> bytes:
    other = SignedChain([190, 100, 100, 17], "test-1")
    return other.bundle(1, origin=CHAIN.origin(scope(desk)))


FAULTS: tuple[tuple[Callable[[Desk], bytes], str, str], ...] = (
    (malformed, "proof-malformed", "not strict JSON"),
    (oversized, "proof-malformed", "at most"),
    (of_another_chain, "proof-foreign", "is of the chain test-2, and not of test-1"),
    (of_another_genesis, "proof-foreign", "was made for the genesis"),
    (of_an_earlier_scope, "proof-foreign", "was made for the scope abababab"),
    (of_a_network_with_another_genesis, "proof-wrong", "another validator set than the genesis"),
)


@pytest.mark.clause("AZ-32.2", "AZ-10.2")
@pytest.mark.parametrize(("make", "code", "why"), FAULTS)
def test_a_bundle_that_proves_nothing_is_a_fail(desk, make, code, why):
    prove(desk, 4)
    path = put(desk, make(desk))
    exit_code, document = checkpoint(desk, "first_blocks_healthy", "--dry-run")
    assert exit_code == 10
    assert row(document)["status"] == "fail"
    assert row(document)["detail"].startswith(f"{FOLDER}/{path.name}: ")
    assert why in row(document)["detail"]
    exit_code, text, codes = desk.verify()
    assert (exit_code, codes) == (10, {code}), text
    path.unlink()
    assert checkpoint(desk, "first_blocks_healthy", "--dry-run")[0] == 0
    assert desk.verify()[0] == 0


@pytest.mark.clause("AZ-32.2")
def test_two_blocks_of_one_height_are_a_fork(desk):
    prove(desk, 4)
    fork = SignedChain([190, 100, 100, 16], "test-1", absent=[1], fork="22")
    assert fork.genesis == CHAIN.genesis
    prove(desk, 4, fork)
    code, document = checkpoint(desk, "first_epoch_finalized", "--dry-run")
    assert code == 10
    assert "block 4: two different blocks of this height are proven" in row(document)["detail"]
    assert desk.verify()[2] == {"proof-fork"}


@pytest.mark.clause("AZ-32.2")
def test_a_package_that_changed_after_the_start_is_found_again(desk):
    """No hidden artifact mismatch after live traffic: everything is hashed again."""
    prove(desk, 4)
    assert checkpoint(desk, "first_blocks_healthy")[0] == 0
    binary = desk.launch.path / "packages/release/bin/atlasd"
    sealed = binary.read_bytes()
    binary.write_bytes(sealed.replace(b"1.0.0", b"1.0.1"))
    code, document = checkpoint(desk, "first_epoch_finalized", "--dry-run")
    assert code == 10
    assert "file-modified" in json.dumps(document)
    assert row(document)["status"] == "pass"
    binary.write_bytes(sealed)
    assert checkpoint(desk, "first_epoch_finalized")[0] == 0


def test_a_genesis_that_changed_proves_nothing(desk):
    prove(desk, 4)
    genesis = desk.launch.path / "packages/genesis/genesis.json"
    genesis.write_bytes(genesis.read_bytes() + b"\n")
    code, document = checkpoint(desk, "first_epoch_finalized", "--dry-run")
    assert code == 10
    assert "genesis:genesis.json is not the sealed file" in row(document)["detail"]


@pytest.mark.clause("AZ-31.3")
def test_an_auditor_proves_it_again_from_the_kit_and_the_packages(desk, tmp_path):
    prove(desk, 4)
    kit = tmp_path / "launch.kit"
    done = desk.run("pack", kit, anchor=False)
    assert done.exit_code == 0, done.err
    assert "1 proof of a block" in done.advised
    result = run("-C", kit, "verify", "--anchor", desk.anchor, "--format", "json")
    by_id = {check["id"]: check for check in json.loads(result.out)["checks"]}
    assert by_id["network-proof"]["status"] == "not_run"
    assert "a kit carries no packages" in by_id["network-proof"]["detail"]
    code, document = desk.json("verify")
    assert code == 0
    by_id = {check["id"]: check for check in document["checks"]}
    assert by_id["network-proof"]["detail"] == "306 of 406 signed block 4"


def test_what_is_not_a_bundle_leaves_in_no_kit(desk, tmp_path):
    put(desk, b"{}")
    refused(desk.run("pack", tmp_path / "k", anchor=False), "it is not a proof of a block")


def test_an_observation_alone_is_not_a_proof(desk):
    """What people answered is evidence, and does not replace a proof."""
    desk.done("window", "observe", "--epochs", "0-1", *ALL_OK, by="luca")
    assert checkpoint(desk, "first_blocks_healthy", "--dry-run")[0] == 11


@pytest.mark.clause("AZ-37.1")
def test_an_audit_proves_the_blocks_that_each_verdict_knew(desk, tmp_path):
    first = prove(desk, 1)
    assert checkpoint(desk, "first_blocks_healthy")[0] == 0
    prove(desk, 8)
    assert checkpoint(desk, "first_epoch_finalized")[0] == 0
    put(desk, malformed(desk), 9)
    words = ("audit", desk.launch.path, "--format", "json", "--anchor", desk.anchor)
    done = run(*words)
    assert {d["status"] for d in done.document["decisions"]} == {"recomputed"}
    assert done.exit_code == 0
    first.unlink()
    done = run(*words)
    assert done.exit_code == 10
    differs = next(d for d in done.document["decisions"] if d["status"] == "differs")
    assert differs["checkpoint_class"] == "first_blocks_healthy"
