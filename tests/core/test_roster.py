"""The roster: whose key is enrolled, and that such a key confirms its own host and nothing else."""

from __future__ import annotations

import itertools

import pytest

from aztrust.core.base.value import replace
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.history.stored_log import Trust
from aztrust.core.state.context import Context, Request, read_context, reconsidered
from tests.ledgers import KEYS, ORIGIN, log
from tests.memory_launch import NOW, Launch
from tests.operators import (
    REGISTRAR,
    SCOPE,
    confirm,
    enrol,
    entry,
    operator,
)
from tests.people import fingerprint, signer

MINUTE = 60_000


@pytest.fixture
def launch() -> Launch:
    return Launch.approved(roles=REGISTRAR)


def read(launch: Launch, ledger: LedgerReading | None = None) -> Context:
    evidence = launch.evidence()
    if ledger is not None:
        evidence = replace(evidence, ledger=ledger, records={})
    return read_context(Request(launch.now), evidence)


def key_of(name: str, algorithm: str = "ed25519") -> str:
    return operator(name, algorithm).public.fingerprint


def seats(context: Context) -> dict[str, list[str]]:
    """Operator to the fingerprints of the keys that confirm for it."""
    found: dict[str, list[str]] = {}
    for seat in context.roster.seats:
        if not seat.revoked:
            found.setdefault(seat.operator, []).append(seat.key.fingerprint)
    return found


def confirmed(context: Context) -> dict[str, str]:
    """Operator to the status of the confirmations that count."""
    return {
        each.seat.operator: each.body.status
        for each in context.confirmations
        if not each.seat.revoked
    }


def notices(context: Context) -> list[tuple[str, str]]:
    return [(notice.code, notice.message) for notice in context.records.notices]


def codes(context: Context) -> list[str]:
    return [notice.code for notice in context.records.notices]


def test_no_operator_is_enrolled_where_no_enrolment_is(launch):
    context = read(launch)
    assert (context.roster.seats, context.roster.enrolments, context.confirmations) == ((), (), ())


def test_the_registrar_enrols_keys_and_they_confirm(launch):
    first = enrol(launch, "bora", entry("acme", roles=("node", "seed"), validators=("v1", "v2")))
    ready, not_ready = confirm(launch, "acme"), confirm(launch, "bora", reason="network")
    context = read(launch)
    acme, bora = context.roster.seats
    assert (acme.operator, acme.roles, acme.validators) == ("acme", ("node", "seed"), ("v1", "v2"))
    assert (acme.enrolment, acme.registrar, acme.revoked) == (first, "luca", "")
    assert acme.key == operator("acme").public
    assert (bora.operator, bora.validators) == ("bora", ("val-bora",))
    assert context.roster.enrolments == (first,)
    assert context.roster.by_key(key_of("acme")) == acme
    assert context.roster.by_key(key_of("cora")) is None
    found = {each.record_id: each for each in context.confirmations}
    assert found.keys() == {ready, not_ready}
    assert (found[ready].seat, found[ready].is_negative, found[ready].place) == (acme, False, None)
    assert (found[not_ready].seat, found[not_ready].is_negative) == (bora, True)
    assert not context.records.findings
    assert not context.records.notices


def test_both_algorithms_confirm(launch):
    key = operator("acme", "p256")
    enrol(launch, entry("acme", key), "bora")
    confirm(launch, "acme", key)
    confirm(launch, "bora")
    assert confirmed(read(launch)) == {"acme": "ready", "bora": "ready"}


def test_a_confirmation_is_not_a_record_of_a_holder(launch):
    enrol(launch, "acme")
    before = read(launch).records.effective.verified
    confirm(launch, "acme")
    confirm(launch, "acme", reason="disk")
    assert read(launch).records.effective.verified == before


def test_the_key_of_a_holder_confirms_nothing(launch):
    enrol(launch, "acme")
    confirm(launch, "acme", signer("rita"))
    context = read(launch)
    assert not context.confirmations
    assert [u.kind for u in context.records.effective.verified if u.kind.startswith("op")] == []
    assert codes(context) == ["signer-not-in-role"]


def test_only_the_registrar_enrols(launch):
    enrol(launch, "acme", by="rita")
    confirm(launch, "acme")
    context = read(launch)
    assert not seats(context)
    assert sorted(codes(context)) == ["signer-not-in-role", "signer-unknown"]
    enrol(launch, "acme", by="luca")
    assert confirmed(read(launch)) == {"acme": "ready"}


