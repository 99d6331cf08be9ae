"""A launch's ledger in a verification: found, held against what is known, remembered."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.verify import ReadOptions, verify_files
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.findings import CheckResult, Conclusion, Guidance, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats import merkle
from aztrust.core.judge.verify import Verdict
from aztrust.core.records.administration import Revocation
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.context import Request
from aztrust.storage import heads
from aztrust.storage.config import config_dir
from aztrust.storage.launch import open_launch, read_launch
from tests.disk_launch import NOW, Launch, make_launch, policy_text, signer
from tests.ledgers import KEEPER, KEEPERS_KEY, ORIGIN, TABLE, LedgerFile, head_note, signed_files
from tests.verdicts import ONE, freeze_of, signed

LATER = NOW + 3_600_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration directory of this test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("AZTRUST_LEDGER", raising=False)
    return tmp_path / "config"


def launched(tmp_path: Path, extra: str = TABLE) -> Launch:
    return make_launch(tmp_path, policy=policy_text(extra=ONE + extra))


def ask(
    launch: Launch, *, anchor: str | None = None, stage: Stage | None = None, **options: object
):
    """The verdict with this launch's own anchor."""
    given = launch.anchor if anchor is None else anchor
    request = Request(LATER, anchor=given, anchor_source="given" if given else "")
    opened = open_launch(launch.path)
    return verify_files(
        opened,
        opened.evidence(),
        request,
        stage,
        ReadOptions(),
        LedgerOptions(**options),  # type: ignore[arg-type]
    )


def of(verdict: Verdict, check: str = "ledger") -> CheckResult:
    (result,) = (r for r in verdict.results if r.id == check)
    return result


def found(verdict: Verdict) -> list[str]:
    return [f.code for f in of(verdict).findings]


def seen(verdict: Verdict, check: str = "ledger") -> list[str]:
    return [f.code for f in of(verdict, check).notices]


def kept(launch: Launch) -> Path:
    return heads.head_path(ORIGIN, signer(KEEPER).public.fingerprint)


# ---- where it is -------------------------------------------------------------------------------


def test_without_a_ledger_nothing_is_asked(tmp_path):
    verdict = ask(launched(tmp_path))
    assert verdict.exit_code == 0
    assert "ledger" not in {r.id for r in verdict.results}


@pytest.mark.parametrize("place", ["option", "variable", "default"])
def test_a_ledger_is_found(tmp_path, monkeypatch, place):
    launch = launched(tmp_path)
    path = tmp_path / "some.ledger"
    options: dict[str, object] = {}
    if place == "default":
        path = config_dir() / f"ledgers/test-1-{launch.anchor[7:15]}.ledger"
    elif place == "variable":
        monkeypatch.setenv("AZTRUST_LEDGER", str(path))
    else:
        options["option"] = str(path)
    LedgerFile(path, signed_files(launch)).head()
    verdict = ask(launch, **options)
    assert verdict.exit_code == 0
    assert of(verdict).status is Status.PASS
    assert of(verdict).detail == "7 entries, a head over 7"
    assert of(verdict).owner == KEEPER


def test_a_ledger_that_was_named_must_be_there(tmp_path, monkeypatch):
    launch = launched(tmp_path)
    missing = str(tmp_path / "no.ledger")
    assert ask(launch, option=missing).exit_code == 0
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        ask(launch, option=missing, insists=True)
    monkeypatch.setenv("AZTRUST_LEDGER", missing)
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        ask(launch, insists=True)
    monkeypatch.setenv("AZTRUST_LEDGER", "")
    with pytest.raises(UsageError, match="empty"):
        ask(launch)


def test_under_another_policy_no_ledger_is_read(tmp_path):
    launch = launched(tmp_path)
    path = tmp_path / "l.ledger"
    path.write_bytes(b"no database at all")
    verdict = ask(launch, anchor="sha256:" + "0" * 64, option=str(path), insists=True)
    assert verdict.context.evidence.ledger is None
    assert verdict.exit_code == 10
    request = Request(LATER, pin_conflicts=("another anchor is pinned",))
    found_by_itself = with_ledger(read_launch(launch.path), request, LedgerOptions(str(path)))
    assert found_by_itself.ledger is None


# ---- whose it is -------------------------------------------------------------------------------


