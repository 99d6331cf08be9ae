"""`aztrust ledger migrate`: a kit of the earlier form, refused and converted."""

from __future__ import annotations

import pytest

from aztrust.storage.kit import read_kit
from fixtures.forge.host import of_the_earlier_form
from tests.command import run
from tests.disk_launch import make_launch, policy_text
from tests.ledgers import TABLE, LedgerFile, signed_files
from tests.verdicts import ONE


@pytest.fixture
def kit(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))
    ledger = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    ledger.head()
    path = tmp_path / "now.aztrust"
    assert run("-C", launch.path, "pack", path, "--ledger", ledger.path).exit_code == 0
    earlier = tmp_path / "earlier.aztrust"
    earlier.write_bytes(of_the_earlier_form(path.read_bytes()))
    return launch, path, earlier


def test_an_earlier_kit_is_refused_and_the_advice_converts_it(kit, tmp_path):
    launch, now, earlier = kit
    done = run("-C", earlier, "verify", "--anchor", launch.anchor)
    assert done.exit_code == 1
    assert f"aztrust ledger migrate {earlier} NEW.aztrust" in done.advised
    new = tmp_path / "new.aztrust"
    done = run("ledger", "migrate", earlier, new, "--format", "json")
    assert done.exit_code == 0, done.err
    assert (done.document["size"], done.document["path"]) == (7, str(new))
    assert read_kit(new).files == read_kit(now).files
    assert run("-C", new, "ledger", "verify", "--anchor", launch.anchor).exit_code == 0


def test_what_is_there_is_not_replaced_and_a_kit_of_today_not_converted(kit, tmp_path):
    _, now, earlier = kit
    before = now.read_bytes()
    assert run("ledger", "migrate", earlier, now).exit_code == 10
    assert now.read_bytes() == before
    assert run("ledger", "migrate", now, tmp_path / "new.aztrust").exit_code == 2
    assert not (tmp_path / "new.aztrust").exists()
