"""The table `[checklist]`: its remarks in lint, how it is shown and compared."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.checklist_describe import describe_checklist
from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, Severity
from aztrust.core.policy.validate import parse_policy
from tests.policies import REVOCATION, policy, text

A, B = (f"sha256:{c * 64}" for c in "ab")
MAINNET = 'name = "test"\nnetwork_class = "mainnet"\nchain_id = "test-1"'
TESTNET = MAINNET.replace("mainnet", "testnet")


def table(digest: str) -> str:
    return f'[checklist]\ndigest = "{digest}"\n'


def remarks(topic: str, given: str) -> list[Remark]:
    return [r for r in lint_policy(given.encode()) if r.topic == topic]


def test_it_is_absent_or_a_whole_digest():
    assert policy().checklist is None
    found = parse_policy((text() + table(A)).encode()).checklist
    assert found is not None
    assert found.digest == A
    for broken in (A[:-1], A.upper(), "", A.replace("sha256", "blake3")):
        with pytest.raises(Malformed):
            parse_policy((text() + table(broken)).encode())


def test_a_mainnet_without_a_checklist_is_remarked():
    (found,) = remarks("checklist-missing", text(launch=MAINNET))
    assert found.severity is Severity.NOTE
    assert "aztrust checklist init" in found.mend
    assert not remarks("checklist-missing", text(launch=MAINNET) + table(A))
    assert not remarks("checklist-missing", text(launch=TESTNET))


def test_a_checklist_without_verdicts_decides_about_nothing():
    (found,) = remarks("checklist-without-verdicts", text(rest=REVOCATION) + table(A))
    assert found.severity is Severity.WARNING
    verdicts = "[verdicts]\nroles = { launch-coordinator = 1 }\n"
    assert not remarks("checklist-without-verdicts", text(rest=REVOCATION + verdicts) + table(A))
    assert not remarks("checklist-without-verdicts", text(rest=REVOCATION))


def test_how_it_is_shown():
    assert list(describe_checklist(policy())) == []
    shown = list(describe_checklist(parse_policy((text() + table(A)).encode())))
    assert shown[-1] == ("", A)


def test_what_its_changes_do():
    none, one, other = (parse_policy((text() + t).encode()) for t in ("", table(A), table(B)))
    assert diff_policies(one, one) == ()
    for old, new, words in (
        (none, one, "RAISED checklist: the decision needs a checklist"),
        (one, none, "LOWER checklist: the decision needs no checklist"),
        (one, other, f"CHANGED checklist.digest: was {A}, now {B}"),
    ):
        (change,) = diff_policies(old, new)
        assert f"{change.effect.name} {change.place}: {change.message}" == words
