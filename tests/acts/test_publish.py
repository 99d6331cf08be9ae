"""Publishing: a positive record is appended first, a negative one is stored first."""

from __future__ import annotations

import pytest

from aztrust.acts import publish as module
from aztrust.acts.act import Act, Plan
from aztrust.acts.ledger.handle import LedgerHandle, init_ledger
from aztrust.acts.preconditions import read_anchored
from aztrust.acts.publish import publish, publish_again, publish_over
from aztrust.acts.sign import sign_record
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.records.administration import Note
from aztrust.core.records.readiness import Blocker
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.publishedfiles import read_published_files
from tests.disk_launch import MINUTE, NOW, Launch, make_launch, policy_text, signer
from tests.ledgers import ORIGIN, TABLE
from tests.verdicts import ONE

LATER = NOW + 60 * MINUTE


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def launch(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return make_launch(tmp_path / "kept", policy=policy_text(extra=ONE + TABLE))


@pytest.fixture
def act(launch):
    return with_ledger(launch, ORIGIN, "luca")


def with_ledger(launch: Launch, origin: str, keeper: str | None) -> Act:
    act = Act(launch.path, read_anchored(launch.path, launch.anchor, LATER))
    path = find_ledger(None, "test-1", launch.anchor)
    init_ledger(path, act.context, origin, signer(keeper) if keeper else None)
    return act


def positive(act: Act, text: str = "a note", at: int = LATER) -> Plan:
    digest = act.context.policy_digest
    return Plan("note", Note(policy_digest=digest, said_at_unix_ms=at, text=text), "luca", None)


def negative(act: Act, reason: str = "a stop", at: int = LATER) -> Plan:
    body = Blocker(
        action="open",
        policy_digest=act.context.policy_digest,
        reason=reason,
        said_at_unix_ms=at,
        severity="critical",
    )
    return Plan("blocker", body, "luca", None)


def stored(act: Act) -> int:
    return len(list((act.launch / "manifests/records").iterdir()))


def appended(act: Act) -> int:
    with open_store(find_ledger(None, "test-1", act.context.policy_digest)) as store:
        return store.size()


def test_a_positive_record_is_appended_first(act, monkeypatch):
    def killed(*_words: object) -> None:
        raise Killed

    monkeypatch.setattr(module, "store_record", killed)
    files = stored(act)
    with pytest.raises(Killed):
        publish(act, positive(act), signer("luca"), LATER)
    assert (stored(act), appended(act)) == (files, files + 1)


def test_a_negative_record_is_stored_first(act, monkeypatch):
    def killed(*_words: object) -> None:
        raise Killed

    monkeypatch.setattr(LedgerHandle, "append", killed)
    files = stored(act)
    with pytest.raises(Killed):
        publish(act, negative(act), signer("luca"), LATER)
    assert (stored(act), appended(act)) == (files + 1, 0)


@pytest.mark.parametrize("make", [positive, negative])
def test_what_the_folder_has_goes_in_with_it(act, make):
    files = stored(act)
    published = publish(act, make(act), signer("luca"), LATER)
    assert (published.entry, published.hindrance, published.elsewhere) == (files, "", False)
    assert (stored(act), appended(act)) == (files + 1, files + 1)
    assert (act.launch / published.record.path).read_bytes() == published.record.data
    assert published.record.is_negative == (make is negative)


@pytest.mark.parametrize("make", [positive, negative])
def test_what_the_ledger_refuses_is_stored_and_explained(act, make):
    published = publish(act, make(act, at=LATER + 3 * MINUTE), signer("luca"), LATER)
    assert published.entry is None
    assert "180 s ahead" in published.hindrance
    assert (act.launch / published.record.path).is_file()
    # Two minutes are allowed.
    near = publish(act, make(act, "near", at=LATER + 2 * MINUTE), signer("luca"), LATER)
    assert (near.entry is None, near.hindrance) == (False, "")


def head(act: Act) -> int:
    with open_store(find_ledger(None, "test-1", act.context.policy_digest)) as store:
        return max(size for size, _ in store.heads())


def published_size(act: Act) -> int:
    part = read_published_files(act.launch)
    return -1 if part is None else part.size


@pytest.mark.parametrize("make", [positive, negative])
def test_only_the_keeper_appends_signs_and_publishes(act, make):
    files = stored(act)
    published = publish(act, make(act), signer("rita"), LATER)
    assert (published.entry, published.hindrance) == (None, "")
    assert (stored(act), appended(act), head(act), published_size(act)) == (files + 1, 0, 0, -1)
    act = Act(act.launch, read_anchored(act.launch, act.context.request.anchor, LATER))
    assert publish(act, positive(act, "another"), signer("luca"), LATER).hindrance == ""
    assert published_size(act) == head(act) == appended(act) == files + 2


@pytest.mark.parametrize("keeper", [None, "luca"])
def test_no_signer_becomes_the_keeper_of_a_ledger_without_a_head(tmp_path, monkeypatch, keeper):
    """Only the ledger's first head, where it has one, names a keeper."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    act = with_ledger(launch, "ledger.itself", keeper)
    published = publish(act, positive(act), signer("luca"), LATER)
    assert published.entry is not None
    with open_store(find_ledger(None, "test-1", launch.anchor)) as store:
        sizes = [size for size, _ in store.heads()]
    assert sizes == ([] if keeper is None else [0, appended(act)])


# ---- over a ledger ------------------------------------------------------------------------------


def over(act: Act, plan: Plan, ledger: LedgerHandle | None):
    record = sign_record(plan.kind, plan.body, {}, signer("luca"))
    return publish_over(act.launch, act.context, record, signer("luca"), ledger, LATER)


@pytest.fixture
def ledger(act):
    return LedgerHandle.find(act.context, None, signer("luca"))


def test_what_is_positive_over_a_ledger_and_refused_by_it_is_not_written(act, ledger):
    files = stored(act)
    with pytest.raises(Refused, match="does not take it"):
        over(act, positive(act, at=LATER + 3 * MINUTE), ledger)
    assert (stored(act), appended(act)) == (files, 0)
    assert over(act, positive(act), ledger).entry == 0
    assert stored(act) == files + 1


def test_what_is_negative_over_a_ledger_and_refused_by_it_is_written(act, ledger):
    files = stored(act)
    published = over(act, negative(act, at=LATER + 3 * MINUTE), ledger)
    assert (published.entry, stored(act), appended(act)) == (None, files + 1, 0)
    assert "180 s ahead" in published.hindrance


def test_over_no_ledger_it_is_only_stored(act):
    files = stored(act)
    published = over(act, positive(act), None)
    assert (published.entry, published.hindrance, stored(act)) == (None, "", files + 1)


# ---- what was signed before ---------------------------------------------------------------------


def earlier(launch, *, logged: bool) -> tuple[Act, object]:
    context = read_anchored(launch.path, launch.anchor, LATER, logged=logged)
    found = [u for u in context.records.effective.verified if u.kind in ("note", "blocker")]
    assert len(found) == 1
    return Act(launch.path, context), found[0]


@pytest.mark.parametrize("make", [positive, negative])
def test_an_earlier_record_that_found_no_ledger_is_appended(launch, act, make, monkeypatch):
    monkeypatch.setenv("AZTRUST_LEDGER", str(launch.path.parent / "none.ledger"))
    assert publish(act, make(act), signer("luca"), LATER).entry is None
    monkeypatch.delenv("AZTRUST_LEDGER")
    files = stored(act)
    again = publish_again(*earlier(launch, logged=False), signer("luca"), LATER)
    assert (again.entry, again.record.is_negative) == (files - 1, make is negative)
    assert stored(act) == files


@pytest.mark.parametrize("name", ["from sonia.json", "tab\tname.json"])
def test_an_earlier_record_is_found_under_any_name(launch, act, name):
    """Contents decide, and names never do; a name with a tab is escaped in messages."""
    published = publish(act, positive(act), signer("luca"), LATER)
    path = act.launch / published.record.path
    path.rename(path.with_name(name))
    again = publish_again(*earlier(launch, logged=False), signer("luca"), LATER)
    assert (again.entry, again.record.path) == (published.entry, f"manifests/records/{name}")
    assert not path.exists()


def test_an_earlier_record_of_which_only_the_ledger_is_left_is_stored(launch, act):
    published = publish(act, positive(act), signer("luca"), LATER)
    (act.launch / published.record.path).unlink()
    again = publish_again(*earlier(launch, logged=True), signer("luca"), LATER)
    assert (again.entry, again.record.path) == (published.entry, published.record.path)
    assert (act.launch / published.record.path).read_bytes() == published.record.data


def test_an_earlier_record_that_is_gone_everywhere(launch, act):
    publish(act, positive(act), signer("luca"), LATER)
    found, record = earlier(launch, logged=False)
    with pytest.raises(CouldNotCheck, match="no longer in any file or ledger here"):
        publish_again(act, record, signer("luca"), LATER)
    assert publish_again(found, record, signer("luca"), LATER).entry is not None
