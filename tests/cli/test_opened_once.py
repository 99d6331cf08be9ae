"""Every signature, policy and manifest is opened once in a run, however often it is asked about."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from aztrust.core.formats.keys import PublicKey
from aztrust.core.package import manifest
from aztrust.core.policy import validate
from tests.cli_launch import Template, ticking_clock
from tests.command import run
from tests.disk_launch import NOW, make_launch, policy_text
from tests.ledgers import TABLE
from tests.operators import confirm, enrol, operator
from tests.verdicts import ONE

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture
def desk(is_frozen, tmp_path, clock):
    """A frozen launch with a ledger."""
    return is_frozen.copy(tmp_path, clock)


@pytest.fixture
def opened(monkeypatch) -> Counter[tuple[str, object]]:
    """What was verified or parsed, and how often; filled by every module that does it."""
    seen: Counter[tuple[str, object]] = Counter()

    def count(module: Any, name: str, content: Callable[..., object]) -> None:
        original = getattr(module, name)

        def counted(*args: Any, **named: Any) -> object:
            seen[(name, content(*args))] += 1
            return original(*args, **named)

        # A module that imported the function has it under its own name.
        for loaded in list(sys.modules.values()):
            if getattr(loaded, name, None) is original:
                monkeypatch.setattr(loaded, name, counted)

    verify = PublicKey.verify

    def counted_check(key: PublicKey, signature: bytes, message: bytes) -> bool:
        seen["verify_signature", (key, signature, message)] += 1
        return verify(key, signature, message)

    monkeypatch.setattr(PublicKey, "verify", counted_check)
    count(validate, "parse_policy", lambda data: data)
    count(manifest, "parse_manifest", lambda data: data)
    return seen


def of(opened: Counter[tuple[str, object]], name: str) -> list[int]:
    return [times for (kind, _), times in opened.items() if kind == name]


READING = {
    "verify": ("verify",),
    "freeze again": ("freeze", "--yes"),
    "final-check": ("final-check", "--dry-run"),
    "gate": ("gate", "VERDICT", "--class", "freeze_confirmed"),
}


@pytest.mark.parametrize("words", READING.values(), ids=READING)
def test_a_frozen_launch_is_opened_once(desk, opened, words):
    (verdict,) = (f for f in desk.files("verdicts") if f.name.endswith(".dsse.json"))
    # Every module that the command loads is loaded before it is counted.
    given = [verdict if word == "VERDICT" else word for word in words]
    before = desk.run(*given)
    opened.clear()
    done = desk.run(*given)
    assert (done.exit_code, done.exit_code in (0, 11)) == (before.exit_code, True), done.err
    # Two seals, five approvals, the window, the freeze; heads of the ledger in addition.
    assert len(of(opened, "verify_signature")) >= 9
    for name in ("verify_signature", "parse_policy", "parse_manifest"):
        assert set(of(opened, name)) == {1}, name


@pytest.mark.parametrize("entered", [False, True])
@pytest.mark.parametrize("words", [("verify",), ("status",)])
def test_what_operators_confirmed_is_opened_once(tmp_path, monkeypatch, opened, words, entered):
    table = '[readiness]\nregistrar = "ops-lead"\n'
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE + table))
    monkeypatch.setenv("AZTRUST_ANCHOR", launch.anchor)
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "launch.ledger"))
    key = ("--key", launch.key_file("luca"))
    enrol(launch, "acme", "bora", by="dan", at=NOW)
    assert run("-C", launch.path, "ledger", "init", *key).exit_code == 0
    assert run("-C", launch.path, "ledger", "keep", *key).exit_code == 0
    confirm(launch, "acme", at=NOW)
    confirm(launch, "bora", reason="network", at=NOW)
    if entered:
        assert run("-C", launch.path, "ledger", "keep", *key).exit_code == 0
    opened.clear()
    done = run("-C", launch.path, *words)
    assert done.exit_code in (0, 11), done.out + done.err
    keys = {operator(name).public for name in ("acme", "bora")}
    verified = {what: n for (name, what), n in opened.items() if name == "verify_signature"}
    assert [n for (key, *_), n in verified.items() if key in keys] == [1, 1]


def test_a_kit_is_opened_once(desk, opened, tmp_path):
    kit = tmp_path / "k.aztrust"
    assert run("-C", desk.launch.path, "pack", kit, "--ledger", desk.ledger).exit_code == 0
    genesis = desk.launch.file("genesis", "genesis.json")
    words = ("preflight", kit, "--anchor", desk.anchor, "--genesis", genesis)
    run(*words)
    opened.clear()
    run(*words)
    assert len(of(opened, "verify_signature")) >= 9
    for name in ("verify_signature", "parse_policy", "parse_manifest"):
        assert set(of(opened, name)) == {1}, name


@pytest.mark.parametrize(
    ("words", "by"),
    [
        (("attest", "operator-preflight", "pass"), "dan"),
        (("approve", "release", "--yes"), "rita"),
    ],
)
def test_an_act_opens_what_it_reads_once(desk, opened, words, by):
    """Only what it signs itself is verified twice: as a stranger reads it, and on its way in."""
    desk.run("blocker", "list")
    before = desk.run(*words, by=by)
    assert before.exit_code == 0, before.err
    opened.clear()
    assert desk.run(*words, by=by).exit_code == 0
    often = Counter(of(opened, "verify_signature"))
    assert often[1] >= 9
    assert sum(count for times, count in often.items() if times > 1) <= 1
    for name in ("parse_policy", "parse_manifest"):
        assert set(of(opened, name)) == {1}, name