def test_a_ledger_without_a_name_counts_nowhere(tmp_path):
    launch = launched(tmp_path, "")
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch)[:3])
    log.head()
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, seen(verdict)) == (0, ["ledger-unnamed"])
    assert not verdict.context.order
    verdict = ask(launch, option=str(log.path), insists=True)
    assert (verdict.exit_code, of(verdict).status) == (11, Status.NOT_RUN)


def test_a_freeze_names_the_ledger_from_wherever_it_is(tmp_path):
    launch = launched(tmp_path, "")
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    luca = signer("luca")
    root = f"sha256:{merkle.EMPTY_ROOT.hex()}"
    named = LedgerHead(origin=ORIGIN, keeper=KEEPERS_KEY, size=0, root=root)
    said = freeze_of(read_launch(launch.path), luca.public, launch.now())
    payload = build_verdict(replace(said, ledger=named))
    record_id = sha256_id(payload)
    verdict_file = launch.path / "manifests/verdicts/one.dsse.json"
    verdict_file.parent.mkdir()
    verdict_file.write_bytes(signed(payload, luca))
    log.append([verdict_file.read_bytes()])
    log.head()
    for _ in range(2):
        verdict = ask(launch, option=str(log.path))
        assert (verdict.exit_code, of(verdict).owner) == (0, KEEPER)
        assert [v.record_id for v in verdict.context.verdicts.verdicts] == [record_id]
        if verdict_file.exists():
            verdict_file.unlink()
    # To take back a freeze makes no word of its ledger unsaid.
    launch.revoke(record_id, "luca")
    assert "ledger-unnamed" not in seen(ask(launch, option=str(log.path)))


def freeze_naming(launch: Launch, origin: str | None) -> bytes:
    """A freeze whose ledger is the empty log of that name; None for one that names no ledger."""
    luca, root = signer("luca"), f"sha256:{merkle.EMPTY_ROOT.hex()}"
    named = origin and LedgerHead(origin=origin, keeper=KEEPERS_KEY, size=0, root=root)
    said = freeze_of(read_launch(launch.path), luca.public, launch.now())
    return signed(build_verdict(replace(said, ledger=named) if named else said), luca)


@pytest.mark.parametrize("second", ["ledger.example/second", None])
def test_a_second_log_under_another_name_does_not_replace_a_kept_head(tmp_path, home, second):
    launch = launched(tmp_path, "")
    path = launch.path / "manifests/verdicts/one.dsse.json"
    path.parent.mkdir()

    def judged(origin: str | None, name: str) -> Verdict:
        path.write_bytes(freeze_naming(launch, origin))
        log = LedgerFile(tmp_path / name, [*signed_files(launch)], origin or ORIGIN)
        log.head()
        return ask(launch, option=str(log.path), stage=Stage.FROZEN)

    # On a host that keeps no head either log is accepted: first contact is unprotected.
    assert judged(second or ORIGIN, "alone.ledger").exit_code == 0
    shutil.rmtree(home)
    assert judged(ORIGIN, "first.ledger").exit_code == 0
    (head,) = (config_dir() / "heads").glob("*.note")
    verdict = judged(second, "second.ledger")
    if second:
        assert (verdict.exit_code, found(verdict)) == (10, ["ledger-inconsistent"])
        assert second in of(verdict).findings[0].message
    else:
        assert (verdict.exit_code, seen(verdict)) == (11, ["ledger-absent"])
    # A head of another launch's log is of no matter here.
    tied = head.with_suffix(".launches")
    tied.write_text(f"sha256:{'7' * 64}\n")
    expected = (0, []) if second else (0, ["ledger-unnamed"])
    verdict = judged(second, "third.ledger")
    assert (verdict.exit_code, [*found(verdict), *seen(verdict)]) == expected


def test_a_freeze_under_another_policy_names_nothing(tmp_path):
    launch = launched(tmp_path, "")
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    luca, root = signer("luca"), f"sha256:{merkle.EMPTY_ROOT.hex()}"
    named = LedgerHead(origin=ORIGIN, keeper=KEEPERS_KEY, size=0, root=root)
    other = "sha256:" + "9" * 64
    said = freeze_of(read_launch(launch.path), luca.public, launch.now(), policy_digest=other)
    path = launch.path / "manifests/verdicts/one.dsse.json"
    path.parent.mkdir()
    path.write_bytes(signed(build_verdict(replace(said, ledger=named)), luca))
    assert seen(ask(launch, option=str(log.path), stage=Stage.APPROVED)) == ["ledger-unnamed"]


