"""`aztrust audit`: verdicts that recompute from the launch directory alone, and each that does not.

Every refusal has its accepted neighbour: `started`, whose verdicts all recompute.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aztrust.cli.session import Session
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.judge import checkpoint_draft
from aztrust.storage.ledger.sqlite import open_store
from fixtures.forge.ledgers import published
from tests.cli_launch import Desk, Template, another_machine, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import MINUTE, make_launch
from tests.ledgers import KEYS, TABLE, head_note, nodes_of, reader
from tests.starts import go_proposed, two_at_go_hold

clock = pytest.fixture(ticking_clock)
two = pytest.fixture(scope="module")(two_at_go_hold)


@pytest.fixture(scope="module")
def proposed(two: Template, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """luca proposed to go, and sonia has not signed yet."""
    return go_proposed(two, tmp_path_factory)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A launch from its freeze to the restricted posture: eight verdicts."""
    return Template.started(tmp_path_factory.mktemp("started"))


@pytest.fixture(scope="module")
def frozen_launch(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=True)


@pytest.fixture
def copy(started: Template, tmp_path: Path) -> Path:
    """The directory alone, as an archive has it: its ledger's store stays where it was."""
    shutil.copytree(started.path / "launch", tmp_path / "copy")
    return tmp_path / "copy"


def audited(launch: Path, *words: object) -> tuple[int, dict[str, Any]]:
    """Exit code and document of an audit on a machine that has never seen the launch."""
    done = audit(launch, *words, "--format", "json")
    return done.exit_code, done.document


def audit(launch: Path, *words: object) -> Done:
    anchor = Desk(_Named(launch)).anchor  # type: ignore[arg-type]
    with another_machine(launch.parent):
        return run("audit", launch, "--anchor", anchor, *words)


class _Named:
    """As much of a launch as names its anchor."""

    def __init__(self, path: Path) -> None:
        from aztrust.core.policy.model import policy_digest

        self.path = path
        self.anchor = policy_digest((path / "manifests/launch.toml").read_bytes())


def statuses(document: dict[str, Any]) -> list[str]:
    return [decision["status"] for decision in document["decisions"]]


def a_file_of(launch: Path) -> Path:
    """One file of the release."""
    return next(p for p in sorted((launch / "packages/release").rglob("*")) if p.is_file())


def files(launch: Path, kind: str) -> list[Path]:
    return sorted((launch / "manifests/records").glob(f"*.{kind}.*"))


# ---- what holds ---------------------------------------------------------------------------------


@pytest.mark.clause("AZ-37.1", "AZ-40")
def test_every_verdict_recomputes_from_the_directory_alone(copy: Path) -> None:
    code, document = audited(copy)
    assert code == 0, document["summary"]
    assert [d["checkpoint_class"] for d in document["decisions"]] == [
        "freeze_confirmed",
        "final_checks_completed",
        "go_hold_review_completed",
        "bootstrap_authorized",
        "final_checks_completed",
        "first_blocks_healthy",
        "first_epoch_finalized",
        "restricted_posture_entered",
    ]
    assert set(statuses(document)) == {"recomputed"}
    assert document["ledger"]["holds"]
    assert document["without_effect"] == []
    decided = next(act for act in document["acts"] if act["kind"] == "go-no-go-decision")
    assert (decided["holders"], decided["entry"]) == (["luca"], 18)
    assert "verdict" in {named["kind"] for named in decided["rests_on"]}
    first, second = document["decisions"][:2]
    assert (first["holder"], first["entry"], first["entries"]) == ("luca", 8, 8)
    assert first["known"] == {"approval": 5, "launch-window": 1, "seal": 2}
    assert [n["kind"] for n in first["rests_on"]] == ["seal"] * 2 + ["approval"] * 5 + [
        "launch-window"
    ]
    assert len(second["rests_on"]) == 16


def test_the_same_files_give_the_same_bytes(copy: Path, tmp_path: Path) -> None:
    one = audit(copy, "--timeline", "--format", "json").out
    again = tmp_path / "again" / "copy"
    shutil.copytree(copy, again)
    assert audit(again, "--timeline", "--format", "json", "--jobs", "2").out == one


def test_without_an_anchor_it_is_unknown_whose_launch_it_is(copy: Path) -> None:
    with another_machine(copy.parent):
        done = run("audit", copy)
        other = run("audit", copy, "--anchor", "0" * 64)
    assert done.exit_code == 12
    assert "--anchor HEX" in done.out
    assert other.exit_code == 10


