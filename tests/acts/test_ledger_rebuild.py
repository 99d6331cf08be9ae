"""A lost store is made again from what was published, and never continues a shorter log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.handle import init_ledger
from aztrust.acts.ledger.heads import sign_head
from aztrust.acts.ledger.identity import keeping_of
from aztrust.acts.ledger.publication import publish_ledger
from aztrust.acts.ledger.rebuild import rebuild_store, resume
from aztrust.acts.ledger.succession import take_over
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.history.replay import read_ledger
from aztrust.storage.config import config_dir
from aztrust.storage.heads import head_path, keep_head
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import stored_log
from tests.disk_launch import NOW, Launch, make_launch, policy_text, signer

ORIGIN = "ledger.example/test-1"
LATER = NOW + 60 * 60_000
KEEPERS = "".join(
    f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{signer(name).public.fingerprint}"]\n'
    for name in ("luca", "gabi")
)
KEPT = f'[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}'


class Kept:
    """A launch with a keeper's store, which publishes; and the copies of others."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.launch: Launch = make_launch(root / "keeper", policy=policy_text(extra=KEPT))
        self.files = dict(sorted(self.context.evidence.records.items()))
        self.store = root / "keeper.ledger"
        init_ledger(self.store, self.context, ORIGIN, None)
        self.grow(4)

    @property
    def context(self):
        return read_launch_context(self.launch.path)

    def grow(self, count: int, *, published: bool = True) -> None:
        """Append so many of the records together, sign a head, and publish."""
        names = list(self.files)[:count]
        append_records(self.store, self.context, {n: self.files[n] for n in names}, LATER)
        sign_head(self.store, self.context, signer("luca"), LATER)
        if published:
            self.publish(self.store)

    def publish(self, store_path: Path) -> None:
        publish_ledger(self.launch.path, store_path, self.context)

    def clone(self, name: str) -> Path:
        """What another person pulled now."""
        return Path(shutil.copytree(self.launch.path, self.root / name))

    def forget(self) -> None:
        """The keeper's machine is gone: its store, and the heads that it kept."""
        self.store.unlink()
        shutil.rmtree(config_dir(), ignore_errors=True)

    def rebuild(self, *places: Path, launch: Path | None = None):
        launch = self.launch.path if launch is None else launch
        context = read_launch_context(launch)
        return rebuild_store(self.root / "new.ledger", context, launch, places)

    def reading(self, path: Path):
        with open_store(path) as store, store.snapshot():
            trust = keeping_of(self.context, store).trust(self.context)
            return read_ledger(stored_log(store), trust, name="a ledger")


@pytest.fixture
def kept(tmp_path) -> Kept:
    return Kept(tmp_path)


def test_a_store_is_made_again_from_a_clone_and_says_so(kept):
    kept.forget()
    rebuilt = kept.rebuild()
    assert (rebuilt.size, kept.reading(rebuilt.path).size) == (4, 4)
    head = resume(rebuilt, kept.context, signer("luca"), LATER)
    assert head.verified.head.size == 5
    reading = kept.reading(rebuilt.path)
    assert (reading.findings, reading.entries[-1].record.kind) == ((), "note")
    kept.publish(rebuilt.path)


def test_the_largest_of_several_copies_is_taken(kept):
    old = kept.clone("old")
    kept.grow(6)
    new = kept.clone("new")
    kept.forget()
    rebuilt = kept.rebuild(new, launch=old)
    assert rebuilt.size == 6
    assert kept.reading(rebuilt.path).findings == ()


@pytest.mark.parametrize("shown", ["a kept head", "a head in a file", "a head in a kit's folder"])
def test_a_head_over_more_entries_than_were_found_ends_it(kept, shown):
    old = kept.clone("old")
    kept.grow(6)
    new = kept.clone("new")
    with open_store(kept.store) as store:
        note = store.latest_head()
        keeping = keeping_of(kept.context, store)
    head = keeping.open_head(note, kept.context.evidence.opener, name="head")
    kept.forget()
    places = []
    if shown == "a kept head":
        keep_head(head_path(ORIGIN, signer("luca").public.fingerprint), head)
    elif shown == "a head in a file":
        places.append(kept.root / "head.note")
        places[0].write_bytes(note)
    else:
        shutil.rmtree(new / "manifests/ledger/tile")
        places.append(new)
    with pytest.raises(Refused) as refused:
        kept.rebuild(*places, launch=old)
    assert refused.value.code == "ledger-inconsistent"
    assert "over 6 entries, and only 4 were found" in refused.value.message
    assert not (kept.root / "new.ledger").exists()


def test_a_record_that_no_place_has_ends_it(kept):
    whole = kept.clone("whole")
    for path in sorted((kept.launch.path / "manifests/records").iterdir())[:1]:
        path.unlink()
    kept.forget()
    with pytest.raises(Refused) as refused:
        kept.rebuild()
    assert "no file here is entry" in refused.value.message
    assert kept.rebuild(whole).size == 4


def test_two_histories_end_it(kept):
    other = kept.root / "other.ledger"
    shutil.copy(kept.store, other)
    old = read_launch_context(kept.clone("old"))
    kept.grow(5)
    # The same keeper signs another history over as many entries, on another machine, from a clone
    # that does not have the first one.
    shutil.rmtree(config_dir(), ignore_errors=True)
    name = list(kept.files)[5]
    append_records(other, old, {name: kept.files[name]}, LATER)
    sign_head(other, old, signer("luca"), LATER)
    kept.forget()
    with pytest.raises(Refused) as refused:
        kept.rebuild(other)
    assert refused.value.code == "ledger-equivocation"


def test_an_earlier_store_is_a_source(kept):
    earlier = kept.root / "earlier.ledger"
    shutil.copy(kept.store, earlier)
    shutil.rmtree(kept.launch.path / "manifests/ledger")
    kept.forget()
    assert kept.rebuild(earlier).size == 4


def test_a_store_that_is_there_is_not_made_again(kept):
    context = kept.context
    with pytest.raises(Refused):
        rebuild_store(kept.store, context, kept.launch.path)


def test_without_any_head_there_is_nothing_to_continue(kept):
    shutil.rmtree(kept.launch.path / "manifests/ledger")
    kept.forget()
    with pytest.raises(CouldNotCheck):
        kept.rebuild()


@pytest.mark.parametrize("content", [b"", b"not a head\n", b"x\n1\ny\n\n\xe2\x80\x94 x AAAAAAA=\n"])
def test_a_file_without_a_ledger_or_a_head_is_named(kept, content):
    place = kept.root / "something"
    place.write_bytes(content)
    kept.forget()
    with pytest.raises(AztrustError) as refused:
        kept.rebuild(place)
    assert "something" in f"{refused.value.subject} {refused.value.message}"


def test_a_deputy_rebuilds_and_takes_over(kept):
    kept.forget()
    rebuilt = kept.rebuild()
    done = take_over(rebuilt.path, kept.context, signer("gabi"), "luca's laptop is lost", LATER)
    assert done.index == 4
    kept.publish(rebuilt.path)
    assert kept.reading(rebuilt.path).keeper == signer("gabi").public.fingerprint
