"""`aztrust window status` and `aztrust board` with the chain as this machine's observer sees it."""

from __future__ import annotations

import json

import pytest

from aztrust.cli.session import Session
from aztrust.core.state.current import current_attempt
from aztrust.report.observe.document import facts_bytes, observe_report
from aztrust.report.observe.seen import STALE_MS
from aztrust.storage.chainfacts import keep_facts
from tests.cli_launch import home_at
from tests.command import run
from tests.core.chain.watched import T0, silent
from tests.readiness import context_of, staffed, written
from tests.report.test_observe_document import ABOUT, looked

CHAIN = '[chain]\nkind = "cometbft"\nepoch_blocks = 4\n'
AT = T0 + 40_000


@pytest.fixture
def clock(monkeypatch) -> list[int]:
    now = [AT]
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: now[0])
    return now


@pytest.fixture
def show(tmp_path, monkeypatch, clock):
    home_at(monkeypatch, tmp_path / "home")
    launch = staffed({"ann": 1}, checks=CHAIN)
    path = written(launch, tmp_path / "launch")
    context = context_of(launch)
    attempt = current_attempt(context)
    assert attempt is not None

    def keep(*changes) -> None:
        digests = {"policy_digest": context.policy_digest, "scope_hash": attempt.scope_hash}
        about = ABOUT.model_copy(update=digests)
        keep_facts(context.policy_digest, facts_bytes(observe_report(looked(*changes), about)))

    def show(*words: object) -> str:
        done = run("-C", path, *words, "--anchor", launch.anchor)
        assert done.exit_code == 0, done.out + done.err
        return done.out

    show.keep = keep
    return show


def test_the_status_of_the_window_has_the_chain_and_its_age(show, clock):
    status = ("window", "status")
    assert "chain    not observed on this machine: no observer ran here" in show(*status)
    show.keep(silent("d", 20, 40))
    text = show(*status)
    assert "chain    height 20, final 20, 100.0% take part, phase early" in text
    assert "unknown  d does not answer: refused" in text
    document = json.loads(show(*status, "--format", "json"))
    assert document["chain"]["state"] == "observed"
    assert document["chain"]["signals"]
    clock[0] += STALE_MS + 1
    assert "chain    STALE: the observer on this machine looked last 10s ago" in show(*status)
    document = json.loads(show(*status, "--format", "json"))
    assert (document["chain"]["state"], document["chain"]["good"]) == ("stale", False)


def test_at_another_time_nothing_is_known_of_the_chain(show):
    show.keep()
    for words in (("window", "status"), ("board",)):
        document = json.loads(show(*words, "--format", "json", "--at", str(AT // 1000)))
        assert document["chain"]["state"] == "not-observed"
        assert document["chain"]["picture"] is None


def test_a_saved_board_has_it(show, tmp_path):
    show.keep()
    show("board", "--out", tmp_path / "board.html")
    assert "100.0% take part" in (tmp_path / "board.html").read_text()
