"""What several observers saw is compared; what one of them did not see is not."""

from __future__ import annotations

import pytest

from aztrust.core.chain.agreement import SeenBlock, Sight, disagreements

ONE = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
BLOCKS = (SeenBlock(1, "A1", "S1", "V"), SeenBlock(2, "A2", "S2", "V"))


def sight(who: str, *blocks: SeenBlock, genesis: str | None = ONE) -> Sight:
    return Sight(who, genesis, blocks or BLOCKS)


def test_observers_of_one_network_agree():
    assert disagreements([sight("ada"), sight("bob"), sight("eve")]) == ()
    assert disagreements([sight("ada")]) == ()
    assert disagreements([]) == ()


@pytest.mark.clause("AZ-11.2", "AZ-32.2")
@pytest.mark.parametrize(
    ("other", "topic", "height", "text"),
    [
        (SeenBlock(2, "B2", "S2", "V"), "block", 2, "block 2: A2 (ada, eve), B2 (bob)"),
        (SeenBlock(2, "A2", "X2", "V"), "state", 2, "state after block 2: S2 (ada, eve), X2 (bob)"),
        (
            SeenBlock(1, "A1", "S1", "W"),
            "validators",
            1,
            "validators of block 1: V (ada, eve), W (bob)",
        ),
    ],
)
def test_each_difference_is_named_with_those_who_saw_it(other, topic, height, text):
    (found,) = disagreements([sight("ada"), sight("bob", other), sight("eve")])
    assert (found.topic, found.height, found.text) == (topic, height, text)


@pytest.mark.clause("AZ-11.2")
def test_another_genesis_is_a_difference():
    (found,) = disagreements([sight("ada"), sight("bob", genesis=OTHER)])
    assert (found.topic, found.height) == ("genesis", None)
    assert found.text == "genesis: 11111111 (ada), 22222222 (bob)"


def test_what_was_not_seen_is_not_compared():
    assert disagreements([sight("ada"), sight("bob", SeenBlock(9, "Z9"), genesis=None)]) == ()
    assert disagreements([sight("ada"), sight("bob", SeenBlock(2, "A2"))]) == ()


def test_one_observer_may_see_two_blocks_of_one_height():
    found = disagreements([sight("ada", SeenBlock(2, "A2"), SeenBlock(2, "B2"))])
    assert [one.sides for one in found] == [(("A2", ("ada",)), ("B2", ("ada",)))]
