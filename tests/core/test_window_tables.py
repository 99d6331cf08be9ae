"""The policy's tables of the launch window: what is read, refused, and the rule of each act."""

from __future__ import annotations

import re

import pytest

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.rates import parse_factor, parse_percent
from aztrust.core.policy.anomalies import ANOMALY_CLASSES, DEFAULTS, anomaly_rule
from aztrust.core.policy.authority import act_holders, act_roles, authority_rule, verdict_rule
from aztrust.core.policy.quorum import count_votes
from aztrust.core.policy.text import known_roles
from aztrust.core.policy.validate import parse_policy
from aztrust.core.policy.window_limits import BAND_BOUNDS, rollback_criteria, window_limits
from aztrust.core.policy.window_tables import ACTS, Act
from tests.policies import TEAM, authority, policy, text
from tests.shared import REPOSITORY

SOUND = text()
HOUR = 3_600_000


def refused(more: str) -> str:
    with pytest.raises(Malformed) as caught:
        policy(more)
    assert caught.value.code == "policy-malformed"
    return "\n".join((caught.value.message, *caught.value.details))


def test_a_policy_without_the_tables_has_the_defaults():
    limits = window_limits(policy())
    assert limits.max_hold_ms == limits.proposal_max_age_ms == limits.change_cutoff_ms == 2 * HOUR
    assert (limits.max_update_ms, limits.max_final_check_age_ms) == (HOUR // 2, HOUR)
    assert (limits.min_posture_ms, limits.snapshot_every_ms) == (24 * HOUR, 6 * HOUR)
    assert limits.activation_order == (
        "validation-only",
        "proposer",
        "verifier",
        "notary",
        "observer",
    )
    assert policy().window is None


def test_each_limit_of_the_window_is_read():
    table = (
        '[window]\nmax_hold = "45m"\nmax_update = "5m"\nchange_cutoff = "7h"\n'
        'max_final_check_age = "11m"\nproposal_max_age = "13m"\nmin_posture = "3d"\n'
        'snapshot_every = "17m"\nactivation_order = ["node", "oracle"]\n'
    )
    limits = window_limits(policy(table))
    minutes = [
        limits.max_hold_ms,
        limits.max_update_ms,
        limits.change_cutoff_ms,
        limits.max_final_check_age_ms,
        limits.proposal_max_age_ms,
        limits.min_posture_ms,
        limits.snapshot_every_ms,
    ]
    assert [ms // 60_000 for ms in minutes] == [45, 5, 420, 11, 13, 3 * 24 * 60, 17]
    assert limits.activation_order == ("node", "oracle")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[window]\nmax_hld = '1h'\n", "window.max_hld; did you mean max_hold?"),
        ("[window]\nmax_hold = '0h'\n", "window.max_hold"),
        ("[window]\nmax_hold = 2\n", "window.max_hold"),
        ("[window]\nactivation_order = []\n", "window.activation_order"),
        ("[window]\nactivation_order = ['a', 'b', 'a']\n", "activation_order names a twice"),
        ("[window]\nmax_hold = '20m'\n", "max_update is 30m and window.max_hold 20m"),
        (authority("proceeed", 1, x=1), "authority.proceeed is not an act of the launch window;"),
        (authority("proceeed", 1, x=1), "did you mean proceed?"),
        (authority("decide", 0, x=1), "authority.decide.distinct_holders"),
        (authority("decide", 1, x=0), "authority.decide.roles.x"),
        ("[authority.decide]\nroles = { x = 1 }\n", "distinct_holders is missing"),
        ("[anomalies.bvm-anomly]\n", "class of anomalies; did you mean bvm-anomaly?"),
        ("[anomalies.bvm-anomaly]\nguidance = 'CONTINUE'\n", "anomalies.bvm-anomaly.guidance"),
        ("[anomalies.bvm-anomaly]\nevidence = ''\n", "anomalies.bvm-anomaly.evidence"),
        ("[early]\nblock_interval = '6s'\n", "early.max_error_rate is missing"),
        ("[rollback.participation]\nleast = 0.67\n", "rollback.participation.least"),
        ("[rollback.participation]\nleast = '67'\n", "rollback.participation.least"),
        ("[rollback.cadence]\nmost = '0.5x'\n", "rollback.cadence.most"),
        ("[rollback.halt]\nblocks = -1\n", "rollback.halt.blocks"),
        ("[rollback.hlat]\n", "rollback.hlat; did you mean halt?"),
    ],
)
def test_a_table_that_is_wrong_is_refused(table: str, words: str):
    assert words in refused(table)


def test_neighbours_of_what_is_refused_are_read():
    policy("[window]\nmax_hold = '30m'\nmax_update = '30m'\n")
    policy("[window]\nactivation_order = ['a', 'b']\n")
    for act in ACTS:
        policy(authority(act, 1, release_manager=1))
    for name in ANOMALY_CLASSES:
        policy(f"[anomalies.{name}]\nguidance = 'DEFER'\n")


