"""What a node keeps on this host, or is configured to read, in the place of the sealed file.

Nothing is written, locked or started, and no key is read: of a node's home these are read:
`config/config.toml` and what CometBFT takes in its place, `data/upgrade-info.json`, and of
`data/state.db` the logs and the tables that may hold the genesis.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.host.clients import (
    client_prefixes,
    is_client_variable,
    is_directory_variable,
)
from aztrust.core.host.database_log import newest_values
from aztrust.core.host.database_table import Read, live_tables, table_values
from aztrust.core.host.reading import HostNote, StoredGenesis
from aztrust.core.linkage.jsondoc import get, members, parse_json, string
from aztrust.core.policy.tomldoc import read_toml
from aztrust.storage.access import is_there, listed
from aztrust.storage.clientstate import client_notes
from aztrust.storage.config import shown
from aztrust.storage.hostfiles import read_parts, read_small

LOG_LIMIT: Final = 64 << 20
"""Bytes of all logs of a state database, above which it is not read."""

TABLES_LIMIT: Final = 4096
"""Tables of a state database, above which it is not read."""

_STATES: Final = ("state.db", "state")
"""CometBFT's state database: with badgerdb it is called `state`."""

_ENDINGS: Final = (
    *("json", "toml", "yaml", "yml", "properties", "props", "prop", "hcl", "tfvars", "dotenv"),
    *("env", "ini"),
)
"""Of files `config.*`, in the order of CometBFT's reader: the first one counts, in HOME and then in
HOME/config."""

_LOADED: Final = ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES")
"""Variables that put a library into every program: it may change what the program does."""

_SMALL = 1 << 20
_LOG = re.compile(r"[0-9]{1,18}\.log")
_MANIFEST = re.compile(r"MANIFEST-[0-9]{1,18}")
_TABLE = re.compile(r"[0-9]{1,18}\.(?:ldb|sst)")
_DOCUMENT, _HASH = b"genesisDoc", b"genesisDocHash"


class HomeState:
    """What one home of a node holds in addition to the files that a host has to have.

    Args:
        home: an absolute path; it need not exist.
        genesis: the genesis file that was read on this host, None where there is none.
    """

    def __init__(self, home: Path, genesis: Path | None) -> None:
        self._home = home
        self._genesis = genesis
        self.notes: list[HostNote] = []
        self.stored: list[StoredGenesis] = []
        configs = self._configs()
        names = (_text(config, "db_dir") for config in configs)
        directories = dict.fromkeys(("data", *filter(None, names)))
        for directory in directories:
            for name in _STATES:
                database = self._below(directory) / name
                if is_there(database):
                    self.stored.append(read_stored(database))
        self._upgrade()
        self.notes += client_notes(home)

    def _below(self, path: str) -> Path:
        return self._home / path

    def _configs(self) -> list[Mapping[str, Any]]:
        """Every configuration that a node of this home may take: which one depends on the node."""
        folders = (self._home, self._home / "config")
        paths = [folder / f"config.{ending}" for folder in folders for ending in _ENDINGS]
        found = [path for path in paths if is_there(path)]
        if not found:
            self._genesis_of({}, self._home)
        return [self._config(path) for path in found]

    def _config(self, path: Path) -> Mapping[str, Any]:
        try:
            config = _read_config(path)
        except (CouldNotCheck, Malformed) as error:
            self._note(
                "node-config-unread",
                path,
                f"which genesis file and which home it names is not known: {error.message}",
                "make it a TOML file that this user may read; then: aztrust preflight",
            )
            return {}
        config = _folded(config)
        for key in ("genesis_file", "home", "db_dir"):
            if not _is_plain(config, key):
                self._note(
                    "node-config-unread",
                    path,
                    f"its {key} is not one text, so what the node reads is not known",
                    f"give {key} once, as a text; then: aztrust preflight",
                )
        self._genesis_of(config, path)
        home = _text(config, "home")
        if home and not _same(Path(home), self._home):
            self._note(
                "node-home-elsewhere",
                path,
                f"its home is {escape(home)}, and {shown(self._home)} was looked at",
                f"correct home, or look there: --home {escape(home)}",
            )
        return config

    def _genesis_of(self, config: Mapping[str, Any], path: Path) -> None:
        """Whether the file that a node of this home reads is the one that was looked at."""
        named = _text(config, "genesis_file")
        read = self._below(named or "config/genesis.json")
        if self._genesis is None or _same(read, self._genesis):
            return
        if not named and not is_there(read):
            return
        why = "its genesis_file makes the node read" if named else "a node of this home reads"
        self._note(
            "genesis-file-elsewhere",
            path if named else read,
            f"{why} {shown(read)}, and {shown(self._genesis)} was looked at",
            "correct genesis_file, or ask about the file that the node reads:"
            f" --genesis {shown(read)}",
        )

    def _upgrade(self) -> None:
        path = self._home / "data" / "upgrade-info.json"
        cosmovisor = self._home / "cosmovisor"
        if not is_there(path) or not is_there(cosmovisor):
            return
        try:
            name = string(get(parse_json(read_small(path, _SMALL), what=shown(path)), "name"))
        except (CouldNotCheck, Malformed):
            name = ""
        upgrade = cosmovisor / "upgrades" / name
        if name and "/" not in name and _same(upgrade, cosmovisor / "current"):
            return
        self._note(
            "upgrade-info-present",
            path,
            f"cosmovisor switches to the upgrade {escape(name) or 'that it names'} at its start,"
            " and `current` is another one",
            "remove the file, or let `current` lead to that upgrade; then: aztrust preflight",
        )

    def _note(self, code: str, subject: Path, message: str, mend: str) -> None:
        note = HostNote(code, shown(subject), message, mend)
        if note not in self.notes:
            self.notes.append(note)


