"""A copy of a ledger with another history is not followed, imported or taken over.

Each fork here passes every check but one, so that a neighbouring one cannot answer for it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aztrust.acts.ledger.copies import export_ledger, follow_ledger, import_ledger
from aztrust.acts.ledger.takeover import take_over
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.formats import merkle
from aztrust.core.state.context import Context
from aztrust.storage.heads import head_path
from aztrust.storage.ledger.exports import standby_files
from aztrust.storage.ledger.sqlite import open_store
from tests.disk_launch import make_launch, policy_text, signer
from tests.ledgers import KEEPERS_KEY, ORIGIN, TABLE, LedgerFile, head_note, signed_files
from tests.verdicts import ONE


class Place:
    """A launch, its records in the order of citation, and a folder for ledgers."""

    def __init__(self, folder: Path, extra: str) -> None:
        self.folder = folder
        launch = make_launch(folder, policy=policy_text(extra=extra))
        self.context: Context = read_launch_context(launch.path)
        self.held = signed_files(launch)

    def log(self, name: str, order: list[int]) -> LedgerFile:
        """A ledger of the records with these numbers."""
        return LedgerFile(self.folder / name, [self.held[number] for number in order])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Luca keeps the ledger, as the policy says."""
    return Place(tmp_path, ONE + TABLE)


@pytest.fixture
def unnamed(tmp_path: Path) -> Place:
    """No policy and no freeze says who keeps the ledger."""
    return Place(tmp_path, ONE)


def held(path: Path) -> list[bytes]:
    with open_store(path) as store:
        return [entry.envelope for entry in store.entries()]


def no_head_is_kept() -> bool:
    return not head_path(ORIGIN, KEEPERS_KEY).exists()


# ---- take-over -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "others"),
    [([0, 1, 3, 2], 4), ([0, 1, 2, 4], 4), ([0, 1, 3], 3), ([1, 0], 2)],
    ids=["swapped", "another last", "fewer", "a swapped beginning"],
)
def test_no_take_over_onto_a_ledger_that_began_otherwise(place: Place, old: list[int], others: int):
    """No head is signed over the old one and none is kept: only the entries differ."""
    ledger = place.log("l.ledger", old)
    standby = place.folder / "standby"
    follow_ledger(place.log("other.ledger", [0, 1, 2, 3]).path, place.context, standby)
    assert no_head_is_kept()
    before = held(ledger.path)
    with pytest.raises(Refused, match=f"its first {others} entries") as caught:
        take_over(ledger.path, place.context, standby)
    assert caught.value.code == "ledger-inconsistent"
    assert caught.value.mend
    assert held(ledger.path) == before
    assert not list(place.folder.glob("*.replaced-*"))
    done = take_over(ledger.path, place.context, standby, force=True)
    (lost,) = done.lost
    assert f"its first {others} entries" in lost
    assert len(held(ledger.path)) == 4


@pytest.mark.parametrize("old", [[], [0], [0, 1, 2], [0, 1, 2, 3]])
def test_a_take_over_onto_a_ledger_that_is_its_beginning(place: Place, old: list[int]):
    ledger = place.log("l.ledger", old)
    standby = place.folder / "standby"
    follow_ledger(place.log("other.ledger", [0, 1, 2, 3]).path, place.context, standby)
    assert take_over(ledger.path, place.context, standby).lost == ()
    assert len(held(ledger.path)) == 4


# ---- following -----------------------------------------------------------------------------------


def denied(place: Place, log: LedgerFile, standby: Path, entries: int) -> None:
    before = {path.name: path.read_bytes() for path in standby.iterdir()}
    says = f"has a head over {entries} entries"
    with pytest.raises(Refused, match=says) as caught:
        follow_ledger(log.path, place.context, standby)
    assert caught.value.code == "ledger-inconsistent"
    assert caught.value.mend
    assert {path.name: path.read_bytes() for path in standby.iterdir()} == before


@pytest.mark.parametrize("headed", [2, 3, 4])
def test_a_fork_with_the_same_last_entry_is_not_followed(place: Place, headed: int):
    """The standby's last entry is the ledger's; a head over some of them is not."""
    honest = place.log("honest.ledger", [0, 1, 2, 3][:headed])
    honest.head()
    honest.append([place.held[number] for number in [0, 1, 2, 3][headed:]])
    standby = place.folder / "standby"
    follow_ledger(honest.path, place.context, standby)
    denied(place, place.log("fork.ledger", [1, 0, 2, 3]), standby, headed)
    assert follow_ledger(honest.path, place.context, standby).size == 4


