"""What the observer on this machine left is found by the policy, and is of this launch only."""

from __future__ import annotations

import pytest

from aztrust.acts.seen_chain import last_seen, present_chain
from aztrust.core.base.value import replace
from aztrust.core.state.context import Context
from aztrust.core.state.current import current_attempt
from aztrust.report.observe.document import facts_bytes, observe_report
from aztrust.storage.chainfacts import facts_path, keep_facts
from tests.cli_launch import home_at
from tests.core.chain.watched import T0
from tests.readiness import context_of, staffed
from tests.report.test_observe_document import ABOUT, looked

CHAIN = '[chain]\nkind = "cometbft"\nepoch_blocks = 4\n'
AT = T0 + 40_000


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    home_at(monkeypatch, tmp_path / "home")


@pytest.fixture
def context() -> Context:
    return context_of(staffed({"ann": 1}, checks=CHAIN))


def facts(context: Context, **changes: str) -> bytes:
    attempt = current_attempt(context)
    assert attempt is not None
    digests = {"policy_digest": context.policy_digest, "scope_hash": attempt.scope_hash}
    about = ABOUT.model_copy(update={**digests, **changes})
    return facts_bytes(observe_report(looked(), about))


def why(context: Context) -> str:
    found = last_seen(context)
    assert found is not None
    assert found.report is None
    chain = present_chain(context, AT, is_now=True)
    assert chain is not None
    assert (chain.state, chain.good) == ("not-observed", False)
    return found.why


def test_a_policy_without_the_table_asks_for_none():
    context = context_of(staffed({"ann": 1}))
    keep_facts(context.policy_digest, b"{}")
    assert last_seen(context) is None
    assert present_chain(context, AT, is_now=True) is None


def test_what_an_observer_left_is_found_and_read_again_when_it_changes(context):
    assert why(context) == "no observer ran here"
    keep_facts(context.policy_digest, facts(context))
    for height in (20, 21):
        chain = present_chain(context, AT, is_now=True)
        assert chain is not None
        assert chain.state == "observed"
        assert chain.picture is not None
        assert chain.picture.height == height
        seen = looked()
        other = replace(seen, picture=replace(seen.picture, height=21))
        attempt = current_attempt(context)
        assert attempt is not None
        digests = {"policy_digest": context.policy_digest, "scope_hash": attempt.scope_hash}
        about = ABOUT.model_copy(update=digests)
        keep_facts(context.policy_digest, facts_bytes(observe_report(other, about)))
    facts_path(context.policy_digest).unlink()
    assert why(context) == "no observer ran here"


def test_of_another_time_nothing_is_kept(context):
    keep_facts(context.policy_digest, facts(context))
    chain = present_chain(context, AT, is_now=False)
    assert chain is not None
    assert (chain.state, chain.picture) == ("not-observed", None)
    assert chain.why == "what an observer saw at another time than now is not kept"


def test_what_another_launch_saw_is_not_this_one(context):
    keep_facts(context.policy_digest, facts(context, policy_digest="sha256:" + "a" * 64))
    assert why(context) == "what is kept here is of another policy"
    keep_facts(context.policy_digest, facts(context, scope_hash="sha256:" + "b" * 64))
    assert why(context) == "the observer here saw another scope, bbbbbbbb"


@pytest.mark.parametrize("data", [b"", b"{", b'{"schema": "aztrust/observe"}'])
def test_what_cannot_be_read_is_not_absent(context, data):
    keep_facts(context.policy_digest, data)
    assert why(context).startswith("what it wrote cannot be read: ")


def test_a_link_in_its_place_is_not_followed(context, tmp_path):
    keep_facts(context.policy_digest, facts(context))
    path = facts_path(context.policy_digest)
    path.rename(tmp_path / "other")
    path.symlink_to(tmp_path / "other")
    assert why(context).startswith("what it wrote cannot be read: ")
