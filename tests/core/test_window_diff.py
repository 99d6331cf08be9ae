"""What `policy diff` and `policy show` say of the tables of the launch window."""

from __future__ import annotations

import pytest

from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.window_describe import describe_window
from aztrust.core.policy.window_limits import (
    BAND_BOUNDS,
    ROLLBACK_BOUNDS,
    WINDOW_BOUNDS,
)
from aztrust.core.policy.window_tables import (
    BandTable,
    RollbackTable,
    WindowTable,
)
from tests.policies import TEAM, authority, policy

BAND = {
    "block_interval": "6s",
    "max_error_rate": "1%",
    "min_participation": "80%",
    "startup_delay": "10m",
    "max_no_finality": "2m",
}


def diff(new: str, old: str = "", **parts: object) -> list[str]:
    changes = diff_policies(policy(old, holders=TEAM, **parts), policy(new, holders=TEAM, **parts))
    return [f"{c.effect} {c.place}: {c.message}" for c in changes]


def test_tables_that_say_what_their_absence_says_change_nothing():
    defaults = "[window]\nmax_hold = '2h'\nmin_posture = '24h'\n[rollback.halt]\nblocks = 3\n"
    assert diff(defaults) == []
    assert diff(defaults, defaults) == []
    verdicts = "roles = { launch-coordinator = 1, security-lead = 1 }\n"
    assert diff(f"[authority.decide]\ndistinct_holders = 1\n{verdicts}") == []


WINDOW = [
    ("max_hold", "3h", "LOWER"),
    ("max_hold", "90m", "raised"),
    ("max_update", "31m", "LOWER"),
    ("max_update", "29m", "raised"),
    ("change_cutoff", "1h", "LOWER"),
    ("change_cutoff", "3h", "raised"),
    ("max_final_check_age", "2h", "LOWER"),
    ("max_final_check_age", "59m", "raised"),
    ("proposal_max_age", "3h", "LOWER"),
    ("proposal_max_age", "1h", "raised"),
    ("min_posture", "23h", "LOWER"),
    ("min_posture", "2d", "raised"),
    ("snapshot_every", "7h", "LOWER"),
    ("snapshot_every", "5h", "raised"),
]


@pytest.mark.parametrize(("field", "value", "effect"), WINDOW)
def test_a_limit_of_the_window_that_allows_more_is_lower(field: str, value: str, effect: str):
    default = getattr(WindowTable.model_construct(), field)
    assert diff(f"[window]\n{field} = '{value}'\n") == [
        f"{effect} window.{field}: was {default}, now {value}"
    ]


def test_every_limit_has_a_direction():
    limits = set(WindowTable.model_json_schema()["properties"])
    assert limits == {*WINDOW_BOUNDS, "activation_order"}
    assert {field for field, _, _ in WINDOW} == set(WINDOW_BOUNDS)
    assert set(BandTable.model_json_schema()["properties"]) == set(BAND_BOUNDS)
    numbers = {
        (name, field)
        for name, table in vars(RollbackTable.model_construct()).items()
        for field in vars(table)
    } - {(n, f) for n in ("errors", "reconciliation") for f in ("metric", "workflow")}
    assert {(n, f) for n, f in numbers if f != "not_applicable"} == set(ROLLBACK_BOUNDS)


def test_the_same_span_in_another_unit_changes_nothing():
    assert diff("[window]\nmax_hold = '120m'\n") == []


def test_another_order_of_the_roles_is_a_change():
    (line,) = diff("[window]\nactivation_order = ['proposer', 'observer']\n")
    assert line.startswith("changed window.activation_order: was validation-only, proposer")
    assert line.endswith("now proposer and observer")


def test_who_signs_an_act():
    old = authority("proceed", 3, ops_lead=1, security_lead=2)
    new = authority("proceed", 2, ops_lead=1, security_lead=1)
    assert diff(new, old) == [
        "LOWER authority.proceed.distinct_holders: 3 -> 2 holders",
        "LOWER authority.proceed.roles: 2 -> 1 security-lead",
    ]
    assert diff(old, new) == [
        "raised authority.proceed.distinct_holders: 2 -> 3 holders",
        "raised authority.proceed.roles: 1 -> 2 security-leads",
    ]


