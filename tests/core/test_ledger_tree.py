"""The Merkle tree: published roots, and how little of a large log is read."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.formats import merkle
from aztrust.core.formats.merkle import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from tests.ledgers import nodes_of, reader

# The test leaves and roots of the Certificate Transparency implementations (RFC 6962 logs).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
MILLION = 1_000_000


@pytest.mark.parametrize("size", ROOTS)
def test_published_roots(size):
    assert merkle.root(size, reader(nodes_of(LEAVES))).hex() == ROOTS[size]


def test_a_leaf_is_never_a_node():
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)


def test_a_proof_from_a_million_entries_reads_few_hashes():
    asked: list[int] = []

    def read(wanted):
        asked.append(len(wanted))
        return [merkle.EMPTY_ROOT for _ in wanted]

    inclusion_proof(777_777, MILLION, read)
    consistency_proof(654_321, MILLION, read)
    merkle.root(MILLION, read)
    assert len(asked) == 3
    assert max(asked) <= 2 * MILLION.bit_length()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (7, 3)])
def test_no_proof_for_an_entry_that_is_not_there(index, size):
    with pytest.raises(UsageError, match=f"no entry {index}"):
        inclusion_proof(index, size, reader([]))
    with pytest.raises(Malformed, match="has none"):
        verify_inclusion(merkle.EMPTY_ROOT, index, size, (), merkle.EMPTY_ROOT)


def test_no_consistency_with_a_smaller_log():
    with pytest.raises(UsageError):
        consistency_proof(3, 2, reader([]))
    with pytest.raises(Malformed, match="smaller"):
        verify_consistency(3, merkle.EMPTY_ROOT, 2, merkle.EMPTY_ROOT, ())


def test_every_log_begins_with_the_empty_one_and_with_itself():
    nodes = reader(nodes_of(LEAVES))
    root = merkle.root(8, nodes)
    for old, old_root in ((0, merkle.EMPTY_ROOT), (8, root)):
        assert consistency_proof(old, 8, nodes) == ()
        verify_consistency(old, old_root, 8, root, ())
        with pytest.raises(Malformed, match="too long"):
            verify_consistency(old, old_root, 8, root, (root,))
        with pytest.raises(Malformed, match="different roots"):
            verify_consistency(old, merkle.leaf_hash(b""), 8, root, ())
    verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, ())
    with pytest.raises(Malformed, match="different roots"):
        verify_consistency(0, root, 0, merkle.EMPTY_ROOT, ())


def test_an_empty_proof_between_two_sizes_shows_nothing():
    nodes = reader(nodes_of(LEAVES))
    for old in (3, 4):
        with pytest.raises(Malformed, match="too short"):
            verify_consistency(old, merkle.root(old, nodes), 8, merkle.root(8, nodes), ())


def test_a_hash_of_another_length_is_reported():
    read = reader(nodes_of(LEAVES))
    root, old_root = merkle.root(8, read), merkle.root(3, read)
    inclusion, consistency = inclusion_proof(3, 8, read), consistency_proof(3, 8, read)
    with pytest.raises(Malformed, match="32 bytes"):
        verify_inclusion(
            merkle.leaf_hash(LEAVES[3]), 3, 8, (inclusion[0][1:], *inclusion[1:]), root
        )
    with pytest.raises(Malformed, match="32 bytes"):
        verify_consistency(3, old_root, 8, root, (*consistency[:-1], consistency[-1] + b"x"))


def test_a_proof_of_another_length_is_reported():
    read = reader(nodes_of(LEAVES))
    leaf, root, old_root = merkle.leaf_hash(LEAVES[3]), merkle.root(8, read), merkle.root(3, read)
    inclusion, consistency = inclusion_proof(3, 8, read), consistency_proof(3, 8, read)
    for bent, reason in (((*inclusion, root), "too long"), (inclusion[:-1], "too short")):
        with pytest.raises(Malformed, match=reason):
            verify_inclusion(leaf, 3, 8, bent, root)
    for bent, reason in (((*consistency, root), "too long"), (consistency[:-1], "too short")):
        with pytest.raises(Malformed, match=reason):
            verify_consistency(3, old_root, 8, root, bent)
