"""What holds for every test: no home, no environment, no inherited signal settings, no chance, and
clause ids that exist.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.dispositions import restore_dispositions
from tests.shared import shared_root

restore_dispositions()

# The data, not the machine, decides whether a property holds: no deadline anywhere, no complaint
# that a busy machine makes data slowly, and the same examples in every CI run.
# `HYPOTHESIS_PROFILE=search` looks further.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """A private, empty home and none of this machine's aztrust, git or colour settings.

    Subprocesses started by a test inherit it. `AZTRUST_SHARED` stays: it says where data is.
    """
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("AZTRUST_", "GIT_")) and name != "AZTRUST_SHARED":
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("TZ", "UTC")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a clause marker that names no clause; where the table is absent, only its form."""
    known = _known_clauses()
    for item in items:
        for marker in item.iter_markers("clause"):
            if not marker.args or marker.kwargs:
                raise pytest.UsageError(f"{item.nodeid}: clause() takes one or more ids")
            for clause in marker.args:
                if known is not None and clause not in known:
                    raise pytest.UsageError(f"{item.nodeid}: no such clause: {clause}")


def _known_clauses() -> frozenset[str] | None:
    table: Path = shared_root() / "spec" / "clauses.toml"
    if not table.is_file():
        return None
    return frozenset(row["id"] for row in tomllib.loads(table.read_text("utf-8"))["clause"])
