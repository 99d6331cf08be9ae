"""Remarks of `policy lint` about the launch window: each cause alone, and its neighbour."""

from __future__ import annotations

import pytest

from aztrust.core.policy.holder_lines import add_holder_line
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, Severity
from aztrust.core.policy.model import ProfileName
from aztrust.core.policy.profiles import PROFILES
from aztrust.core.policy.scaffold import CHAINS, Answers, Chain, Installed, scaffold_policy
from aztrust.core.policy.validate import parse_policy
from aztrust.core.policy.window_limits import BAND_BOUNDS
from tests.policies import HOLDERS, REVOCATION, TEAM, authority, key, text

PAIR = {**HOLDERS, "sara": ["security-lead"]}
ALONE = {**HOLDERS, "sonia": ["security-lead", "launch-coordinator"]}
MAINNET = 'name = "test"\nnetwork_class = "mainnet"\nchain_id = "test-1"'
LEDGER = f'[ledger]\norigin = "x"\nkeeper = "{key("luca")}"\n'
STRICT = {
    "block_interval": "6s",
    "max_error_rate": "1%",
    "min_participation": "80%",
    "startup_delay": "10m",
    "max_no_finality": "2m",
}


def band(name: str, **other: str) -> str:
    values = STRICT | other
    return f"[{name}]\n" + "".join(f'{field} = "{value}"\n' for field, value in values.items())


def found(topic: str, more: str = "", **parts: object) -> list[Remark]:
    data = (text(**parts) + more).encode()  # type: ignore[arg-type]
    parse_policy(data)
    return [r for r in lint_policy(data) if r.topic == topic]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            authority("decide", 1, dock_lead=1),
            "authority.decide asks for 1 dock-lead, and no holder",
        ),
        (
            authority("activate", 1, security_lead=3),
            "authority.activate asks for 3 security-lead, and only sara and sonia have that role",
        ),
        (
            authority("amend", 4, security_lead=2, ops_lead=1),
            "asks for 4 different holders, and only otto, sara and sonia can sign it",
        ),
    ],
)
def test_an_act_that_no_one_can_sign(more: str, words: str):
    remarks = found("threshold-unmeetable", more, holders=TEAM)
    assert {r.severity for r in remarks} == {Severity.ERROR}
    assert any(words in r.message for r in remarks)
    assert all(r.mend for r in remarks)
    assert not found("role-vacant", more, holders=TEAM)


def test_an_act_that_all_its_holders_together_can_sign():
    more = authority("activate", 2, security_lead=2) + authority(
        "amend", 3, security_lead=2, ops_lead=1
    )
    assert found("threshold-unmeetable", more, holders=TEAM) == []


def test_each_act_that_no_one_can_sign_is_named():
    more = authority("decide", 2, ops_lead=2) + authority("hold", 1, dock_lead=1)
    messages = [r.message for r in found("threshold-unmeetable", more, holders=TEAM)]
    assert [m.split(" ")[0] for m in messages] == [
        "authority.decide",
        "authority.decide",
        "authority.hold",
        "authority.hold",
    ]


def start_alone(more: str, **parts: object) -> list[Remark]:
    return found("start-single-holder", more, **parts)


@pytest.mark.parametrize(("network", "severity"), [("devnet", "warning"), ("mainnet", "error")])
def test_one_person_who_can_sign_every_act_up_to_the_start(network: str, severity: str):
    launch = MAINNET.replace("mainnet", network)
    (remark,) = start_alone("[window]\n", holders=ALONE, launch=launch)
    assert remark.severity == severity
    assert remark.message.startswith("sonia alone can sign every verdict and every act")
    assert remark.message.endswith("proceed, decide, authorize, instruct and activate")


@pytest.mark.parametrize("act", ["proceed", "decide", "authorize", "instruct", "activate"])
def test_a_second_holder_for_one_act_is_enough(act: str):
    own = authority(act, 1, security_lead=1)
    assert [r.message.split(" ")[0] for r in start_alone(own, holders=ALONE)] == ["sonia"]
    assert start_alone(authority(act, 2, security_lead=2), holders={**ALONE, **PAIR}) == []
    assert start_alone(authority(act, 1, ops_lead=1), holders={**TEAM, **ALONE}) == []


