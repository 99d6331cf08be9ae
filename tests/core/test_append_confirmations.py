"""What an append takes of the keys of operators, and in which order."""

from __future__ import annotations

import pytest

from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import replace
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.ledger.append_rules import admit, open_files
from tests.ledgers import record as entry_of
from tests.memory_launch import NOW, Launch
from tests.operators import REGISTRAR, confirm, enrol, entry, operator
from tests.people import signer

LATER = NOW + 60_000


@pytest.fixture
def launch() -> Launch:
    return Launch(roles=REGISTRAR)


def taken(launch: Launch, *held: bytes, now: int = LATER, closed: int | None = None):
    """(record kinds and signers in the order of the append, file to code and message)."""
    entries = tuple(LedgerEntry(n, entry_of(data)) for n, data in enumerate(held))
    evidence = replace(launch.evidence(), records={}, ledger=LedgerReading("l", entries=entries))
    context = read_context(Request(now), evidence)
    opened = open_files(context, launch.records)
    envelopes = {e.record.record_id: (e.record.envelope,) for e in entries}
    admission = admit(context, opened.taken, lambda id_: envelopes.get(id_, ()), now, closed)
    return (
        [(o.record.kind, o.holder) for o in admission.taken],
        {
            f.subject.split(".")[1]: (f.code, f.message)
            for f in (*opened.refused, *admission.refused)
        },
    )


def test_the_enrolment_comes_first_whatever_the_times_are(launch):
    confirm(launch, "acme", at=NOW)
    enrol(launch, "acme", at=NOW + 1000)
    confirm(launch, "acme", reason="disk", at=NOW - 1000)
    done, refused = taken(launch)
    assert done[0] == ("enrolment", "luca")
    assert done[1:] == [("operator-confirmation", "operator acme")] * 2
    assert not refused


@pytest.mark.parametrize(
    "platform", ["linux/amd64", "linux/arm64", "darwin/arm64", "linux/riscv64"]
)
def test_of_two_at_one_time_the_objection_is_appended_last(launch, platform):
    # Whatever the digests of the two are.
    enrol(launch, "acme", at=NOW - 5000)
    confirm(launch, "acme", reason="disk", at=NOW, platform=platform)
    confirm(launch, "acme", at=NOW, platform=platform)
    evidence = replace(launch.evidence(), records={}, ledger=LedgerReading("l", entries=()))
    context = read_context(Request(LATER), evidence)
    opened = open_files(context, launch.records)
    admission = admit(context, opened.taken, lambda _: (), LATER, None)
    assert [o.is_negative for o in admission.taken] == [False, False, True]


def test_a_key_that_the_ledger_enrols_confirms(launch):
    enrol(launch, "acme", at=NOW)
    (held,) = launch.records.values()
    launch.records.clear()
    confirm(launch, "acme", at=NOW)
    assert taken(launch, held) == ([("operator-confirmation", "operator acme")], {})
    _, refused = taken(launch)
    ((code, message),) = refused.values()
    assert code == "signer-unknown"
    assert "append the enrolment first" in message


def test_an_enrolment_that_is_refused_enrols_no_one(launch):
    enrol(launch, "acme", at=LATER + AHEAD_MS + 1)
    confirm(launch, "acme", at=NOW)
    done, refused = taken(launch)
    assert not done
    assert refused["enrolment"][0] == "time-ahead"
    assert "append the enrolment first" in refused["operator-confirmation"][1]
    assert len(taken(launch, now=LATER + 1000)[0]) == 2


def test_an_enrolment_by_another_role_enrols_no_one(launch):
    enrol(launch, "acme", by="rita", at=NOW)
    confirm(launch, "acme", at=NOW)
    done, refused = taken(launch)
    assert not done
    assert refused["enrolment"][0] == "signer-not-in-role"
    assert refused["operator-confirmation"][0] == "signer-unknown"


def test_a_confirmation_by_the_key_of_a_holder_is_refused(launch):
    enrol(launch, entry("acme", signer("rita")), at=NOW)
    confirm(launch, "acme", signer("rita"), at=NOW)
    done, refused = taken(launch)
    assert done == [("enrolment", "luca")]
    assert refused["operator-confirmation"][0] == "signer-not-in-role"


def test_one_under_another_policy_is_refused(launch):
    enrol(launch, "acme", "bora", at=NOW)
    confirm(launch, "acme", at=NOW, policy_digest="sha256:" + "9" * 64)
    confirm(launch, "bora", at=NOW)
    done, refused = taken(launch)
    assert done == [("enrolment", "luca"), ("operator-confirmation", "operator bora")]
    code, message = refused["operator-confirmation"]
    assert code == "approval-other-scope"
    assert "by operator acme under another policy" in message


def test_one_that_is_dated_ahead_is_refused(launch):
    enrol(launch, "acme", "bora", at=NOW)
    confirm(launch, "acme", at=LATER + AHEAD_MS + 1)
    confirm(launch, "bora", at=LATER + AHEAD_MS)
    done, refused = taken(launch)
    assert ("operator-confirmation", "operator bora") in done
    assert refused["operator-confirmation"][0] == "time-ahead"
    assert "operator acme dated it" in refused["operator-confirmation"][1]


def test_a_closed_ledger_takes_only_that_a_host_is_not_ready(launch):
    enrol(launch, "acme", at=NOW)
    (held,) = launch.records.values()
    launch.records.clear()
    confirm(launch, "acme", at=NOW)
    assert taken(launch, held, closed=0)[1]["operator-confirmation"][0] == "ledger-closed"
    launch.records.clear()
    confirm(launch, "acme", reason="disk", at=NOW)
    assert taken(launch, held, closed=0) == ([("operator-confirmation", "operator acme")], {})


def test_nothing_else_by_an_enrolled_key(launch):
    enrol(launch, "acme", at=NOW)
    launch.record("note", operator("acme"), said_at_unix_ms=NOW, text="all is well")
    done, refused = taken(launch)
    assert done == [("enrolment", "luca")]
    code, message = refused["note"]
    assert code == "signer-unknown"
    assert "is a note by the key of operator acme" in message


def test_a_signature_that_does_not_hold_is_refused(launch):
    enrol(launch, "acme", at=NOW)
    confirm(launch, "acme", at=NOW)
    name = max(launch.records)
    other = Launch(roles=REGISTRAR)
    confirm(other, "acme", at=NOW + 1000)
    from aztrust.core.formats.dsse import encode_envelope, parse_envelope

    own = parse_envelope(launch.records[name], name="")
    wrong = parse_envelope(max(other.records.values()), name="")
    launch.records[name] = encode_envelope(own.payload, own.keyid, wrong.signature)
    done, refused = taken(launch)
    assert done == [("enrolment", "luca")]
    assert refused["operator-confirmation"][0] == "signature-invalid"
