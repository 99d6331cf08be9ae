"""`aztrust preflight` on a host with several files, a used home, links that move; what it opens."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts import preflight as act
from aztrust.storage.clientstate import default_client_notes
from aztrust.storage.hoststate import environment_notes
from fixtures.forge.leveldb import batch, log, manifest, table
from tests.cli.test_preflight import BINARY, announced, pack, preflight, ready
from tests.command import run
from tests.disk_launch import GENESIS, Launch, make_launch, policy_text
from tests.verdicts import ONE

BEFORE = ("--at", "2026-06-02T13:59:00Z")
AFTER = ("--at", "2026-06-02T14:00:01Z")


def document(*words: object) -> dict[str, Any]:
    return preflight(*words, "--format", "json").document


def codes(found: dict[str, Any]) -> set[str]:
    """The codes of everything that keeps this host from being ready, or that is noted."""
    rows = [f["code"] for check in found["checks"] for f in check["findings"]]
    return {*rows, *(notice["code"] for notice in found["notices"])}


def put(path: Path, data: bytes | str = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, an empty PATH, and no variable that names a home or a launch."""
    made = tmp_path / "home"
    made.mkdir()
    for name in [name for name in os.environ if name.endswith(("HOME", "_FILE"))]:
        monkeypatch.delenv(name)
    for name in ("AZTRUST_LAUNCH", "AZTRUST_ANCHOR", "AZTRUST_SCOPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made / ".config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """A frozen launch; its genesis time is 2026-06-02 14:00 UTC."""
    made = make_launch(tmp_path, policy=policy_text(extra=ONE))
    made.freeze()
    return made


@pytest.fixture
def node(home: Path) -> Path:
    """A node's home under cosmovisor with the right files."""
    made = home / ".atlasd"
    put(made / "config/genesis.json", GENESIS["genesis.json"])
    put(made / "cosmovisor/genesis/bin/atlasd", BINARY).chmod(0o755)
    (made / "cosmovisor/current").symlink_to("genesis")
    return made


@pytest.fixture
def asked(launch: Launch, node: Path) -> Callable[..., dict[str, Any]]:
    """The report on this host, before genesis time where nothing else is asked."""
    kit, heard = pack(launch), announced(launch)

    def ask(*words: object) -> dict[str, Any]:
        time = () if "--at" in words else BEFORE
        return document(kit, *heard, *time, *words)

    return ask


def state_db(home: Path, genesis: bytes) -> Path:
    entries = [(b"genesisDoc", genesis), (b"stateKey", b"x")]
    return put(home / "data/state.db/000001.log", log(batch(1, entries)))


def program(path: Path, data: bytes = BINARY) -> Path:
    put(path, data).chmod(0o755)
    return path


def test_a_program_on_path_counts_where_no_link_of_cosmovisor_decides(asked, node: Path, tmp_path):
    on_path = program(tmp_path / "bin/atlasd")
    current = node / "cosmovisor/current"
    current.unlink()
    assert asked()["ready"]
    program(on_path, BINARY + b"old")
    found = asked()
    (wrong,) = [f for check in found["checks"] for f in check["findings"]]
    assert found["exit_code"] == 10
    assert (wrong["code"], wrong["subject"]) == ("binary-unknown", str(on_path))
    current.symlink_to("genesis")
    assert asked()["ready"]


@pytest.mark.parametrize("part", [".", "", "here"])
def test_a_part_of_path_that_is_relative_counts_with_the_one_behind_it(
    asked, home: Path, node: Path, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
):
    shutil.rmtree(node / "cosmovisor")
    program(tmp_path / "bin/atlasd")
    monkeypatch.setenv("PATH", f"{part}{os.pathsep}{tmp_path / 'bin'}")
    assert asked()["ready"]
    here = program(home / part / "atlasd", BINARY + b"old")
    assert asked()["exit_code"] == 10
    program(here)
    program(tmp_path / "bin/atlasd", BINARY + b"old")
    assert asked()["exit_code"] == 10
    # Behind an absolute part a shell never looks.
    monkeypatch.setenv("PATH", f"{home / part}{os.pathsep}{tmp_path / 'bin'}")
    assert asked()["ready"]


def test_another_program_of_the_name_next_to_the_one_that_is_named(
    asked, home: Path, node: Path, tmp_path: Path
):
    named = program(home / "approved", BINARY)
    shutil.rmtree(node / "cosmovisor")

    def noted() -> list[tuple[str, str]]:
        found = asked("--binary", named)
        assert found["ready"]
        notices = [n for n in found["notices"] if n["code"] == "binary-same-name"]
        return [(n["subject"], n["actual"]) for n in notices]

    assert noted() == []
    other = program(tmp_path / "bin/atlasd", BINARY + b"old")
    assert noted() == [(str(other), f"sha256:{sha256(BINARY + b'old').hexdigest()}")]
    # The same bytes in a second place, or a link to the named file, is not another program.
    program(other, BINARY)
    assert noted() == []
    other.unlink()
    other.symlink_to(named)
    assert noted() == []


# ---- what a node keeps ---------------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2")
def test_a_node_that_was_started_with_another_genesis(asked, node: Path):
    assert asked()["ready"]
    state_db(node, GENESIS["genesis.json"].replace(b"14:00", b"15:00"))
    for time in (BEFORE, AFTER):
        found = asked(*time)
        assert found["exit_code"] == 10
        assert "genesis-stored-differs" in codes(found)
    assert found["host"]["databases"][0]["path"] == "~/.atlasd/data/state.db"


@pytest.mark.parametrize("listed", [True, False])
def test_the_genesis_that_was_moved_into_a_table_is_read(asked, node: Path, listed: bool):
    database = node / "data/state.db"
    for genesis, code in (
        (GENESIS["genesis.json"].replace(b"14:00", b"15:00"), "genesis-stored-differs"),
        (GENESIS["genesis.json"], "genesis-stored-unread"),
    ):
        rows = [(b"genesisDoc", 2, genesis), (b"stateKey", 3, b"x")]
        put(database / "000005.ldb", table(rows, packed=True))
        put(database / "000006.log", log(batch(9, [(b"stateKey", b"y")])))
        if listed:
            # What a compaction did not finish is not read.
            put(database / "000007.ldb", b"")
            put(database / "CURRENT", "MANIFEST-000001\n")
            put(database / "MANIFEST-000001", manifest({5: (b"genesisDoc", b"stateKey")}))
        for time in (BEFORE, AFTER):
            found = asked(*time)
            assert code in codes(found)
        # The small genesis of this launch leaves values open, which holds until genesis time.
        assert found["exit_code"] == (10 if code == "genesis-stored-differs" else 0)


WHY = {
    "tables": "its table is not LevelDB's",
    "empty": "its logs and tables hold no genesis",
    "no table": "there is no such file",
    "no manifest": "its file CURRENT does not name a manifest",
    "file": "it cannot be listed",
    "fifo": "it is not a regular file",
    "other engine": "its log is not LevelDB's",
    "large": "more than 9 bytes",
}


@pytest.mark.parametrize("what", WHY)
def test_a_state_database_that_cannot_be_read_holds(
    asked,
    node: Path,
    what: str,
    monkeypatch: pytest.MonkeyPatch,
):
    database = node / "data/state.db"
    if what == "tables":
        put(database / "000005.ldb", b"x")
        put(database / "000006.log", log(batch(9, [(b"stateKey", b"x")])))
    elif what == "no table":
        put(database / "CURRENT", "MANIFEST-000001\n")
        put(database / "MANIFEST-000001", manifest({7: (b"a", b"z")}))
    elif what == "no manifest":
        put(database / "CURRENT", "../../MANIFEST-000001\n")
    elif what == "empty":
        database.mkdir(parents=True)
    elif what == "file":
        put(database, b"x")
    elif what == "fifo":
        database.mkdir(parents=True)
        os.mkfifo(database / "000001.log")
    elif what == "other engine":
        put(database / "000001.log", b"\0\0\0\0\1\0\5x" * 9)
    else:
        from aztrust.storage import hoststate

        monkeypatch.setattr(hoststate, "LOG_LIMIT", 9)
        state_db(node, GENESIS["genesis.json"])
    found = asked()
    assert found["exit_code"] == 11
    unread = next(n for n in found["notices"] if n["code"] == "genesis-stored-unread")
    # The small genesis of this launch cannot be compared either: the cause has to be this one.
    assert WHY[what] in unread["message"]
    # The time that has passed does not show that this chain was started.
    assert asked(*AFTER)["exit_code"] == 11


def test_db_dir_moves_the_database(asked, node: Path):
    put(node / "config/config.toml", 'db_dir = "state/here"\n')
    assert asked()["ready"]
    (node / "state/here/state.db").mkdir(parents=True)
    assert asked()["exit_code"] == 11


CONFIGS = {
    'genesis_file = "config/other.json"\n': "genesis-file-elsewhere",
    '[base]\ngenesis_file = "/srv/genesis.json"\n': "genesis-file-elsewhere",
    'home = "/srv/other"\n': "node-home-elsewhere",
    "genesis_file = \n": "node-config-unread",
    # CometBFT folds the case of keys; two values leave open which of them counts.
    'Genesis_File = "config/other.json"\n': "genesis-file-elsewhere",
    'genesis_file = "config/genesis.json"\n[base]\ngenesis_file = "x"\n': "node-config-unread",
    'genesis_file = ["config/genesis.json"]\n': "node-config-unread",
    'db_dir = "a"\nDB_DIR = "b"\n': "node-config-unread",
}


@pytest.mark.parametrize(("text", "code"), CONFIGS.items())
def test_a_config_that_names_something_else_holds(asked, node: Path, text: str, code: str):
    config = put(node / "config/config.toml", 'genesis_file = "config/genesis.json"\nhome = ""\n')
    assert asked()["ready"]
    config.write_text(text)
    found = asked()
    assert found["exit_code"] == 11
    assert code in codes(found)


@pytest.mark.parametrize("place", ["config.toml", "config.json", "config/config.json"])
def test_a_config_that_counts_before_the_one_in_its_place_is_read(asked, node: Path, place: str):
    put(node / "config/config.toml", 'genesis_file = "config/genesis.json"\n')
    put(node / "config/app.toml", 'genesis_file = "config/other.json"\n')
    right, other = (
        f'{{"genesis_file": "config/{name}.json"}}'
        if place.endswith("json")
        else f'genesis_file = "config/{name}.json"\n'
        for name in ("genesis", "other")
    )
    config = put(node / place, right)
    assert asked()["ready"]
    config.write_text(other)
    found = asked()
    assert (found["exit_code"], "genesis-file-elsewhere" in codes(found)) == (11, True)


@pytest.mark.parametrize(
    ("place", "text", "code"),
    [
        ("config/config.json", '{"db_dir": "other"}', "genesis-stored-unread"),
        ("config.yaml", "moniker: x", "node-config-unread"),
        ("config.json", "{", "node-config-unread"),
    ],
)
def test_what_a_config_in_another_place_says_counts(asked, node: Path, place, text, code):
    (node / "other/state.db").mkdir(parents=True)
    assert asked()["ready"]
    put(node / place, text)
    found = asked()
    assert (found["exit_code"], code in codes(found)) == (11, True)


@pytest.mark.parametrize("config", [None, "", 'moniker = "x"\n'])
def test_another_genesis_than_the_one_in_the_home_is_not_what_the_node_reads(
    asked, node: Path, tmp_path: Path, config: str | None
):
    if config is not None:
        put(node / "config/config.toml", config)
    right = put(tmp_path / "elsewhere.json", GENESIS["genesis.json"])
    put(node / "config/genesis.json", b"{}")
    found = asked("--genesis", right)
    assert found["exit_code"] == 11
    assert "genesis-file-elsewhere" in codes(found)
    (node / "config/genesis.json").unlink()
    assert asked("--genesis", right)["ready"]


def test_the_home_around_a_genesis_that_is_named_is_looked_into(asked, node, tmp_path: Path):
    (node / "config/genesis.json").unlink()
    right = put(tmp_path / "srv/config/genesis.json", GENESIS["genesis.json"])
    assert asked("--genesis", right)["ready"]
    (tmp_path / "srv/data/state.db").mkdir(parents=True)
    assert asked("--genesis", right)["exit_code"] == 11


def test_a_home_that_is_not_there_is_a_usage_error(launch, node: Path):
    done = preflight(pack(launch), *announced(launch), "--home", "typo")
    assert (done.exit_code, "is not a directory" in done.err) == (2, True)


def test_the_file_that_the_config_names_may_be_asked_about(asked, node: Path):
    put(node / "config/config.toml", 'genesis_file = "config/other.json"\n')
    other = put(node / "config/other.json", GENESIS["genesis.json"])
    assert asked("--genesis", other)["ready"]


@pytest.mark.parametrize("variable", ["LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"])
def test_a_library_that_every_program_loads_holds(asked, node, variable, monkeypatch):
    for name in ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"):
        monkeypatch.setenv(name, "")
    assert asked()["ready"]
    monkeypatch.setenv(variable, "/srv/other.so")
    found = asked()
    assert (found["exit_code"], "environment-overrides" in codes(found)) == (11, True)


@pytest.mark.parametrize("variable", ["CMT_DB_DIR", "ATLASD_DB_DIR"])
def test_a_variable_that_moves_the_database_holds(asked, node, variable, monkeypatch):
    monkeypatch.setenv("OTHER_DB_DIR", "x")
    assert asked()["ready"]
    monkeypatch.setenv(variable, "x")
    assert asked()["exit_code"] == 11


@pytest.mark.parametrize(
    "variable",
    ["CMTHOME", "TMHOME", "ATLASD_HOME", "ATLAS_HOME", "CMT_GENESIS_FILE", "ATLASD_GENESIS_FILE"],
)
def test_a_variable_that_overrides_holds(
    asked,
    node: Path,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("SOMETHING_HOME", "/srv/other")
    assert asked()["ready"]
    right = node / "config/genesis.json" if "FILE" in variable else node
    monkeypatch.setenv(variable, str(right))
    assert asked()["ready"]
    monkeypatch.setenv(variable, "/srv/other")
    found = asked()
    assert found["exit_code"] == 11
    assert "environment-overrides" in codes(found)


@pytest.mark.parametrize(
    "place",
    [
        *("geth/chaindata", "db/mdbx.dat", "beacon/chain_db", "chains/atlas/db", "rocksdb"),
        *("chains/atlas/paritydb/full", "sepolia/geth/chaindata", "mainnet/beacon/chain_db"),
        "mainnet/db/mdbx.dat",
    ],
)
def test_the_database_of_another_client_holds_at_any_time(asked, node: Path, place: str):
    assert asked(*AFTER)["ready"]
    (node / place).mkdir(parents=True)
    for time in (BEFORE, AFTER):
        found = asked(*time)
        assert found["exit_code"] == 11
        assert "client-database-present" in codes(found)


def test_an_upgrade_that_cosmovisor_will_switch_to_holds(asked, node: Path):
    put(node / "data/upgrade-info.json", json.dumps({"name": "v2", "height": 9}))
    assert "upgrade-info-present" in codes(asked())
    upgrades = node / "cosmovisor/upgrades"
    upgrades.mkdir()
    (node / "cosmovisor/genesis").rename(upgrades / "v2")
    (node / "cosmovisor/current").unlink()
    (node / "cosmovisor/current").symlink_to("upgrades/v2")
    assert asked()["ready"]


def test_a_link_that_moves_during_the_run_is_found(
    asked,
    node: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    current = node / "cosmovisor/current"
    put(node / "cosmovisor/upgrades/v2/bin/atlasd", b"v2")
    judge, runs = act.verify, []

    def verify_and_move(*arguments: Any) -> Any:
        runs.append(current.readlink())
        current.unlink()
        current.symlink_to("upgrades/v2")
        return judge(*arguments)

    monkeypatch.setattr(act, "verify", verify_and_move)
    found = asked()
    assert found["exit_code"] == 10
    assert "changed-while-reading" in codes(found)
    assert len(runs) == 2


# ---- what it opens -------------------------------------------------------------------------------


def test_without_the_option_nothing_is_listed(asked):
    assert asked()["host"]["access"] is None


def test_every_path_is_listed(launch: Launch, node: Path):
    put(node / "config/config.toml", "")
    state_db(node, b"{}")
    kit = pack(launch)
    out = preflight(kit, *announced(launch), "--explain-access").out
    rows = [line.split(None, 1) for line in out.partition("\naccess\n")[2].splitlines()]
    opened = {path for how, path in rows if how == "opened"}
    assert opened >= {
        str(kit),
        str(node / "cosmovisor/genesis/bin/atlasd"),
        str(node / "config/genesis.json"),
        str(node / "config/config.toml"),
        str(node / "data/state.db/000001.log"),
    }
    assert ["listed", str(node / "data/state.db")] in rows
    assert not any("priv_validator" in path or "node_key" in path for _, path in rows)


_AUDITED: list[list[str]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _AUDITED and event in ("open", "os.listdir", "os.scandir"):
        path = arguments[0]
        if isinstance(path, str | bytes | os.PathLike):
            _AUDITED[-1].append(os.fsdecode(path))


@pytest.mark.parametrize("unpacked", [False, True])
def test_the_list_holds_what_the_interpreter_sees(
    launch: Launch, home: Path, node: Path, unpacked: bool
):
    kit = home / "kit"
    if unpacked:
        shutil.copytree(launch.path / "manifests", kit / "manifests")
        shutil.copytree(launch.path / "keys", kit / "keys")
    else:
        shutil.copy(pack(launch), kit)
    own = home / ".config/aztrust"
    own.mkdir(parents=True, mode=0o700)
    for name in ("ledger.toml", "heads/x.note", "ledgers/x.ledger"):
        put(own / name).parent.chmod(0o700)
    assert run("-C", launch.path, "anchor", "add", launch.anchor).exit_code == 0
    put(own / "layouts.toml", "[[layout]]\nname = 'x'\nbinaries = ['/x/{name}']\n")

    def asked(*words: object) -> dict[str, Any]:
        return document(kit, *announced(launch), *BEFORE, *words)

    put(node / "config/config.toml", "")
    put(node / "config/priv_validator_key.json", "{}")
    state_db(node, b"{}")
    asked("--explain-access")
    sys.addaudithook(_audit)  # stays to the end of the process, and hears nothing after this test
    seen: list[str] = []
    _AUDITED.append(seen)
    try:
        found = asked("--explain-access")
    finally:
        _AUDITED.clear()
    listed = {row["path"] for row in found["host"]["access"]}
    # Relative names are opened in a directory that was opened by its own name.
    below = [path for path in seen if path.startswith(f"{home}/")]
    assert {str(own / "anchors.json"), str(own / "ledger.toml")} <= listed
    assert {str(own / "heads"), str(own / "layouts.toml")} <= listed
    assert (str(kit / "manifests/launch.toml") in listed) is unpacked
    directories = {str(Path(path).parent) for path in listed}
    assert [path for path in below if path not in listed | directories] == []
    assert not any(path.endswith("priv_validator_key.json") for path in seen)


@pytest.mark.parametrize("kind", ["fifo", "unreadable", "directory"])
def test_no_private_key_is_read(asked, node: Path, kind: str):
    for name in ("config/priv_validator_key.json", "config/node_key.json", "keyring-file"):
        key = node / name
        if kind == "fifo":
            os.mkfifo(key)
        elif kind == "directory":
            key.mkdir()
        else:
            put(key, "{}").chmod(0)
    assert asked()["ready"]


# ---- several files -------------------------------------------------------------------------------


def test_a_name_before_the_file_says_which_one_it_is(asked, node: Path):
    binary = node / "cosmovisor/genesis/bin/atlasd"
    odd = put(node / "node=atlasd", binary.read_bytes())
    odd.chmod(0o755)
    assert asked("--binary", f"node={binary}", "--role", "node")["ready"]
    # A role decides over a file of that name; with its directory it is a file.
    assert asked("--binary", odd)["ready"]
    found = asked("--binary", f"node={put(node / 'old', b'old')}", "--binary", binary)
    assert found["exit_code"] == 10
    assert [len(item["files"]) for item in found["host"]["items"]] == [2, 1]
    genesis = node / "config/genesis.json"
    assert asked("--genesis", f"genesis.json={genesis}")["ready"]


@pytest.mark.parametrize(
    "words",
    [
        ("--role", "relayer"),
        ("--binary", "relayer=/x"),
        ("--genesis", "other.json=/x"),
        ("--genesis", "other.json=nowhere"),
    ],
)
def test_what_this_launch_has_not_is_a_usage_error(launch: Launch, node: Path, words):
    done = ready(launch, *words)
    assert done.exit_code == 2
    assert "name one of" in done.err


def test_a_chosen_role_is_in_the_second_line(launch: Launch, node: Path):
    lines = ready(launch, "--role", "node").out.splitlines()
    assert lines[0].startswith("READY")
    assert lines[1] == "role     node only"


# ---- data outside of the home that was found -----------------------------------------------------


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize("place", ["chains/atlas/db", "chains/atlas/paritydb", "chaindata"])
@pytest.mark.parametrize("base", [".local/share/atlasd", "Library/Application Support/atlasd"])
def test_the_default_data_directory_of_a_program_is_looked_into(
    asked, home: Path, base: str, place: str
):
    assert asked()["ready"]
    (home / base / place).mkdir(parents=True)
    found = asked()
    assert found["exit_code"] == 11
    (notice,) = [n for n in found["notices"] if n["code"] == "client-database-present"]
    assert notice["subject"] == f"~/{base}/{place}"
    # A home that is named is the one of this launch.
    assert asked("--home", home / ".atlasd")["ready"]


@pytest.mark.parametrize(
    ("program", "base", "below"),
    [
        ("op-geth", ".ethereum", "geth/chaindata"),
        ("reth", ".local/share/reth/atlas", "db/mdbx.dat"),
        ("lighthouse", ".lighthouse/mainnet", "beacon/chain_db"),
        ("beacon-chain", ".eth2", "beaconchaindata"),
        ("grandine", ".grandine/mainnet/beacon", "beacon_fork_choice"),
        ("agave-validator", "validator-ledger", "rocksdb"),
    ],
)
def test_the_directories_of_clients_are_those_of_the_launch(
    home: Path, program: str, base: str, below: str
):
    place = f"{base}/{below}"
    (home / place).mkdir(parents=True)
    environ = {"HOME": str(home)}

    known = (home / ".atlasd",)

    def looked(*names: str, form: str = "", seen: tuple[Path, ...] = known) -> list[str]:
        return [n.subject for n in default_client_notes(names, form, environ, seen)]

    assert looked(program) == [f"~/{place}"]
    assert looked("atlasd") == looked("atlasd", form="cosmos") == []
    by_format = [] if program == "agave-validator" else [f"~/{place}"]
    assert looked("atlasd", form="ethereum") == looked(form="ethereum") == by_format
    # Without a home of its own, that of any client may be the launch's.
    assert looked("atlasd", seen=()) == [f"~/{place}"]
    top = {".local/share/reth/atlas": ".local/share/reth", ".lighthouse/mainnet": ".lighthouse"}
    assert looked(program, seen=(home / top.get(base, base),)) == []


def test_directories_of_clients_follow_their_variables(home: Path):
    (home / "x/reth/1/db/mdbx.dat").mkdir(parents=True)
    (home / "y/database/METADATA.json").mkdir(parents=True)
    environ = {"XDG_DATA_HOME": str(home / "x"), "BESU_DATA_PATH": str(home / "y")}
    for name, place in (("reth", "x/reth/1/db/mdbx.dat"), ("besu", "y/database/METADATA.json")):
        notes = default_client_notes((name,), "", environ, (home,))
        assert [n.subject for n in notes] == [f"~/{place}"]
    assert list(default_client_notes(("reth", "besu"), "", {"XDG_DATA_HOME": "x"}, ())) == []


GETH, ETHEREUM, OTHER = ("geth", ""), ("atlas", "ethereum"), ("atlasd", "cosmos")


@pytest.mark.parametrize(
    ("variable", "value", "who", "counts"),
    [
        ("GETH_DATADIR", "other", GETH, True),
        ("GETH_DATADIR", "other", ETHEREUM, True),
        ("GETH_DATADIR", "other", OTHER, False),
        ("GETH_DATADIR", "node", GETH, False),
        ("GETH_DATADIR", "", GETH, False),
        ("GETH_CACHE", "4096", GETH, False),
        ("GETH_SEPOLIA", "true", GETH, True),
        ("GETH_OVERRIDE_OSAKA", "1", GETH, True),
        ("BESU_GENESIS_FILE", "other", ("besu", ""), True),
        ("ATLASD_CONFIG", "other", OTHER, True),
    ],
)
def test_the_variables_that_a_client_reads_count(
    home: Path, variable: str, value: str, who: tuple[str, str], counts: bool
):
    name, form = who
    environ = {variable: str(home / value) if value in ("other", "node") else value}
    notes = list(environment_notes(environ, (name,), home / "node", None, form))
    expected = [("environment-overrides", variable)] if counts else []
    assert [(note.code, note.subject) for note in notes] == expected


@pytest.mark.parametrize(
    "deep", ["genesis.json", "config/genesis.json", "config/atlas/genesis.json"]
)
def test_the_home_around_a_named_genesis_is_looked_into(asked, home: Path, node: Path, deep: str):
    place = home.parent / "srv" / deep
    put(place, GENESIS["genesis.json"])
    shutil.rmtree(node / "config")
    assert asked("--genesis", place)["ready"]
    state_db(home.parent / "srv", GENESIS["genesis.json"].replace(b"14:00", b"15:00"))
    found = asked("--genesis", place)
    assert (found["exit_code"], "genesis-stored-differs" in codes(found)) == (10, True)


def test_the_home_around_a_program_of_cosmovisor_is_looked_into(asked, home: Path, node: Path):
    other = home.parent / "srv"
    program = put(other / "cosmovisor/genesis/bin/atlasd", BINARY)
    program.chmod(0o755)
    genesis = put(home.parent / "elsewhere/genesis.json", GENESIS["genesis.json"])
    shutil.rmtree(node)
    words = ("--binary", program, "--genesis", genesis)
    assert asked(*words)["ready"]
    state_db(other, GENESIS["genesis.json"].replace(b"14:00", b"15:00"))
    assert "genesis-stored-differs" in codes(asked(*words))


def test_without_a_place_to_look_for_a_home_a_host_is_not_ready(
    asked, home: Path, node: Path, monkeypatch: pytest.MonkeyPatch
):
    program = home.parent / "atlasd"
    (node / "cosmovisor/genesis/bin/atlasd").rename(program)
    genesis = (node / "config/genesis.json").rename(home.parent / "genesis.json")
    shutil.rmtree(node)
    words = ("--binary", program, "--genesis", genesis)
    found = asked(*words)
    assert found["ready"]
    (notice,) = [n for n in found["notices"] if n["code"] == "node-home-unknown"]
    assert "there is no ~/.atlasd, no ~/.atlas" in notice["message"]
    monkeypatch.delenv("HOME")
    found = asked(*words)
    assert found["exit_code"] == 11
    assert "node-home-unknown" in [n["code"] for n in found["notices"]]
    home.joinpath("empty").mkdir()
    assert asked(*words, "--home", home / "empty")["ready"]


def test_a_state_database_of_badgerdb_holds(asked, node: Path):
    (node / "data/state").mkdir(parents=True)
    found = asked()
    assert (found["exit_code"], "genesis-stored-unread" in codes(found)) == (11, True)


def test_the_home_around_a_named_genesis_may_be_that_of_a_client(asked, home: Path, node: Path):
    genesis = put(home.parent / "srv/genesis.json", GENESIS["genesis.json"])
    shutil.rmtree(node / "config")
    assert asked("--genesis", genesis)["ready"]
    (home.parent / "srv/geth/chaindata").mkdir(parents=True)
    found = asked("--genesis", genesis)
    assert (found["exit_code"], "client-database-present" in codes(found)) == (11, True)


# ---- what starts and what is loaded, next to what options name -----------------------------------


@pytest.mark.clause("AZ-6.2")
def test_the_program_that_cosmovisor_starts_is_looked_at_with_the_one_that_is_named(
    asked, home: Path, node: Path
):
    named = put(home / "atlasd", BINARY)
    named.chmod(0o755)
    words = ("--binary", named, "--home", node)
    assert asked(*words)["ready"]
    started = node / "cosmovisor/genesis/bin/atlasd"
    started.write_bytes(BINARY + b"old")
    found = asked(*words)
    assert found["exit_code"] == 10
    assert "~/.atlasd/cosmovisor/current/bin/atlasd" in str(found["checks"])
    # Also where there is no `current` yet, which cosmovisor makes at its first start.
    (node / "cosmovisor/current").unlink()
    assert asked(*words)["exit_code"] == 10
    started.unlink()
    assert asked(*words)["ready"]


def test_a_variable_that_names_another_program_holds(asked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAEMON_NAME", "atlasd")
    assert asked()["ready"]
    monkeypatch.setenv("DAEMON_NAME", "oldd")
    found = asked()
    assert (found["exit_code"], "environment-overrides" in codes(found)) == (11, True)
