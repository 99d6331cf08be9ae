"""What an operator's own nodes answered: bounded, by an enrolled key, a claim and nothing more."""

from __future__ import annotations

import pytest

from aztrust.core.base.canonical import dumps
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.history.operators import EnrolledKey
from aztrust.core.records.node_facts import NODE_FACTS, NodeFactsRecord
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.current import current_attempt
from aztrust.core.state.ledger.append_rules import open_files
from aztrust.core.state.node_reports import observers_disagree, operator_facts
from aztrust.core.state.present_readiness import present_readiness
from tests.final_check_builders import CHECKED, SAID
from tests.memory_launch import Launch
from tests.operators import node_facts, operator, saw, sign
from tests.readiness import bound, staffed

DIGEST = "sha256:" + "1" * 64
HOUR = 3_600_000


def body(**more: object) -> NodeFactsRecord:
    return NodeFactsRecord.model_validate(node_facts(policy_digest=DIGEST, **more))


def node(name: str, **more: object) -> dict[str, object]:
    return {"genesis": "sealed", "name": name, "reach": "ok", **more}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"nodes": (node("b"), node("a"))}, "not sorted by name"),
        ({"nodes": (node("a"), node("a"))}, "is there twice"),
        ({"blocks": ({"height": 2, "id": "B"}, {"height": 1, "id": "A"})}, "not sorted by height"),
        ({"signals": ("b", "a")}, "signals are not sorted"),
    ],
)
def test_a_record_has_one_form(values, why):
    with pytest.raises(Malformed, match=why):
        NODE_FACTS.check(body(**values), {}, "it")


@pytest.mark.parametrize(
    "values",
    [
        {"nodes": ()},
        {"nodes": tuple(node(f"{n:02d}") for n in range(17))},
        {"blocks": tuple({"height": n, "id": "B"} for n in range(17))},
        {"signals": tuple(f"{n:03d}" for n in range(65))},
        {"nodes": (node("a", head=-1),)},
        {"nodes": (node("a" * 129),)},
        {"nodes": (node("a", address="http://\u202e"),)},
        {"nodes": (node("a", memory="1"),)},
    ],
)
def test_a_record_is_bounded(values):
    with pytest.raises(Exception, match="validation error"):
        body(**values)


def test_the_largest_record_is_small():
    word = "x" * 128
    given = ("network", "version", "validator", "address")
    nodes = tuple(
        node(f"{n:02d}" + "x" * 126, head=2**53 - 1, **dict.fromkeys(given, word))
        for n in range(16)
    )
    blocks = tuple(
        {"height": n, "id": word, "state_after": word, "validators": word} for n in range(16)
    )
    signals = tuple(f"{n:02d}" + "x" * 126 for n in range(64))
    largest = body(nodes=nodes, blocks=blocks, signals=signals)
    NODE_FACTS.check(largest, {}, "it")
    assert len(dumps(largest.model_dump(mode="json", exclude_none=True))) < 32 * 1024


def read(launch: Launch, now: int = CHECKED) -> Context:
    return read_context(Request(now), launch.evidence())


def states(launch: Launch, now: int = CHECKED) -> dict[str, str]:
    context = read(launch, now)
    attempt = current_attempt(context)
    assert attempt is not None
    return {f.report.seat.operator: f.state for f in operator_facts(context, attempt)}


@pytest.fixture
def launch() -> Launch:
    return staffed({"ann": 40, "bob": 35, "eve": 25})


def report(launch: Launch, name: str, **more: object) -> str:
    return saw(launch, name, **{**bound(launch), "at": SAID, **more})


def test_facts_count_for_the_attempt_that_they_are_about(launch):
    report(launch, "ann")
    report(launch, "bob", scope_hash=DIGEST)
    report(launch, "eve", launch_window_id=DIGEST)
    assert states(launch) == {
        "ann": "current",
        "bob": "other-scope",
        "eve": "other-window",
    }


