"""Which file is a launch's ledger: an option, the environment, the user's configuration, a default.

    --ledger PATH
    $AZTRUST_LEDGER
    ledger.toml in the user's configuration directory:
        [ledgers]
        "atlas-zero-1" = "/srv/ledgers/atlas-zero-1.ledger"
    ledgers/CHAIN_ID-XXXXXXXX.ledger in the user's data directory, with eight digits of the
        policy's digest; a ledger of that name in the configuration directory, where it was made
        before, is used as long as the data directory has none

Never a launch's own files: a policy names origin and keeper, not a place (laws 1 and 11).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.storage.access import note
from aztrust.storage.config import config_dir, data_dir, is_private_dir
from aztrust.storage.folders import read_bounded
from aztrust.storage.presence import is_present

VARIABLE: Final = "AZTRUST_LEDGER"
SETTINGS: Final = "ledger.toml"
_SETTINGS_LIMIT: Final = 256 * 1024
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def find_ledger(
    option: str | None, chain_id: str, policy_digest: str, config: Path | None = None
) -> Path:
    """Where this launch's ledger is, or would be; the file need not exist.

    Args:
        option: `--ledger` as typed, None where it was not given.
        chain_id: the launch's.
        policy_digest: the launch's, `sha256:` and 64 hex digits.
        config: instead of the user's configuration directory.

    Raises:
        UsageError: the option or `$AZTRUST_LEDGER` is empty: in a script, a variable that is unset.
        CouldNotCheck: `ledger.toml` is there and cannot be relied on, or others could write to
            the directory.
    """
    base = config_dir if config is None else lambda: config
    named = _named(option, chain_id, policy_digest, base)
    if named is not None:
        return named
    digits = policy_digest.removeprefix("sha256:")[:8]
    name = f"{_safe(chain_id)}-{digits}.ledger"
    folders = [folder for folder in _folders(config) if is_private_dir(folder)]
    for folder in folders:
        if is_present(folder / name):
            return folder / name
    return _folders(config)[0] / name


def _folders(config: Path | None) -> tuple[Path, ...]:
    """Where ledgers are that no one named: the place for new ones first."""
    if config is not None:
        return (config / "ledgers",)
    return tuple(dict.fromkeys((data_dir() / "ledgers", config_dir() / "ledgers")))


def is_named(
    option: str | None, chain_id: str, policy_digest: str, config: Path | None = None
) -> bool:
    """Whether a person says where the ledger is, so that it has to be there.

    Args:
        option, chain_id, policy_digest, config: as `find_ledger`.

    Raises:
        UsageError, CouldNotCheck: as `find_ledger`.
    """
    base = config_dir if config is None else lambda: config
    return _named(option, chain_id, policy_digest, base) is not None


def _named(
    option: str | None, chain_id: str, policy_digest: str, config: Callable[[], Path]
) -> Path | None:
    for given, by in ((option, "--ledger"), (os.environ.get(VARIABLE), f"${VARIABLE}")):
        if given == "":
            raise UsageError(
                f"{by} is empty", subject=by, mend="name the ledger's file, or drop it"
            )
        if given is not None:
            return Path(given).absolute()
    base = config()
    digits = policy_digest.removeprefix("sha256:")[:8]
    named = _settings(base / SETTINGS)
    for name in (f"{chain_id}:{digits}", chain_id):
        if name in named:
            return base / _expanded(named[name], base / SETTINGS)
    return None


def _expanded(value: str, settings: Path) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise _unusable(
            escape(str(settings)), f"names {escape(value)[:100]}, and there is no such home"
        ) from None


def ledgers_of_chain(chain_id: str, config: Path | None = None) -> tuple[Path, ...]:
    """The ledgers of a chain where `find_ledger` makes them, under any policy.

    Args:
        chain_id: the chain's.
        config: instead of the user's configuration directory.

    Raises:
        CouldNotCheck: the user has no configuration directory, or it cannot be listed.
    """
    return _ledgers(rf"{re.escape(_safe(chain_id))}-[0-9a-f]{{8}}\.ledger", config)


def ledgers_of_policy(policy_digest: str, config: Path | None = None) -> tuple[Path, ...]:
    """The ledgers of this machine that may be those of a policy, for any chain.

    A line of `ledger.toml` that names a chain alone may be of any policy.

    Args:
        policy_digest: `sha256:` and 64 hex digits.
        config: instead of the user's configuration directory.

    Raises:
        CouldNotCheck: as `find_ledger` and `ledgers_of_chain`.
    """
    digits = policy_digest.removeprefix("sha256:")[:8]
    base = config_dir() if config is None else config
    settings = base / SETTINGS
    named = (
        base / _expanded(path, settings)
        for name, path in _settings(settings).items()
        if name.rpartition(":")[2] in (digits, name)
    )
    return (*named, *_ledgers(rf".*-{digits}\.ledger", config))


def _ledgers(pattern: str, config: Path | None) -> tuple[Path, ...]:
    found: list[Path] = []
    for folder in _folders(config):
        if not is_private_dir(folder):
            continue
        note(folder, "listed")
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            cause = error.strerror or str(error)
            raise CouldNotCheck(f"cannot list {escape(str(folder))}: {cause}") from None
        found += (folder / name for name in names if re.fullmatch(pattern, name))
    return tuple(found)


def _safe(chain_id: str) -> str:
    """A chain id as part of a file name; the digits behind it keep two launches apart."""
    return _UNSAFE.sub("_", chain_id)[:64].lstrip(".") or "_"


def _settings(path: Path) -> dict[str, str]:
    """What `ledger.toml` says: chain id, or chain id, colon and eight digits, to path."""
    if not is_private_dir(path.parent):
        return {}
    shown = escape(str(path))
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unusable(shown, f"cannot be read: {error.strerror or error}") from None
    if stat.S_ISREG(mode) and mode & 0o022:
        raise _unusable(shown, "can be written by others than you")
    from aztrust.core.policy.tomldoc import read_toml

    try:
        document = read_toml(read_bounded(path, _SETTINGS_LIMIT), what=shown)
    except Malformed as error:
        raise _unusable(shown, error.message) from None
    ledgers = document.get("ledgers", {})
    if document.keys() - {"ledgers"} or not isinstance(ledgers, dict):
        raise _unusable(shown, "has something else than one table [ledgers]")
    if not all(isinstance(v, str) and v and "\0" not in v for v in ledgers.values()):
        raise _unusable(shown, "has a ledger whose value is not the path of its file")
    return ledgers


def _unusable(shown: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"{shown} {cause}",
        subject=shown,
        mend='write [ledgers] with lines "chain-id" = "/path/of.ledger", chmod 600; or remove it',
    )