def test_an_act_without_a_table_is_signed_as_a_verdict():
    sound = policy()
    assert verdict_rule(sound) is not None
    own = ("hold", "defer", "abort", "amend")
    others: list[Act] = [act for act in ACTS if act not in own]
    assert len(others) == 11
    assert {authority_rule(sound, act) == verdict_rule(sound) for act in others} == {True}


def test_an_amendment_takes_whom_an_approval_of_the_release_takes():
    sound = policy()
    assert authority_rule(sound, "amend") == sound.approvals.release
    assert sound.approvals.release != verdict_rule(sound)
    own = policy(authority("amend", 2, ops_lead=1, security_lead=1), holders=TEAM)
    assert act_roles(own, "amend") == ("ops-lead", "security-lead")


@pytest.mark.clause("AZ-2.3")
@pytest.mark.parametrize("act", ["defer", "abort"])
def test_one_signer_of_verdicts_may_end_a_window_before_the_start(act):
    two = parse_policy(SOUND.replace("launch-coordinator = 1", "launch-coordinator = 2").encode())
    rule = authority_rule(two, act)
    assert rule is not None
    assert set(verdict_rule(two).roles) == {"launch-coordinator", "security-lead"}
    assert rule.distinct_holders == 1
    assert rule.roles == {"launch-coordinator": 0, "security-lead": 0}


def test_a_table_says_who_signs_its_act_and_no_other():
    given = policy(authority("proceed", 2, ops_lead=1, security_lead=2), holders=TEAM)
    asked = authority_rule(given, "proceed")
    assert asked is not None
    assert (asked.distinct_holders, asked.roles) == (2, {"ops-lead": 1, "security-lead": 2})
    assert authority_rule(given, "decide") == verdict_rule(given)
    assert act_roles(given, "proceed") == ("ops-lead", "security-lead")
    assert act_holders(given, "proceed") == ("otto", "sara", "sonia")
    assert act_holders(given, "decide") == ("luca", "sara", "sonia")


def test_an_abort_after_the_start_takes_whom_the_decision_takes():
    given = policy(
        authority("decide", 2, ops_lead=2) + authority("abort", 1, security_lead=1), holders=TEAM
    )
    assert authority_rule(given, "abort-started") == authority_rule(given, "decide")
    own = policy(
        authority("decide", 2, ops_lead=2) + authority("abort-started", 3, x=3), holders=TEAM
    )
    asked = authority_rule(own, "abort-started")
    assert asked is not None
    assert asked.distinct_holders == 3


def held_by(given, *names: str) -> bool:
    asked = authority_rule(given, "hold")
    assert asked is not None
    votes = [(n, n.encode(), frozenset(given.holders[n].roles)) for n in names]
    return count_votes(asked, votes).met


@pytest.mark.parametrize("name", ["luca", "sonia", "sara", "otto"])
def test_any_one_holder_of_a_role_of_the_window_may_hold(name: str):
    assert held_by(policy(authority("activate", 2, ops_lead=1), holders=TEAM), name)


def test_others_may_not_hold_and_a_table_asks_for_more():
    assert not held_by(policy("", holders=TEAM), "otto")
    assert not held_by(policy("", holders=TEAM), "rita", "gabi")
    strict = policy(authority("hold", 2, security_lead=2), holders=TEAM)
    assert not held_by(strict, "sonia")
    assert held_by(strict, "sonia", "sara")


def test_without_verdicts_only_the_tables_say_who_signs():
    plain = {"rest": ""}
    assert authority_rule(policy(**plain), "hold") is None
    assert authority_rule(policy(**plain), "decide") is None
    assert authority_rule(policy(**plain), "abort-started") is None
    assert act_holders(policy(**plain), "hold") == act_roles(policy(**plain), "hold") == ()
    given = policy(authority("decide", 1, release_manager=1), **plain)
    assert authority_rule(given, "proceed") is None
    assert act_holders(given, "decide") == act_holders(given, "abort-started") == ("rita",)
    assert held_by(given, "rita")


def test_roles_of_the_window_are_known_roles():
    more = (
        authority("activate", 1, dock_lead=1) + "[anomalies.bvm-anomaly]\nescalation = 'vm-lead'\n"
    )
    assert {"dock-lead", "vm-lead"} <= set(known_roles((SOUND + more).encode()))
    places = dict(policy(more).roles_named())
    assert places["dock-lead"] == "authority.activate.roles"
    assert places["vm-lead"] == "anomalies.bvm-anomaly.escalation"


@pytest.mark.clause("AZ-27.1")
def test_the_classes_of_anomalies_are_the_twelve():
    assert ANOMALY_CLASSES == (
        "preflight-mismatch",
        "artifact-mismatch",
        "genesis-mismatch",
        "role-readiness-gap",
        "peer-compatibility-anomaly",
        "no-finality-anomaly",
        "contradictory-notarization-anomaly",
        "deterministic-replay-anomaly",
        "bvm-anomaly",
        "witness-proof-anomaly",
        "governance-activation-anomaly",
        "telemetry-blindness-anomaly",
    )


