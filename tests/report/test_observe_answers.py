"""What facts say to the questions of records: what was not seen is unknown, and never ok."""

from __future__ import annotations

import pytest

from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.chain.facts import GenesisFact
from aztrust.report.observe.answers import (
    FRESH_MS,
    QUESTIONS,
    answers_of,
    finality_health,
    is_blind,
    named_signal,
    participation_ids,
)
from aztrust.report.observe.model import ObserveReport
from tests.core.chain.watched import OTHER_GENESIS, SHORT, T0, anchored, has, silent
from tests.policies import policy
from tests.seen_facts import facts_of

NOW = T0 + 40_000
BAND = policy(SHORT).early
HEALTHY = facts_of(proven=5)


def answers(facts: ObserveReport, now: int = NOW, end: int | None = 5) -> dict[str, str]:
    return dict(answers_of(facts, now, BAND, end))


def names(facts: ObserveReport, answer: str) -> set[str]:
    return {name for name, given in answers(facts).items() if given == answer}


@pytest.mark.clause("AZ-11.2")
def test_a_healthy_network_answers_all_seven():
    assert tuple(answers(HEALTHY)) == QUESTIONS
    assert set(answers(HEALTHY).values()) == {"ok"}


@pytest.mark.clause("AZ-11.2")
@pytest.mark.parametrize(
    ("facts", "denied"),
    [
        (facts_of(proven=5, wrong=("no",)), {"finalized_roots"}),
        (facts_of(anchored("d", 18, state_after="X")), {"determinism"}),
        (facts_of(has("d", genesis=OTHER_GENESIS)), {"scope_match"}),
        (facts_of(has("cd", network="other")), {"scope_match"}),
        (facts_of(absent=lambda _: "cd"), {"committees"}),
        (facts_of(stops=5), {"finality_cadence", "finality_gaps"}),
        (
            facts_of(
                anchored("abcd", 18, validators="OTHER", flags=frozenset({"validator_updates"}))
            ),
            {"governance"},
        ),
    ],
    ids=["proof", "state", "genesis", "chain-id", "absent", "stopped", "validators"],
)
def test_what_is_wrong_denies_its_question(facts: ObserveReport, denied: set[str]):
    assert denied <= names(facts, "not-ok"), (answers(facts), [s.code for s in facts.signals])
    others = set(QUESTIONS) - denied
    assert others & names(facts, "ok"), answers(facts)


@pytest.mark.clause("AZ-11.2", "AZ-26.2")
def test_what_was_not_seen_is_unknown():
    assert "finalized_roots" in names(facts_of(proven=None), "unknown")
    assert "finalized_roots" in names(facts_of(proven=4), "unknown")
    assert answers(HEALTHY, end=None)["finalized_roots"] == "unknown"
    assert dict(answers_of(HEALTHY, NOW, None, 5))["committees"] == "unknown"
    assert "scope_match" in names(facts_of(has("d", genesis=None)), "unknown")
    assert "governance" in names(facts_of(anchored("abcd", 20, validators=None)), "unknown")
    assert "governance" in names(facts_of(anchored("abcd", 20, params=None)), "unknown")
    without = facts_of(*(anchored("abcd", h, state_after=None) for h in range(1, 21)))
    assert "determinism" in names(without, "unknown")
    alone = facts_of(*(anchored("bcd", h, state_after=None) for h in range(1, 21)))
    assert "determinism" in names(alone, "unknown"), "one node alone agrees with no one"


@pytest.mark.clause("AZ-11.2", "AZ-29.1")
@pytest.mark.parametrize(
    ("unlisted", "answer"), [("1/4", "ok"), ("1/3", "unknown"), (None, "unknown")]
)
def test_the_nodes_that_are_not_listed_may_run_anything(unlisted, answer):
    picture = HEALTHY.picture.model_copy(update={"unlisted_power": unlisted})
    facts = HEALTHY.model_copy(update={"picture": picture})
    assert answers(facts)["scope_match"] == answer
    assert answers(facts)["finalized_roots"] == "ok"


