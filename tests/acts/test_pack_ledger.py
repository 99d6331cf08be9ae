"""Kits that carry the ledger: packed whole, read by a user who has nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from aztrust.acts.ledger.reading import LedgerOptions
from aztrust.acts.pack import pack
from aztrust.acts.preflight import HostRequest, preflight
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import CheckResult
from aztrust.core.formats.tiles import FOLDER
from aztrust.core.judge.verify import Verdict
from aztrust.core.kit.archive import HEAD, encode_kit
from aztrust.core.state.context import Request
from aztrust.storage import heads
from aztrust.storage.kit import read_kit
from aztrust.storage.launch import open_launch
from tests.disk_launch import NOW, Launch, make_launch, policy_text
from tests.ledgers import KEEPERS_KEY, ORIGIN, TABLE, LedgerFile, signed_files
from tests.verdicts import ONE


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))
    made.freeze()
    return made


@pytest.fixture
def log(launch: Launch, tmp_path: Path) -> LedgerFile:
    return LedgerFile(tmp_path / "l.ledger", signed_files(launch))


def packed(launch: Launch, log: LedgerFile, to: Path) -> Path:
    return pack(launch.path, to, str(log.path)).path


def ask(launch: Launch, kits: Sequence[Path], ledger: LedgerFile | None = None) -> Verdict:
    """Preflight's verdict; the host's own files are not what this is about."""
    request = Request(NOW + 3_600_000, anchor=launch.anchor, anchor_source="given")
    options = LedgerOptions(None if ledger is None else str(ledger.path), insists=True)
    return preflight([open_launch(kit) for kit in kits], HostRequest(), request, options)


def of(verdict: Verdict, check: str = "ledger") -> CheckResult:
    (result,) = (r for r in verdict.results if r.id == check)
    return result


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return [(f.code, f.subject) for f in of(verdict).findings]


def bent(kit: Path, to: Path, *without: str) -> Path:
    """The same kit, indexed anew without some files."""
    files = {path: data for path, data in read_kit(kit).files.items() if path not in without}
    to.write_bytes(encode_kit(files))
    return to


def test_a_kit_has_all_that_the_ledger_has(launch, log, tmp_path):
    log.head()
    whole = packed(launch, log, tmp_path / "whole.aztrust")
    for path in (launch.path / "manifests/records").glob("*.approval.*"):
        path.unlink()
    lean = packed(launch, log, tmp_path / "lean.aztrust")
    held, less = read_kit(whole).files, read_kit(lean).files
    ledger = {path: data for path, data in held.items() if path.startswith(f"{FOLDER}/")}
    assert {path.removeprefix(f"{FOLDER}/") for path in ledger} == {
        "checkpoint",
        "tile/entries/000.p/8",
        "tile/0/000.p/8",
    }
    assert ledger.items() <= less.items()
    records = [path for path in less if path.startswith("manifests/records/")]
    assert len(records) == 7
    for kit in (whole, lean):
        verdict = ask(launch, [kit])
        assert found(verdict) == []
        assert of(verdict).detail == "8 entries, a head over 8"
        assert of(verdict, "release-approvals").status == "pass"
    # The same launch and ledger give the same bytes.
    again = packed(launch, log, tmp_path / "again.aztrust")
    assert again.read_bytes() == lean.read_bytes()


def test_what_is_withheld_from_a_kit(launch, log, tmp_path):
    log.head()
    whole = packed(launch, log, tmp_path / "whole.aztrust")
    approval = next(r.path for r in launch.records if ".approval." in r.path)
    lacking = bent(whole, tmp_path / "lacking.aztrust", approval)
    index = [d == (launch.path / approval).read_bytes() for d in signed_files(launch)].index(True)
    assert found(ask(launch, [lacking])) == [("ledger-entry-withheld", f"entry {index}")]
    assert of(ask(launch, [lacking])).status == "error"
    # What one of them withholds, another may show.
    assert found(ask(launch, [lacking, whole])) == []
    # Nothing was kept of what did not hold, and then of what did.
    path = heads.head_path(ORIGIN, KEEPERS_KEY)
    assert path.is_file()
    ledger = [path for path in read_kit(whole).files if path.startswith(f"{FOLDER}/")]
    bare = bent(whole, tmp_path / "bare.aztrust", *ledger)
    verdict = ask(launch, [bare])
    assert [n.code for n in of(verdict).notices] == ["ledger-absent"]
    path.unlink()
    assert "ledger" not in {r.id for r in ask(launch, [bare]).results}


def test_the_longest_is_replayed_and_all_heads_agree(launch, log, tmp_path):
    log.head()
    older = packed(launch, log, tmp_path / "older.aztrust")
    launch.revoke(launch.records[2].record_id, "sonia")
    (revocation,) = (launch.path / "manifests/records").glob("*.revocation.*")
    log.append([revocation.read_bytes()])
    log.head()
    newer = packed(launch, log, tmp_path / "newer.aztrust")
    for kits in ([older, newer], [newer, older]):
        verdict = ask(launch, kits)
        assert (found(verdict), of(verdict).detail) == ([], "9 entries, a head over 9")
    assert found(ask(launch, [older], log)) == []
    heads.head_path(ORIGIN, KEEPERS_KEY).unlink()
    # A ledger here that is shorter than the kit's is not the one that is replayed.
    cut = LedgerFile(tmp_path / "cut.ledger", signed_files(launch)[:5])
    cut.head()
    verdict = ask(launch, [newer], cut)
    assert (found(verdict), of(verdict).detail) == (
        [("ledger-equivocation", f"head 5 of {cut.path}")],
        "",
    )


def test_a_kit_of_the_same_name_and_another_order(launch, log, tmp_path):
    log.head()
    one = packed(launch, log, tmp_path / "one.aztrust")
    files = signed_files(launch)
    other = LedgerFile(tmp_path / "other.ledger", [files[1], files[0], *files[2:]])
    other.head()
    two = packed(launch, other, tmp_path / "two.aztrust")
    codes = {code for code, _ in found(ask(launch, [one, two]))}
    assert codes == {"ledger-equivocation"}


def test_a_kit_of_another_policy_says_nothing_about_this_ledger(launch, log, tmp_path):
    log.head()
    kit = packed(launch, log, tmp_path / "k.aztrust")
    text = policy_text(extra=f"# another\n{ONE}{TABLE}")
    other = make_launch(tmp_path, name="other", policy=text)
    other.approve("release", "rita")
    other.approve("genesis", "gabi")
    longer = LedgerFile(tmp_path / "longer.ledger", signed_files(other))
    longer.head()
    verdict = ask(launch, [kit, packed(other, longer, tmp_path / "o.aztrust")])
    assert [f.code for f in of(verdict, "host-kits").findings] == ["kits-disagree"]
    assert (found(verdict), of(verdict).detail) == ([], "8 entries, a head over 8")


def test_what_is_in_the_folder_alone_is_packed_and_does_not_count(launch, log, tmp_path):
    log.head()
    approval = launch.approve("release", "sonia")
    kit = packed(launch, log, tmp_path / "k.aztrust")
    verdict = ask(launch, [kit])
    assert [n.code for n in of(verdict).notices] == ["record-only-in-folder"]
    counted = {u.record_id for u in verdict.context.records.effective.verified}
    assert approval not in counted


def test_no_kit_leaves_with_half_a_ledger(launch, log, tmp_path):
    to = tmp_path / "k.aztrust"
    with pytest.raises(Refused, match="has no signed head"):
        packed(launch, log, to)
    log.head()
    packed(launch, log, to)
    request = Request(NOW + 3_600_000, anchor=launch.anchor, anchor_source="given")
    preflight([open_launch(to)], HostRequest(), request)
    # A head of this ledger is known now: a kit without the ledger would hide its entries.
    with pytest.raises(CouldNotCheck, match="there is no ledger here"):
        pack(launch.path, to)
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        pack(launch.path, to, str(tmp_path / "none.ledger"))
    short = LedgerFile(tmp_path / "short.ledger", signed_files(launch)[:3])
    with pytest.raises(Refused, match="does not hold") as refused:
        packed(launch, short, to)
    assert refused.value.code == "ledger-inconsistent"


def test_a_ledger_without_a_head_at_its_usual_place_is_left_out(launch, tmp_path):
    place = heads.config_dir() / f"ledgers/test-1-{launch.anchor[7:15]}.ledger"
    LedgerFile(place, signed_files(launch))
    files = read_kit(pack(launch.path, tmp_path / "k.aztrust").path).files
    assert HEAD not in files
