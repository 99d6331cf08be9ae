"""Heads against heads, and heads against the log: who is accused of what."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import open_head
from aztrust.core.formats.merkle import consistency_proof
from aztrust.core.history.heads import NamedHead, check_extends, judge_heads
from tests.ledgers import ORIGIN, TRUST, head, head_note, nodes_of, reader

LEAVES = [b"%d" % number for number in range(12)]
FORKED = [*LEAVES[:5], b"another", *LEAVES[6:]]
NODES, OTHER = reader(nodes_of(LEAVES)), reader(nodes_of(FORKED))


def named(size: int, read=NODES, name: str = "") -> NamedHead:
    return NamedHead(name or f"head {size}", head(size, merkle.root(size, read)))


def judged(*heads: NamedHead, size: int = 12) -> list[tuple[str, str]]:
    roots = {
        h.verified.head.size: merkle.root(h.verified.head.size, NODES)
        for h in heads
        if h.verified.head.size <= size
    }
    return [(f.code, f.subject) for f in judge_heads(heads, size, roots)]


def extends(old: NamedHead, new: NamedHead, proof) -> None:
    check_extends(old.verified, new.verified, proof)


def test_heads_of_one_log_agree():
    assert judged(named(0), named(5), named(6), named(12), named(12, name="kept")) == []


def test_two_heads_over_as_many_entries_are_equivocation():
    assert judged(named(7), named(7, OTHER, "kept")) == [("ledger-equivocation", "kept")]
    assert judged(named(7, name="z"), named(7, OTHER, "a")) == [("ledger-equivocation", "a")]


def test_a_head_that_a_later_one_contradicts_is_equivocation():
    assert judged(named(7, OTHER, "kept"), named(12)) == [("ledger-equivocation", "kept")]
    # Before the fork they are one log.
    assert judged(named(5, OTHER, "kept"), named(12)) == []


def test_a_head_that_only_this_copy_contradicts_accuses_this_copy():
    assert judged(named(12, OTHER, "kept"), named(5)) == [("ledger-inconsistent", "kept")]
    assert judged(named(7, OTHER, "kept")) == [("ledger-inconsistent", "kept")]


def test_two_heads_of_which_neither_holds():
    third = named(7, reader(nodes_of([b"third", *LEAVES[1:]])), "x")
    assert judged(named(7, OTHER, "a"), third) == [
        ("ledger-inconsistent", "a"),
        ("ledger-equivocation", "x"),
    ]


def test_a_log_that_is_shorter_than_a_kept_head_was_rolled_back():
    assert judged(named(5), named(12, name="kept"), size=8) == [("ledger-inconsistent", "kept")]
    (finding,) = judge_heads([named(12)], 8, {})
    assert "this ledger has 8" in finding.message


def test_a_head_extends_another_by_proof():
    for old in range(13):
        for new in range(old, 13):
            proof = consistency_proof(old, new, NODES)
            extends(named(old), named(new), proof)
            if proof:
                with pytest.raises(Malformed):
                    extends(named(old), named(new), proof[:-1])


def test_a_fork_has_no_proof():
    for read in (NODES, OTHER):
        with pytest.raises(Malformed) as refused:
            extends(named(7), named(12, OTHER), consistency_proof(7, 12, read))
        # The one who brought the proof may have broken it: the keeper is not accused.
        assert refused.value.code == "ledger-inconsistent"
    with pytest.raises(Malformed) as refused:
        extends(named(7), named(7, OTHER), ())
    assert refused.value.code == "ledger-equivocation"


def test_only_heads_of_one_log_in_their_order_are_compared():
    with pytest.raises(Malformed, match="wrong order"):
        extends(named(7), named(5), ())
    note = head_note(7, merkle.root(7, OTHER), origin="other.example")
    other = open_head(note, TRUST.keeper, "other.example", name="f")
    with pytest.raises(Malformed, match="different logs") as refused:
        check_extends(named(7).verified, other, ())
    assert refused.value.code == "ledger-inconsistent"
    assert other.head.origin != ORIGIN
