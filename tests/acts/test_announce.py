"""Announcing the genesis hash: compared with the genesis here before anyone signs."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from aztrust.acts.act import Act, Plan
from aztrust.acts.announce import announcer_keys, plan_announcement
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from tests.disk_launch import GENESIS, NOW, PEOPLE, Launch, make_launch, signer

DATA = GENESIS["genesis.json"]
OTHER = "sha256:" + "d" * 64


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


RAW = digest(DATA)
JQ = digest(json.dumps(json.loads(DATA), sort_keys=True, separators=(",", ":")).encode() + b"\n")


def plan(launch: Launch, sha256: str, convention="raw", who="gabi") -> Plan:
    return plan_announcement(
        Act(launch.path, read_launch_context(launch.path, NOW)),
        sha256=sha256,
        convention=convention,
        key=signer(who).public,
    )


@pytest.mark.clause("RC-D")
@pytest.mark.parametrize(("convention", "value"), [("raw", RAW), ("jq-S-c", JQ)])
def test_a_hash_that_fits_is_recorded(tmp_path, convention, value):
    launch = make_launch(tmp_path)
    planned = plan(launch, value, convention)
    launch.publish(planned, "gabi")
    (said,) = read_launch_context(launch.path).records.effective.announcements()
    assert said.body == planned.body
    assert said.body.package_id == launch.package_id("genesis")
    assert plan(launch, value, convention).earlier is not None
    assert plan(launch, value, convention, "cosmin").about == ("gabi",)


@pytest.mark.parametrize(
    ("convention", "value", "word"),
    [
        ("raw", JQ, "jq-S-c"),
        ("jq-S-c", RAW, "raw"),
        ("raw", digest(DATA + b"\n"), "raw with a final newline added"),
        ("raw", OTHER, "or any other convention"),
    ],
)
def test_a_mismatch_says_which_convention_would_fit(tmp_path, convention, value, word):
    launch = make_launch(tmp_path)
    with pytest.raises(Refused) as caught:
        plan(launch, value, convention)
    assert caught.value.code == "genesis-hash-mismatch"
    assert word in caught.value.message


def test_a_declared_value_is_taken_as_stated_and_needs_a_second_holder(tmp_path):
    launch = make_launch(tmp_path)
    first = plan(launch, OTHER, "declared")
    assert first.about == ()
    launch.publish(first, "gabi")
    second = plan(launch, OTHER, "declared", "cosmin")
    assert second.about == ("gabi",)


def test_a_wrong_announcement_does_not_keep_the_right_one_away(tmp_path):
    launch = make_launch(tmp_path)
    launch.announce(OTHER, "cosmin")
    assert plan(launch, RAW).body.sha256 == RAW


def test_the_genesis_must_be_here_sealed_and_whole(tmp_path):
    launch = make_launch(tmp_path)
    launch.file("genesis", "genesis.json").write_bytes(DATA + b"\n")
    for value in (RAW, digest(DATA + b"\n")):
        with pytest.raises(Refused):
            plan(launch, value)
    shutil.rmtree(launch.path / "packages/genesis")
    with pytest.raises(CouldNotCheck, match="not here"):
        plan(launch, RAW)
    launch.manifest_path("genesis").unlink()
    with pytest.raises(NothingToVerify):
        plan(launch, RAW)


def test_an_ambiguous_convention_is_not_an_answer(tmp_path):
    data = b'{"chain_id":"test-1","x":1.0}'
    launch = make_launch(tmp_path, genesis={"genesis.json": data})
    with pytest.raises(CouldNotCheck):
        plan(launch, OTHER, "jq-S-c")
    assert plan(launch, digest(data)).body.convention == "raw"


def test_who_seals_or_approves_the_genesis_may_announce(tmp_path):
    launch = make_launch(tmp_path)
    assert set(announcer_keys(launch.policy).values()) == {"gabi", "cosmin"}
    launch.revoke(PEOPLE["gabi"].public().fingerprint, "gabi", kind="key", reason="retired")
    with pytest.raises(Refused) as caught:
        plan(launch, RAW)
    assert caught.value.code == "key-revoked"
