"""The chain on the server: its series, and the board while its observer runs, stops and returns."""

from __future__ import annotations

import json

import pytest

from aztrust.core.state.current import current_attempt
from aztrust.report.observe.document import facts_bytes, observe_report
from aztrust.report.observe.seen import STALE_MS
from aztrust.server.app import make_app
from aztrust.server.service import Service
from aztrust.server.state import Place
from aztrust.storage.chainfacts import keep_facts
from tests.cli_launch import home_at
from tests.core.chain.watched import T0, silent
from tests.readiness import context_of, staffed, written
from tests.report.test_observe_document import ABOUT, looked
from tests.server.asgi import Asked, Site

CHAIN = '[chain]\nkind = "cometbft"\nepoch_blocks = 4\n'
AT = T0 + 40_000


class Watched(Site):
    """A served launch whose policy has the table `[chain]`, and what its observer leaves."""

    def __init__(self, path, table: str = CHAIN) -> None:
        launch = staffed({"ann": 1}, checks=table)
        written(launch, path)
        self.now = AT
        self.service = Service(Place(path, launch.anchor), self.clock)
        self.app = make_app(self.service)
        self.context = context_of(launch)

    def keep(self, *changes) -> None:
        attempt = current_attempt(self.context)
        assert attempt is not None
        digests = {"policy_digest": self.context.policy_digest, "scope_hash": attempt.scope_hash}
        about = ABOUT.model_copy(update=digests)
        keep_facts(self.context.policy_digest, facts_bytes(observe_report(looked(*changes), about)))

    def series(self) -> dict[str, str]:
        """Those of the chain: name and labels to value."""
        lines = self.get("/metrics").body.decode().splitlines()
        own = (line for line in lines if not line.startswith("#"))
        values = dict(line.rsplit(" ", 1) for line in own)
        names = ("aztrust_chain", "aztrust_observer", "aztrust_node", "aztrust_signal")
        return {name.partition("{")[0]: v for name, v in values.items() if name.startswith(names)}

    def chain(self):
        return json.loads(self.ask(Asked(path="/board.json")).body)["chain"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    home_at(monkeypatch, tmp_path / "home")


def test_without_the_table_nothing_is_asked(tmp_path):
    site = Watched(tmp_path / "launch", "")
    site.keep()
    assert site.series() == {}
    assert site.chain() is None
    assert "Chain</h2>" not in site.get("/").body.decode()


@pytest.mark.clause("AZ-26.1")
def test_the_series_and_the_board_follow_the_observer(tmp_path):
    site = Watched(tmp_path / "launch")
    assert site.series() == {"aztrust_chain_observed": "0"}
    assert site.chain()["state"] == "not-observed"
    assert "not observed on this machine" in site.get("/").body.decode()
    site.keep()
    site.now = AT + STALE_MS
    found = site.series()
    assert found["aztrust_chain_observed"] == "1"
    assert found["aztrust_chain_height"] == "20"
    assert "aztrust_signal" not in found
    chain = site.chain()
    assert (chain["state"], chain["picture"]["height"], chain["age_ms"]) == (
        "observed",
        20,
        STALE_MS,
    )
    # A look later, nothing else of the launch has changed, and nothing was read again.
    site.keep(silent("d", 20, 40))
    assert "aztrust_signal" in site.series()
    assert site.chain()["signals"]


def test_of_an_observer_that_stopped_only_its_last_heartbeat_is_left(tmp_path):
    site = Watched(tmp_path / "launch")
    site.keep(silent("d", 20, 40))
    site.now = AT + STALE_MS + 1
    assert site.series() == {
        "aztrust_chain_observed": "0",
        "aztrust_chain_info": "1",
        "aztrust_observer_heartbeat_timestamp_seconds": str(AT // 1000),
    }
    assert site.chain()["state"] == "stale"
    page = site.get("/").body.decode()
    assert ">STALE</p>" in page
    # The launch itself is read: its own board is not stale.
    assert site.get("/healthz").status == 200
