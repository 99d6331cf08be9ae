"""Which file is a launch's ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.storage.config import config_dir, data_dir
from aztrust.storage.ledger.location import find_ledger, is_named, ledgers_of_chain

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def config(tmp_path) -> Path:
    return tmp_path / "config"


def found(config, option=None, chain_id="atlas-1") -> Path:
    return find_ledger(option, chain_id, DIGEST, config)


def settings(config, text) -> None:
    config.mkdir(exist_ok=True)
    (config / "ledger.toml").write_text(text, "utf-8")


def test_the_default_need_not_exist(config):
    assert found(config) == config / "ledgers/atlas-1-01234567.ledger"


def test_an_option_goes_before_the_environment_before_the_settings(config, monkeypatch, tmp_path):
    settings(config, '[ledgers]\natlas-1 = "/srv/x.ledger"\n')
    assert found(config) == Path("/srv/x.ledger")
    monkeypatch.setenv("AZTRUST_LEDGER", "/srv/y.ledger")
    assert found(config) == Path("/srv/y.ledger")
    monkeypatch.chdir(tmp_path)
    assert found(config, "z.ledger") == tmp_path / "z.ledger"


def test_settings_are_for_one_launch(config, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    settings(
        config,
        '[ledgers]\nother-1 = "/srv/x.ledger"\n"atlas-1:01234567" = "~/a.ledger"\n'
        'atlas-1 = "/srv/b.ledger"\natlas-2 = "near.ledger"\n',
    )
    assert found(config) == tmp_path / "a.ledger"
    assert found(config, chain_id="atlas-2") == config / "near.ledger"
    assert found(config, chain_id="atlas-3").parent == config / "ledgers"


@pytest.mark.parametrize(
    ("chain_id", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd-01234567.ledger"),
        (".hidden", "hidden-01234567.ledger"),
        ("...", "_-01234567.ledger"),
        ("a b/c", "a_b_c-01234567.ledger"),
        ("x" * 200, "x" * 64 + "-01234567.ledger"),
        ("\x1b[2J\n", "_2J_-01234567.ledger"),
    ],
)
def test_a_chain_id_stays_in_its_folder(config, chain_id, name):
    path = found(config, chain_id=chain_id)
    assert path.parent == config / "ledgers"
    assert path.name == name


def test_empty_is_an_error(config, monkeypatch):
    with pytest.raises(UsageError, match="--ledger is empty"):
        found(config, "")
    monkeypatch.setenv("AZTRUST_LEDGER", "")
    with pytest.raises(UsageError, match=r"\$AZTRUST_LEDGER is empty"):
        found(config)


def test_what_a_person_names_has_to_be_there(config, monkeypatch):
    def named(option=None, chain_id="atlas-1") -> bool:
        return is_named(option, chain_id, DIGEST, config)

    assert not named()
    settings(config, '[ledgers]\n"atlas-1:01234567" = "a.ledger"\natlas-2 = "b.ledger"\n')
    assert named()
    assert named(chain_id="atlas-2")
    assert not named(chain_id="atlas-3")
    assert named("c.ledger", chain_id="atlas-3")
    monkeypatch.setenv("AZTRUST_LEDGER", "d.ledger")
    assert named(chain_id="atlas-3")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "[ledgers\n",
        "[ledgers]\na = 1\n",
        '[ledgers]\na = ""\n',
        "ledgers = 1\n",
        '[ledgers]\natlas-1 = "~no-user-of-this-name/x"\n',
        '[ledgers]\natlas-1 = "/srv/\\u0000x"\n',
    ],
)
def test_settings_that_cannot_be_relied_on(config, text):
    settings(config, text)
    with pytest.raises(CouldNotCheck, match=r"ledger\.toml"):
        found(config)


def test_settings_that_others_can_write(config):
    settings(config, "[ledgers]\n")
    (config / "ledger.toml").chmod(0o666)
    with pytest.raises(CouldNotCheck, match="written by others"):
        found(config)


NAME = "atlas-1-01234567.ledger"


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, mode=0o700)
    (folder / NAME).touch()
    return folder / NAME


@pytest.mark.parametrize("variable", [True, False])
def test_a_new_ledger_is_in_the_data_directory(tmp_path, monkeypatch, variable):
    monkeypatch.setenv("HOME", str(tmp_path))
    if variable:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    else:
        monkeypatch.setenv("XDG_DATA_HOME", "relative")
    data = tmp_path / ("data" if variable else ".local/share")
    assert find_ledger(None, "atlas-1", DIGEST) == data / "aztrust/ledgers" / NAME


def test_one_in_the_configuration_directory_is_used_until_there_is_another(monkeypatch):
    before = made(config_dir() / "ledgers")
    assert find_ledger(None, "atlas-1", DIGEST) == before
    assert find_ledger(None, "atlas-2", DIGEST).parent == data_dir() / "ledgers"
    assert ledgers_of_chain("atlas-1") == (before,)
    now = made(data_dir() / "ledgers")
    assert find_ledger(None, "atlas-1", DIGEST) == now
    assert ledgers_of_chain("atlas-1") == (now, before)


def test_a_data_directory_that_others_write_to_is_refused(monkeypatch):
    made(data_dir() / "ledgers")
    (data_dir() / "ledgers").chmod(0o777)
    with pytest.raises(CouldNotCheck, match="can be written by everyone") as caught:
        find_ledger(None, "atlas-1", DIGEST)
    assert "XDG_DATA_HOME" in caught.value.mend
    with pytest.raises(CouldNotCheck):
        ledgers_of_chain("atlas-1")
