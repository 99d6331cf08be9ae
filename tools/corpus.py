"""Write the archives that every later aztrust must audit: `tests/corpus/VERSION`.

    python tools/corpus.py 1        writes tests/corpus/1, which must not be there yet

A version is that of the formats (docs/formats): one archive for each released one, and none is ever
written again. Before its release a version can still change: then remove its folder, and write it.
Keys, times and files are fixed, so a second run gives the same bytes until a format
changes; `tests/corpus/test_corpus.py` audits each archive with every Python of `tools/pythons.py`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

REPOSITORY = Path(__file__).resolve().parents[1]
CORPUS = REPOSITORY / "tests" / "corpus"
ARCHIVE = "launch.tar"
EXPECTED = "expected.json"


def write(folder: Path) -> None:
    """One small launch from its freeze to the restricted posture, archived, and what is in it.

    Raises:
        SystemExit: a command failed.
    """
    from tests.cli_launch import Template, another_machine
    from tests.command import run

    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="aztrust-corpus-") as scratch:
        parent = Path(scratch)
        made = Template.started(parent)
        launch = made.path / "launch"
        with another_machine(parent / "elsewhere"):
            done = run("archive", folder / ARCHIVE, "--tar", "-C", launch)
            if done.exit_code != 0:
                sys.exit(done.out + done.err)
            expected = audited(folder / ARCHIVE)
    text = json.dumps(expected, indent=2, sort_keys=True)
    (folder / EXPECTED).write_text(f"{text}\n", "utf-8")


def audited(archive: Path) -> dict[str, object]:
    """What an audit finds in an archive, as far as every later version must find the same."""
    from aztrust.acts.audit.run import AuditOptions, audit

    found = audit(archive, AuditOptions())
    return {
        "policy_digest": found.whole.policy_digest,
        "entries": len(found.whole.order),
        "decisions": [
            {
                "record_id": decision.verdict.record_id,
                "class": decision.verdict.statement.checkpoint.checkpoint_class,
                "verdict": decision.verdict.statement.checkpoint.verdict,
                "status": decision.outcome.status if decision.outcome is not None else None,
            }
            for decision in found.decisions
        ],
    }


def main(version: str) -> None:
    """Write one version.

    Raises:
        SystemExit: it is there already.
    """
    folder = CORPUS / version
    if folder.is_dir():
        sys.exit(f"{folder} is there: a version that was released is never written again")
    try:
        write(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


if __name__ == "__main__":
    main(sys.argv[1])
