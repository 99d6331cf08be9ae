"""A launch whose policy names the keeper of a ledger."""

from __future__ import annotations

import pytest

from tests.cli_launch import home_at
from tests.command import run
from tests.disk_launch import Launch, make_launch, policy_text
from tests.ledgers import TABLE
from tests.verdicts import ONE


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    home_at(monkeypatch, tmp_path / "home")
    return make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))


@pytest.fixture
def keep(launch):
    """The keeper's round: what waits in the folder is appended and published."""
    common = ("--ledger", launch.path.parent / "l.ledger", "--key", launch.key_file("luca"))
    assert run("-C", launch.path, "ledger", "init", *common).exit_code == 0

    def keep(*words: object) -> None:
        done = run("-C", launch.path, "ledger", *(words or ("keep",)), *common)
        assert done.exit_code == 0, done.out + done.err

    keep()
    return keep