def test_the_keepers_key_must_be_available_here(tmp_path):
    launch = launched(tmp_path, TABLE.replace(KEEPERS_KEY, "sha256:" + "7" * 64))
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    verdict = ask(launch, option=str(log.path))
    assert found(verdict) == ["ledger-unreadable"]
    assert verdict.exit_code == 1
    assert ask(launch).exit_code == 0


# ---- what counts -------------------------------------------------------------------------------


@pytest.mark.clause("AZ-15.2")
def test_a_yes_counts_once_it_is_appended(tmp_path):
    launch = launched(tmp_path)
    held = signed_files(launch)
    log = LedgerFile(tmp_path / "l.ledger", held[:-1])
    verdict = ask(launch, option=str(log.path))
    assert verdict.exit_code == 10
    assert seen(verdict) == ["record-only-in-folder"]
    (notice,) = of(verdict).notices
    assert notice.message.endswith("pending: counts after luca appends it")
    assert notice.mend.startswith("luca: aztrust ledger keep")
    log.append(held[-1:])
    assert ask(launch, option=str(log.path)).exit_code == 0


def test_a_negative_record_counts_from_wherever_it_is(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    approval = next(r.record_id for r in launch.records if ".approval." in r.path)
    launch.revoke(approval, "sonia")
    verdict = ask(launch, option=str(log.path))
    assert verdict.exit_code == 10
    assert seen(verdict) == ["record-only-in-folder"]
    revocation = next((launch.path / "manifests/records").glob("*.revocation.*"))
    log.append([revocation.read_bytes()])
    revocation.unlink()
    verdict = ask(launch, option=str(log.path))
    assert verdict.exit_code == 10
    assert seen(verdict) == ["record-only-in-ledger"]


def test_a_freeze_counts_once_it_is_appended(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    launch.freeze()
    verdict = ask(launch, option=str(log.path), stage=Stage.FROZEN)
    assert (verdict.exit_code, seen(verdict)) == (11, ["record-only-in-folder"])
    log.append(signed_files(launch))
    verdict = ask(launch, option=str(log.path), stage=Stage.FROZEN)
    assert verdict.exit_code == 0
    assert verdict.context.order[verdict.context.verdicts.verdicts[0].record_id] == 7
    assert verdict.context.ledger_index("sha256:" + "0" * 64) is None


def test_another_signature_over_the_same_payload_is_the_same_record(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    for path in (launch.path / "manifests/records").iterdir():
        path.write_bytes(path.read_bytes().replace(b",", b",\n "))
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, seen(verdict)) == (0, [])


# ---- what is known about it ----------------------------------------------------------------------


@pytest.mark.clause("AZ-15.2")
def test_the_largest_head_is_kept_and_compared(tmp_path):
    launch = launched(tmp_path)
    held = signed_files(launch)
    log = LedgerFile(tmp_path / "l.ledger", held[:5])
    log.head()
    ask(launch, option=str(log.path))
    assert b"\n5\n" in kept(launch).read_bytes()
    assert stat.S_IMODE(kept(launch).stat().st_mode) == 0o600
    log.append(held[5:])
    ask(launch, option=str(log.path))
    assert b"\n5\n" in kept(launch).read_bytes()
    log.head()
    assert ask(launch, option=str(log.path)).exit_code == 0
    assert b"\n7\n" in kept(launch).read_bytes()
    # What was cut back is whole in itself, and is not kept.
    short = LedgerFile(tmp_path / "short.ledger", held[:6])
    short.head()
    verdict = ask(launch, option=str(short.path))
    assert found(verdict) == ["ledger-inconsistent"]
    assert verdict.guidance is Guidance.HOLD
    assert "head kept in" in of(verdict).findings[0].subject
    assert b"\n7\n" in kept(launch).read_bytes()
    # So is what has as many entries in another order.
    other = LedgerFile(tmp_path / "other.ledger", [*held[1:], held[0]])
    other.head()
    verdict = ask(launch, option=str(other.path))
    assert found(verdict) == ["ledger-equivocation"]
    assert verdict.guidance is Guidance.HOLD
    # And one that is gone.
    verdict = ask(launch)
    assert (verdict.exit_code, seen(verdict)) == (11, ["ledger-absent"])
    assert verdict.conclusion is Conclusion.HOLD


def test_nothing_is_kept_before_the_policy_is_the_announced_one(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    assert ask(launch, anchor="", option=str(log.path)).exit_code == 12
    assert not kept(launch).exists()


def test_a_file_in_the_place_of_the_kept_heads_is_not_their_absence(tmp_path, home):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    (home / "aztrust").mkdir(parents=True)
    (home / "aztrust/heads").write_bytes(b"a file in the folder's place")
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, found(verdict)) == (1, ["ledger-unreadable"])


def test_what_cannot_be_kept_is_noted_and_changes_nothing(tmp_path, monkeypatch):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()

    def full(*_: object) -> None:
        raise CouldNotCheck("the disk is full")

    monkeypatch.setattr("aztrust.acts.ledger.trusted_heads.keep_head", full)
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, seen(verdict)) == (0, ["head-not-kept"])


def test_a_kept_head_that_is_damaged_leaves_the_question_open(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    kept(launch).parent.mkdir(parents=True)
    kept(launch).write_bytes(b"no note\n")
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, found(verdict)) == (1, ["ledger-unreadable"])
    assert kept(launch).read_bytes() == b"no note\n"
    verdict = ask(launch)
    assert (verdict.exit_code, found(verdict)) == (1, ["ledger-unreadable"])


def test_since_a_head_that_someone_kept(tmp_path):
    launch = launched(tmp_path)
    held = signed_files(launch)
    log = LedgerFile(tmp_path / "l.ledger", held[:4])
    head = tmp_path / "kept.note"
    head.write_bytes(log.head())
    log.append(held[4:])
    assert ask(launch, option=str(log.path), since=head, insists=True).exit_code == 0
    strange = LedgerFile(tmp_path / "strange.ledger", [*held[1:], held[0]])
    verdict = ask(launch, option=str(strange.path), since=head)
    # The head with four entries was also kept here, by the run before.
    assert found(verdict) == ["ledger-inconsistent"] * 2
    assert any("kept.note" in f.subject for f in of(verdict).findings)
    # Without a ledger here there is no answer.
    assert ask(launch, since=head).exit_code == 11
    with pytest.raises(CouldNotCheck):
        ask(launch, since=tmp_path / "none.note")
    head.write_bytes(head_note(4, b"\0" * 32, "rita"))
    assert found(ask(launch, option=str(log.path), since=head)) == ["ledger-inconsistent"]


@pytest.mark.clause("AZ-15.2")
def test_at_an_earlier_head_what_came_later_does_not_count(tmp_path):
    launch = launched(tmp_path)
    held = signed_files(launch)
    log = LedgerFile(tmp_path / "l.ledger", held)
    head = tmp_path / "then.note"
    head.write_bytes(log.head())
    approval = next(r.record_id for r in launch.records if ".approval." in r.path)
    launch.revoke(approval, "sonia")
    (revocation,) = set(signed_files(launch)) - set(held)
    assert ask(launch, option=str(log.path)).exit_code == 10
    verdict = ask(launch, option=str(log.path), at_head=head, insists=True)
    assert (verdict.exit_code, seen(verdict)) == (0, ["ledger-later"])
    log.append([revocation])
    log.head()
    assert ask(launch, option=str(log.path)).exit_code == 10
    verdict = ask(launch, option=str(log.path), at_head=head)
    assert (verdict.exit_code, seen(verdict)) == (0, ["ledger-later"])
    reading = verdict.context.evidence.ledger
    assert reading is not None
    assert (reading.size, reading.left_out) == (len(held), 1)
    assert reading.head is not None
    assert reading.head.verified.head.size == len(held)


def test_a_file_that_is_not_a_ledger(tmp_path):
    launch = launched(tmp_path)
    path = tmp_path / "l.ledger"
    path.write_bytes(b"a page of a web server")
    verdict = ask(launch, option=str(path))
    assert (verdict.exit_code, found(verdict)) == (1, ["ledger-unreadable"])
    # Of a ledger that cannot be used nothing counts, and nothing stops counting.
    assert verdict.conclusion is Conclusion.ERROR
    assert of(verdict, "release-approvals").status is Status.PASS


def test_another_launchs_ledger(tmp_path):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch), "ledger.example/other")
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, found(verdict)) == (10, ["ledger-inconsistent"])