def test_each_person_who_can_start_alone_is_named():
    both = {**ALONE, "luca": ["launch-coordinator", "security-lead"]}
    assert [r.message.split(" ")[0] for r in start_alone("[window]\n", holders=both)] == [
        "luca",
        "sonia",
    ]
    # Another act after the start changes nothing about it.
    assert len(start_alone(authority("normalize", 2, security_lead=2), holders=both)) == 2


def test_two_verdict_signers_cannot_start_alone():
    assert start_alone("[window]\n") == []
    # Without tables of the window the signers of verdicts have a remark of their own.
    assert start_alone("", holders=ALONE) == []


def test_one_person_for_every_act_and_two_for_a_verdict():
    acts = ("proceed", "decide", "authorize", "instruct", "activate")
    more = "".join(authority(act, 1, security_lead=1) for act in acts)
    assert start_alone(more) == []
    one = "[verdicts]\nroles = { security-lead = 1 }\n"
    assert len(start_alone(more, rest=f"{REVOCATION}{one}")) == 1


def test_acts_that_no_rule_is_about_are_signed_by_no_one():
    assert start_alone(authority("proceed", 1, release_manager=1), rest=REVOCATION) == []


def backup(more: str, **parts: object) -> str:
    return "".join(r.message for r in found("role-without-backup", more, **parts))


def test_a_role_without_a_backup():
    more = authority("decide", 1, ops_lead=1, security_lead=1, launch_coordinator=1)
    assert backup(more, holders=TEAM) == (
        "[authority] asks for 2 roles without a backup: launch-coordinator (luca) and"
        " ops-lead (otto)"
    )
    spare = {**TEAM, "olga": ["ops-lead"], "lena": ["launch-coordinator"]}
    assert backup(more, holders=spare) == ""
    assert backup("", holders=TEAM) == ""


def test_two_holders_of_whom_a_rule_asks_two_have_no_backup():
    more = authority("decide", 2, security_lead=2)
    assert "1 role without a backup: security-lead (sara and sonia)" in backup(more, holders=TEAM)
    assert backup(more, holders={**TEAM, "sven": ["security-lead"]}) == ""
    # A role that no holder has is an error, and not a role without a backup.
    assert backup(authority("decide", 1, dock_lead=1)) == ""


LOOSER = {
    "block_interval": "7s",
    "max_error_rate": "1.01%",
    "min_participation": "79.9%",
    "startup_delay": "11m",
    "max_no_finality": "3m",
}
STRICTER = {
    "block_interval": "5s",
    "max_error_rate": "0.9%",
    "min_participation": "81%",
    "startup_delay": "9m",
    "max_no_finality": "1m",
}


@pytest.mark.parametrize("field", BAND_BOUNDS)
def test_the_first_hours_may_not_be_looser_than_later_ones(field: str):
    loose = band("early", **{field: LOOSER[field]}) + band("steady")
    (remark,) = found("early-looser", loose)
    assert remark.severity is Severity.ERROR
    assert f"early.{field} is {LOOSER[field]} and steady.{field} {STRICT[field]}" in remark.message
    assert remark.mend == f"set early.{field} to {STRICT[field]} or stricter"
    tight = band("early", **{field: STRICTER[field]}) + band("steady")
    assert found("early-looser", tight) == []


def test_each_looser_threshold_is_named_and_equal_ones_pass():
    assert len(found("early-looser", band("early", **LOOSER) + band("steady"))) == 5
    assert found("early-looser", band("early") + band("steady")) == []
    assert found("early-looser", band("early", **LOOSER)) == []


def test_a_mainnet_without_an_age_of_its_head():
    rest = text()[text().index("[separation]") :]
    (remark,) = found("head-age-missing", LEDGER, launch=MAINNET, rest=rest)
    assert remark.severity is Severity.WARNING
    assert "ledger.max_head_age is missing" in remark.message
    young = LEDGER + 'max_head_age = "15m"\n'
    assert found("head-age-missing", young, launch=MAINNET) == []
    assert found("head-age-missing", LEDGER) == []


def without_verdicts(more: str, rest: str = REVOCATION) -> list[str]:
    return [r.message for r in found("window-without-verdicts", more, rest=rest)]


