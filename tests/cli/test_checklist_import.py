"""`aztrust checklist import`: what a launch packet shows, and its exit codes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.command import run
from tests.shared import shared_path

HEAD = "| | Artifact | Location | SHA-256 |\n|---|:--|---|---|\n"
ONE = "one file\n"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "root"
    (made / "docs").mkdir(parents=True)
    (made / "docs" / "one.md").write_text(ONE)
    (made / "docs" / "a|b.md").write_text(ONE)
    (tmp_path / "outside.md").write_text(ONE)
    return made


def packet(root: Path, *rows: str) -> Path:
    path = root.parent / "packet.md"
    path.write_text("# Packet\n\n" + HEAD + "".join(f"{row}\n" for row in rows))
    return path


def read(root: Path, *rows: str):
    return run("checklist", "import", packet(root, *rows), "--root", root, "--json")


def states(done) -> list[str]:
    return [row["state"] for row in done.document["rows"]]


@pytest.mark.clause("RC-H")
def test_the_packet_of_the_source_is_reported_exactly():
    root = shared_path("data/virtengine")
    words = ("checklist", "import", root / "_docs/operations/mainnet-launch-packet.md")
    done = run(*words, "--root", root, "--json")
    assert done.exit_code == 11
    count = {state: n for state, n in done.document["count"].items() if n}
    assert count == {"recomputed": 8, "missing": 1, "pending": 7}
    (missing,) = [r for r in done.document["rows"] if r["state"] == "missing"]
    assert missing["location"] == "scripts/mainnet/prelaunch-checklist.sh"
    text = run(*words, "--root", root)
    assert text.exit_code == 11
    first = text.out.splitlines()[0]
    assert first == ("PARTIAL  8 rows recompute, 1 file is missing, 7 rows are pending   exit 11")


def test_a_packet_that_recomputes_passes(root):
    done = read(
        root, f"| | one | docs/one.md | {sha(ONE)} |", f"| | two | `docs/a\\|b.md` | {sha(ONE)} |"
    )
    assert (done.exit_code, states(done)) == (0, ["recomputed"] * 2)
    # The first column is empty, and the artifact is in the second one.
    assert [row["id"] for row in done.document["rows"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("row", "state", "code"),
    [
        (f"| | x | docs/one.md | {sha('other')} |", "wrong", 10),
        ("| | x | docs/one.md | Pending |", "pending", 11),
        ("| | x | docs/one.md | |", "pending", 11),
        ("| | x | docs/one.md | soon |", "unclear", 11),
        (f"| | x | docs/gone.md | {sha(ONE)} |", "missing", 11),
        (f"| | x | docs/one.md/x | {sha(ONE)} |", "missing", 11),
        (f"| | x | docs | {sha(ONE)} |", "unreadable", 11),
        (f"| | x | ../outside.md | {sha(ONE)} |", "refused", 10),
        (f"| | x | docs/../../outside.md | {sha(ONE)} |", "refused", 10),
        (f"| | x | /etc/hostname | {sha(ONE)} |", "refused", 10),
        (f"| | x | | {sha(ONE)} |", "refused", 10),
    ],
)
def test_a_row_that_is_not_a_pass(root, row, state, code):
    done = read(root, row, f"| | one | docs/one.md | {sha(ONE)} |")
    assert (done.exit_code, states(done)) == (code, [state, "recomputed"])


def test_a_link_out_of_the_root_is_refused(root):
    (root / "out.md").symlink_to("../outside.md")
    (root / "in.md").symlink_to("docs/one.md")
    (root / "folder").symlink_to("..")
    listed = [f"| | x | {p} | {sha(ONE)} |" for p in ("out.md", "in.md", "folder/outside.md")]
    done = read(root, *listed)
    assert (done.exit_code, states(done)) == (10, ["refused", "recomputed", "refused"])


def test_a_document_with_neither_is_nothing(tmp_path):
    plain = tmp_path / "plain.md"
    plain.write_text("# T\n\nno table at all\n")
    done = run("checklist", "import", plain)
    assert done.exit_code == 3
    assert "no task list, and no evidence table" in " ".join(done.err.split())
    assert run("checklist", "import", tmp_path / "gone.md").exit_code == 1


def test_definitions_are_written_and_read_again(tmp_path):
    listed = tmp_path / "list.md"
    listed.write_text("# Mine\n\n## D. Drills\n- [x] restore\n- [ ] rehearse\n")
    made = tmp_path / "checklist.toml"
    assert run("checklist", "import", listed, "-o", made).exit_code == 0
    text = made.read_text()
    assert "# A tick is not an answer; the document has one for D.1." in text
    shown = run("checklist", "show", made, "--json").document
    assert [i["id"] for i in shown["definitions"]["item"]] == ["D.1", "D.2"]
    linted = run("checklist", "lint", made, "--json")
    assert (linted.exit_code, linted.document["remarks"][0]["topic"]) == (0, "vague-item")


def test_a_larger_document_is_refused(tmp_path):
    large = tmp_path / "large.md"
    large.write_bytes(b"a" * (256 * 1024 + 1))
    done = run("checklist", "import", large)
    assert done.exit_code == 10
    assert "larger than" in done.err