def test_a_standby_with_a_head_over_more_than_the_ledger_has(place: Place):
    ledger = place.log("l.ledger", [0, 1])
    standby = place.folder / "standby"
    follow_ledger(ledger.path, place.context, standby)
    longer = place.log("longer.ledger", [0, 1, 2])
    longer.head()
    follow_ledger(longer.path, place.context, place.folder / "longer")
    (_, heads) = standby_files(place.folder / "longer")
    shutil.copy(heads[3], standby)
    denied(place, ledger, standby, 3)
    ledger.append([place.held[2]])
    assert follow_ledger(ledger.path, place.context, standby).size == 3


def test_a_head_under_the_name_of_another_size(place: Place):
    ledger = place.log("l.ledger", [0, 1, 2])
    ledger.head()
    standby = place.folder / "standby"
    follow_ledger(ledger.path, place.context, standby)
    (_, heads) = standby_files(standby)
    heads[3].rename(standby / f"head-{2:016d}.note")
    denied(place, ledger, standby, 2)
    # Its root is right for its name, and wrong for the size that it says.
    with open_store(ledger.path) as store:
        bent = head_note(3, merkle.root(2, store.nodes))
    (standby / f"head-{2:016d}.note").write_bytes(bent)
    denied(place, ledger, standby, 2)


# ---- import --------------------------------------------------------------------------------------


def test_a_standby_of_two_logs_is_not_imported(place: Place):
    """Every record is signed and in order; only the second file's log has another name."""
    ledger = place.log("l.ledger", [0, 1])
    standby = place.folder / "standby"
    follow_ledger(ledger.path, place.context, standby)
    ledger.append([place.held[2], place.held[3]])
    follow_ledger(ledger.path, place.context, standby)
    import_ledger(place.folder / "whole.ledger", place.context, standby)
    (_, second), _ = standby_files(standby)
    header, *entries = second.path.read_bytes().splitlines(keepends=True)
    other = json.loads(header) | {"origin": "ledger.example/other"}
    line = json.dumps(other, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    second.path.write_bytes(b"".join([line, *entries]))
    for act in (import_ledger, take_over):
        with pytest.raises(Malformed, match="another log than the file before it") as caught:
            act(place.folder / "made.ledger", place.context, standby)
        assert caught.value.code == "ledger-inconsistent"
        assert second.path.name in caught.value.subject
        assert not (place.folder / "made.ledger").exists()


def test_heads_that_no_holder_signed_are_not_imported(unnamed: Place):
    log = unnamed.log("l.ledger", [0, 1, 2])
    log.head(by="mallory")
    export = unnamed.folder / "export.jsonl"
    export_ledger(log.path, unnamed.context, export)
    with pytest.raises(Refused, match="no holder's key signed its first head") as caught:
        import_ledger(unnamed.folder / "made.ledger", unnamed.context, export)
    assert caught.value.code == "ledger-inconsistent"
    assert not (unnamed.folder / "made.ledger").exists()


@pytest.mark.parametrize("by", ["luca", "rita", None])
def test_heads_of_any_one_holder_or_none_are_imported(unnamed: Place, by: str | None):
    log = unnamed.log("l.ledger", [0, 1])
    if by is not None:
        log.head(by=by)
        log.append([unnamed.held[2]])
        log.head(by=by)
    export = unnamed.folder / "export.jsonl"
    export_ledger(log.path, unnamed.context, export)
    imported = import_ledger(unnamed.folder / "made.ledger", unnamed.context, export)
    assert imported.heads == (0 if by is None else 2)
    keeper = imported.keeping and imported.keeping.keeper
    assert keeper == (None if by is None else signer(by).public)


def test_a_second_head_by_another_than_the_first_ones_signer(unnamed: Place):
    log = unnamed.log("l.ledger", [0, 1])
    log.head(by="rita")
    log.append([unnamed.held[2]])
    log.head(by="sonia")
    export = unnamed.folder / "export.jsonl"
    export_ledger(log.path, unnamed.context, export)
    with pytest.raises(Refused, match=r"is not signed as .* by the keeper") as caught:
        import_ledger(unnamed.folder / "made.ledger", unnamed.context, export)
    assert caught.value.code == "signature-invalid"
    assert not (unnamed.folder / "made.ledger").exists()