@pytest.mark.clause("AZ-27.2")
def test_each_class_of_anomalies_has_a_default_with_its_clause():
    assert tuple(DEFAULTS) == ANOMALY_CLASSES
    page = (REPOSITORY / "docs/formats/policy.md").read_text("utf-8")
    for name, found in DEFAULTS.items():
        assert found.runbook.startswith("AZ-015")
        assert found.evidence
        assert re.fullmatch(r"AZ-(28\.[234]|29\.1)", found.clause)
        row = f"| `{name}` | `{found.escalation}` | `{found.guidance}` | {found.clause} |"
        assert row in page


def test_a_table_replaces_what_it_names_and_keeps_the_rest():
    given = policy("[anomalies.bvm-anomaly]\nescalation = 'ops-lead'\n", holders=TEAM)
    default = DEFAULTS["bvm-anomaly"]
    found = anomaly_rule(given, "bvm-anomaly")
    assert (found.escalation, found.guidance) == ("ops-lead", default.guidance)
    assert (found.runbook, found.evidence) == (default.runbook, default.evidence)
    whole = policy(
        "[anomalies.bvm-anomaly]\nrunbook = 'r'\nevidence = 'e'\nguidance = 'ABORT'\n",
        holders=TEAM,
    )
    found = anomaly_rule(whole, "bvm-anomaly")
    assert (found.runbook, found.evidence, found.guidance) == ("r", "e", "ABORT")
    assert found.clause == "[anomalies]"
    assert anomaly_rule(whole, "no-finality-anomaly") == DEFAULTS["no-finality-anomaly"]


def test_a_default_role_that_no_holder_has_gives_way_to_one_that_signs_verdicts():
    assert anomaly_rule(policy(), "role-readiness-gap").escalation == "launch-coordinator"
    assert anomaly_rule(policy(holders=TEAM), "role-readiness-gap").escalation == "ops-lead"
    assert anomaly_rule(policy(rest=""), "role-readiness-gap").escalation == ""


@pytest.mark.clause("AZ-31.2")
def test_what_counts_as_normal_is_read_with_its_units():
    table = (
        "[early]\nblock_interval = '6s'\nmax_error_rate = '0.25%'\nmin_participation = '80%'\n"
        "startup_delay = '10m'\nmax_no_finality = '3m'\n"
    )
    early = policy(table).early
    assert early is not None
    found = {name: bound.read(getattr(early, name)) for name, bound in BAND_BOUNDS.items()}
    assert (found["block_interval"], found["startup_delay"]) == (6000, 600_000)
    assert (found["max_error_rate"], found["min_participation"]) == (2500, 800_000)
    assert found["max_no_finality"] == 180_000
    assert policy(table).steady is None


@pytest.mark.clause("RC-C.rollback")
def test_the_criteria_of_a_rollback_are_those_of_the_checklist():
    assert list(rollback_criteria(policy()).values()) == [
        "more than 3 consecutive halted blocks within 10m",
        "less than 67% of the voting power takes part for more than 10m",
        "a block time above 2x the target for more than 20m",
        "error rate of the critical service above 2% over 15m",
        "reconciliation mismatch of the billing above 0.5%, or dispute workflow fails",
    ]


def test_a_criterion_that_does_not_apply_is_left_out():
    table = "[rollback.errors]\nnot_applicable = 'no such service'\n"
    given = rollback_criteria(policy(f"{table}[rollback.halt]\nblocks = 7\nwithin = '4m'\n"))
    assert set(given) == {"halt", "participation", "cadence", "reconciliation"}
    assert given["halt"] == "more than 7 consecutive halted blocks within 4m"
    table = "[rollback.reconciliation]\nnot_applicable = 'no billing'\n"
    assert "reconciliation" not in rollback_criteria(policy(table))


@pytest.mark.parametrize(
    ("written", "millionths"),
    [("0%", 0), ("0.0001%", 1), ("2%", 20_000), ("67.5%", 675_000), ("100%", 1_000_000)],
)
def test_a_share_is_exact(written: str, millionths: int):
    assert parse_percent(written) == millionths


@pytest.mark.parametrize(
    "bad", ["", "2", "02%", "-1%", "100.1%", "101%", "1.%", "1.00001%", "1e1%", "2%\n", "٢%"]
)
def test_what_is_not_a_share_is_refused(bad: str):
    with pytest.raises(UsageError, match="is not a share"):
        parse_percent(bad)


@pytest.mark.parametrize(("written", "hundredths"), [("1x", 100), ("1.5x", 150), ("12.25x", 1225)])
def test_a_factor_is_exact(written: str, hundredths: int):
    assert parse_factor(written) == hundredths


@pytest.mark.parametrize("bad", ["", "2", "0x", "0.9x", "01x", "1.123x", "1000x", "2x\n"])
def test_what_is_not_a_factor_is_refused(bad: str):
    with pytest.raises(UsageError, match="is not a factor"):
        parse_factor(bad)