def test_a_pin_of_this_home_does_not_count(copy: Path, started: Template) -> None:
    with another_machine(copy.parent):
        anchor = _Named(copy).anchor
        assert run("-C", copy, "anchor", "add", anchor).exit_code == 0
        assert run("audit", copy).exit_code == 12


def test_a_store_of_this_machine_is_not_asked(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "no such ledger"))
    assert audit(copy).exit_code == 0


def test_the_version_is_that_of_the_verdict(
    frozen_launch: Template, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = frozen_launch.copy(tmp_path, clock)
    monkeypatch.setattr(checkpoint_draft, "versions", lambda: {"aztrust": "9.9.9"})
    desk.done("final-check")
    monkeypatch.undo()
    code, document = audited(desk.launch.path)
    assert (code, document["decisions"][1]["version"]) == (0, {"aztrust": "9.9.9"})


# ---- what is not here ---------------------------------------------------------------------------


def test_without_packages_nothing_is_called_recomputed(copy: Path) -> None:
    for name in ("release", "genesis"):
        shutil.rmtree(copy / "packages" / name)
    code, document = audited(copy)
    assert (code, set(statuses(document))) == (11, {"not-recomputed"})
    assert "the packages are not here: release, genesis" in document["decisions"][0]["reasons"]


def test_without_one_package_it_is_open_too(copy: Path) -> None:
    shutil.rmtree(copy / "packages" / "genesis")
    code, document = audited(copy)
    assert (code, document["decisions"][0]["reasons"]) == (
        11,
        ["the packages are not here: genesis"],
    )


def test_without_packages_what_else_changed_is_still_found(
    frozen_launch: Template, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = forged(frozen_launch, tmp_path, clock, monkeypatch, _without_an_approval)
    for name in ("release", "genesis"):
        shutil.rmtree(desk.launch.path / "packages" / name)
    code, document = audited(desk.launch.path)
    assert (code, statuses(document)) == (10, ["not-recomputed", "differs"])


def test_a_kit_has_no_packages(copy: Path, tmp_path: Path) -> None:
    kit = tmp_path / "launch.kit"
    done = run("pack", kit, "-C", copy)
    assert done.exit_code == 0, done.err
    with another_machine(tmp_path):
        done = run("audit", kit, "--anchor", _Named(copy).anchor)
    assert done.exit_code == 11, done.out + done.err
    assert "a kit carries no packages" in done.out


def test_a_file_that_was_shown_and_is_not_here_is_named(
    tmp_path: Path, clock: Any, started: Template
) -> None:
    desk = started.copy(tmp_path, clock)
    shown = tmp_path / "roots.txt"
    shown.write_text("block 1 has the root 5a3c")
    again = desk.run("window", "checkpoint", "first_epoch_finalized", "--evidence", shown, "--yes")
    assert again.exit_code == 11
    code, document = audited(desk.launch.path)
    last = document["decisions"][-1]
    assert (code, last["status"]) == (11, "not-recomputed")
    assert "a file that it was shown is not here: sha256:" in last["reasons"][0]
    (desk.launch.path / "observations").mkdir(exist_ok=True)
    shutil.copy(shown, desk.launch.path / "observations" / "roots.txt")
    assert audited(desk.launch.path)[0] == 0


# ---- what does not hold -------------------------------------------------------------------------


@pytest.mark.clause("AZ-40")
def test_evidence_that_changed_is_named_with_both_values(copy: Path) -> None:
    changed = a_file_of(copy)
    changed.write_bytes(changed.read_bytes() + b"\n")
    code, document = audited(copy)
    assert code == 10
    first, second = document["decisions"][:2]
    assert (first["status"], second["status"]) == ("differs", "not-reached")
    assert first["record_id"] in document["summary"]
    different = first["differences"][0]
    assert different["pointer"].endswith("/matrix/0/status")
    assert (different["signed"], different["recomputed"]) == ('"pass"', '"fail"')
    text = audit(copy).out
    assert "DOES NOT RECOMPUTE" in text
    assert first["record_id"] in text


def test_with_all_it_goes_on_after_the_first(copy: Path) -> None:
    changed = a_file_of(copy)
    changed.write_bytes(changed.read_bytes() + b"\n")
    code, document = audited(copy, "--all")
    assert (code, set(statuses(document))) == (10, {"differs"})


def _without_an_approval(statement: Any) -> Any:
    """The same verdict, which rests on one approval less."""
    gone = statement.rests_on[0]
    rows = tuple(
        row.model_copy(update={"evidence": tuple(i for i in row.evidence if i != gone)})
        for row in statement.matrix
    )
    return replace(statement, matrix=rows, rests_on=statement.rests_on[1:])


def _with_a_pass(statement: Any) -> Any:
    """The same verdict, whose rows all pass."""
    rows = tuple(row.model_copy(update={"status": "pass"}) for row in statement.matrix)
    checkpoint = statement.checkpoint.model_copy(update={"verdict": "pass"})
    return replace(statement, matrix=rows, checkpoint=checkpoint, findings=(), guidance="CONTINUE")


def forged(
    template: Template,
    tmp_path: Path,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    bend: Callable[[Any], Any],
) -> Desk:
    """A launch whose last final check was signed over a statement that someone bent."""
    desk = template.copy(tmp_path, clock)
    honest = checkpoint_draft.checkpoint_statement
    with monkeypatch.context() as patch:
        patch.setattr("aztrust.acts.checkpoint.checkpoint_statement", lambda *a: bend(honest(*a)))
        desk.run("final-check", "--yes")
    return desk


@pytest.mark.clause("AZ-40")
@pytest.mark.parametrize(
    ("bend", "ending"),
    [(lambda statement: statement, None), (_without_an_approval, "/evidence/0")],
    ids=["honest", "one approval less"],
)
def test_a_verdict_over_another_payload_is_named(
    frozen_launch: Template,
    tmp_path: Path,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    bend: Callable[[Any], Any],
    ending: str | None,
) -> None:
    desk = forged(frozen_launch, tmp_path, clock, monkeypatch, bend)
    code, document = audited(desk.launch.path)
    last = document["decisions"][-1]
    if ending is None:
        assert (code, last["status"]) == (0, "recomputed")
        return
    assert (code, last["status"]) == (10, "differs")
    assert last["differences"][0]["pointer"].startswith(
        "/predicate/urn:aztrust:launch-checkpoint:v1/matrix/"
    )
    assert last["record_id"] in document["summary"]


def test_a_withheld_record_that_the_ledger_has_is_named(copy: Path) -> None:
    approval = files(copy, "approval")[0]
    record_id = approval.name.split(".")[0]
    approval.unlink()
    code, document = audited(copy)
    assert code == 1
    assert "recomputed" not in statuses(document)
    (check,) = [c for c in document["checks"] if c["id"] == "ledger"]
    assert check["findings"][0]["code"] == "ledger-entry-withheld"
    assert record_id[:8] in json.dumps(check["findings"])


@pytest.mark.parametrize("tile", ["tile/0/", "tile/entries/"])
def test_tiles_that_disagree_are_found(copy: Path, tile: str) -> None:
    path = next(p for p in sorted((copy / "manifests/ledger" / tile).rglob("*")) if p.is_file())
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    code, document = audited(copy)
    assert code in (1, 10)
    assert not document["ledger"]["holds"]
    assert "recomputed" not in statuses(document)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A frozen launch whose policy names its ledger, so that it can be closed."""
    policy = window_policy(TABLE)
    return Template.of(tmp_path_factory.mktemp("kept"), policy, lambda desk, _: desk.freeze())


def _closed(template: Template, tmp_path: Path, clock: Any) -> Desk:
    desk = template.copy(tmp_path, clock)
    words = ("--ledger", desk.ledger, "--key", desk.launch.key_file("luca"))
    done = desk.run("ledger", "close", "--reason", "the launch is over", *words, anchor=False)
    assert done.exit_code == 0, done.err
    return desk


def test_a_ledger_that_was_closed_holds(kept: Template, tmp_path: Path, clock: Any) -> None:
    desk = _closed(kept, tmp_path, clock)
    code, document = audited(desk.launch.path)
    assert (code, document["ledger"]["closed"]) == (0, True)


def test_a_ledger_that_was_closed_and_grew_does_not_hold(
    kept: Template, tmp_path: Path, clock: Any
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    signing = kept.copy(other, clock)
    assert signing.run("window", "note", "one more word", "--yes", by="sonia").exit_code == 0
    (late,) = files(signing.launch.path, "note")
    desk = _closed(kept, tmp_path, clock)
    shutil.copy(late, desk.launch.path / "manifests/records")
    with open_store(desk.ledger) as store:
        origin = store.origin
        leaves = [
            read_record(e.envelope, KEYS, Opener(), name="a record").leaf for e in store.entries()
        ]
    leaves.append(read_record(late.read_bytes(), KEYS, Opener(), name="a record").leaf)
    root = merkle.root(len(leaves), reader(nodes_of(leaves)))
    folder = desk.launch.path / "manifests/ledger"
    shutil.rmtree(folder)
    for name, data in published(leaves, head_note(len(leaves), root, "luca", origin)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code, document = audited(desk.launch.path)
    assert code == 10
    assert "appended after the ledger was closed" in json.dumps(document["checks"])


# ---- what was known when ------------------------------------------------------------------------


@pytest.mark.clause("AZ-37.1")
def test_a_revocation_is_later_and_the_verdict_still_recomputes(
    frozen_launch: Template, tmp_path: Path, clock: Any
) -> None:
    desk = frozen_launch.copy(tmp_path, clock)
    desk.done("final-check")
    head = tmp_path / "head before"
    shutil.copy(desk.launch.path / "manifests/ledger/checkpoint", head)
    before = clock.now
    approval = files(desk.launch.path, "approval")[0].name.split(".")[0]
    done = desk.run("revoke", approval, "--reason", "the build was wrong", "--yes", by="sonia")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()

    code, document = audited(desk.launch.path)
    assert (code, statuses(document)) == (0, ["recomputed"] * 2)
    for decision in document["decisions"]:
        (later,) = decision["later"]
        assert (later["kind"], later["why"]) == (
            "revocation",
            "it revokes what this verdict rests on",
        )
    for words in (("--at-head", head), ("--at", before // 1000)):
        code, document = audited(desk.launch.path, *words)
        assert (code, statuses(document)) == (0, ["recomputed"] * 2), words
        assert [decision["later"] for decision in document["decisions"]] == [[], []]
        assert document["ledger"]["entries"] == 17
    after = clock.now // 1000 + 60
    code, document = audited(desk.launch.path, "--at", after)
    assert [len(decision["later"]) for decision in document["decisions"]] == [1, 1]


def test_a_revoked_verdict_recomputes_and_does_not_count(
    frozen_launch: Template, tmp_path: Path, clock: Any
) -> None:
    desk = frozen_launch.copy(tmp_path, clock)
    freeze = next((desk.launch.path / "manifests/verdicts").glob("freeze*.dsse.json"))
    done = desk.run(
        "revoke", freeze.name.split(".")[1], "--reason", "too early", "--yes", by="luca"
    )
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    code, document = audited(desk.launch.path)
    (decision,) = document["decisions"]
    assert (code, decision["status"], decision["in_force"]) == (0, "recomputed", False)
    assert [n["why"] for n in decision["later"]] == ["it revokes this verdict"]


def test_a_time_before_every_verdict_has_none(copy: Path) -> None:
    code, document = audited(copy, "--at", "2026-06-01T13:00:00Z")
    assert (code, document["decisions"], document["summary"]) == (
        11,
        [],
        "no verdict was signed here",
    )


def test_a_head_of_another_ledger_is_refused(copy: Path, tmp_path: Path) -> None:
    origin = (copy / "manifests/ledger/checkpoint").read_text().splitlines()[0]
    other = tmp_path / "other head"
    other.write_bytes(head_note(9, b"\1" * 32, "luca", origin))
    done = audit(copy, "--at-head", other)
    assert done.exit_code == 10
    assert "not one of the ledger here" in done.err


def test_a_time_and_a_head_are_two_answers(copy: Path) -> None:
    head = copy / "manifests/ledger/checkpoint"
    assert audit(copy, "--at-head", head, "--at", "2026-06-03").exit_code == 2


# ---- what happened ------------------------------------------------------------------------------


@pytest.mark.clause("AZ-44")
def test_the_timeline_has_every_record_in_the_order_of_the_ledger(copy: Path) -> None:
    _, document = audited(copy, "--timeline")
    events = document["events"]
    assert [event["entry"] for event in events] == list(range(30))
    freeze = events[8]
    assert (freeze["statement"], freeze["effect"], freeze["status"]) == (
        "checkpoint freeze_confirmed = pass",
        "step",
        "OPEN",
    )
    assert events[9]["statement"].endswith("operator-preflight pass")
    assert events[-1]["status"] == "RESTRICTED_POSTURE_ACTIVE"


def test_a_record_that_waits_for_signatures_has_no_effect_and_says_why(
    proposed: Template, tmp_path: Path, clock: Any
) -> None:
    desk = proposed.copy(tmp_path, clock)
    code, document = audited(desk.launch.path)
    assert code == 0
    waiting = document["without_effect"]
    assert {event["effect"] for event in waiting} == {"waiting"}
    assert "go-no-go-decision" in {event["kind"] for event in waiting}
    assert all(event["why"] for event in waiting)
    assert "waits  go-no-go-decision" in audit(desk.launch.path, "-v").out


# ---- verdicts that did not pass -----------------------------------------------------------------


def test_a_hold_for_want_of_answers_recomputes(tmp_path: Path, clock: Any) -> None:
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.freeze()
    desk.answer_all(but=("monitoring-live",))
    assert desk.run("final-check", "--yes").exit_code == 11
    code, document = audited(desk.launch.path)
    assert (code, statuses(document)) == (0, ["recomputed"] * 2)
    assert document["decisions"][1]["verdict"] == "hold"


def test_a_hold_that_says_pass_is_named(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.freeze()
    desk.answer_all(but=("monitoring-live",))
    honest = checkpoint_draft.checkpoint_statement
    with monkeypatch.context() as patch:
        patch.setattr(
            "aztrust.acts.checkpoint.checkpoint_statement", lambda *a: _passed(*a, honest)
        )
        desk.run("final-check", "--yes")
    code, document = audited(desk.launch.path)
    last = document["decisions"][-1]
    assert (code, last["status"]) == (10, "differs")
    assert last["differences"][0]["pointer"].endswith("/matrix/8/status")
    assert (last["differences"][0]["signed"], last["differences"][0]["recomputed"]) == (
        '"pass"',
        '"not_run"',
    )


def _passed(concluded: Any, signing: Any, honest: Callable[[Any, Any], Any]) -> Any:
    from aztrust.core.records.verdict import verdict_subjects

    context = concluded.context
    bent = _with_a_pass(honest(concluded, signing))
    return replace(
        bent, subjects=verdict_subjects(context.evidence.manifests, context.manifests["release"])
    )


def test_what_was_found_and_mended_since_is_not_called_recomputed(
    frozen_launch: Template, tmp_path: Path, clock: Any
) -> None:
    desk = frozen_launch.copy(tmp_path, clock)
    changed = a_file_of(desk.launch.path)
    before = changed.read_bytes()
    changed.write_bytes(before + b"\n")
    assert desk.run("final-check", "--yes").exit_code == 10
    as_it_was = audited(desk.launch.path, "--all")[1]["decisions"][1]
    assert as_it_was["status"] == "recomputed"
    changed.write_bytes(before)
    code, document = audited(desk.launch.path)
    last = document["decisions"][-1]
    assert (code, last["status"]) == (11, "not-recomputed")
    assert "what it found is not here any more: file-modified" in last["reasons"][0]


# ---- the page -----------------------------------------------------------------------------------


def test_the_page_needs_nothing_else_and_escapes_what_people_wrote(
    frozen_launch: Template, tmp_path: Path, clock: Any
) -> None:
    desk = frozen_launch.copy(tmp_path, clock)
    desk.done("window", "note", "<script>alert(1)</script> & more")
    desk.keep()
    page = tmp_path / "audit.html"
    assert audit(desk.launch.path, "--html", page).exit_code == 0
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    assert "http://" not in text.replace("http-equiv", "")
    assert "https://" not in text
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text
    assert "checkpoint freeze_confirmed = pass" in text


def test_the_page_is_not_written_into_the_launch(copy: Path) -> None:
    done = audit(copy, "--html", copy / "manifests" / "audit.html")
    assert done.exit_code == 2
    assert not (copy / "manifests" / "audit.html").exists()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with another_machine(tmp_path):
        done = run("audit", tmp_path)
    assert done.exit_code not in (0, 10, 12)
    assert "is neither an archive nor a launch directory" in " ".join(done.err.split())


def test_a_verdict_is_of_the_time_for_which_it_was_judged(
    frozen_launch: Template, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signer answers the question an hour later, when every answer is too old."""
    desk = frozen_launch.copy(tmp_path, clock)
    looked = [clock.now + 59 * MINUTE, clock.now + 120 * MINUTE]
    times = iter(looked)
    last = looked[-1]
    monkeypatch.setattr(Session, "now_unix_ms", lambda _: next(times, last))
    desk.done("final-check")
    code, document = audited(desk.launch.path)
    assert (code, statuses(document)) == (0, ["recomputed"] * 2)
    assert document["decisions"][1]["at_unix_ms"] == looked[0]


def _over_another_ledger(statement: Any) -> Any:
    """The same verdict, which says that it considered other entries."""
    head = statement.ledger.model_copy(update={"root": "sha256:" + "7" * 64})
    return replace(statement, ledger=head)


def test_a_verdict_over_another_ledger_is_named(
    frozen_launch: Template, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = forged(frozen_launch, tmp_path, clock, monkeypatch, _over_another_ledger)
    code, document = audited(desk.launch.path)
    last = document["decisions"][-1]
    assert (code, last["status"]) == (10, "differs")
    (different,) = last["differences"]
    assert different["pointer"] == "/predicate/urn:aztrust:launch-checkpoint:v1/ledger/root"
    assert different["signed"] == f'"sha256:{"7" * 64}"'