def test_the_policy_names_the_registrar(launch):
    launch.policy += b'[readiness]\nregistrar = "security-lead"\n'
    enrol(launch, "acme", by="luca")
    enrol(launch, "bora", by="sonia")
    assert list(seats(read(launch))) == ["bora"]


def test_an_enrolment_under_another_policy_enrols_no_one(launch):
    enrol(launch, "acme", policy_digest="sha256:" + "9" * 64)
    enrol(launch, "bora")
    context = read(launch)
    assert list(seats(context)) == ["bora"]
    assert codes(context) == ["approval-other-scope"]


def test_a_confirmation_under_another_policy_counts_nowhere(launch):
    enrol(launch, "acme", "bora")
    confirm(launch, "acme", policy_digest="sha256:" + "9" * 64)
    confirm(launch, "bora")
    context = read(launch)
    assert confirmed(context) == {"bora": "ready"}
    ((code, message),) = notices(context)
    assert code == "approval-other-scope"
    assert "by operator acme under another policy" in message


def test_one_for_another_scope_or_window_is_kept_for_the_count(launch):
    enrol(launch, "acme")
    other = "sha256:" + "9" * 64
    ids = {
        confirm(launch, "acme", scope_hash=other),
        confirm(launch, "acme", launch_window_id=other),
    }
    context = read(launch)
    assert {each.record_id for each in context.confirmations} == ids
    assert not context.records.notices


def test_the_key_of_a_holder_is_not_enrolled(launch):
    listed = enrol(launch, entry("acme", signer("rita")), "bora")
    confirm(launch, "acme", signer("rita"))
    context = read(launch)
    assert list(seats(context)) == ["bora"]
    assert not context.confirmations
    (finding,) = context.roster.findings
    assert (finding.code, finding.subject) == ("enrolment-conflict", listed)
    assert finding.actual == fingerprint("rita")
    assert "a key of the holder rita for the operator acme" in finding.message
    assert finding in context.records.notices


def test_the_key_of_a_keeper_is_not_enrolled(launch):
    keeper = operator("keeper")
    ledger = f'[ledger]\norigin = "l.example/1"\nkeeper = "{keeper.public.fingerprint}"\n'
    launch.policy += ledger.encode()
    launch.keys["keeper.pem"] = keeper.public.pem
    enrol(launch, entry("acme", keeper), "bora")
    context = read(launch)
    assert list(seats(context)) == ["bora"]
    assert [f.actual for f in context.roster.findings] == [keeper.public.fingerprint]
    # Nor does the registrar revoke it: a role for operators does not stop the ledger.
    launch.revoke(keeper.public.fingerprint, "luca", kind="key", reason="compromised")
    assert not read(launch).revoked_keys
    launch.revoke(keeper.public.fingerprint, "sonia", kind="key", reason="compromised")
    assert read(launch).revoked_keys


def test_a_key_of_a_holder_that_is_not_here_is_not_enrolled(launch):
    del launch.keys["rita.pem"]
    enrol(launch, entry("acme", signer("rita")))
    assert not seats(read(launch))


def test_a_key_that_two_operators_have_counts_for_neither(launch):
    shared = operator("acme")
    enrol(launch, entry("acme", shared))
    enrol(launch, entry("bora", shared), "cora")
    confirm(launch, "acme")
    confirm(launch, "cora")
    context = read(launch)
    assert list(seats(context)) == ["cora"]
    assert confirmed(context) == {"cora": "ready"}
    (finding,) = context.roster.findings
    assert (finding.code, finding.subject) == ("enrolment-conflict", shared.public.fingerprint)
    assert "acme and bora" in finding.message


def test_one_enrolment_with_a_key_or_a_validator_twice_is_malformed(launch):
    shared = operator("acme")
    enrol(launch, entry("acme", shared), entry("bora", shared))
    assert not seats(read(launch))
    launch = Launch.approved(roles=REGISTRAR)
    enrol(launch, entry("acme", validators=("v1",)), entry("bora", validators=("v1",)))
    assert not seats(read(launch))
    assert [f.code for f in read(launch).records.findings] == ["record-malformed"]