@pytest.mark.parametrize(
    ("size", "root", "says"),
    [(8, "", "this ledger has 7"), (5, "0", "not the first 5"), (0, "", "")],
)
def test_what_a_verdict_considered(tmp_path, size, root, says):
    launch = launched(tmp_path)
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    luca = signer("luca")
    seen_root = f"sha256:{root * 64}" if root else f"sha256:{merkle.EMPTY_ROOT.hex()}"
    head = LedgerHead(origin=ORIGIN, keeper=KEEPERS_KEY, size=size, root=seen_root)
    said = freeze_of(read_launch(launch.path), luca.public, launch.now())
    path = launch.path / "manifests/verdicts/one.dsse.json"
    path.parent.mkdir()
    path.write_bytes(signed(build_verdict(replace(said, ledger=head)), luca))
    verdict = ask(launch, option=str(log.path), stage=Stage.APPROVED)
    assert found(verdict) == (["ledger-inconsistent"] if says else [])
    assert all(says in f.message for f in of(verdict).findings)
    # By a holder who may not sign verdicts, it does not count.
    rita = signer("rita")
    by_rita = replace(freeze_of(read_launch(launch.path), rita.public, launch.now()), ledger=head)
    path.write_bytes(signed(build_verdict(by_rita), rita))
    assert found(ask(launch, option=str(log.path), stage=Stage.APPROVED)) == []