def test_a_table_that_goes_leaves_the_rule_of_the_verdicts():
    lines = diff("", authority("proceed", 2, ops_lead=1, security_lead=2))
    assert "LOWER authority.proceed.distinct_holders: 2 -> 1 holder" in lines
    assert "LOWER authority.proceed.roles: ops-lead is not asked any more (was 1)" in lines
    assert "raised authority.proceed.roles: launch-coordinator is asked too: 1" in lines
    # ops-lead may no longer hold.
    assert next(line for line in lines if "authority.hold" in line).startswith("raised")


def test_an_abort_after_the_start_follows_the_decision():
    verdict = {"launch_coordinator": 1, "security_lead": 1}
    lines = diff(authority("decide", 2, **verdict), authority("decide", 1, **verdict))
    assert lines == [
        "raised authority.decide.distinct_holders: 1 -> 2 holders",
        "raised authority.abort-started.distinct_holders: 1 -> 2 holders",
    ]


def test_more_roles_that_may_hold_are_lower():
    old = authority("decide", 1, security_lead=1)
    lines = diff(old + authority("activate", 1, ops_lead=1), old)
    assert (
        "LOWER authority.hold: was signed by any one holder who is launch-coordinator or"
        " security-lead (luca, sara or sonia), now signed by any one holder who is"
        " launch-coordinator, ops-lead or security-lead (luca, otto, sara or sonia)"
    ) in lines
    strict = diff(old + authority("hold", 2, security_lead=2), old)
    assert [line.partition(":")[0] for line in strict] == ["raised authority.hold"]
    eased = diff(old, old + authority("hold", 2, security_lead=2))
    assert [line.partition(":")[0] for line in eased] == ["LOWER authority.hold"]


def test_an_act_that_no_holder_could_sign():
    more = authority("decide", 2, security_lead=2)
    (hold, decide, started) = sorted(diff(more, rest=""), key=lambda s: s.split(".")[1][0] != "h")
    assert hold.startswith("added authority.hold: was signed by no holder, now signed by any one")
    assert decide.startswith("added authority.decide: was signed by no holder, now signed by 2")
    assert started.startswith("added authority.abort-started")
    assert {line.split(" ")[0] for line in diff("", more, rest="")} == {"removed"}


def test_an_anomaly_that_suggests_less_is_lower():
    def table(**values: str) -> str:
        return "[anomalies.bvm-anomaly]\n" + "".join(f"{k} = '{v}'\n" for k, v in values.items())

    assert diff(table(guidance="ABORT")) == [
        "raised anomalies.bvm-anomaly.guidance: was HOLD, now ABORT"
    ]
    assert diff(table(guidance="DEFER"), table(guidance="ABORT")) == [
        "LOWER anomalies.bvm-anomaly.guidance: was ABORT, now DEFER"
    ]
    assert diff(table(escalation="ops-lead", runbook="r", evidence="e")) == [
        "changed anomalies.bvm-anomaly.runbook: was AZ-015: the BVM does something unexpected,"
        " now r",
        "changed anomalies.bvm-anomaly.escalation: was consensus-lead, now ops-lead",
        "changed anomalies.bvm-anomaly.evidence: was the transaction, its trace on two hosts, and"
        " the state root before it, now e",
    ]


def band(name: str, **other: str) -> str:
    values = BAND | other
    return f"[{name}]\n" + "".join(f'{field} = "{value}"\n' for field, value in values.items())


@pytest.mark.parametrize("name", ["early", "steady"])
@pytest.mark.parametrize(
    ("field", "value", "effect"),
    [
        ("block_interval", "7s", "LOWER"),
        ("block_interval", "5s", "raised"),
        ("max_error_rate", "1.5%", "LOWER"),
        ("max_error_rate", "0.5%", "raised"),
        ("min_participation", "79%", "LOWER"),
        ("min_participation", "81%", "raised"),
        ("startup_delay", "11m", "LOWER"),
        ("max_no_finality", "3m", "LOWER"),
        ("max_no_finality", "1m", "raised"),
    ],
)
def test_a_threshold_that_allows_more_is_lower(name: str, field: str, value: str, effect: str):
    assert diff(band(name, **{field: value}), band(name)) == [
        f"{effect} {name}.{field}: was {BAND[field]}, now {value}"
    ]


