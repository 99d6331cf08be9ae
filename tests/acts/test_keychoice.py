from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aztrust.acts import select_key
from aztrust.acts.keygen import make_key, plan_key
from aztrust.acts.select_key import choose_signer
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.formats.keys import PublicKey
from aztrust.signers import pkcs8, unlock
from aztrust.storage.localkeys import find_local_key, keys_dir, local_keys


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)


def make(name: str, *, directory: Path | None = None, secret: bytes | None = None) -> PublicKey:
    plan = plan_key(name, private_dir=directory, launch=None)
    return make_key(plan, algorithm="ed25519", passphrase=secret)


def nobody(name: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        raise AssertionError(f"the passphrase of {name} was asked for")

    return ask


def choose(option: str | None, *keys: PublicKey, ask: select_key.Passphrase = nobody) -> PublicKey:
    accepted = {public.fingerprint: f"h{index}" for index, public in enumerate(keys)}
    return choose_signer(option, accepted=accepted, act="seal it", passphrase=ask).public


def test_the_only_local_key_that_may_is_taken():
    rita, _ = make("rita"), make("sonia")
    assert choose(None, rita) == rita


def test_two_that_may_are_a_question():
    rita, sonia = make("rita"), make("sonia")
    with pytest.raises(UsageError, match="several keys here may seal it") as caught:
        choose(None, rita, sonia)
    assert [line.split()[0] for line in caught.value.details] == ["rita", "sonia"]


def test_one_key_under_two_names_is_one_key():
    rita = make("rita")
    for suffix in ("key", "pem"):
        (keys_dir() / f"copy.{suffix}").write_bytes((keys_dir() / f"rita.{suffix}").read_bytes())
    (keys_dir() / "copy.key").chmod(0o600)
    assert choose(None, rita) == rita


def test_none_that_may_names_who_may_and_what_is_here(tmp_path: Path):
    rita, sonia = make("rita"), make("sonia", directory=tmp_path / "else")
    with pytest.raises(UsageError, match="no key here may seal it") as caught:
        choose(None, sonia)
    assert f"may: h0  {sonia.keyid[:8]}" in caught.value.details
    assert f"here: rita  {rita.keyid[:8]}" in caught.value.details


def test_the_environment_names_one(monkeypatch: pytest.MonkeyPatch):
    rita, sonia = make("rita"), make("sonia")
    monkeypatch.setenv("AZTRUST_KEY", "sonia")
    assert choose(None, rita, sonia) == sonia
    assert choose("rita", rita, sonia) == rita


def test_a_file_and_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    eve = make("eve", directory=tmp_path / "keys")
    monkeypatch.chdir(tmp_path / "keys")
    for way in ("eve.key", "./eve.key", "file:eve.key", str(tmp_path / "keys/eve.key")):
        assert choose(way, eve) == eve


def test_a_name_is_looked_up_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rita = make("rita")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rita").write_text("someone else's file")
    assert choose("rita", rita) == rita


@pytest.mark.parametrize("name", ["nobody", "../rita", ".rita", ""])
def test_a_key_that_is_not_there(name: str):
    rita = make("rita")
    with pytest.raises(UsageError):
        choose(name, rita)


def test_a_key_that_may_not_is_refused_before_its_passphrase_is_asked_for():
    rita, eve = make("rita"), make("eve", secret=b"s3cret")
    with pytest.raises(Refused) as caught:
        choose("eve", rita)
    assert caught.value.code == "signer-not-in-role"
    assert eve.keyid[:8] in caught.value.message
    assert caught.value.details == (f"may: h0  {rita.keyid[:8]}",)


def test_the_public_half_next_to_a_key_is_only_a_hint():
    rita, eve = make("rita"), make("eve")
    (keys_dir() / "eve.pem").write_bytes(rita.pem)
    with pytest.raises(Refused) as caught:
        choose("eve", rita)
    assert eve.keyid[:8] in caught.value.message


def test_a_key_without_its_public_half_must_be_named():
    rita = make("rita", secret=b"s3cret")
    (keys_dir() / "rita.pem").unlink()
    with pytest.raises(UsageError) as caught:
        choose(None, rita)
    assert caught.value.mend.startswith("--key rita")
    assert choose("rita", rita, ask=lambda _: lambda: b"s3cret") == rita


def test_a_rehearsal_key_may_be_readable_by_others(monkeypatch: pytest.MonkeyPatch):
    rita = make("rita")
    (keys_dir() / "rita.key").chmod(0o644)
    with pytest.raises(Refused, match="others"):
        choose("rita", rita)
    monkeypatch.setattr(select_key, "REHEARSAL_KEYS", frozenset({rita.fingerprint}))
    assert choose("rita", rita) == rita


def test_local_keys_are_listed_by_name():
    assert local_keys() == ()
    rita = make("rita")
    (keys_dir() / ".hidden.key").write_text("x")
    (keys_dir() / "notes.txt").write_text("x")
    assert [(k.name, k.fingerprint) for k in local_keys()] == [("rita", rita.fingerprint)]
    assert find_local_key("sonia") is None


def test_a_key_that_is_opened_later_asks_once_and_holds_its_public_half():
    rita = make("rita", secret=b"s3cret")
    asked: list[str] = []

    def ask(name: str) -> Callable[[], bytes]:
        return lambda: asked.append(name) or b"s3cret"  # type: ignore[func-returns-value]

    accepted = {rita.fingerprint: "h"}
    signer = choose_signer("rita", accepted=accepted, act="x", passphrase=ask, later=True)
    assert (signer.public, asked) == (rita, [])
    unlock(signer)
    assert rita.verify(signer.sign(b"message"), b"message")
    assert asked == ["rita"]
    signer = choose_signer("rita", accepted=accepted, act="x", passphrase=ask)
    assert asked == ["rita", "rita"]
    unlock(signer)


def test_a_key_without_its_public_half_is_opened_at_once():
    rita = make("rita", secret=b"s3cret")
    (keys_dir() / "rita.pem").unlink()
    with pytest.raises(AssertionError, match="was asked for"):
        choose_signer(
            "rita", accepted={rita.fingerprint: "h"}, act="x", passphrase=nobody, later=True
        )