def environment_notes(
    environ: Mapping[str, str],
    names: Sequence[str],
    home: Path | None,
    genesis: Path | None,
    genesis_format: str = "",
) -> Iterator[HostNote]:
    """What variables of this process's environment would make a node use.

    Args:
        environ: the environment.
        names: what the host's programs are called: `atlasd` reads `ATLASD_HOME`.
        home: the home that was looked into first, None for none.
        genesis: the genesis file that was read, None for none.
        genesis_format: of the sealed facts: with one of Ethereum the clients' own variables count.
    """
    for variable in _LOADED:
        if environ.get(variable):
            yield HostNote(
                "environment-overrides",
                variable,
                f"{variable} makes a program load {escape(environ[variable])[:200]} into itself,"
                " which was not looked at",
                f"unset {variable}; then: aztrust preflight",
            )
    clients = client_prefixes(names, genesis_format)
    yield from _client_variables(environ, clients, home)
    started = environ.get("DAEMON_NAME", "")
    if started and names and started not in names:
        yield HostNote(
            "environment-overrides",
            "DAEMON_NAME",
            f"DAEMON_NAME makes cosmovisor start {escape(started)}, and"
            f" {escape(', '.join(names))} was looked at",
            "unset it, or set it to the program of this launch",
        )
    prefixes = ["CMT", "TM", "DAEMON", *clients]
    for name in names:
        plain = re.sub(r"[^A-Z0-9]", "_", name.upper())
        prefixes += [plain, plain.removesuffix("D")]
    for prefix in dict.fromkeys(p for p in prefixes if p):
        for variable in (f"{prefix}_HOME", f"{prefix}HOME"):
            value = environ.get(variable, "")
            if value and (home is None or not _same(Path(value), home)):
                looked = "no home" if home is None else shown(home)
                yield HostNote(
                    "environment-overrides",
                    variable,
                    f"{variable} names the home {shown(Path(value))}, and {looked} was looked at",
                    f"unset it, or look there: --home {shown(Path(value))}",
                )
        variable = f"{prefix}_DB_DIR"
        if environ.get(variable):
            yield HostNote(
                "environment-overrides",
                variable,
                f"{variable} names the database directory {escape(environ[variable])}, which was"
                " not looked at",
                "unset it; then: aztrust preflight",
            )
        variable = f"{prefix}_GENESIS_FILE"
        value = environ.get(variable, "")
        if value and (genesis is None or not _same((home or Path()) / value, genesis)):
            looked = "no genesis" if genesis is None else shown(genesis)
            yield HostNote(
                "environment-overrides",
                variable,
                f"{variable} names the genesis {shown(Path(value))}, and {looked} was looked at",
                f"unset it, or ask about that file: --genesis {shown(Path(value))}",
            )


