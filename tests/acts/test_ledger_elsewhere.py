"""A ledger that is elsewhere, a proof that is there already, and a log that begins again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.handle import init_ledger
from aztrust.acts.ledger.heads import sign_head
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import Refused
from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.history.bundle import Bundle, parse_bundle
from aztrust.core.state.context import Context
from aztrust.storage.heads import head_path
from aztrust.storage.ledger.sqlite import open_store
from tests.cli_launch import DAY, Desk, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import NOW, Launch, make_launch, policy_text, signer
from tests.ledgers import KEEPERS_KEY, ORIGIN, TABLE
from tests.verdicts import ONE

clock = pytest.fixture(autouse=True)(ticking_clock)
KEEP = "luca: aztrust ledger keep"
"""What an act names as the next step where the ledger is not here."""


# ---- whether there is one elsewhere --------------------------------------------------------------


def launch_with(tmp_path: Path, extra: str, frozen_by: str) -> Launch:
    """A launch without a ledger here, with one freeze that names none; rita has not approved."""
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + extra), approve=False)
    for who in ("sonia", "cosmin"):
        launch.approve("release", who)
    launch.freeze(frozen_by)
    return launch


def approve(launch: Launch) -> Done:
    key = launch.key_file("rita")
    done = run("-C", launch.path, "approve", "release", "--key", key, "--yes")
    assert (done.exit_code, "nothing was signed" in done.out) == (0, False), done.err
    return done


def test_a_ledger_that_the_policy_names_is_elsewhere_once_there_is_a_verdict_for_it(
    tmp_path: Path,
):
    done = approve(launch_with(tmp_path, TABLE, "luca"))
    assert KEEP in done.advised


@pytest.mark.parametrize(
    ("extra", "by"),
    [(TABLE, "dan"), ("", "luca"), ("", "dan")],
    ids=["named, by another role", "not named", "not named, by another role"],
)
def test_a_verdict_that_counts_nowhere_or_a_policy_that_names_none_makes_no_ledger_elsewhere(
    tmp_path: Path, extra: str, by: str
):
    done = approve(launch_with(tmp_path, extra, by))
    assert KEEP not in done.advised
    assert "ledger" not in done.out


# ---- a bundle that has its proof -----------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make_launch(tmp_path, policy=window_policy()))


def recorded(desk: Desk, *words: object) -> dict[str, Any]:
    exit_code, document = desk.json("freeze", "--yes", *words)
    # The published ledger is in the launch, also where the keeper's store is not here.
    assert exit_code == 0, document
    return dict(document["recorded"])


def bundle(path: Path) -> Bundle:
    return parse_bundle(path.read_bytes(), name=path.name)


def test_a_bundle_keeps_the_proof_that_it_has_while_the_ledger_grows(desk: Desk):
    """Who has verified it need not do so again."""
    first = recorded(desk)
    path = desk.launch.path / first["bundle_path"]
    before = path.read_bytes()
    inclusion = bundle(path).inclusion
    assert inclusion is not None
    desk.answer_all()
    proved = claimed_head(parse_note(inclusion.note, name="the proof")).size
    with open_store(desk.ledger) as store:
        assert max(size for size, _ in store.heads()) > proved
    assert recorded(desk)["proved"] is True
    assert path.read_bytes() == before


def test_a_bundle_has_its_proof_also_where_no_ledger_is_here(desk: Desk):
    first = recorded(desk)
    assert first["proved"] is True
    before = (desk.launch.path / first["bundle_path"]).read_bytes()
    again = recorded(desk, "--ledger", desk.launch.path.parent / "nowhere.ledger")
    assert again["proved"] is True
    assert (desk.launch.path / first["bundle_path"]).read_bytes() == before


@pytest.mark.parametrize("there", ["nothing", "no bundle", "no proof"])
def test_a_bundle_that_is_missing_or_has_no_proof_gets_it(desk: Desk, there: str):
    first = recorded(desk)
    path = desk.launch.path / first["bundle_path"]
    before = path.read_bytes()
    if there == "nothing":
        path.unlink()
    elif there == "no bundle":
        path.write_bytes(b"{}")
    else:
        document = json.loads(before)
        document["verificationMaterial"]["tlogEntries"] = []
        path.write_bytes(json.dumps(document).encode())
    assert recorded(desk)["proved"] is True
    assert path.read_bytes() == before


# ---- a log that begins again ---------------------------------------------------------------------


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return read_launch_context(make_launch(tmp_path, policy=policy_text(extra=TABLE)).path)


def kept() -> list[bytes]:
    return head_path(ORIGIN, KEEPERS_KEY).read_bytes().splitlines()


def test_a_log_that_held_nothing_may_begin_again(context: Context, tmp_path: Path):
    """A head over no entries is kept, and a new empty log has the same one."""
    path = tmp_path / "l.ledger"
    init_ledger(path, context, ORIGIN, signer("luca"))
    assert kept()[1] == b"0"
    path.unlink()
    init_ledger(path, context, ORIGIN, signer("luca"))
    with open_store(path) as store:
        assert [size for size, _ in store.heads()] == [0]


def test_a_log_that_held_something_does_not_begin_again(context: Context, tmp_path: Path):
    path = tmp_path / "l.ledger"
    init_ledger(path, context, ORIGIN, signer("luca"))
    seals = {n: data for n, data in context.evidence.records.items() if ".seal." in n}
    appended = append_records(path, context, dict([min(seals.items())]), NOW + DAY)
    assert (len(appended.taken), appended.refused) == (1, ())
    sign_head(path, context, signer("luca"), NOW + DAY)
    assert kept()[1] == b"1"
    path.unlink()
    for by in (signer("luca"), None):
        with pytest.raises(Refused, match="an empty log would be a second history") as caught:
            init_ledger(path, context, ORIGIN, by)
        assert caught.value.code == "ledger-inconsistent"
        assert "rebuild" in caught.value.mend
        assert not path.exists()
