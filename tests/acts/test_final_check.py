"""The parts of a final check: what is judged, what is signed, and what came in between."""

from __future__ import annotations

import pytest

from aztrust.acts.final_check import prepare_final_check, sign_final_check
from aztrust.acts.frozen_attempt import TrustInputs, find_subject
from aztrust.acts.preconditions import require_attempt
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import Status
from aztrust.core.base.value import replace
from aztrust.core.judge.checkpoint_draft import checkpoint_statement
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.context import Request, reconsidered
from tests.cli_launch import Template, ticking_clock
from tests.disk_launch import MINUTE, signer

clock = pytest.fixture(autouse=True)(ticking_clock)


@pytest.fixture(scope="module")
def is_answered(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("answered"), answered=True)


@pytest.fixture
def desk(is_answered, tmp_path, clock):
    return is_answered.copy(tmp_path, clock)


@pytest.fixture
def announced(desk, clock):
    return TrustInputs(clock.now + MINUTE, desk.anchor, ledger=str(desk.ledger))


def prepared(desk, announced, by="luca"):
    subject = find_subject(desk.launch.path, announced)
    who = signer(by) if by else None
    return prepare_final_check(desk.launch.path, subject, announced, who)


@pytest.mark.clause("AZ-2.2")
def test_everything_is_recomputed_each_time(desk, announced):
    first = prepared(desk, announced, by=None)
    assert first.concluded.passed
    desk.launch.file("release", "bin/atlasd").write_bytes(b"other")
    second = prepared(desk, announced, by=None)
    assert not second.concluded.passed
    rows = {row.id: row.status for row in second.concluded.rows}
    assert rows["binary-integrity"] is Status.FAIL


def test_the_same_evidence_gives_the_same_bytes(desk, announced):
    """Law 14: an auditor who has the launch and the time replays it."""
    one, other = (prepared(desk, announced, by=None).concluded for _ in range(2))
    assert (one.rows, one.conclusion, one.findings) == (
        other.rows,
        other.conclusion,
        other.findings,
    )


@pytest.mark.clause("AZ-17.2")
def test_the_verdict_is_about_the_attempt(desk, announced):
    found = prepared(desk, announced)
    recorded = sign_final_check(desk.launch.path, found, signer("luca"), announced.now_unix_ms)
    checkpoint = recorded.verdict.statement.checkpoint
    assert checkpoint.checkpoint_class == "final_checks_completed"
    assert checkpoint.launch_window_id == found.attempt.launch_window_id
    assert checkpoint.checkpoint_scope_hash == found.attempt.scope_hash
    assert recorded.verdict.statement.ledger is not None
    assert recorded.proved


def test_another_key_does_not_sign_what_was_prepared_for_one(desk, announced):
    found = prepared(desk, announced)
    before = desk.files("verdicts")
    with pytest.raises(Refused, match="nothing was checked with this key"):
        sign_final_check(desk.launch.path, found, signer("dan"), announced.now_unix_ms)
    looked = prepared(desk, announced, by=None)
    with pytest.raises(Refused, match="nothing was checked with this key"):
        sign_final_check(desk.launch.path, looked, signer("luca"), announced.now_unix_ms)
    assert desk.files("verdicts") == before


def test_what_came_while_someone_was_asked_is_looked_at_first(desk, announced):
    found = prepared(desk, announced)
    assert desk.run("blocker", "open", "the archive node").exit_code == 0
    before = desk.files("verdicts")
    with pytest.raises(CouldNotCheck, match="1 more records"):
        sign_final_check(desk.launch.path, found, signer("luca"), announced.now_unix_ms)
    assert desk.files("verdicts") == before
    assert not prepared(desk, announced).concluded.passed


def test_only_looking_takes_nothing_into_the_ledger(desk, announced):
    before = desk.snapshot()
    assert prepared(desk, announced, by=None).concluded.passed
    assert desk.snapshot() == before


def test_the_files_of_the_ledger_that_the_keeper_has_written_again_are_read_again(desk, announced):
    """A run that was stopped left them without a head; any other reader still reports that."""
    published = desk.launch.path / "manifests/ledger/checkpoint"
    published.unlink()
    assert not prepared(desk, announced, by=None).concluded.passed
    assert prepared(desk, announced).concluded.passed
    assert published.is_file()


def test_what_cannot_be_read_is_not_taken_for_no_freeze(desk, announced):
    """A folder of verdicts that cannot be listed may hold the freeze."""
    verdicts = desk.launch.path / "manifests/verdicts"
    for path in verdicts.iterdir():
        path.unlink()
    verdicts.rmdir()
    verdicts.write_bytes(b"not a folder")
    with pytest.raises((CouldNotCheck, Refused)):
        find_subject(desk.launch.path, replace(announced, ledger=str(desk.ledger) + ".gone"))


def test_a_statement_of_the_frozen_scope_is_well_formed_when_the_files_are_of_another(
    desk, announced
):
    desk.launch.file("release", "README").write_bytes(b"another release\n")
    desk.launch.seal("release", "rita")
    found = prepared(desk, announced)
    assert found.broken
    assert found.context.scope is not None
    assert found.concluded.scope_hash == found.attempt.scope_hash != found.context.scope.hash
    from aztrust.core.judge.checkpoint_draft import Signing

    signing = Signing(
        signer("luca").public,
        found.role,
        found.attempt.launch_window_id,
        announced.now_unix_ms,
    )
    build_verdict(checkpoint_statement(found.concluded, signing))


def test_without_anything_frozen_there_is_no_attempt(desk, announced):
    context = find_subject(desk.launch.path, announced).context
    bare = reconsidered(context, context.records.effective, type(context.verdicts)())
    bare = replace(bare, request=Request(announced.now_unix_ms))
    with pytest.raises(Refused, match="no freeze"):
        require_attempt(bare)
