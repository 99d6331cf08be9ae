from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.policy import authority_lint, holder_sets
from aztrust.core.policy.authority import package_rules
from aztrust.core.policy.holder_sets import can_meet, eligible_holders, fewest_losses, smallest_set
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, Severity
from aztrust.core.policy.model import PACKAGE_CLASSES, Policy
from aztrust.core.policy.quorum import ApprovalRule
from aztrust.core.policy.validate import parse_policy_structure
from tests.policies import HOLDERS, holder, key, policy, text

MAINNET = 'name = "test"\nnetwork_class = "mainnet"\nchain_id = "test-1"'
ONE = "distinct_holders = 1\nroles = { release-manager = 1 }"


def lint(**parts: object) -> dict[str, Remark]:
    """Remarks by topic, the last of each."""
    return {r.topic: r for r in lint_policy(text(**parts).encode())}  # type: ignore[arg-type]


def errors(data: str) -> list[Remark]:
    return [r for r in lint_policy(data.encode()) if r.severity is Severity.ERROR]


def test_a_sound_policy_has_only_notes():
    remarks = lint()
    assert {r.severity for r in remarks.values()} == {Severity.NOTE}
    assert set(remarks) == {
        "check-without-owner",
        "lost-keys",
        "revocation-one-holder",
        "smallest-set",
    }
    assert "incident-path (incident-commander)" in remarks["check-without-owner"].message
    assert remarks["smallest-set"].message == (
        "cosmin, gabi, rita and sonia together can seal and approve both packages;"
        " no fewer than 4 can"
    )


