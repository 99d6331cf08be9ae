"""Rules on a chain whose blocks become final later, and whose nodes name no validators."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction

import pytest

from aztrust.core.base.value import replace
from aztrust.core.chain.facts import NodeFacts, Reach, Traits, Votes
from aztrust.core.chain.judge.criteria import criteria
from aztrust.core.chain.judge.judging import judge
from aztrust.core.chain.judge.memory import Memory
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.judge.thresholds import Thresholds, thresholds_of
from tests.core.chain.watched import GENESIS, SHORT, T0, anchor, expected
from tests.policies import policy

SLOTS = 4
"""Slots of two seconds in an epoch; an epoch is final when two more have ended."""
CHECKPOINT = Traits(silent_before_t0=False, finality="checkpoint", names_validators=False)
TABLES = SHORT.replace('max_no_finality = "20s"', 'max_no_finality = "40s"')
LIMITS = thresholds_of(policy(TABLES), "early", CHECKPOINT)
Change = Callable[[int, str, NodeFacts], NodeFacts]


def unchanged(_second: int, _name: str, facts: NodeFacts) -> NodeFacts:
    return facts


def watch(
    change: Change = unchanged,
    *,
    seconds: int = 60,
    limits: Thresholds = LIMITS,
    skipped: Collection[int] = (),
    stops: int = 999,
    final: Callable[[int], int] = lambda epoch: max(0, epoch - 2),
    absent: Callable[[int], Collection[str]] | None = None,
    known: bool = True,
    owners: bool = False,
) -> tuple[Memory, dict[int, tuple[Signal, ...]]]:
    """Look at four nodes once a second from T0 on.

    Args:
        change: of the facts of a node.
        seconds: the last second.
        limits: of the phase.
        skipped: slots without a block.
        stops: the slot after which no block comes.
        final: the finalized epoch, by the epoch of the head.
        absent: the nodes whose validators do not vote in an epoch.
        known: whether the absent ones are named.
        owners: whether the list of nodes names the validator of each.
    """
    due = replace(expected("abcd"), first_height=0)
    memory, found = Memory(), {}
    read = dict.fromkeys("abcd", 0)
    for second in range(seconds + 1):
        now, slot = T0 + second * 1000, min(second // 2, stops)
        head = max(s for s in range(slot + 1) if s not in skipped)
        batch = []
        for name in "abcd":
            new = [s for s in range(read[name] + 1, head + 1) if s not in skipped]
            epoch = final(slot // SLOTS)
            anchors = {s: _block(s, skipped, finalized=False) for s in new}
            if epoch:
                anchors[epoch * SLOTS] = _block(epoch * SLOTS, skipped, finalized=True)
            ended = [e for e in range(slot // SLOTS) if slot == (e + 1) * SLOTS + 1]
            facts = NodeFacts(
                name,
                now,
                Reach.OK,
                network="test-1",
                validator=f"V{name}" if owners else None,
                head=head,
                finalized=epoch * SLOTS,
                syncing=False,
                peers=3,
                genesis=GENESIS,
                anchors=tuple(anchors[s] for s in sorted(anchors)),
                votes=tuple(_votes(e, absent(e) if absent else (), known) for e in ended),
                raw=(f"sha256:{name}{second}",),
            )
            facts = change(second, name, facts)
            if facts.reach.answered:
                read[name] = head
            batch.append(facts)
        memory, found[second] = judge(memory, batch, due, limits, now)
    return memory, found


def _block(slot: int, skipped: Collection[int], *, finalized: bool):
    before = max((s for s in range(slot) if s not in skipped), default=0)
    return anchor(
        slot,
        parent=f"B{before}",
        time_ms=T0 + slot * 2000,
        validators=None,
        params=None,
        state_before=None,
        finalized=finalized,
    )


def _votes(epoch: int, absent: Collection[str], known: bool) -> Votes:
    gone = tuple(f"V{name}" for name in absent)
    return Votes(
        height=epoch * SLOTS + SLOTS - 1,
        round=None,
        total=4,
        signed=4 - len(gone),
        against=0,
        absent=gone if known else None,
        canonical=True,
        stamps_ms=(),
        begun_ms=T0 + epoch * SLOTS * 2000,
    )


def codes(found: dict[int, tuple[Signal, ...]]) -> set[str]:
    return {signal.code for many in found.values() for signal in many}


def last(found: dict[int, tuple[Signal, ...]], code: str) -> Signal:
    return next(
        s for second in sorted(found, reverse=True) for s in found[second] if s.code == code
    )


def test_a_network_that_becomes_final_by_epochs_gives_no_signal():
    memory, found = watch()
    assert codes(found) == set()
    assert memory.final == 5 * SLOTS
    assert memory.head == 30


def test_by_the_measure_of_instant_finality_the_same_network_is_halted():
    fast = policy(TABLES.replace('block_interval = "3s"', 'block_interval = "1s"'))
    _, found = watch(limits=thresholds_of(fast, "early"))
    assert "rollback-halt" in codes(found)
    _, found = watch(limits=thresholds_of(fast, "early", CHECKPOINT))
    assert "rollback-halt" not in codes(found)


def test_slots_without_a_block_in_a_row_are_halted_blocks():
    few, many = {9, 10}, set(range(9, 18))
    _, found = watch(skipped=few)
    assert "rollback-halt" not in codes(found)
    _, found = watch(skipped=many)
    halt = last(found, "rollback-halt")
    assert "after block 8" in halt.detail
    assert halt.since_ms == T0 + 16_000


def test_a_network_that_stops_is_halted_and_its_participation_unknown():
    memory, found = watch(stops=12, seconds=60)
    assert "after block 12" in last(found, "rollback-halt").detail
    state = {one.criterion: one.state for one in criteria(memory, LIMITS)}
    assert state["participation"] == "unknown"
    assert state["halt"] == "met"


def test_slots_without_a_block_make_the_pace_slower():
    every_other = {slot for slot in range(1, 40) if slot % 2}
    _, found = watch(skipped=every_other)
    assert "blocks-slow" in codes(found)
    assert "4.0 s" in last(found, "blocks-slow").detail
    _, found = watch(skipped={5, 15, 25})
    assert "blocks-slow" not in codes(found)


def test_slots_that_were_not_read_do_not_make_the_pace_slower():
    def late(second: int, _name: str, facts: NodeFacts) -> NodeFacts:
        kept = tuple(a for a in facts.anchors if a.height > 10)
        return replace(facts, anchors=kept) if second > 20 else replace(facts, anchors=())

    _, found = watch(late)
    assert "blocks-slow" not in codes(found)


def test_without_finality_blocks_go_on_and_it_is_missed():
    memory, found = watch(final=lambda epoch: 0)
    assert codes(found) == {"no-finality"}
    assert "after block 0" in last(found, "no-finality").detail
    assert memory.head == 30


def test_an_epoch_below_two_thirds_is_a_missing_quorum():
    _, found = watch(absent=lambda epoch: "cd" if epoch >= 3 else "")
    quorum = last(found, "quorum-missing")
    assert (quorum.power, quorum.anomaly) == (Fraction(1, 2), "no-finality-anomaly")
    assert "1/2 of the power voted in the epoch that ends with slot" in quorum.detail
    assert min(t for t, many in found.items() for s in many if s.code == quorum.code) == 34
    _, found = watch(absent=lambda epoch: "d" if epoch >= 3 else "")
    assert "quorum-missing" not in codes(found)


def test_participation_is_averaged_over_epochs():
    assert LIMITS.last_votes == "the last 2 epochs"
    _, found = watch(absent=lambda epoch: "d" if epoch == 3 else "")
    assert codes(found) == set()
    _, found = watch(absent=lambda epoch: "d" if epoch >= 3 else "")
    assert "75% of the power signed the last 2 epochs" in last(found, "participation-low").detail
    assert "absent from the last 2 epochs" in last(found, "validator-absent").detail


def test_where_no_one_is_named_no_one_is_absent():
    _, found = watch(absent=lambda epoch: "d" if epoch >= 3 else "", known=False)
    assert "validator-absent" not in codes(found)
    assert "participation-low" in codes(found)


def silent(names: str, first: int) -> Change:
    def change(second: int, name: str, facts: NodeFacts) -> NodeFacts:
        if name in names and second >= first:
            return NodeFacts(name, facts.at_ms, Reach.REFUSED)
        return facts

    return change


def test_the_power_behind_a_node_is_unknown_where_no_one_names_its_validators():
    _, found = watch(silent("d", 20))
    unseen = last(found, "node-unseen")
    assert (unseen.power, unseen.locus, unseen.guidance) == (None, "network", "HOLD")
    _, found = watch(silent("d", 20), owners=True)
    unseen = last(found, "node-unseen")
    assert (unseen.power, unseen.locus, unseen.subject) == (Fraction(1, 4), "host", "d")


def test_a_silent_node_is_unseen_at_once_and_absent_when_an_epoch_shows_it():
    _, found = watch(
        silent("d", 24), owners=True, absent=lambda epoch: "d" if epoch >= 3 else "", seconds=70
    )
    first = {}
    for second, many in found.items():
        for signal in many:
            first.setdefault(signal.code, second)
    assert 24 < first["node-unseen"] <= 36
    assert first["validator-absent"] > first["node-unseen"]
    assert "node-unseen" not in {signal.code for signal in found[70]}


def test_a_silent_node_whose_validator_votes_is_blindness():
    _, found = watch(silent("d", 20), owners=True, seconds=70)
    assert "and its validator signs" in last(found, "node-unseen").detail
    assert "validator-absent" not in codes(found)


def test_a_silent_node_is_only_unseen_where_no_one_is_named():
    _, found = watch(silent("d", 20), owners=True, seconds=70, known=False)
    assert last(found, "node-unseen").detail == "refuses connections: its process is down"


def differs(nodes: str, height: int, **values: object) -> Change:
    def change(_second: int, name: str, facts: NodeFacts) -> NodeFacts:
        if name not in nodes:
            return facts
        found = [replace(a, **values) if a.height == height else a for a in facts.anchors]
        return replace(facts, anchors=tuple(found))

    return change


@pytest.mark.parametrize(
    ("values", "code"), [({"id": "other"}, "fork"), ({"state_after": "other"}, "state-split")]
)
def test_blocks_may_differ_until_they_are_final(values, code):
    # Slot 13 is never a checkpoint; slot 12 becomes one much later than its block.
    _, found = watch(differs("d", 13, **values))
    assert codes(found) == set()
    _, found = watch(differs("d", 12, **values))
    assert code in codes(found)
    split = last(found, code)
    assert min(t for t, many in found.items() if any(s.code == code for s in many)) >= 40
    assert split.guidance == LIMITS.guidance[split.anomaly]


def test_a_checkpoint_is_compared_after_many_more_blocks():
    long_ago = watch(seconds=200, final=lambda epoch: 1 if epoch > 3 else 0)[0]
    for node in long_ago.nodes.values():
        assert [a.height for a in node.anchors if a.finalized] == [SLOTS]
        assert len(node.anchors) == 17


def test_the_genesis_block_must_be_the_sealed_one():
    due = replace(expected("abcd"), first_height=0, first_block="B0")
    for id_, wanted in (("B0", set()), ("other", {"first-block-other"})):
        block = replace(_block(0, (), finalized=True), id=id_)
        facts = NodeFacts("a", T0, Reach.OK, network="test-1", genesis=GENESIS, anchors=(block,))
        _, signals = judge(Memory(), [facts], due, LIMITS, T0)
        assert {signal.code for signal in signals} == wanted