def _client_variables(
    environ: Mapping[str, str], prefixes: Sequence[str], home: Path | None
) -> Iterator[HostNote]:
    for variable in sorted(environ):
        value = environ[variable]
        if not value or not is_client_variable(variable, prefixes):
            continue
        if is_directory_variable(variable) and home is not None and _same(Path(value), home):
            continue
        yield HostNote(
            "environment-overrides",
            variable,
            f"{variable} makes the client use {escape(value)[:200]}, which was not looked at",
            f"unset {variable}; or, where it names the client's data directory, look there: --home"
            " DIR",
        )


def read_stored(database: Path) -> StoredGenesis:
    """The genesis in the logs and tables of a state database. Never raises, never waits."""
    name = shown(database)
    keys = frozenset((_DOCUMENT, _HASH))
    try:
        names = listed(database)
        logs = sorted(
            (entry for entry in names if _LOG.fullmatch(entry)),
            key=lambda entry: int(entry.removesuffix(".log")),
        )
        contents, left = [], LOG_LIMIT
        for entry in logs:
            data = read_small(database / entry, left)
            left -= len(data)
            contents.append(data)
        tables = _tables(database, names, keys)
        values = newest_values(contents, keys, _of_tables(tables, keys))
    except (CouldNotCheck, Malformed) as error:
        return StoredGenesis(name, unread=error.message)
    document, noted = values.get(_DOCUMENT), values.get(_HASH) or b""
    if document is None and len(noted) != 32:
        return StoredGenesis(name, unread="its logs and tables hold no genesis")
    return StoredGenesis(name, document, f"sha256:{noted.hex()}" if len(noted) == 32 else "")


def _tables(database: Path, names: Collection[str], keys: frozenset[bytes]) -> list[Path]:
    """The tables that may hold a key: those of the manifest, or all where there is none."""
    found = {int(n.partition(".")[0]): n for n in sorted(names) if _TABLE.fullmatch(n)}
    if "CURRENT" not in names:
        return [database / name for name in found.values()]
    manifest = read_small(database / "CURRENT", _SMALL).decode("ascii", "replace").strip()
    if not _MANIFEST.fullmatch(manifest):
        raise CouldNotCheck("its file CURRENT does not name a manifest")
    live = live_tables(read_small(database / manifest, LOG_LIMIT), keys)
    # One that is missing is reported where it is read.
    return [database / found.get(number, f"{number:06}.ldb") for number in live]


def _of_tables(
    tables: Sequence[Path], keys: frozenset[bytes]
) -> Iterator[tuple[int, bytes, bytes | None]]:
    if len(tables) > TABLES_LIMIT:
        raise CouldNotCheck(f"it has more than {TABLES_LIMIT:,} tables")
    left = LOG_LIMIT

    def values(read: Read, size: int) -> list[tuple[int, bytes, bytes | None]]:
        def counted(offset: int, count: int) -> bytes:
            nonlocal left
            left -= count
            if left < 0:
                raise Malformed(f"more than {LOG_LIMIT:,} bytes of its tables would be read")
            return read(offset, count)

        return list(table_values(counted, size, keys))

    for table in tables:
        yield from read_parts(table, values)


def _read_config(path: Path) -> Mapping[str, Any]:
    data = read_small(path, _SMALL)
    if path.suffix == ".json":
        return members(parse_json(data, what=shown(path)))
    if path.suffix != ".toml":
        raise CouldNotCheck("a node may take it, and this form is not read")
    return read_toml(data, what=shown(path), code="unreadable")


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _text(config: Mapping[str, Any], key: str) -> str:
    """A setting of config.toml: at the top, or in a table `base`."""
    return next((value for value in _values(config, key) if isinstance(value, str)), "")


def _folded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as CometBFT's reader takes them: it folds the case of keys."""
    folded: dict[str, Any] = {}
    for key, value in config.items():
        kept = _folded(value) if isinstance(value, Mapping) and key.lower() == "base" else value
        # Two spellings of one key: which of them counts is not known.
        folded[key.lower()] = [folded[key.lower()], kept] if key.lower() in folded else kept
    return folded


def _values(config: Mapping[str, Any], key: str) -> list[Any]:
    base = config.get("base")
    found = [config.get(key), base.get(key) if isinstance(base, Mapping) else None]
    return [value for value in found if value is not None]


def _is_plain(config: Mapping[str, Any], key: str) -> bool:
    """Whether a setting is absent, or one text in one place."""
    values = _values(config, key)
    return not values or (len(values) == 1 and isinstance(values[0], str))