def test_a_validator_of_two_operators_is_contested(launch):
    enrol(launch, entry("acme", validators=("v1", "v2")))
    enrol(launch, entry("bora", validators=("v2", "v3")))
    context = read(launch)
    assert list(seats(context)) == ["acme", "bora"]
    assert context.roster.contested == {"v2"}
    (finding,) = context.roster.findings
    assert (finding.code, finding.subject) == ("enrolment-conflict", "v2")
    assert "acme and bora" in finding.message


def test_one_operator_has_two_keys(launch):
    other = operator("acme 2")
    enrol(launch, entry("acme", validators=("v1",)), entry("acme", other, validators=("v2",)))
    context = read(launch)
    assert seats(context) == {"acme": sorted([key_of("acme"), other.public.fingerprint])}
    assert not context.roster.contested


def test_a_later_enrolment_replaces_all_entries_of_the_operators_it_names(launch):
    old = operator("acme old")
    enrol(launch, entry("acme", old), entry("acme", operator("acme older"), validators=()), "bora")
    later = enrol(launch, "acme", at=NOW + MINUTE)
    confirm(launch, "acme", old)
    confirm(launch, "acme")
    context = read(launch)
    assert seats(context) == {"acme": [key_of("acme")], "bora": [key_of("bora")]}
    assert [seat.enrolment for seat in context.roster.seats if seat.operator == "acme"] == [later]
    assert len(context.confirmations) == 1
    assert codes(context) == ["signer-unknown"]


def test_the_order_of_files_changes_nothing(launch):
    enrol(launch, entry("acme", operator("acme old")), "bora")
    enrol(launch, "acme", entry("cora", operator("bora")), at=NOW + MINUTE)
    enrol(launch, entry("dora", validators=("val-acme",)), at=NOW + 2 * MINUTE)
    launch.revoke(key_of("dora"), "luca", kind="key", reason="compromised")
    confirm(launch, "acme")
    confirm(launch, "dora")
    names = sorted(name for name in launch.records if "seal" not in name and "appr" not in name)
    rosters = []
    for order in itertools.islice(itertools.permutations(names), 0, 720, 37):
        again = dict(zip(order, (launch.records[name] for name in names), strict=True))
        shuffled = Launch.approved(roles=REGISTRAR)
        shuffled.records = {**launch.records, **again}
        context = read(shuffled)
        rosters.append((context.roster, context.confirmations))
    assert len(rosters) > 5
    assert all(each == rosters[0] for each in rosters)


def test_a_revoked_enrolment_enrols_no_one(launch):
    first = enrol(launch, "acme")
    enrol(launch, "bora")
    confirm(launch, "acme")
    confirm(launch, "bora")
    launch.revoke(first, "luca", reason="a wrong list")
    context = read(launch)
    assert list(seats(context)) == ["bora"]
    assert confirmed(context) == {"bora": "ready"}
    assert codes(context) == ["signer-unknown"]


def test_a_revoked_enrolment_has_replaced_what_came_before_it(launch):
    old = operator("acme old")
    enrol(launch, entry("acme", old), "bora")
    later = enrol(launch, "acme", at=NOW + MINUTE)
    launch.revoke(later, "luca")
    confirm(launch, "acme", old)
    confirm(launch, "bora")
    assert confirmed(read(launch)) == {"bora": "ready"}
    enrol(launch, entry("acme", old), at=NOW + 2 * MINUTE)
    assert confirmed(read(launch)) == {"acme": "ready", "bora": "ready"}


def test_a_launch_with_other_records_in_effect_has_another_roster(launch):
    first = enrol(launch, "acme")
    enrol(launch, "bora")
    confirm(launch, "acme")
    confirm(launch, "bora")
    before = read(launch)
    launch.revoke(first, "luca")
    launch.revoke(key_of("bora"), "luca", kind="key", reason="compromised")
    after = reconsidered(before, read(launch).records.effective, before.verdicts)
    assert [seat.operator for seat in after.roster.seats] == ["bora"]
    (left,) = after.confirmations
    assert left.seat == after.roster.seats[0]
    assert left.seat.revoked


@pytest.mark.parametrize("by", ["luca", "sonia"])
@pytest.mark.parametrize("reason", ["compromised", "retired"])
def test_the_registrar_and_a_revocation_role_revoke_an_enrolled_key(launch, by, reason):
    enrol(launch, "acme", "bora")
    confirm(launch, "acme")
    confirm(launch, "bora")
    launch.revoke(key_of("acme"), by, kind="key", reason=reason)
    context = read(launch)
    assert list(seats(context)) == ["bora"]
    assert confirmed(context) == {"bora": "ready"}
    seat = context.roster.by_key(key_of("acme"))
    assert seat is not None
    assert seat.revoked == f"{by} revoked its key: {reason}"
    assert not context.records.notices


