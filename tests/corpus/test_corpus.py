"""Archives of every released version of the formats: each of them audits for ever.

`tools/corpus.py` wrote them. `tools/pythons.py` runs this with every Python that aztrust supports.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.archive.bags import flip
from tests.cli_launch import another_machine
from tests.command import run
from tests.shared import REPOSITORY
from tools.corpus import ARCHIVE, CORPUS, EXPECTED, audited

VERSIONS = sorted(path.parent.name for path in CORPUS.glob(f"*/{ARCHIVE}"))
RELEASED = ("1",)
"""The released versions of the formats; a new one needs an archive of its own."""


def test_every_released_version_has_its_archive() -> None:
    assert tuple(VERSIONS) == RELEASED


@pytest.mark.clause("AZ-37.1", "AZ-44")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_archive_still_audits(version: str, tmp_path: Path) -> None:
    folder = CORPUS / version
    expected = json.loads((folder / EXPECTED).read_text("utf-8"))
    statuses = {decision["status"] for decision in expected["decisions"]}
    assert statuses == {"recomputed"}
    assert len(expected["decisions"]) >= 8
    assert audited(folder / ARCHIVE) == expected
    with another_machine(tmp_path):
        done = run("audit", folder / ARCHIVE, "--anchor", expected["policy_digest"])
    assert done.exit_code == 0, done.out + done.err


@pytest.mark.parametrize("version", VERSIONS)
def test_an_archive_with_one_bit_flipped_does_not(version: str, tmp_path: Path) -> None:
    shutil.copy(CORPUS / version / ARCHIVE, tmp_path / ARCHIVE)
    flip(tmp_path / ARCHIVE, 3000)
    with another_machine(tmp_path):
        assert run("audit", tmp_path / ARCHIVE).exit_code == 10


def test_every_python_audits_them() -> None:
    from tools.pythons import TESTS

    assert "tests/corpus" in TESTS
    assert (REPOSITORY / "tests" / "corpus").is_dir()