def test_thresholds_that_go_are_lower():
    (line,) = diff("", band("early"))
    assert line == "LOWER early: no threshold says what counts as normal any more"
    (line,) = diff(band("steady"))
    assert line.startswith("raised steady: what counts as normal: block_interval 6s, max_error")


@pytest.mark.parametrize(
    ("table", "field", "value", "effect"),
    [
        ("halt", "blocks", "4", "LOWER"),
        ("halt", "blocks", "2", "raised"),
        ("halt", "within", "'9m'", "LOWER"),
        ("halt", "within", "'11m'", "raised"),
        ("participation", "least", "'66%'", "LOWER"),
        ("participation", "lasting", "'11m'", "LOWER"),
        ("cadence", "most", "'2.5x'", "LOWER"),
        ("cadence", "most", "'1.5x'", "raised"),
        ("cadence", "lasting", "'21m'", "LOWER"),
        ("errors", "most", "'2.1%'", "LOWER"),
        ("errors", "lasting", "'16m'", "LOWER"),
        ("reconciliation", "most", "'0.6%'", "LOWER"),
        ("errors", "metric", "'other'", "changed"),
        ("reconciliation", "metric", "'other'", "changed"),
        ("reconciliation", "workflow", "'other'", "changed"),
    ],
)
def test_a_criterion_that_allows_more_is_lower(table: str, field: str, value: str, effect: str):
    (line,) = diff(f"[rollback.{table}]\n{field} = {value}\n")
    assert line.startswith(f"{effect} rollback.{table}.{field}: was ")
    assert line.endswith(f", now {value.strip(chr(39))}")


@pytest.mark.parametrize("table", ["errors", "reconciliation"])
def test_a_criterion_that_does_not_apply_is_lower(table: str):
    more = f"[rollback.{table}]\nnot_applicable = 'none here'\n"
    assert diff(more) == [f"LOWER rollback.{table}: the criterion does not apply: none here"]
    assert diff("", more) == [f"raised rollback.{table}: it applies again"]


def test_the_tables_in_words():
    more = (
        "[window]\nmax_hold = '95m'\nmax_update = '7m'\nproposal_max_age = '5h'\n"
        "change_cutoff = '4h'\nmax_final_check_age = '50m'\nmin_posture = '3d'\n"
        "snapshot_every = '8h'\nactivation_order = ['proposer', 'observer']\n"
        + authority("proceed", 2, ops_lead=1, security_lead=1)
        + "[anomalies.bvm-anomaly]\nrunbook = 'the runbook'\n"
        + band("early")
        + "[rollback.halt]\nblocks = 5\n"
    )
    lines = list(describe_window(policy(more, holders=TEAM)))
    assert [label for label, _ in lines if label] == [
        "window",
        "hold",
        "proceed",
        "anomaly",
        "early",
        "rollback",
    ]
    told = " ".join(sentence for _, sentence in lines)
    for words in (
        "a hold lasts 95m at most, its next update is due within 7m; a proposal waits 5h at most",
        "no replan begins later than 4h before the start",
        "a final check counts for 50m",
        "hosts start in this order: proposer, observer",
        "lasts 3d at least, with a snapshot every 8h",
        "signed by any one holder who is launch-coordinator, ops-lead or security-lead"
        " (luca, otto, sara or sonia)",
        "signed by 2 different holders, among them 1 ops-lead (otto), 1 security-lead",
        "bvm-anomaly: HOLD, calls consensus-lead (cosmin) runbook the runbook keep the transaction",
        "a block at least every 6s 1% of what is validated fails at most 80% of the voting power",
        "a role starts within 10m something becomes final at least every 2m",
        "on any of these: more than 5 consecutive halted blocks within 10m less than 67%",
    ):
        assert words in told


def test_a_policy_without_the_tables_has_no_line_about_them():
    assert list(describe_window(policy())) == []
