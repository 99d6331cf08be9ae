"""The cards of the actors of a launch window."""

from __future__ import annotations

import pytest

from aztrust.core.policy.actors import ACTORS, SIGNERS, actor_card, actor_cards
from tests.policies import TEAM, policy

DECIDE = "[authority.decide]\ndistinct_holders = 2\nroles = { ops-lead = 1, security-lead = 2 }\n"


@pytest.mark.clause("AZ-14.1")
def test_the_ten_actors_have_a_card_each():
    assert [actor.title for actor in ACTORS.values()] == [
        "launch coordinator",
        "audit scribe",
        "go/no-go signer",
        "genesis custodian",
        "release manager",
        "consensus lead",
        "ops lead",
        "validator operator",
        "security lead",
        "incident commander",
    ]
    cards = actor_cards(policy())
    assert [card.role for card in cards] == list(ACTORS)
    assert all(card.actor is ACTORS[card.role] for card in cards)


@pytest.mark.clause("AZ-14.2")
@pytest.mark.parametrize("role", ACTORS)
def test_a_card_has_duties_escalation_and_limits(role: str):
    actor = actor_card(policy(), role).actor
    assert actor is not None
    assert actor.responsibilities
    assert actor.escalation
    assert set(actor.escalation) <= set(ACTORS) - {role}
    assert actor.may_confirm
    assert actor.may_not_improvise


def test_a_card_names_holders_backup_acts_and_places():
    card = actor_card(policy(DECIDE, holders=TEAM), "ops-lead")
    assert (card.holders, card.backup) == (("otto",), ())
    assert card.acts == ("hold", "decide", "abort-started")
    assert card.places == ()
    card = actor_card(policy("", holders=TEAM), "security-lead")
    assert (card.holders, card.backup) == (("sara", "sonia"), ("sonia",))
    assert "approvals.release.roles" in card.places
    assert "verdicts.roles" in card.places
    assert len(card.acts) == 15


def test_holders_that_a_rule_asks_for_are_not_its_backup():
    asked = policy(DECIDE, holders=TEAM)
    assert actor_card(asked, "security-lead").backup == ()
    more = policy(DECIDE, holders={**TEAM, "sven": ["security-lead"]})
    assert actor_card(more, "security-lead").backup == ("sven",)
    three = "distinct_holders = 3\nroles = { security-lead = 3, release-manager = 1 }"
    people = {**TEAM, "sven": ["security-lead"]}
    assert actor_card(policy("", holders=people, release_rule=three), "security-lead").backup == ()
    two = "[verdicts]\nroles = { security-lead = 2 }\n"
    assert actor_card(policy("", holders=TEAM, rest=two), "security-lead").backup == ()
    assert actor_card(policy("", holders=people, rest=two), "security-lead").backup == ("sven",)


def test_the_signers_are_those_who_sign_the_decision():
    card = actor_card(policy("", holders=TEAM), SIGNERS)
    assert (card.holders, card.acts) == (("luca", "sara", "sonia"), ("decide",))
    assert card.backup == ("sonia",)
    assert actor_card(policy(DECIDE, holders=TEAM), SIGNERS).holders == ("otto", "sara", "sonia")
    assert actor_card(policy(DECIDE, holders=TEAM), SIGNERS).backup == ()
    none = actor_card(policy(rest=""), SIGNERS)
    assert (none.holders, none.backup, none.acts) == ((), (), ())


def test_holders_of_a_role_of_that_name_are_the_signers():
    people = {**TEAM, "greta": [SIGNERS], "hans": [SIGNERS]}
    card = actor_card(policy("", holders=people), SIGNERS)
    assert (card.holders, card.backup) == (("greta", "hans"), ("hans",))


def test_a_role_of_the_policy_alone_has_a_card_without_the_procedure():
    people = {**TEAM, "dora": ["dock-lead"], "ada": ["archivist"]}
    more = "[authority.activate]\ndistinct_holders = 1\nroles = { dock-lead = 1 }\n"
    cards = actor_cards(policy(more, holders=people))
    assert [card.role for card in cards][10:] == ["archivist", "dock-lead"]
    assert cards[-1].actor is None
    assert cards[-1].acts == ("hold", "activate")
    assert cards[-1].holders == ("dora",)