@pytest.mark.clause("AZ-26.2")
def test_facts_age_and_do_not_come_from_the_future(launch):
    report(launch, "ann")
    report(launch, "bob", at=CHECKED + HOUR)
    assert states(launch) == {"ann": "current", "bob": "future"}
    assert states(launch, SAID + HOUR)["ann"] == "current"
    assert states(launch, SAID + HOUR + 1)["ann"] == "too-old"


def test_facts_of_a_revoked_key_do_not_count(launch):
    report(launch, "ann")
    report(launch, "bob")
    launch.revoke(operator("ann").public.fingerprint, "sonia", kind="key", reason="compromised")
    assert states(launch) == {"ann": "key-revoked", "bob": "current"}


def test_facts_under_another_policy_count_nowhere(launch):
    report(launch, "ann", policy_digest=DIGEST)
    context = read(launch)
    assert context.records.node_reports == ()
    assert any("under another policy" in notice.message for notice in context.records.notices)


def test_facts_by_a_key_that_is_not_enrolled_count_nowhere(launch):
    report(launch, "mole")
    assert read(launch).records.node_reports == ()


def test_the_facts_of_a_holder_count_nowhere(launch):
    fields = {**node_facts(at=SAID), **bound(launch)}
    sign(launch, "node-facts", "sonia", fields)
    context = read(launch)
    assert context.records.node_reports == ()
    assert any(f.code == "signer-not-in-role" for f in context.records.effective.notices)


@pytest.mark.clause("AZ-26.2")
def test_facts_make_no_operator_ready(launch):
    before = present_readiness(read(launch))
    for name in ("ann", "bob", "eve"):
        report(launch, name)
    after = present_readiness(read(launch))
    assert before is not None
    assert after == before


def test_the_ledger_takes_them_by_an_enrolled_key_under_this_policy_alone(launch):
    report(launch, "ann")
    report(launch, "bob", policy_digest=DIGEST)
    report(launch, "mole")
    context = read(launch)
    files = {n: d for n, d in launch.records.items() if b"bm9kZS1mYWN0cw" in d or "node-facts" in n}
    keys = {
        operator(name).public.fingerprint: EnrolledKey(name, operator(name).public)
        for name in ("ann", "bob")
    }
    opened = open_files(context, files, keys.get)
    assert [each.holder for each in opened.taken] == ["operator ann"]
    codes = sorted(finding.code for finding in opened.refused)
    assert codes == ["approval-other-scope", "signer-unknown"]
    assert all(isinstance(finding, Finding) for finding in opened.refused)


def test_facts_that_are_handed_in_again_do_not_replace_newer_ones(launch):
    """Whose ledger place is later is not who looked later."""
    report(launch, "ann", blocks=({"height": 2, "id": "NEW"},), at=SAID + 1000)
    report(launch, "ann", blocks=({"height": 2, "id": "OLD"},), at=SAID)
    context = read(launch)
    attempt = current_attempt(context)
    assert attempt is not None
    newer, older = sorted(context.records.node_reports, key=lambda one: -one.body.seen_at_unix_ms)
    again = replace(older, place=9), replace(newer, place=3)
    for order in (again, again[::-1]):
        records = replace(context.records, node_reports=order)
        (found,) = operator_facts(replace(context, records=records), attempt)
        assert found.report.body.blocks[0].id == "NEW"


@pytest.mark.clause("AZ-11.2", "AZ-32.2")
def test_operators_that_saw_different_blocks_disagree(launch):
    report(launch, "ann")
    report(launch, "bob")
    report(launch, "eve", blocks=({"height": 2, "id": "X2"},))
    context = read(launch)
    attempt = current_attempt(context)
    assert attempt is not None
    (found,) = observers_disagree(context, attempt)
    assert found.text == "block 2: B2 (operator ann, operator bob), X2 (operator eve)"
    # What a block is does not change with the age of who saw it.
    old = read(launch, SAID + 9 * HOUR)
    assert observers_disagree(old, attempt) == (found,)
    # A newer one of the same key replaces it.
    report(launch, "eve", at=SAID + 1000)
    assert observers_disagree(read(launch), attempt) == ()
