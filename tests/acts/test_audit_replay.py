"""What an audit replays from stored answers, and what it can say of a launch without a ledger."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aztrust.acts.audit.run import AuditOptions, audit
from aztrust.core.judge.audit.audited import Audited
from aztrust.core.judge.audit.difference import differences
from tests.cli.test_final_check_prometheus import desk_of, group_of, loading
from tests.cli_launch import Desk, Template, home_at, ticking_clock, window_policy
from tests.disk_launch import make_launch
from tests.servers import Answer, serving

clock = pytest.fixture(ticking_clock)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home_at(monkeypatch, tmp_path / "home")


def outcomes(found: Audited) -> list[str]:
    return [d.outcome.status if d.outcome is not None else "" for d in found.decisions]


def reasons(found: Audited) -> tuple[str, ...]:
    outcome = found.decisions[-1].outcome
    assert outcome is not None
    return outcome.reasons


@pytest.mark.clause("AZ-37.1")
def test_the_answers_of_the_monitoring_are_judged_again(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}
    with serving(answers) as (url, asked):
        desk = desk_of(tmp_path, url)
        loading(answers, group_of(desk))
        assert desk.run("final-check", "--yes").exit_code == 0
        before = len(asked)
        found = audit(desk.launch.path, AuditOptions())
        assert len(asked) == before
    assert outcomes(found) == ["recomputed", "recomputed"]
    shutil.rmtree(desk.launch.path / "observations")
    found = audit(desk.launch.path, AuditOptions())
    assert outcomes(found) == ["recomputed", "not-recomputed"]
    assert reasons(found) == ("the answer of the monitoring was not kept, only its digest",)


def test_without_a_ledger_what_was_known_follows_from_the_times(
    tmp_path: Path, clock: object
) -> None:
    """A freeze that did not pass makes no ledger."""
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    approval = next((desk.launch.path / "manifests/records").glob("*.approval.*"))
    kept = approval.read_bytes()
    approval.unlink()
    assert desk.run("freeze", "--yes").exit_code != 0
    assert desk.files("verdicts")
    assert not desk.ledger.exists()
    assert outcomes(audit(desk.launch.path, AuditOptions())) == ["recomputed"]
    # An approval that claims an earlier time arrives later: nothing shows which came first.
    approval.write_bytes(kept)
    found = audit(desk.launch.path, AuditOptions())
    assert outcomes(found) == ["not-recomputed"]
    assert "it names no ledger" in reasons(found)[0]


def test_each_of_two_signers_is_recomputed_from_what_that_signer_knew(
    tmp_path: Path, clock: object
) -> None:
    parent = tmp_path / "two"
    parent.mkdir()

    def act(desk: Desk) -> None:
        desk.freeze(by="luca")
        desk.freeze(by="sonia")
        desk.keep()

    made = Template.of_two(parent, act)
    found = audit(made.path / "launch", AuditOptions())
    assert outcomes(found) == ["recomputed"] * 2
    assert [decision.verdict.holder for decision in found.decisions] == ["luca", "sonia"]


def test_a_scope_whose_packages_were_replaced_is_not_called_recomputed(
    tmp_path: Path, clock: object
) -> None:
    desk = Desk(make_launch(tmp_path, policy=window_policy()))
    desk.freeze()
    desk.done("window", "defer", "--reason", "a new build")
    changed = next(
        p for p in sorted((desk.launch.path / "packages/release").rglob("*")) if p.is_file()
    )
    changed.write_bytes(changed.read_bytes() + b"\n")
    desk.seal_and_approve()
    found = audit(desk.launch.path, AuditOptions())
    assert outcomes(found) == ["not-recomputed"]
    assert "others took their place" in reasons(found)[0]


def test_a_difference_is_a_pointer_and_both_values() -> None:
    signed = {"a/b": [1, 2], "c~": {"d": "x"}, "only": None}
    again = {"a/b": [1, 3, 4], "c~": {"d": "y"}, "new": True}
    found = {d.pointer: (d.signed, d.recomputed) for d in differences(signed, again)}
    assert found == {
        "/a~1b/1": ("2", "3"),
        "/a~1b/2": ("", "4"),
        "/c~0/d": ('"x"', '"y"'),
        "/new": ("", "true"),
        "/only": ("null", ""),
    }
    assert differences(signed, dict(signed)) == ()


def test_a_revocation_that_only_the_folder_had_was_known(tmp_path: Path, clock: object) -> None:
    """sonia does not keep the ledger: what she revokes counts at once, and is appended later."""
    parent = tmp_path / "two"
    parent.mkdir()

    def act(desk: Desk) -> None:
        desk.freeze(by="luca")
        desk.freeze(by="sonia")
        desk.keep()
        ids = (path.name.split(".")[0] for path in desk.files() if ".approval." in path.name)
        why = ("--reason", "it was wrong", "--yes")
        assert any(desk.run("revoke", id_, *why, by="sonia").exit_code == 0 for id_ in ids)
        assert desk.run("final-check", "--yes", by="sonia").exit_code != 0
        desk.keep()

    made = Template.of_two(parent, act)
    found = audit(made.path / "launch", AuditOptions())
    assert outcomes(found) == ["recomputed"] * 3
    last = found.decisions[-1]
    assert last.verdict.holder == "sonia"
    assert "revocation" in {named.kind for named in last.rests_on}
    entries = last.outcome.entries if last.outcome is not None else None
    revocation = next(named for named in last.rests_on if named.kind == "revocation")
    assert entries is not None
    assert revocation.place is not None
    assert revocation.place >= entries