def test_the_worst_comes_first():
    order = tuple(Severity)
    data = text(holders={**HOLDERS, "eve": ["conzensus-lead"]}, launch=MAINNET, rest="").encode()
    ranks = [order.index(remark.severity) for remark in lint_policy(data)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1


@pytest.mark.parametrize(("network", "severity"), [("devnet", "warning"), ("mainnet", "error")])
def test_a_holder_who_can_do_everything_alone(network: str, severity: str):
    remark = lint(
        launch=MAINNET.replace("mainnet", network),
        holders={"rita": ["release-manager", "genesis-custodian"], "sonia": ["security-lead"]},
        release_rule=ONE,
        genesis_rule=ONE,
    )["single-holder"]
    assert remark.severity == severity
    assert remark.message == "rita alone can seal and approve both packages"


def test_a_holder_who_can_do_one_package_alone():
    remark = lint(release_rule=ONE)["single-holder"]
    assert remark.message == "rita alone can seal and approve the release package"


@pytest.mark.parametrize(
    ("parts", "topic", "words"),
    [
        ({"holders": {"rita": ["x"]}}, "seal-unmeetable", "no one can seal the genesis package"),
        (
            {"release_rule": "distinct_holders = 1\nroles = { security-lead = 2 }"},
            "threshold-unmeetable",
            "asks for 2 security-lead, and only sonia has that role",
        ),
        (
            {"release_rule": "distinct_holders = 4\nroles = { release-manager = 1 }"},
            "threshold-unmeetable",
            "asks for 4 different holders, and only rita can approve it",
        ),
        (
            {"rest": "[verdicts]\nroles = { launch-coordinator = 2 }\n"},
            "threshold-unmeetable",
            "verdicts.roles asks for 2 launch-coordinator, and only luca has that role",
        ),
        (
            {"holders": {**HOLDERS, "rita": ["release-manager", "security-lead"]}},
            "separation-violated",
            "rita has the roles release-manager and security-lead",
        ),
        (
            {"rest": '[separation]\npairs = [["security-lead", "security-lead"]]\n'},
            "separation-same",
            "apart from itself",
        ),
    ],
)
def test_what_no_launch_comes_through_with(parts: dict[str, object], topic: str, words: str):
    remark = lint(**parts)[topic]
    assert remark.severity is Severity.ERROR
    assert words in remark.message
    assert remark.mend


@pytest.mark.parametrize(
    ("parts", "topic", "words"),
    [
        ({"rest": ""}, "revocation-empty", "revocation.roles is empty"),
        (
            {
                "holders": {"rita": ["release-manager", "genesis-custodian"]},
                "release_rule": ONE,
                "genesis_rule": ONE,
                "rest": '[revocation]\nroles = ["release-manager"]\n',
            },
            "revocation-same-hands",
            "only rita, who can approve everything alone",
        ),
        ({"launch": MAINNET, "rest": ""}, "verdicts-few", "a mainnet asks for two"),
        (
            {"launch": MAINNET, "rest": "[verdicts]\nroles = { launch-coordinator = 1 }\n"},
            "verdicts-few",
            "luca alone can sign a verdict",
        ),
        (
            {"rest": '[revocation]\nroles = ["securty-lead"]\n'},
            "role-vacant",
            "no holder has the role securty-lead that revocation.roles asks for",
        ),
        (
            {"holders": {**HOLDERS, "eve": ["conzensus-lead"]}},
            "role-unused",
            "is it consensus-lead, misspelt?",
        ),
        ({"artifact": ""}, "no-artifact", "names no artifact"),
    ],
)
def test_what_is_unwise(parts: dict[str, object], topic: str, words: str):
    remark = lint(**parts)[topic]
    assert remark.severity is Severity.WARNING
    assert words in remark.message


def test_a_role_of_the_procedure_that_no_rule_asks_for_is_only_noted():
    remark = lint(holders={**HOLDERS, "eve": ["audit-scribe"]})["role-unused"]
    assert remark.severity is Severity.NOTE
    assert "audit-scribe of eve" in remark.message


def test_a_role_that_only_a_row_of_the_final_checks_asks_for_is_used():
    holders = {**HOLDERS, "eve": ["ops-lead"], "ivo": ["incident-commander"]}
    assert "role-unused" not in lint(holders=holders)
    # A row that the policy gives to others, or that need not be answered, asks it for nothing.
    rest = '[checks.incident-path]\nrole = "ops-lead"\n'
    assert "incident-commander of ivo" in lint(holders=holders, rest=rest)["role-unused"].message
    rest = '[checks.incident-path]\nnot_applicable = "a rehearsal"\n'
    assert "incident-commander of ivo" in lint(holders=holders, rest=rest)["role-unused"].message


def test_one_key_under_two_holders_is_an_error_and_counts_for_neither():
    data = text(holders={k: v for k, v in HOLDERS.items() if k != "sonia"})
    data += holder("sonia", ["security-lead"], [key("rita")])
    messages = [remark.message for remark in errors(data)]
    assert any("is listed by rita and sonia" in message for message in messages)
    parsed = parse_policy_structure(data.encode())
    assert not can_meet(parsed, list(parsed.holders), package_rules(parsed, PACKAGE_CLASSES))


@pytest.mark.parametrize(("real", "severity"), [(True, "warning"), (False, "note")])
def test_rehearsal_keys_in_a_devnet(real: bool, severity: str, monkeypatch: pytest.MonkeyPatch):
    worthless = frozenset(key(name) for name in HOLDERS if not real or name == "rita")
    monkeypatch.setattr(authority_lint, "REHEARSAL_KEYS", worthless)
    remark = lint()["rehearsal-key"]
    assert remark.severity == severity
    assert "rita" in remark.message


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"x", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"#" * (5 * 1024 * 1024), "larger"),
        (b"", "no one has any authority yet"),
        (text().replace("[separation]", "[seperation]").encode(), "did you mean separation?"),
    ],
)
def test_what_is_not_a_policy_is_reported_and_not_raised(data: bytes, word: str):
    remarks = lint_policy(data)
    assert all(r.severity is Severity.ERROR for r in remarks)
    assert any(word in r.message for r in remarks)


def test_blanks_are_reported_once_each_with_their_line():
    data = text(launch='name = "TODO"\nnetwork_class = "TODO"\nchain_id = "test-1"')
    assert [remark.message for remark in errors(data)] == [
        "launch.name is still TODO (line 3)",
        "launch.network_class is still TODO (line 4)",
    ]
    data = text(launch='name = "TODO"\nnetwork_class = "devnet"\nchain_id = "test-1"')
    assert [remark.message for remark in errors(data)] == ["launch.name is still TODO (line 3)"]


def test_lost_keys_are_counted_by_the_cheapest_way():
    people = {**HOLDERS, "sara": ["security-lead"]}
    data = text(holders=people) + holder("ruth", ["release-manager"], [key("r1"), key("r2")])
    parsed = parse_policy_structure(data.encode())
    rule = ApprovalRule(distinct_holders=1, roles={"release-manager": 1})
    loss = fewest_losses(parsed, rule)
    assert (loss.keys, loss.holders) == (3, ("rita", "ruth"))
    rule = ApprovalRule(distinct_holders=3, roles={"release-manager": 1, "security-lead": 1})
    assert fewest_losses(parsed, rule).keys == 2
    rule = ApprovalRule(distinct_holders=9, roles={"release-manager": 1})
    assert fewest_losses(parsed, rule).keys == 0


MANY = ["release-manager", "security-lead", "consensus-lead", "genesis-custodian"]