@pytest.mark.clause("AZ-26.2")
def test_nothing_is_ok_for_an_observer_that_is_blind_or_late():
    blind = facts_of(silent("cd", 20, 40))
    assert is_blind(blind, NOW)
    assert names(blind, "ok") == set()
    assert not is_blind(facts_of(silent("d", 20, 40)), NOW)
    assert not is_blind(HEALTHY, NOW + FRESH_MS)
    late = answers(HEALTHY, NOW + FRESH_MS + 1)
    assert set(late.values()) == {"unknown"}
    split = facts_of(anchored("d", 18, state_after="X"))
    assert answers(split, NOW + FRESH_MS + 1)["determinism"] == "not-ok", (
        "wrong is wrong later, too"
    )


@pytest.mark.clause("AZ-21.2")
@pytest.mark.parametrize(
    ("facts", "health"),
    [
        (HEALTHY, "healthy"),
        (facts_of(silent("d", 38, 40)), "healthy"),
        (facts_of(silent("cd", 20, 40)), "unknown"),
        (facts_of(stops=5), "none"),
        (facts_of(seconds=1), "none"),
        (facts_of(anchored("cd", 18, state_after="X")), "degraded"),
        (facts_of(wrong=("no",)), "degraded"),
        (facts_of(proven=None), "unknown"),
    ],
    ids=["healthy", "one-silent", "blind", "stopped", "no-block", "split", "wrong", "unproven"],
)
def test_the_health_of_finality(facts: ObserveReport, health: str):
    now = facts.at_unix_ms
    assert finality_health(facts, now) == health, [s.code for s in facts.signals]
    assert finality_health(facts, now + FRESH_MS + 1) == "unknown"


@pytest.mark.clause("AZ-21.2")
def test_a_participation_root_is_over_each_validator_and_its_votes():
    facts = facts_of(absent=lambda height: "d" if height == 18 else "")
    count = len(facts.commits)
    assert count > 2
    ids = participation_ids(facts, ("Va", "Vb", "Vc", "Vd"))

    def entry(validator: str, signed: int) -> str:
        return sha256_id(dumps({"of": count, "signed": signed, "validator": validator}))

    whole = [entry(name, count) for name in ("Va", "Vb", "Vc")]
    assert ids == tuple(sorted([*whole, entry("Vd", count - 1)]))
    assert participation_ids(facts, ()) == (entry("Vd", count - 1),)
    assert participation_ids(facts_of(seconds=1), ("Va",)) == ()


def test_commits_whose_absent_validators_are_not_named_are_in_no_participation_root():
    facts = facts_of()
    unnamed = [commit.model_copy(update={"absent": None}) for commit in facts.commits]
    half = facts.model_copy(update={"commits": (*unnamed[:-1], facts.commits[-1])})
    ids = participation_ids(half, ("Va",))
    assert ids == (sha256_id(dumps({"of": 1, "signed": 1, "validator": "Va"})),)
    assert participation_ids(facts.model_copy(update={"commits": tuple(unnamed)}), ("Va",)) == ()


def test_a_signal_is_named_by_its_code_and_where_needed_by_its_subject():
    two = facts_of(
        has("d", genesis=OTHER_GENESIS),
        has("c", genesis=GenesisFact("test/1", (("app_state", "3"), ("chain_id", "test-1")), T0)),
        powers={"a": 10, "b": 10, "c": 1, "d": 1},
    )
    assert named_signal(two, "genesis-served-other") is None
    found = named_signal(two, "genesis-served-other:d")
    assert found is not None
    assert found.subject == "d"
    assert named_signal(two, "genesis-served-other:a") is None
    one = facts_of(has("d", genesis=OTHER_GENESIS))
    assert named_signal(one, "genesis-served-other") is not None
    assert named_signal(one, "state-split") is None


@pytest.mark.clause("AZ-11.2")
def test_one_host_below_a_third_does_not_deny_that_committees_work():
    powers = {"a": 10, "b": 10, "c": 10, "d": 1}
    gone = facts_of(
        silent("d", 20, 40),
        absent=lambda height: "d" if height > 9 else "",
        powers=powers,
        proven=5,
    )
    gaps = [s for s in gone.signals if s.anomaly == "role-readiness-gap"]
    assert gaps
    assert {signal.locus for signal in gaps} == {"host"}
    assert answers(gone)["committees"] == "ok"
    split = facts_of(anchored("d", 18, state_after="X"), powers=powers, proven=5)
    assert {s.locus for s in split.signals} == {"host"}
    assert answers(split)["determinism"] == "not-ok", "a divergence has to be explained"