# ---- how old it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "exit_code"), [("2h", 0), ("54m", 0), ("53m", 11), ("1m", 11)])
def test_the_age_of_a_head(tmp_path, age, exit_code):
    # The newest of seven records was made six minutes after the first.
    launch = launched(tmp_path, f'{TABLE}max_head_age = "{age}"\n')
    assert ask(launch).exit_code == 11
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, seen(verdict, "records-fresh")) == (11, ["records-stale"])
    log.head()
    verdict = ask(launch, option=str(log.path))
    assert verdict.exit_code == exit_code
    assert seen(verdict, "records-fresh") == (["records-stale"] if exit_code else [])


def test_only_what_the_head_covers_bounds_its_age(tmp_path):
    launch = launched(tmp_path, f'{TABLE}max_head_age = "54m"\n')
    held = signed_files(launch)
    newest = launch.records[-1]
    data = next((launch.path / "manifests/records").glob(f"{newest.record_id[7:23]}*")).read_bytes()
    held.remove(data)
    log = LedgerFile(tmp_path / "l.ledger", held)
    log.head()
    log.append([data])
    assert ask(launch, option=str(log.path)).exit_code == 11
    log.head()
    assert ask(launch, option=str(log.path)).exit_code == 0


@pytest.mark.parametrize("reason", ["compromised", "retired"])
def test_a_revoked_keepers_head_bounds_nothing(tmp_path, reason):
    launch = launched(tmp_path, f'{TABLE}max_head_age = "2h"\n')
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    assert ask(launch, option=str(log.path)).exit_code == 0
    launch.revoke(KEEPERS_KEY, "luca", kind="key", reason=reason)
    verdict = ask(launch, option=str(log.path))
    assert (verdict.exit_code, seen(verdict, "records-fresh")) == (11, ["records-stale"])
    assert "revoked" in of(verdict, "records-fresh").detail


def test_a_time_that_has_not_come_bounds_nothing(tmp_path):
    launch = launched(tmp_path, f'{TABLE}max_head_age = "53m"\n')
    body = Revocation(
        policy_digest=launch.anchor,
        reason="from next year",
        revoked_at_unix_ms=LATER + 31_536_000_000,
        stands=(),
        target="sha256:" + "1" * 64,
        target_kind="record",
    )
    launch.record("revocation", body, "sonia")
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    log.head()
    verdict = ask(launch, option=str(log.path))
    assert seen(verdict, "records-fresh") == ["records-stale"]
    assert verdict.exit_code == 11


def test_the_kept_heads_of_two_keepers_are_in_separate_files():
    one, two = signer("luca").public.fingerprint, signer("rita").public.fingerprint
    paths = {heads.head_path(ORIGIN, one), heads.head_path(ORIGIN, two), heads.head_path("o", one)}
    assert len(paths) == 3
    assert all(len(os.path.basename(path)) == len("0123456789abcdef.note") for path in paths)
