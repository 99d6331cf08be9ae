from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from aztrust.acts.anchors import Anchoring, add_pin, pins_about, remove_pins, resolve_anchor
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.policy.model import POLICY_PATH, policy_digest
from aztrust.storage.anchors import anchors_path, read_pins, write_pins
from tests.policies import text

ATLAS = text().encode()
CHANGED = ATLAS + b"# changed\n"
ANOTHER = text(launch='name = "o"\nnetwork_class = "devnet"\nchain_id = "o-1"').encode()


def launch_at(directory: Path, policy: bytes) -> Path:
    (directory / "manifests").mkdir(parents=True)
    (directory / POLICY_PATH).write_bytes(policy)
    return directory


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    return launch_at(tmp_path / "launch", ATLAS)


@pytest.fixture
def pinned(launch: Path) -> Path:
    add_pin(launch, ATLAS, policy_digest(ATLAS), now_unix_ms=1)
    return launch


def test_without_anything_there_is_no_anchor(launch: Path):
    assert resolve_anchor(launch, ATLAS, given=None) == Anchoring()


def test_a_given_anchor_is_taken_as_typed_and_made_canonical(launch: Path):
    typed = policy_digest(ATLAS).removeprefix("sha256:").upper()
    assert resolve_anchor(launch, ATLAS, given=typed) == Anchoring(policy_digest(ATLAS), "given")


@pytest.mark.parametrize("given", ["", " ", "sha256:", "8f3a91c2"])
def test_an_anchor_that_is_not_a_digest_is_refused(given: str, launch: Path):
    with pytest.raises(UsageError):
        resolve_anchor(launch, ATLAS, given=given)


def test_a_pin_satisfies(pinned: Path):
    assert resolve_anchor(pinned, ATLAS, given=None) == Anchoring(policy_digest(ATLAS), "pinned")


def test_a_pin_counts_for_a_fresh_clone_by_its_name(pinned: Path, tmp_path: Path):
    clone = launch_at(tmp_path / "clone", ATLAS)
    assert resolve_anchor(clone, ATLAS, given=None).source == "pinned"
    (conflict,) = resolve_anchor(clone, CHANGED, given=None).conflicts
    assert policy_digest(ATLAS) in conflict


@pytest.mark.parametrize("policy", [CHANGED, ANOTHER, b"not even toml"])
def test_other_files_in_a_pinned_directory_are_a_conflict(policy: bytes, pinned: Path):
    found = resolve_anchor(pinned, policy, given=None)
    assert found.anchor == ""
    assert len(found.conflicts) == 1


def test_a_given_anchor_does_not_silence_a_pin(pinned: Path):
    found = resolve_anchor(pinned, ANOTHER, given=policy_digest(ANOTHER))
    assert found.source == "given"
    assert found.conflicts


def test_a_pinned_directory_is_the_same_through_a_link_and_a_relative_path(
    pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    link = tmp_path / "link"
    link.symlink_to(pinned)
    monkeypatch.chdir(pinned.parent)
    for way in (link, Path("launch"), Path("x/../launch"), Path("./launch")):
        assert resolve_anchor(way, ANOTHER, given=None).conflicts


def test_another_launch_elsewhere_is_not_concerned(pinned: Path, tmp_path: Path):
    other = launch_at(tmp_path / "other", ANOTHER)
    assert resolve_anchor(other, ANOTHER, given=None) == Anchoring()
    assert pins_about(other, ANOTHER) == ()


def test_only_the_digest_of_this_policy_can_be_pinned(launch: Path):
    with pytest.raises(Refused) as caught:
        add_pin(launch, ATLAS, policy_digest(CHANGED), now_unix_ms=1)
    assert caught.value.code == "anchor-mismatch"
    assert read_pins() == ()


def test_a_pin_is_never_replaced_silently(pinned: Path):
    with pytest.raises(Refused) as caught:
        add_pin(pinned, CHANGED, policy_digest(CHANGED), now_unix_ms=2)
    assert caught.value.code == "anchor-mismatch"
    assert [pin.policy_digest for pin in read_pins()] == [policy_digest(ATLAS)]


def test_pinning_twice_is_one_pin_and_two_places_are_two(pinned: Path, tmp_path: Path):
    add_pin(pinned, ATLAS, policy_digest(ATLAS), now_unix_ms=2)
    assert len(read_pins()) == 1
    clone = launch_at(tmp_path / "clone", ATLAS)
    add_pin(clone, ATLAS, policy_digest(ATLAS), now_unix_ms=3)
    assert len(read_pins()) == 2
    shutil.rmtree(pinned)
    remove_pins(pins_about(clone, ATLAS))
    assert read_pins() == ()


def test_a_file_that_is_not_a_policy_cannot_be_pinned(tmp_path: Path):
    launch = launch_at(tmp_path / "x", b"x")
    with pytest.raises(Malformed):
        add_pin(launch, b"x", policy_digest(b"x"), now_unix_ms=1)


def test_a_directory_that_is_not_utf8_cannot_be_pinned(tmp_path: Path):
    try:
        launch = launch_at(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")), ATLAS)
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    with pytest.raises(CouldNotCheck, match="not UTF-8"):
        add_pin(launch, ATLAS, policy_digest(ATLAS), now_unix_ms=1)
    assert resolve_anchor(launch, ATLAS, given=None) == Anchoring()


def test_damaged_pins_stop_everything_even_with_a_given_anchor(pinned: Path):
    anchors_path().write_bytes(b"")
    for given in (None, policy_digest(ATLAS)):
        with pytest.raises(CouldNotCheck):
            resolve_anchor(pinned, ATLAS, given=given)


def test_an_act_goes_on_without_an_anchor_and_not_against_one(pinned: Path):
    digest = policy_digest(CHANGED)
    Anchoring().require(digest)
    Anchoring(digest, "given").require(digest)
    for anchoring in (
        Anchoring(policy_digest(ATLAS), "given"),
        Anchoring(digest, "given", ("a pin says otherwise",)),
        resolve_anchor(pinned, CHANGED, given=None),
    ):
        with pytest.raises(AztrustError) as caught:
            anchoring.require(digest)
        assert (type(caught.value), caught.value.code) == (Refused, "anchor-mismatch")
        # Each line says something: where nothing was given there is none about it.
        assert all(line.partition(": ")[0].strip() for line in caught.value.details)
        assert f"here: {digest}" in caught.value.details


def test_write_pins_replaces_all(pinned: Path):
    write_pins(())
    assert read_pins() == ()


def test_a_pinned_spelling_of_the_directory_may_be_another_one(pinned: Path, tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(pinned)
    write_pins([pin.model_copy(update={"directory": str(link)}) for pin in read_pins()])
    assert resolve_anchor(pinned, ANOTHER, given=None).conflicts