def test_another_role_does_not_revoke_an_enrolled_key(launch):
    enrol(launch, "acme")
    confirm(launch, "acme")
    launch.revoke(key_of("acme"), "rita", kind="key", reason="compromised")
    context = read(launch)
    assert confirmed(context) == {"acme": "ready"}
    assert codes(context) == ["signer-not-in-role"]


def test_the_registrar_revokes_no_key_of_another_holder(launch):
    launch.revoke(fingerprint("rita"), "luca", kind="key", reason="compromised")
    context = read(launch)
    assert not context.revoked_keys
    assert codes(context) == ["signer-not-in-role"]


def test_a_key_is_revoked_before_it_is_enrolled(launch):
    launch.revoke(key_of("acme"), "luca", kind="key", reason="compromised")
    enrol(launch, "acme")
    confirm(launch, "acme")
    assert not confirmed(read(launch))


def test_the_validators_of_a_revoked_key_are_free(launch):
    enrol(launch, entry("acme", validators=("v1",)))
    enrol(launch, entry("bora", validators=("v1",)))
    assert read(launch).roster.contested == {"v1"}
    launch.revoke(key_of("acme"), "luca", kind="key", reason="retired")
    assert read(launch).roster.contested == frozenset()


def _approval() -> dict[str, object]:
    return {"package_class": "release", "role": "security-lead"}


STATEMENTS: dict[str, dict[str, object]] = {
    "note": {"said_at_unix_ms": NOW, "text": "all is well"},
    "revocation": {
        "reason": "compromised",
        "revoked_at_unix_ms": NOW,
        "stands": (),
        "target": fingerprint("rita"),
        "target_kind": "key",
    },
    "enrolment": {
        "enrolled_at_unix_ms": NOW,
        "gentx": "none",
        "operators": (entry("mole"),),
    },
    "blocker": {
        "action": "open",
        "blocker_id": None,
        "opened_at_unix_ms": NOW,
        "reason": "stop",
        "scope_hash": SCOPE,
        "severity": "critical",
    },
}


@pytest.mark.parametrize("kind", ["note", "revocation", "enrolment"])
def test_an_enrolled_key_signs_nothing_else(launch, kind):
    enrol(launch, "acme")
    before = read(launch)
    launch.record(kind, operator("acme"), **STATEMENTS[kind])
    context = read(launch)
    assert context.records.effective == before.records.effective
    assert context.roster == before.roster
    assert not context.records.findings
    ((code, message),) = notices(context)
    assert code == "signer-unknown"
    assert f"is a {kind} by the key of operator acme" in message
    launch.record(kind, "luca", **STATEMENTS[kind])
    assert read(launch).records.effective != before.records.effective


def test_an_enrolled_key_approves_no_release():
    launch = Launch(roles=REGISTRAR)
    launch.seal("release", "rita")
    launch.approve("release", "rita")
    launch.approve("release", "sonia")
    enrol(launch, "acme")
    name = max(n for n in launch.records if "approval" in n)
    approvals = read(launch).records.effective.approvals("release")
    from aztrust.core.formats.dsse import parse_envelope

    launch.envelope(parse_envelope(launch.records[name], name="").payload, operator("acme"))
    context = read(launch)
    assert context.records.effective.approvals("release") == approvals
    assert codes(context) == ["signer-unknown"]


def test_what_is_not_signed_by_the_key_it_names_stops_nothing(launch):
    enrol(launch, "acme", "bora")
    confirm(launch, "acme")
    name = max(launch.records)
    data = launch.records[name]
    forged = confirm(launch, "bora")
    other = launch.records.pop(max(launch.records))
    from aztrust.core.formats.dsse import encode_envelope, parse_envelope

    one, two = parse_envelope(data, name=""), parse_envelope(other, name="")
    launch.records["forged"] = encode_envelope(two.payload, one.keyid, two.signature)
    context = read(launch)
    assert forged
    assert confirmed(context) == {"acme": "ready"}
    assert not context.records.findings
    assert codes(context) == ["signer-unknown"]


# In a ledger.

REGISTRARS = frozenset({fingerprint("luca")})
TRUSTING = Trust(ORIGIN, signer("luca").public, KEYS, registrars=REGISTRARS)


