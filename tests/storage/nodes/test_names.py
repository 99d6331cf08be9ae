"""The addresses of a name: how far inside they may be, and a look-up that does not end."""

from __future__ import annotations

import socket
import threading

import pytest

from aztrust.core.chain.adapter import Unreachable
from aztrust.core.chain.facts import Reach
from aztrust.storage.nodes.names import MOST, NodeName, inwards
from tests.patience import PATIENCE


def rows(*addresses: str):
    return [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 1))
        for one in addresses
    ]


def name(*answers) -> NodeName:
    """A name with one answer after another."""
    left = list(answers)

    def find(_host: str, _port: int):
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return rows(*answer)

    return NodeName("node.test", 1, find)


def addresses(one: NodeName) -> list[str]:
    return [where[0] for _, where in one.targets(PATIENCE)]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", 2),
        ("2606:2800:220:1::1", 2),
        ("10.1.2.3", 1),
        ("192.168.0.1", 1),
        ("100.64.0.1", 1),
        ("fd00::1", 1),
        ("127.0.0.1", 0),
        ("127.9.9.9", 0),
        ("::1", 0),
        ("::ffff:127.0.0.1", 0),
        ("::ffff:10.0.0.1", 1),
        ("169.254.169.254", 0),
        ("fe80::1%eth0", 0),
        ("0.0.0.0", 0),
        ("224.0.0.1", 0),
    ],
)
def test_how_far_inside_an_address_is(address, kind):
    assert inwards(address) == kind


@pytest.mark.parametrize(
    ("first", "then", "used"),
    [
        (["93.184.216.34"], ["93.184.216.35"], ["93.184.216.35"]),
        (["93.184.216.34"], ["10.0.0.1", "93.184.216.34"], ["93.184.216.34"]),
        (["10.0.0.1"], ["10.0.0.2"], ["10.0.0.2"]),
        (["10.0.0.1"], ["93.184.216.34"], ["93.184.216.34"]),
        (["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]),
        (["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]),
    ],
)
def test_a_name_may_move_outwards_and_sideways(first, then, used):
    one = name(first, then)
    assert addresses(one) == first
    assert addresses(one) == used


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (["93.184.216.34"], ["10.0.0.1"]),
        (["93.184.216.34"], ["127.0.0.1"]),
        (["93.184.216.34"], ["169.254.169.254"]),
        (["10.0.0.1"], ["127.0.0.1"]),
        (["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]),
    ],
)
def test_a_name_may_not_move_inwards(first, then):
    one = name(first, then, first)
    assert addresses(one) == [address for address in first if address != "127.0.0.1"]
    with pytest.raises(Unreachable, match="its name leads to") as caught:
        one.targets(PATIENCE)
    assert caught.value.reach is Reach.DNS
    assert addresses(one)


def test_only_a_few_addresses_of_one_name_are_tried():
    many = [f"10.0.0.{number}" for number in range(1, 50)]
    assert addresses(name(many)) == many[:MOST]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        socket.gaierror(socket.EAI_NONAME, "x"),
        socket.gaierror(socket.EAI_AGAIN, "x"),
        UnicodeError("label too long"),
        OSError("x"),
    ],
    ids=["none", "unknown", "later", "label", "system"],
)
def test_a_name_without_an_address(answer):
    with pytest.raises(Unreachable) as caught:
        name(answer).targets(PATIENCE)
    assert caught.value.reach is Reach.DNS


def test_a_look_up_that_does_not_end_is_not_begun_twice():
    begun: list[int] = []
    go_on = threading.Event()

    def find(_host: str, _port: int):
        begun.append(1)
        go_on.wait(PATIENCE)
        return rows("10.0.0.1")

    one = NodeName("node.test", 1, find)
    for _ in range(3):
        with pytest.raises(Unreachable) as caught:
            one.targets(0)
        assert caught.value.reach is Reach.TIMEOUT
    assert len(begun) == 1
    go_on.set()
    assert addresses(one) == ["10.0.0.1"]
