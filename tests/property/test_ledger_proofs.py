"""Inclusion and consistency proofs, against another implementation and the RFC's own words."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from aztrust.core.base.errors import Malformed
from aztrust.core.formats import merkle
from aztrust.core.formats.merkle import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from tests.ledgers import nodes_of, reader

SMALL = 200
BIG = 20_000


def leaves(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


@cache
def stored(count: int) -> tuple[bytes, ...]:
    return tuple(nodes_of(leaves(count)))


@cache
def oracle(count: int) -> InmemoryTree:
    other = InmemoryTree(algorithm="sha256")
    for leaf in leaves(count):
        other.append_entry(leaf)
    return other


# RFC 9162, 2.1.1, 2.1.3.1 and 2.1.4.1, as they are there.
def split(count: int) -> int:
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def mth(d: tuple[bytes, ...]) -> bytes:
    if not d:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: tuple[bytes, ...]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: tuple[bytes, ...], complete: bool) -> list[bytes]:
    if m == len(d):
        return [] if complete else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], complete), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def test_every_root_is_the_other_implementations():
    read = reader(stored(SMALL))
    for size in range(1, SMALL + 1):
        assert merkle.root(size, read) == oracle(SMALL).get_root(size)
    assert merkle.root(0, read) == mth(())


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 127, 128, 129, SMALL])
def test_every_inclusion_proof_is_the_other_implementations(size):
    read = reader(stored(SMALL))
    root = merkle.root(size, read)
    for index, leaf in enumerate(leaves(size)):
        proof = inclusion_proof(index, size, read)
        theirs = oracle(SMALL).prove_inclusion(index + 1, size)
        assert [merkle.leaf_hash(leaf), *proof] == theirs.path
        verify_inclusion(merkle.leaf_hash(leaf), index, size, proof, root)


@pytest.mark.parametrize("new", [*range(1, 34), 63, 64, 65, 127, 128, 129, SMALL])
def test_every_consistency_proof_is_the_rfcs(new):
    read = reader(stored(SMALL))
    d = tuple(leaves(new))
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, read)
        assert list(proof) == subproof(old, d[:new], True)
        verify_consistency(old, mth(d[:old]), new, mth(d), proof)


@given(st.integers(1, BIG), st.data())
def test_inclusion_in_a_big_log(size, data):
    index = data.draw(st.integers(0, size - 1))
    read = reader(stored(BIG))
    proof = inclusion_proof(index, size, read)
    theirs = oracle(BIG).prove_inclusion(index + 1, size)
    leaf, root = merkle.leaf_hash(b"%d" % index), oracle(BIG).get_root(size)
    assert [leaf, *proof] == theirs.path
    verify_inclusion(leaf, index, size, proof, root)


@given(st.integers(1, BIG), st.data())
def test_consistency_of_big_logs(new, data):
    old = data.draw(st.integers(1, new))
    read = reader(stored(BIG))
    # Its proofs cut a range finer than the RFC's; the roots between which both lead are the same.
    roots = [oracle(BIG).get_root(size) for size in (old, new)]
    oracle(BIG).prove_consistency(old, new).verify(
        *[merkle.root(size, read) for size in (old, new)]
    )
    verify_consistency(old, roots[0], new, roots[1], consistency_proof(old, new, read))


@given(st.integers(2, SMALL), st.data())
def test_no_other_inclusion_proof_is_accepted(size, data):
    index = data.draw(st.integers(0, size - 1))
    read = reader(stored(SMALL))
    proof, root = inclusion_proof(index, size, read), merkle.root(size, read)
    leaf = merkle.leaf_hash(b"%d" % index)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
    for bent in bends(proof, data):
        with pytest.raises(Malformed) as refused:
            verify_inclusion(leaf, index, size, bent, root)
        assert refused.value.code == "ledger-inconsistent"
    with pytest.raises(Malformed):
        verify_inclusion(merkle.leaf_hash(b"%d" % other), index, size, proof, root)
    with pytest.raises(Malformed):
        verify_inclusion(leaf, other, size, proof, root)
    with pytest.raises(Malformed):
        verify_inclusion(leaf, index, size, proof, merkle.root(size - 1, read))


@given(st.integers(2, SMALL), st.data())
def test_no_other_consistency_proof_is_accepted(new, data):
    old = data.draw(st.integers(1, new - 1))
    read = reader(stored(SMALL))
    proof = consistency_proof(old, new, read)
    roots = [merkle.root(size, read) for size in (old, new)]
    for bent in bends(proof, data):
        with pytest.raises(Malformed) as refused:
            verify_consistency(old, roots[0], new, roots[1], bent)
        assert refused.value.code == "ledger-inconsistent"
    forked = merkle.leaf_hash(b"forked")
    with pytest.raises(Malformed):
        verify_consistency(old, forked, new, roots[1], proof)
    with pytest.raises(Malformed):
        verify_consistency(old, roots[0], new, forked, proof)


def bends(proof: tuple[bytes, ...], data: st.DataObject) -> list[tuple[bytes, ...]]:
    """The proof, shorter, longer, with one bit or one length changed, with two hashes swapped."""
    found: list[tuple[bytes, ...]] = [(*proof, merkle.EMPTY_ROOT), (merkle.EMPTY_ROOT, *proof)]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at]) ^ 1 << bit).to_bytes(32)
        found += [
            proof[:-1],
            proof[1:],
            (*proof[:at], flipped, *proof[at + 1 :]),
            (*proof[:at], proof[at][:-1], *proof[at + 1 :]),
        ]
    if len(proof) > 1:
        found.append((proof[1], proof[0], *proof[2:]))
    return found


@given(st.integers(0, BIG), st.integers(0, BIG))
def test_positions_are_dense_and_in_the_order_of_appending(size, other):
    assert merkle.node_count(size) == sum(size >> level for level in range(size.bit_length()))
    small, large = sorted((size, other))
    assert merkle.node_count(small) <= merkle.node_count(large)
    assert all(merkle.position(node) < merkle.node_count(size) for node in merkle.peaks(size))


def test_each_position_is_one_node():
    held = [
        merkle.position(merkle.Node(level, number))
        for level in range(SMALL.bit_length())
        for number in range(SMALL >> level)
    ]
    assert sorted(held) == list(range(merkle.node_count(SMALL))) == list(range(len(stored(SMALL))))