def test_a_window_that_no_freeze_opens():
    (message,) = without_verdicts("[window]\n")
    assert message.startswith("[window] is about a launch window that no freeze opens")
    (message,) = without_verdicts("[window]\n" + authority("decide", 1, security_lead=1))
    assert message.startswith("[window] and [authority] are about")
    (message,) = without_verdicts(authority("decide", 1, security_lead=1))
    assert message.startswith("[authority] is about")
    assert without_verdicts(band("early")) == []
    assert found("window-without-verdicts", "[window]\n") == []


def test_a_rollback_by_cadence_has_its_target():
    (remark,) = found("rollback-without-target", "[rollback.cadence]\nmost = '3x'\n")
    assert "rollback.cadence.most is 3x the target" in remark.message
    more = "[rollback.cadence]\nmost = '3x'\n" + band("steady")
    assert found("rollback-without-target", more) == []


def scaffold(name: ProfileName, chain: Chain = "cosmos", *, but: tuple[str, ...] = ()) -> str:
    answers = Answers(chain, "x", None, "x-1", name, (Installed("node", "linux/amd64"),))
    if chain == "generic":
        answers = Answers(
            chain, "x", None, "x-1", name, (Installed("node", "linux/amd64"),), chain_id_at="#/id"
        )
    data = scaffold_policy(answers)
    for role, _ in PROFILES[name].roles:
        if role not in but:
            data, _ = add_holder_line(data, f"h-{role}", (role,), key(role))
    return data.decode()


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("name", ["testnet", "mainnet"])
def test_what_init_writes_has_a_window_without_a_remark(name: ProfileName, chain: Chain):
    data = scaffold(name, chain).encode()
    policy = parse_policy(data)
    assert policy.window is not None
    assert policy.early is not None
    assert policy.steady is not None
    assert policy.rollback is not None
    assert {"proceed", "decide", "authorize"} <= policy.authority.keys()
    assert min(policy.authority[a].distinct_holders for a in ("proceed", "decide")) >= 2
    found = {r.topic for r in lint_policy(data) if r.severity is not Severity.NOTE}
    # The team chooses how young a head has to be, before it announces the anchor.
    assert found == ({"head-age-missing"} if name == "mainnet" else set())
    assert "{" not in data.decode().replace("{ ", "")


def test_what_init_writes_for_one_person_has_no_window():
    policy = parse_policy(scaffold("solo").encode())
    assert (policy.window, policy.early, policy.rollback) == (None, None, None)
    assert policy.authority == {}
    assert "No freeze, so no launch window" in scaffold("solo")


def held(policy: str) -> list[tuple[str, str]]:
    """The topic and the message of what the profile waits for; nothing is worse."""
    remarks = lint_policy(policy.encode())
    assert not [r for r in remarks if r.severity is Severity.ERROR]
    return [(r.topic, r.message) for r in remarks if r.severity is Severity.HOLD]


def test_under_a_profile_an_act_waits_for_its_holders():
    policy = scaffold("mainnet")
    more = policy.replace("1, ops-lead = 1", "1, ops-lead = 2", 1)
    assert held(more) == [
        (
            "threshold-unmeetable",
            "authority.instruct.roles asks for 2 ops-lead, and only h-ops-lead has that role",
        )
    ]
    more = policy.replace(
        "distinct_holders = 1\nroles = { consensus", "distinct_holders = 2\nroles = { consensus"
    )
    assert held(more) == [
        (
            "threshold-unmeetable",
            "authority.observe.distinct_holders is 2, and 1 holder can sign it",
        )
    ]
    vacant = policy.replace("1, ops-lead = 1", "1, dock-lead = 1", 1)
    assert ("role-vacant") in [topic for topic, _ in held(vacant)]


def test_one_person_alone_is_the_goal_of_solo():
    solo = scaffold("solo").replace("[freeze]", "[verdicts]\nroles = { owner = 1 }\n\n[x]")
    start, end = solo.index("[x]"), solo.index("# No freeze")
    solo = solo[:start] + "[window]\n" + solo[end:]
    severities = {r.topic: r.severity for r in lint_policy(solo.encode())}
    assert severities["start-single-holder"] is Severity.NOTE
    without = solo.replace('profile = "solo" ', "# ")
    severities = {r.topic: r.severity for r in lint_policy(without.encode())}
    assert severities["start-single-holder"] is Severity.WARNING
