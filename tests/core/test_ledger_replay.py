"""The audit from record 0: an honest ledger has no findings, and each difference is one."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.formats.statement import build_statement
from aztrust.core.history.fold import Begun
from aztrust.core.history.replay import replay
from aztrust.core.history.stored_log import Log, Trust
from tests.disk_launch import signer
from tests.ledgers import (
    KEYS,
    SUBJECT,
    TRUST,
    envelope,
    head,
    head_at,
    head_note,
    log,
    nodes_of,
    note,
    record,
    records,
    stored,
)

HELD = records(9)


def found(given: Log, trust: Trust = TRUST) -> list[tuple[str, str]]:
    result = replay(given, trust)
    # A replay that goes on from an earlier one finds the same: from one of the honest ledger, of a
    # shorter one, and of this very one.
    for earlier in (log(HELD), log(HELD[:4]), given):
        begun = Begun()
        for one, under in ((earlier, TRUST), (given, trust), (given, trust)):
            again = replay(one, under, begun=begun)
        assert again == result
    findings = result.findings
    assert all(f.message.isprintable() and f.mend for f in findings)
    return [(f.code, f.subject) for f in findings]


def bad(subject: str) -> list[tuple[str, str]]:
    return [("ledger-inconsistent", subject)]


def entries(given: Log, index: int, **changes: object) -> Log:
    held = list(given.entries)
    held[index] = replace(held[index], **changes)
    return replace(given, entries=held)


def said(*findings: Finding) -> str:
    return " ".join(finding.message for finding in findings)


def test_an_honest_ledger():
    seen: list[int] = []
    result = replay(
        log(HELD, [head_at(HELD, size) for size in (0, 4, 9)]),
        TRUST,
        lambda index, item: seen.append(index) or item,
    )
    assert result.findings == ()
    assert (result.size, result.root) == (9, head_at(HELD, 9).head.root)
    assert [named.verified.head.size for named in result.heads] == [0, 4, 9]
    assert seen == list(range(9))


def test_an_earlier_head_is_held_against_the_root_at_its_size():
    assert found(log(HELD, [head_at(HELD, size) for size in (0, 4, 9)])) == []


def test_an_empty_ledger():
    result = replay(log([], [head(0, merkle.EMPTY_ROOT)]), TRUST)
    assert (result.size, result.root, result.findings) == (0, merkle.EMPTY_ROOT, ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"record_id": "sha256:" + "0" * 64}, "record id"),
        ({"fingerprint": signer("gabi").public.fingerprint}, "key"),
        ({"envelope": HELD[3].envelope + b"\n"}, "canonical form"),
        ({"envelope": HELD[3].envelope[:-1]}, "strict JSON"),
        ({"envelope": b""}, "strict JSON"),
        ({"envelope": note(3, "mallory")}, "not available here"),
        ({"envelope": HELD[3].envelope.replace(b'"sig":"ME', b'"sig":"MF')}, "did not make"),
    ],
)
def test_what_an_entry_states_is_compared_with_its_envelope(changes, message):
    given = entries(log(HELD), 3, **changes)
    assert found(given) == bad("entry 3")
    assert message in said(*replay(given, TRUST).findings)


def test_another_record_in_the_place_of_one():
    other = record(note(100))
    given = entries(log(HELD), 3, record_id=other.record_id, envelope=other.envelope)
    # Every node above it, too.
    assert found(given)[0] == ("ledger-inconsistent", "entry 3")
    assert {subject for _, subject in found(given)} == {"entry 3", "entry 7"}
    # A tree that was made anew to fit is found by anyone who holds a head.
    bent = [*HELD[:3], other, *HELD[4:]]
    assert found(log(bent)) == []
    assert found(log(bent, [head_at(HELD, 3)])) == []
    assert found(log(bent, [head_at(HELD, 4)])) == bad("head 4")


def test_a_missing_entry_and_a_short_log():
    whole = log(HELD, [head_at(HELD, 9)])
    gap = [entry for entry in whole.entries if entry.index != 4]
    assert found(replace(whole, entries=gap)) == [*bad("entry 4"), *bad("head 9")]
    short = log(HELD[:6], [head_at(HELD, 9)])
    assert found(short) == bad("head 9")
    assert found(replace(short, size=9)) == [*bad("entry 6"), *bad("head 9")]
    assert found(replace(log(HELD[:6]), nodes=whole.nodes)) == bad("entry 6")


def test_two_entries_that_changed_places():
    held = stored(HELD)
    held[3], held[4] = replace(held[4], index=3), replace(held[3], index=4)
    assert {subject for _, subject in found(replace(log(HELD), entries=held))} == {
        "entry 3",
        "entry 4",
        "entry 5",
        "entry 7",
    }


@pytest.mark.parametrize("at", range(len(nodes_of(item.leaf for item in HELD))))
def test_every_stored_hash_is_computed_again(at):
    given = log(HELD)
    nodes = list(given.nodes)
    bent = [*nodes[:at], bytes(32), *nodes[at + 1 :]]
    assert len(found(replace(given, nodes=bent))) == 1
    assert found(replace(given, nodes=[*nodes[:at], *nodes[at + 1 :]]))
    assert found(replace(given, nodes=[*nodes[:at], b"", *nodes[at:]]))


def test_a_record_twice():
    again = [*HELD, HELD[2]]
    assert found(log(again)) == bad("entry 9")
    # The same statement by another holder is another record (law 8).
    assert found(log([*HELD, record(note(2, "gabi"))])) == []


def test_an_effect_before_its_cause():
    cause = record(blocker(1))
    joint = record(blocker(1, "gabi"))
    effect = record(blocker(2, closes=cause.record_id))
    assert found(log([cause, effect])) == []
    assert found(log([effect, cause])) == bad("entry 1")
    assert "cited by entry 0" in said(*replay(log([effect, cause]), TRUST).findings)
    # A second holder may sign later what was already signed.
    assert found(log([cause, effect, joint])) == []
    assert found(log([effect, cause, joint])) == bad("entry 1")
    # What opens a blocker is negative and depends on nothing, whatever it names.
    naming = record(blocker(2, closes=cause.record_id, action="open"))
    assert found(log([naming, cause])) == []


def test_naming_a_digest_in_advance_does_not_block_its_record():
    later = record(note(50))
    quoting = record(note(51, about=later.record_id))
    assert found(log([quoting, later])) == []


def blocker(
    number: int, by: str = "rita", closes: str | None = None, action: str | None = None
) -> bytes:
    """An envelope in which a blocker is opened, or one is closed."""
    said = {
        "action": action or ("close" if closes else "open"),
        "blocker": closes,
        "policy_digest": f"sha256:{'b' * 64}",
        "reason": "a fork",
        "said_at_unix_ms": number,
        "severity": "major",
    }
    said = {name: value for name, value in said.items() if value is not None}
    return envelope(build_statement("blocker", [SUBJECT], said, {}), by)


def test_one_broken_entry_hides_no_other():
    given = log(HELD)
    for index in (2, 5):
        given = entries(given, index, envelope=b"{}")
    assert found(given) == [*bad("entry 2"), *bad("entry 5")]
    assert replay(given, TRUST).root == head_at(HELD, 9).head.root


def test_a_record_of_a_newer_version_is_an_open_question():
    newer = build_statement("note", [SUBJECT], {}, {}).replace(b"note:v1", b"note:v2")
    given = entries(log(HELD), 3, envelope=envelope(newer))
    assert found(given) == [("record-unknown", "entry 3")]


def test_heads_that_are_not_the_keepers():
    root = head_at(HELD, 5).head.root
    for data in (
        head_note(5, root, by="rita"),
        head_note(5, root, origin="other.example"),
        b"no head",
    ):
        assert found(replace(log(HELD), heads={"kept": data})) == bad("kept")


def test_two_heads_by_one_key():
    other = head(5, head_at(HELD, 4).head.root)
    given = replace(log(HELD), heads={"head 9": head_at(HELD, 9).note, "kept": other.note})
    assert found(given) == [("ledger-equivocation", "kept")]


def test_the_keys_decide_whose_records_belong_there():
    only_gabi = {signer("gabi").public.fingerprint: signer("gabi").public}
    assert found(log(HELD[:1]), replace(TRUST, keys=only_gabi)) == bad("entry 0")
    assert found(log(HELD[:1]), replace(TRUST, keys=KEYS)) == []
