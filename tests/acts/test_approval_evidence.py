"""What an approval rests on: the manifest approved before, and the release of a genesis."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aztrust.acts.approve import ApprovalOptions, PreparedApproval, prepare_approval, sign_approval
from aztrust.acts.preconditions import read_anchored
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.package.manifest import encode_manifest, package_id
from tests.disk_launch import NOW, Launch, make_launch, policy_text, signer

LINKED = """
[[linkage]]
name = "chain id"
left = "release:config/network.toml#/chain_id"
right = "genesis:genesis.json#/chain_id"
"""


def prepare(launch: Launch, who: str, package_class: str, **options: object) -> PreparedApproval:
    context = read_anchored(launch.path, None, NOW)
    key = signer(who).public
    return prepare_approval(launch.path, context, key, ApprovalOptions(package_class, **options))


def differences(launch: Launch) -> tuple[str, ...]:
    review = prepare(launch, "cosmin", "genesis").review
    assert review is not None
    return tuple(review.differences)


def later_genesis(hour: int) -> bytes:
    genesis = {"chain_id": "test-1", "genesis_time": f"2026-06-02T{hour}:00:00Z"}
    return json.dumps(genesis).encode()


# ---- the earlier manifest ------------------------------------------------------------------------


@pytest.fixture
def approved_before(tmp_path: Path) -> Launch:
    """Cosmin has approved a genesis, and another one is sealed now."""
    launch = make_launch(tmp_path, approve=False)
    prepared = prepare(launch, "cosmin", "genesis")
    sign_approval(launch.path, prepared, signer("cosmin"), launch.now())
    launch.file("genesis", "genesis.json").write_bytes(later_genesis(15))
    launch.seal("genesis", "gabi", prior=(launch.records[1].record_id,))
    return launch


def sealed(launch: Launch, id_: str) -> Path:
    return launch.path / f"manifests/sealed/{id_[7:]}.json"


def earlier_id(launch: Launch) -> str:
    review = prepare(launch, "cosmin", "genesis").review
    assert review is not None
    assert review.differs_from is not None
    return review.differs_from


@pytest.mark.clause("AZ-2.4")
@pytest.mark.parametrize("forged", ["the new one", "a third one"])
def test_no_difference_is_shown_against_a_forged_earlier_manifest(
    approved_before: Launch, forged: str
):
    """It is a sound manifest of another package: the new one's shows no difference at all."""
    launch = approved_before
    earlier = earlier_id(launch)
    assert "~ genesis.json  other bytes" in differences(launch)
    if forged == "the new one":
        data = launch.manifest_path("genesis").read_bytes()
    else:
        other = launch.manifest("genesis").model_copy(update={"package_version": "9"})
        data = encode_manifest(other)
    assert package_id(data) != earlier
    sealed(launch, earlier).write_bytes(data)
    assert earlier_id(launch) == earlier
    (only,) = differences(launch)
    assert "its manifest there is another one" in only


def test_the_difference_is_against_the_package_that_was_approved_and_no_other(
    approved_before: Launch,
):
    launch = approved_before
    before = differences(launch)
    # A package that was sealed in between and never approved makes no difference.
    launch.file("genesis", "genesis.json").write_bytes(later_genesis(16))
    launch.file("genesis", "more").write_bytes(b"x")
    launch.write_manifest("genesis")
    launch.file("genesis", "more").unlink()
    launch.file("genesis", "genesis.json").write_bytes(later_genesis(15))
    launch.write_manifest("genesis")
    assert differences(launch) == before


# ---- the release of a genesis --------------------------------------------------------------------


def without_its_release(tmp_path: Path, policy: str) -> Launch:
    """A genesis is sealed, for a release whose manifest is not here."""
    launch = make_launch(tmp_path, policy=policy, approve=False)
    launch.manifest_path("release").unlink()
    shutil.rmtree(launch.path / "packages/release")
    return launch


@pytest.mark.parametrize("options", [{}, {"manifest_only": True}], ids=["package", "manifest"])
def test_a_genesis_is_not_approved_without_its_sealed_release(
    tmp_path: Path, options: dict[str, bool]
):
    """What links the two cannot be asked."""
    launch = without_its_release(tmp_path, policy_text(extra=LINKED))
    with pytest.raises(CouldNotCheck, match="whether the genesis package holds") as caught:
        prepare(launch, "gabi", "genesis", **options)
    assert any(line.startswith("linkage: ") for line in caught.value.details)
    assert caught.value.mend


def test_a_genesis_is_approved_with_its_sealed_release(tmp_path: Path):
    launch = make_launch(tmp_path, policy=policy_text(extra=LINKED), approve=False)
    assert prepare(launch, "gabi", "genesis").review is not None
    # The release's package need not be here; its manifest is.
    shutil.rmtree(launch.path / "packages/release")
    assert prepare(launch, "gabi", "genesis").review is not None


def test_a_release_is_approved_before_there_is_a_genesis(tmp_path: Path):
    launch = make_launch(tmp_path, policy=policy_text(extra=LINKED), seal=False)
    launch.seal("release", "rita")
    assert prepare(launch, "rita", "release").review is not None