def test_many_holders_of_a_few_kinds():
    people = {f"h{i:03}": [MANY[i % 4]] for i in range(400)}
    parsed = policy(
        holders=people,
        release_rule="distinct_holders = 150\nroles = { release-manager = 50, security-lead = 50,"
        " consensus-lead = 50 }",
        rest="",
    )
    found = smallest_set(parsed, package_rules(parsed, PACKAGE_CLASSES))
    assert found is not None
    assert len(found) == 151


def mixed(count: int) -> dict[str, list[str]]:
    """Holders that all differ in their roles."""
    roles = [*MANY, *(f"r{i}" for i in range(6))]
    return {
        f"h{i:02}": [role for j, role in enumerate(roles) if (i * 37 + 11) >> j & 1] or ["r0"]
        for i in range(count)
    }


@pytest.mark.parametrize("most", [2, 5])
def test_twenty_holders_of_which_no_two_are_alike(monkeypatch, most):
    asked = ", ".join(f"r{i} = {1 + i % most}" for i in range(6))
    parsed = policy(
        holders=mixed(20),
        release_rule=f"distinct_holders = 9\nroles = {{ release-manager = {most}, {asked} }}",
        rest="",
    )
    rules = package_rules(parsed, PACKAGE_CLASSES)
    steps = []
    real = holder_sets.first_smallest
    monkeypatch.setattr(
        holder_sets, "first_smallest", lambda *words: steps.append(words) or real(*words, 2000)
    )
    found = smallest_set(parsed, rules)
    assert steps
    assert found is not None
    assert can_meet(parsed, found, rules)
    assert not any(can_meet(parsed, set(found) - {name}, rules) for name in found)


def test_a_search_that_would_not_end_is_given_up_and_says_so(monkeypatch):
    real = holder_sets.first_smallest
    monkeypatch.setattr(holder_sets, "STEPS", 1)
    monkeypatch.setattr(holder_sets, "first_smallest", lambda *words: real(*words, 1))
    remark = lint(holders={**HOLDERS, **mixed(20)})["smallest-set"]
    assert "was not found in reasonable time: 2" in remark.message


def test_without_notes_nothing_is_searched(monkeypatch):
    def search(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(authority_lint, "smallest_set", search)
    remarks = lint_policy(text().encode(), notes=False)
    assert all(remark.severity is not Severity.NOTE for remark in remarks)
    with pytest.raises(AssertionError):
        lint_policy(text().encode())


ROLES = ["a", "b", "c"]


@st.composite
def small_policies(draw: st.DrawFn) -> Policy:
    names = [f"h{i}" for i in range(draw(st.integers(1, 5)))]
    roles = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)
    people = {name: draw(roles) for name in names}
    rules = []
    for _ in range(2):
        asked = draw(st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1))
        listed = ", ".join(f"{role} = {count}" for role, count in asked.items())
        rules.append(f"distinct_holders = {draw(st.integers(1, 4))}\nroles = {{ {listed} }}")
    return policy(
        holders=people,
        release_rule=rules[0],
        genesis_rule=rules[1],
        rest='[seal]\nrelease = "a"\ngenesis = "b"\n',
    )


@given(small_policies())
def test_the_smallest_set_is_smallest(parsed: Policy):
    rules = package_rules(parsed, PACKAGE_CLASSES)
    found = smallest_set(parsed, rules)
    able = [
        chosen
        for size in range(len(parsed.holders) + 1)
        for chosen in combinations(sorted(parsed.holders), size)
        if can_meet(parsed, chosen, rules)
    ]
    assert found == (able[0] if able else ())


@given(small_policies())
def test_losing_the_named_keys_breaks_the_rule_and_fewer_do_not(parsed: Policy):
    for package_class in PACKAGE_CLASSES:
        rule = parsed.approval_rule(package_class)
        loss = fewest_losses(parsed, rule)
        left = [name for name in parsed.holders if name not in loss.holders]
        assert not can_meet(parsed, left, [rule])
        for survivors in combinations(eligible_holders(parsed, [rule]), len(left)):
            gone = len(eligible_holders(parsed, [rule])) - len(survivors)
            if gone < loss.keys:
                assert can_meet(parsed, survivors, [rule])


def test_any_self_built_binary_is_worth_a_warning():
    allowed = text() + '\n[readiness]\nself_built = "allow"\n'
    topics = {remark.topic for remark in lint_policy(allowed.encode())}
    assert "self-built-any" in topics
    named = allowed + 'module = "example.org/atlas"\n'
    assert "self-built-any" not in {remark.topic for remark in lint_policy(named.encode())}