def entries(launch: Launch, *names: str):
    """The records of a launch as they would be appended, in the order of their files."""
    from aztrust.core.formats.dsse import parse_envelope
    from aztrust.core.history.leaf import open_record
    from aztrust.core.history.opener import Opener

    keys = {**KEYS, **{operator(n).public.fingerprint: operator(n).public for n in names}}
    held = (parse_envelope(data, name=name) for name, data in sorted(launch.records.items()))
    return [open_record(each, keys[f"sha256:{each.keyid}"], Opener()) for each in held]


def ledger_of(launch: Launch, *names: str, trust: Trust = TRUSTING) -> LedgerReading:
    return read_ledger(log(entries(launch, *names)), trust, name="the ledger")


def test_the_ledger_takes_a_confirmation_after_its_enrolment():
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme")
    ready = confirm(launch, "acme")
    reading = ledger_of(launch, "acme")
    assert not reading.findings
    (only,) = read(launch, reading).confirmations
    assert (only.record_id, only.place) == (ready, 1)


def test_a_confirmation_before_its_enrolment_is_refused_at_the_replay():
    launch = Launch(roles=REGISTRAR)
    confirm(launch, "acme")
    enrol(launch, "acme")
    reading = ledger_of(launch, "acme")
    assert [(f.code, f.subject) for f in reading.findings] == [("ledger-inconsistent", "entry 0")]


@pytest.mark.parametrize("kind", ["note", "revocation", "enrolment"])
def test_the_ledger_has_nothing_else_by_an_enrolled_key(kind):
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme")
    launch.record(kind, operator("acme"), **STATEMENTS[kind])
    (finding,) = ledger_of(launch, "acme").findings
    assert (finding.code, finding.subject) == ("ledger-inconsistent", "entry 1")
    assert f"is a {kind} by the key of operator acme" in finding.message


def test_an_enrolment_by_another_role_opens_the_ledger_to_no_one():
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme", by="rita")
    confirm(launch, "acme")
    assert [f.subject for f in ledger_of(launch, "acme").findings] == ["entry 1"]


def test_a_revoked_enrolment_stays_the_reason_for_what_came_after_it():
    launch = Launch(roles=REGISTRAR)
    first = enrol(launch, "acme")
    confirm(launch, "acme")
    launch.revoke(first, "luca")
    reading = ledger_of(launch, "acme")
    assert not reading.findings
    assert not read(launch, reading).confirmations


def test_in_the_folder_only_not_ready_counts_at_once():
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme", "bora")
    reading = ledger_of(launch)
    ready, not_ready = confirm(launch, "acme"), confirm(launch, "bora", reason="network")
    context = read_context(Request(NOW), replace(launch.evidence(), ledger=reading))
    assert [each.record_id for each in context.confirmations] == [not_ready]
    assert [each.record_id for each in context.records.unentered] == [ready]
    pending = {p.ref.record_id: (p.ref.text, p.counts) for p in context.pending}
    assert pending == {
        ready: ("the operator-confirmation by operator acme", False),
        not_ready: ("the operator-confirmation by operator bora", True),
    }


def test_an_enrolment_counts_once_the_ledger_has_it():
    launch = Launch(roles=REGISTRAR)
    launch.record("note", "luca", said_at_unix_ms=NOW, text="first")
    reading = ledger_of(launch)
    enrol(launch, "acme")
    confirm(launch, "acme", reason="network")
    context = read_context(Request(NOW), replace(launch.evidence(), ledger=reading))
    assert not context.roster.seats
    assert not context.confirmations


def test_the_ledger_says_which_enrolment_is_the_later_one():
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme", at=NOW + MINUTE)
    enrol(launch, entry("acme", operator("acme new")), at=NOW)
    assert seats(read(launch)) == {"acme": [key_of("acme")]}
    assert seats(read(launch, ledger_of(launch))) == {"acme": [key_of("acme new")]}


def test_one_payload_by_two_operators_is_two_confirmations():
    launch = Launch(roles=REGISTRAR)
    enrol(launch, "acme", "bora")
    assert confirm(launch, "acme") == confirm(launch, "bora")
    reading = ledger_of(launch, "acme", "bora")
    assert not reading.findings
    found = [(c.seat.operator, c.place) for c in read(launch, reading).confirmations]
    assert sorted(found) == [("acme", 1), ("bora", 2)]
