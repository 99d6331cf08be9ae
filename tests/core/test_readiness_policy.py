"""The thresholds of `[readiness]`: what is malformed, what is unwise, what a change does."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.rates import format_percent, needed_of, parse_percent, share_of
from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Severity
from aztrust.core.policy.readiness_describe import describe_readiness
from aztrust.core.policy.readiness_rules import ReadinessRules, may_leave, readiness_rules
from aztrust.core.policy.validate import parse_policy
from tests.policies import HOLDERS, REVOCATION, SEPARATION, text

REGISTRAR = {**HOLDERS, "olga": ["registrar"]}


def policy(table: str, **parts: object) -> bytes:
    rest = f"{SEPARATION}{REVOCATION}[readiness]\n{table}\n"
    return text(**{"holders": REGISTRAR, "rest": rest, **parts}).encode()  # type: ignore[arg-type]


def remarks(table: str, **parts: object) -> dict[str, tuple[Severity, str]]:
    found = lint_policy(policy(table, **parts))
    return {r.topic: (r.severity, r.message) for r in found if "readiness" in r.message}


@pytest.mark.clause("AZ-24.3")
@pytest.mark.parametrize("key", ["min_power", "collapse"])
@pytest.mark.parametrize(
    "share", ["0%", "0.0%", "0.0000%", "100.1%", "101%", "1.5", "-1%", "67", "67 %", "0.00001%"]
)
def test_a_threshold_of_nothing_or_of_more_than_all_is_malformed(key: str, share: str):
    with pytest.raises(Malformed) as refused:
        parse_policy(policy(f'{key} = "{share}"'))
    assert refused.value.code == "policy-malformed"


@pytest.mark.parametrize("share", ["100%", "99.9999%", "0.0001%", "0.5%", "0.05%", "0.005%", "1%"])
def test_the_shares_next_to_those_that_are_refused_are_read(share: str):
    table = parse_policy(policy(f'min_power = "{share}"')).readiness
    assert format_percent(parse_percent(str(table.min_power))) == share


def test_shares_are_exact():
    assert needed_of(100, 670_000) == 67
    assert needed_of(3, 666_667) == 3
    assert needed_of(3 * 10**30, 666_667) == 2_000_001 * 10**24
    assert (share_of(2, 3), share_of(1, 0)) == (666_666, 0)


@pytest.mark.clause("AZ-24.3")
@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('mandatory = ["ann", "bob", "ann"]', "readiness.mandatory names ann twice"),
        ('min_power = "70%"\ncollapse = "70.1%"', "would have collapsed"),
        ('weights = "genesis:../x"', "readiness.weights"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(table: str, problem: str):
    with pytest.raises(Malformed) as refused:
        parse_policy(policy(table))
    assert problem in str((refused.value.message, refused.value.details))


def test_the_tables_next_to_those_that_are_refused_are_read():
    def rules(table: str) -> ReadinessRules:
        return readiness_rules(parse_policy(policy(table)))

    assert rules('mandatory = ["ann", "bob"]').mandatory == ("ann", "bob")
    both = rules('min_power = "70%"\ncollapse = "70%"')
    assert (both.min_power, both.collapse) == (700_000, 700_000)
    alone = rules('collapse = "70.1%"')
    assert (alone.min_power, alone.collapse) == (None, 701_000)
    weights = 'weights = "genesis:weights.json"'
    assert parse_policy(policy(weights)).readiness.weights == "genesis:weights.json"


@pytest.mark.clause("AZ-24.3")
def test_the_lint_says_what_a_threshold_tolerates():
    severity, message = remarks('min_power = "80%"')["readiness-tolerance"]
    assert severity is Severity.NOTE
    assert "tolerates 33.3333% byzantine power" in message
    assert "13.3333% absent after the start" in message


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("66%", "no more than two thirds of its power makes no final block"),
        ("66.6666%", "no more than two thirds of its power makes no final block"),
        ("66.6667%", "stops when one validator leaves"),
    ],
)
def test_a_threshold_that_does_not_carry_a_network_is_a_warning(share: str, message: str):
    severity, found = remarks(f'min_power = "{share}"')["readiness-threshold-low"]
    assert severity is Severity.WARNING
    assert message in found


def test_the_least_threshold_that_carries_a_network_is_not_a_warning():
    assert set(remarks('min_power = "66.6668%"')) == {"readiness-tolerance"}


@pytest.mark.clause("AZ-24.3")
@pytest.mark.parametrize("table", ["", "min_notaries = 2"])
def test_a_registrar_without_a_least_power_is_a_warning(table: str):
    severity, _ = remarks(table)["readiness-threshold-missing"]
    assert severity is Severity.WARNING


def test_without_a_registrar_no_threshold_is_missed_and_one_asks_for_a_registrar():
    assert remarks("", holders=HOLDERS) == {}
    _, message = remarks('min_power = "80%"', holders=HOLDERS)["role-vacant"]
    assert "readiness.registrar" in message


def test_what_may_leave_is_less_than_what_stops_the_network():
    for share in (666_667, 666_668, 700_000, 1_000_000):
        left = may_leave(share)
        assert 3 * (share - left) > 2_000_000 or left == 0
        assert 3 * (share - left - 1) <= 2_000_000


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("", 'min_power = "80%"', "raised readiness.min_power: was not asked, now 80%"),
        ('min_power = "80%"', 'min_power = "70%"', "LOWER readiness.min_power: was 80%, now 70%"),
        ('collapse = "60%"', "", "LOWER readiness.collapse: was 60%, now not asked"),
        ("min_notaries = 2", "min_notaries = 1", "LOWER readiness.min_notaries: 2 -> 1 operator"),
        ('mandatory = ["ann"]', "", "LOWER readiness.mandatory: ann must be ready"),
        ("", 'mandatory = ["ann"]', "raised readiness.mandatory: ann must be ready"),
        (
            "",
            "observers_may_wait = false",
            "raised readiness.observers_may_wait: operators that only observe must be ready",
        ),
        ("", 'max_age = "2h"', "LOWER readiness.max_age: was 1h, now 2h"),
        ("", 'max_age = "30m"', "raised readiness.max_age: was 1h, now 30m"),
        ("", 'registrar = "ops"', "changed readiness.registrar: was registrar, now ops"),
        (
            "",
            'weights = "genesis:w.json"',
            "changed readiness.weights: was the validators of the genesis, now genesis:w.json",
        ),
    ],
)
def test_each_key_is_compared(before: str, after: str, change: str):
    changes = diff_policies(parse_policy(policy(before)), parse_policy(policy(after)))
    lines = [f"{c.effect} {c.place}: {c.message}" for c in changes]
    assert lines == [change]


@pytest.mark.clause("AZ-24.2")
def test_the_policy_names_every_threshold_of_the_rule():
    table = (
        'min_power = "80%"\nmin_notaries = 3\nmandatory = ["ann"]\nobservers_may_wait = false\n'
        'collapse = "50%"'
    )
    lines = [sentence for _, sentence in describe_readiness(parse_policy(policy(table)))]
    assert lines == [
        "registrar (olga)",
        "80% of the voting power of the genesis",
        "3 operators as notary",
        "never without ann",
        "operators that are only observer must be ready",
        "a confirmation counts for 1h",
        "once ready: below 50% of the power the guidance is ABORT",
    ]
    assert list(describe_readiness(parse_policy(policy("")))) == []
