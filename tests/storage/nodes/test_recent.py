"""The newest answers are held by digest, within their bytes."""

from __future__ import annotations

from aztrust.core.base.digest import sha256_id
from aztrust.storage.nodes.recent import Recent


def test_an_answer_is_found_by_its_digest():
    recent = Recent()
    recent(b"one")
    recent(b"two")
    assert recent.get(sha256_id(b"one")) == b"one"
    assert recent.get(sha256_id(b"three")) is None


def test_the_oldest_goes_first_and_one_that_came_again_stays():
    recent = Recent(most=3 * 1400)
    bodies = [bytes([n]) * 1000 for n in range(4)]
    for body in bodies[:3]:
        recent(body)
    recent(bodies[0])
    recent(bodies[3])
    held = [recent.get(sha256_id(body)) is not None for body in bodies]
    assert held == [True, False, True, True]
    assert recent.size == 3 * 1400


def test_its_size_does_not_grow_however_many_come():
    recent = Recent(most=50_000)
    for number in range(2_000):
        recent(number.to_bytes(8, "big") * 100)
    assert recent.size <= 50_000


def test_a_large_answer_is_not_held():
    recent = Recent(largest=10)
    recent(b"x" * 11)
    recent(b"y" * 10)
    assert recent.get(sha256_id(b"x" * 11)) is None
    assert recent.get(sha256_id(b"y" * 10)) is not None
