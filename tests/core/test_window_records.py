"""The records that follow a freeze: their fields, hashes, roots, ids, bindings and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model, validate
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.merkle import ids_root
from aztrust.core.formats.statement import parse_statement
from aztrust.core.records.contents import own_id
from aztrust.core.records.go_hold import ProceedJustification
from aztrust.core.records.records import KINDS, VerifiedRecord, read_typed_record
from aztrust.core.records.statements import checkpoint_line, statement_of
from tests import policies
from tests.people import signer
from tests.window_records import ANSWERS, MINUTE, Draft, WindowRecords, digest

RECORDS = WindowRecords()
AT = RECORDS.at
EVERY = RECORDS.every()
# Kinds that ignore a preimage that they do not know.
OLDER = {"launch-window", "launch-anomaly", "launch-defer", "launch-abort"}
BY_KIND = pytest.mark.parametrize("kind", EVERY)

# What AZ-028 names, in its order; an entry into restricted posture has an id and a time, too.
FIELDS = {
    "launch-hold": (
        *("hold_id", "launch_window_id", "hold_reason_hash", "severity"),
        *("expected_resolution_scope_hash", "timestamp_unix_ms"),
    ),
    "launch-proceed": (
        *("proceed_id", "launch_window_id", "prior_hold_id", "justification_hash"),
        "timestamp_unix_ms",
    ),
    "bootstrap-start-instruction": (
        *("instruction_id", "launch_authorization_id", "target_network_class"),
        *("target_chain_id", "target_genesis_hash", "start_window_hash"),
        *("role_activation_order_hash", "timestamp_unix_ms"),
    ),
    "launch-live-status": (
        *("live_status_id", "launch_window_id", "phase_class"),
        *("observed_finality_health_class", "observed_validator_participation_root"),
        *("anomaly_root", "local_operator_status_root", "timestamp_unix_ms"),
    ),
    "restricted-posture-exit": (
        *("exit_id", "launch_window_id", "justification_hash", "observation_root"),
        "timestamp_unix_ms",
    ),
    "restricted-posture-entry": (
        *("entry_id", "launch_window_id", "observed_epoch_range", "active_restrictions_hash"),
        *("incident_sensitivity_policy_hash", "snapshot_policy_hash", "timestamp_unix_ms"),
    ),
}
OWN_IDS = {
    "launch-window": "launch_window_id",
    "launch-hold": "hold_id",
    "launch-proceed": "proceed_id",
    "bootstrap-start-instruction": "instruction_id",
    "launch-live-status": "live_status_id",
    "restricted-posture-entry": "entry_id",
    "restricted-posture-exit": "exit_id",
}


def read(draft: Draft) -> VerifiedRecord:
    """A draft as it is read back, refused where its kind refuses it."""
    payload = VerifiedPayload(draft.payload(), draft.record_id, signer("luca").public)
    return read_typed_record(parse_statement(payload), "luca", what="it")


def changed(draft: Draft, preimage: str = "", **fields: object) -> Draft:
    """A draft with fields of its record, or of a preimage, as they should not be."""
    if preimage:
        held = {**draft.preimages[preimage], **fields}
        return replace(draft, preimages={**draft.preimages, preimage: held})
    return replace(draft, body=draft.body.model_copy(update=fields))


@BY_KIND
def test_each_kind_is_read_back(kind):
    draft = EVERY[kind]
    record = read(draft)
    assert record.body == draft.body
    assert record.kind in KINDS
    assert record.claimed_unix_ms == AT
    assert record.policy_digest == RECORDS.policy_digest
    assert record.scope_hash == ("" if kind == "correction" else RECORDS.scope_hash)


@BY_KIND
def test_each_kind_names_its_window(kind):
    named = {
        "launch-window": EVERY["launch-window"].body.model_dump()["launch_window_id"],
        **dict.fromkeys(("anomaly-resolution", "correction"), ""),
    }
    assert read(EVERY[kind]).launch_window_id == named.get(kind, RECORDS.launch_window_id)


def test_an_anomaly_may_name_no_window():
    assert read(RECORDS.anomaly(launch_window_id=None)).launch_window_id == ""


def has_exactly_its_fields(kind: str) -> None:
    """A record has the fields of its clause and no other; with each of its own it is read."""
    assert set(KINDS[kind].model.model_json_schema()["properties"]) == set(FIELDS[kind])
    draft = EVERY[kind]
    assert read(draft)
    for field in draft.body.model_dump(exclude_none=True):
        with pytest.raises(Malformed):
            read(changed(draft, **{field: None}))


@pytest.mark.clause("AZ-18.2")
def test_a_hold_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("launch-hold")


@pytest.mark.clause("AZ-19.2")
def test_a_proceed_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("launch-proceed")


@pytest.mark.clause("AZ-20.2")
def test_a_start_instruction_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("bootstrap-start-instruction")


@pytest.mark.clause("AZ-21.2")
def test_a_live_status_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("launch-live-status")


@pytest.mark.clause("AZ-22.2")
def test_an_exit_from_restricted_posture_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("restricted-posture-exit")


@pytest.mark.clause("AZ-33.2")
def test_an_entry_into_restricted_posture_has_exactly_the_fields_of_its_clause():
    has_exactly_its_fields("restricted-posture-entry")


@pytest.mark.clause("AZ-15.2")
@pytest.mark.parametrize("kind", OWN_IDS)
def test_an_own_id_is_the_digest_of_the_record_without_it(kind):
    draft, field = EVERY[kind], OWN_IDS[kind]
    assert getattr(draft.body, field) == own_id(draft.body, field)
    assert read(draft)
    with pytest.raises(Malformed, match=f"its {field} is not the digest of its record"):
        read(changed(draft, **{field: digest("another")}))
    time = KINDS[kind].time_field
    with pytest.raises(Malformed, match=f"its {field} is not the digest of its record"):
        read(changed(draft, **{time: AT - 1}))


HASHES = [
    (kind, name)
    for kind, draft in EVERY.items()
    for name in draft.preimages
    if f"{name}_hash" in type(draft.body).model_json_schema()["properties"]
]


@pytest.mark.clause("AZ-15.2")
@pytest.mark.parametrize(("kind", "name"), HASHES)
def test_a_hash_is_of_its_preimage(kind, name):
    draft = EVERY[kind]
    field = f"{name}_hash"
    bent = changed(draft, **{field: digest("another")})
    # Its own id is right: the hash alone is wrong.
    mine = OWN_IDS[kind]
    bent = changed(bent, **{mine: own_id(bent.body, mine)})
    with pytest.raises(Malformed, match="that is not the digest of its preimage"):
        read(bent)
    without = replace(draft, preimages={k: v for k, v in draft.preimages.items() if k != name})
    with pytest.raises(Malformed, match=f"has no preimages.{name}|subject is not"):
        read(without)


def test_every_hash_of_a_new_kind_has_its_preimage_here():
    """A hash whose preimage no kind checks would bind nothing."""
    hashes = {
        (kind, field.removesuffix("_hash"))
        for kind, draft in EVERY.items()
        for field in draft.body.model_dump(exclude_none=True)
        if field.endswith("_hash") and kind in OWN_IDS
    }
    assert hashes - {("launch-window", "target_genesis")} - set(HASHES) == {
        ("bootstrap-start-instruction", "target_genesis")
    }


def test_an_optional_preimage_is_there_exactly_with_its_hash():
    draft = RECORDS.hold(expected_resolution=None)
    assert read(draft)
    more = {**draft.preimages, "expected_resolution_scope": {"text": "peers answer"}}
    with pytest.raises(Malformed, match="and no expected_resolution_scope_hash"):
        read(replace(draft, preimages=more))


@pytest.mark.parametrize("kind", sorted(EVERY.keys() - OLDER))
def test_an_unknown_preimage_is_refused(kind):
    draft = EVERY[kind]
    bent = replace(draft, preimages={**draft.preimages, "more": {}})
    with pytest.raises(Malformed, match="has an unknown preimage 'more'"):
        read(bent)


@pytest.mark.parametrize(("kind", "name"), HASHES)
def test_a_preimage_has_the_shape_of_its_kind(kind, name):
    """The hash and the id fit: the shape alone is wrong."""
    draft, mine = EVERY[kind], OWN_IDS[kind]
    for preimage in ({**draft.preimages[name], "more": 1}, {}, []):
        made = {**draft.preimages, name: preimage}
        body = draft.body.model_copy(update={f"{name}_hash": _hash(preimage)})
        body = body.model_copy(update={mine: own_id(body, mine)})
        with pytest.raises(Malformed, match=r"unknown key|missing|it has to be|subject is not"):
            read(Draft(kind, body, made))


def _hash(value: object) -> str:
    return sha256_id(canonical.dumps(value))


LISTS = {
    ("launch-live-status", "observed_validator_participation"): lambda ids: RECORDS.live_status(
        participation=ids
    ),
    ("launch-live-status", "anomaly"): lambda ids: RECORDS.live_status(anomalies=ids),
    ("launch-live-status", "local_operator_status"): lambda ids: RECORDS.live_status(operators=ids),
    ("restricted-posture-exit", "observation"): lambda ids: RECORDS.exit(observations=ids),
}


@pytest.mark.parametrize(("kind", "name"), LISTS)
def test_a_root_is_over_the_ids_of_its_preimage(kind, name):
    ids = sorted(map(digest, ("one", "two", "three")))
    draft, field = LISTS[kind, name](ids), f"{name}_root"
    assert read(draft)
    assert draft.preimages[name] == ids
    assert getattr(draft.body, field) == ids_root(ids)
    mine = OWN_IDS[kind]
    for wrong in (ids[:2], [*ids, digest("four")], list(reversed(ids)), [ids[0], *ids], []):
        with pytest.raises(Malformed, match=f"{name} is not ids, sorted|{field} is not the root"):
            read(replace(draft, preimages={**draft.preimages, name: wrong}))
    body = draft.body.model_copy(update={field: ids_root(ids[:2])})
    body = body.model_copy(update={mine: own_id(body, mine)})
    with pytest.raises(Malformed, match=f"its {field} is not the root"):
        read(replace(draft, body=body))


@pytest.mark.parametrize("name", ["observed_validator_participation", "anomaly"])
def test_a_root_of_nothing_is_absent(name):
    draft = RECORDS.live_status(participation=(), anomalies=())
    assert read(draft)
    assert getattr(draft.body, f"{name}_root") is None
    assert set(draft.preimages) == {"metadata"}
    with pytest.raises(Malformed, match=f"has preimages.{name} and no {name}_root"):
        read(replace(draft, preimages={**draft.preimages, name: []}))


BINDINGS = {
    "launch-hold": "hold_reason",
    "launch-proceed": "justification",
    "bootstrap-start-instruction": "start_window",
    "launch-live-status": "metadata",
    "restricted-posture-entry": "active_restrictions",
    "restricted-posture-exit": "justification",
}


@pytest.mark.parametrize("kind", BINDINGS)
def test_scope_and_policy_are_those_of_a_preimage(kind):
    """Two attempts at one launch differ in the scope: the subject and the binding follow it."""
    builders = {
        "launch-hold": RECORDS.hold,
        "launch-proceed": RECORDS.proceed,
        "bootstrap-start-instruction": lambda **held: RECORDS.instruction(digest("a"), **held),
        "launch-live-status": RECORDS.live_status,
        "restricted-posture-entry": RECORDS.entry,
        "restricted-posture-exit": RECORDS.exit,
    }
    other = {"scope_hash": digest("another scope"), "policy_digest": digest("another policy")}
    builder: Callable[..., Draft] = builders[kind]
    draft = builder(**{BINDINGS[kind]: other})
    record = read(draft)
    assert (record.scope_hash, record.policy_digest) == tuple(other.values())
    assert KINDS[kind].subject(draft.body, draft.preimages) == ("scope", other["scope_hash"])
    assert read(builder()).scope_hash == RECORDS.scope_hash
    # The subject of one scope over the preimages of another one.
    payload = draft.payload().replace(
        f'"sha256":"{other["scope_hash"][7:]}"'.encode(),
        f'"sha256":"{RECORDS.scope_hash[7:]}"'.encode(),
    )
    verified = VerifiedPayload(payload, digest("x"), signer("luca").public)
    with pytest.raises(Malformed, match="its subject is not what its record is about"):
        read_typed_record(parse_statement(verified), "luca", what="it")


def instruction(**held: object) -> Draft:
    return RECORDS.instruction(digest("authorization"), **held)  # type: ignore[arg-type]


FAULTS: dict[str, tuple[Callable[[], Draft], Callable[[], Draft], str]] = {
    "a hold without an end": (
        lambda: RECORDS.hold({"ends_at_unix_ms": AT, "next_update_unix_ms": AT}),
        lambda: RECORDS.hold({"ends_at_unix_ms": AT + 1, "next_update_unix_ms": AT + 1}),
        "its ends_at_unix_ms is not later than the hold",
    ),
    "an update after the end": (
        lambda: RECORDS.hold({"ends_at_unix_ms": AT + 5, "next_update_unix_ms": AT + 6}),
        lambda: RECORDS.hold({"ends_at_unix_ms": AT + 5, "next_update_unix_ms": AT + 5}),
        "its next_update_unix_ms is not between the hold and its end",
    ),
    "an update before the hold": (
        lambda: RECORDS.hold({"next_update_unix_ms": AT}),
        lambda: RECORDS.hold({"next_update_unix_ms": AT + 1}),
        "its next_update_unix_ms is not between the hold and its end",
    ),
    "a continuation of no hold": (
        lambda: RECORDS.proceed({"outcome": "CONTINUE"}),
        lambda: RECORDS.proceed({"outcome": "CONTINUE"}, prior_hold_id=digest("hold")),
        "continues after a hold exactly if it names the hold",
    ),
    "an authorization after a hold": (
        lambda: RECORDS.proceed(
            {"outcome": "PROCEED_TO_BOOTSTRAP_AUTH"}, prior_hold_id=digest("hold")
        ),
        lambda: RECORDS.proceed({"outcome": "PROCEED_TO_BOOTSTRAP_AUTH"}),
        "continues after a hold exactly if it names the hold",
    ),
    "a proceed that is expired": (
        lambda: RECORDS.proceed({"expires_at_unix_ms": AT}),
        lambda: RECORDS.proceed({"expires_at_unix_ms": AT + 1}),
        "expires_at_unix_ms is not later",
    ),
    "a decision that is expired": (
        lambda: RECORDS.decision(expires_at_unix_ms=AT),
        lambda: RECORDS.decision(expires_at_unix_ms=AT + 1),
        "expires_at_unix_ms is not later",
    ),
    "an authorization that is expired": (
        lambda: RECORDS.authorization(digest("d"), digest("p"), expires_at_unix_ms=AT),
        lambda: RECORDS.authorization(digest("d"), digest("p"), expires_at_unix_ms=AT + 1),
        "expires_at_unix_ms is not later",
    ),
    "an instruction that is expired": (
        lambda: instruction(start_window={"expires_at_unix_ms": AT}),
        lambda: instruction(start_window={"expires_at_unix_ms": AT + 1}),
        "expires_at_unix_ms is not later",
    ),
    "a start window that closes as it opens": (
        lambda: instruction(start_window={"closes_at_unix_ms": AT + MINUTE}),
        lambda: instruction(start_window={"closes_at_unix_ms": AT + MINUTE + 1}),
        "its closes_at_unix_ms is not later than its opens_at_unix_ms",
    ),
    "a role twice": (
        lambda: instruction(order=("validators", "proposers", "validators")),
        lambda: instruction(order=("validators", "proposers", "verifiers")),
        "has a role twice in its order",
    ),
    "a restart without an anomaly": (
        lambda: RECORDS.activation(digest("i"), action="restart"),
        lambda: RECORDS.activation(digest("i"), action="restart", anomaly_id=digest("a")),
        "restarts a role exactly if it names the anomaly",
    ),
    "an activation after an anomaly": (
        lambda: RECORDS.activation(digest("i"), anomaly_id=digest("a")),
        lambda: RECORDS.activation(digest("i")),
        "restarts a role exactly if it names the anomaly",
    ),
    "observed epochs backwards": (
        lambda: RECORDS.observation(observed_epoch_range={"first": 4, "last": 3}),
        lambda: RECORDS.observation(observed_epoch_range={"first": 3, "last": 3}),
        "its observed_epoch_range ends before it begins",
    ),
    "epochs of an entry backwards": (
        lambda: RECORDS.entry(observed_epoch_range={"first": 4, "last": 3}),
        lambda: RECORDS.entry(observed_epoch_range={"first": 3, "last": 3}),
        "its observed_epoch_range ends before it begins",
    ),
    "a posture without a duration": (
        lambda: RECORDS.entry({"ends_not_before_unix_ms": AT}),
        lambda: RECORDS.entry({"ends_not_before_unix_ms": AT + 1}),
        "its ends_not_before_unix_ms is not later than the entry",
    ),
    "rules of a posture twice": (
        lambda: RECORDS.entry({"rules": ["guard", "guard", "snapshots"]}),
        lambda: RECORDS.entry({"rules": ["guard", "snapshots"]}),
        "its rules are not sorted, each once",
    ),
    "an entry that is expired": (
        lambda: RECORDS.entry({"expires_at_unix_ms": AT}),
        lambda: RECORDS.entry({"expires_at_unix_ms": AT + 1}),
        "expires_at_unix_ms is not later",
    ),
    "an exit that is expired": (
        lambda: RECORDS.exit(justification={"expires_at_unix_ms": AT}),
        lambda: RECORDS.exit(justification={"expires_at_unix_ms": AT + 1}),
        "expires_at_unix_ms is not later",
    ),
    "a change of no time": (
        lambda: RECORDS.amendment(effective_height=None),
        lambda: RECORDS.amendment(effective_at_unix_ms=AT + 1),
        "is effective at a height or at a time",
    ),
    "a change at two times": (
        lambda: RECORDS.amendment(effective_height=5, effective_at_unix_ms=AT),
        lambda: RECORDS.amendment(effective_height=5),
        "is effective at a height or at a time",
    ),
    "a changed binary of no file": (
        lambda: RECORDS.amendment(artifacts=[]),
        lambda: RECORDS.amendment(artifacts=[], change="role"),
        "changes a binary, and names no artifact",
    ),
    "an amendment that is expired": (
        lambda: RECORDS.amendment(expires_at_unix_ms=AT),
        lambda: RECORDS.amendment(expires_at_unix_ms=AT + 1),
        "expires_at_unix_ms is not later",
    ),
    "a witness twice": (
        lambda: RECORDS.exception(witnesses=["luca", "luca", "rita"]),
        lambda: RECORDS.exception(witnesses=["luca", "rita"]),
        "its witnesses are not sorted, each once",
    ),
    "what a decision rests on twice": (
        lambda: RECORDS.decision(rests_on=[digest("a"), digest("a")]),
        lambda: RECORDS.decision(rests_on=sorted((digest("a"), digest("b")))),
        "its rests_on is not ids, sorted, each once",
    ),
    "what a proceed rests on unsorted": (
        lambda: RECORDS.proceed({"rests_on": sorted((digest("a"), digest("b")))[::-1]}),
        lambda: RECORDS.proceed({"rests_on": []}),
        "its rests_on is not ids, sorted, each once",
    ),
    "a start before its authorization": (
        lambda: RECORDS.launch_window(
            {
                "bootstrap_authorization_time_unix_ms": AT + 2,
                "bootstrap_start_time_unix_ms": AT + 1,
            }
        ),
        lambda: RECORDS.launch_window(
            {
                "bootstrap_authorization_time_unix_ms": AT + 2,
                "bootstrap_start_time_unix_ms": AT + 2,
            }
        ),
        "bootstrap_start_time_unix_ms is before its bootstrap_authorization_time_unix_ms",
    ),
    "an end before the opening": (
        lambda: RECORDS.launch_window({"restricted_posture_end_time_unix_ms": AT - 1}),
        lambda: RECORDS.launch_window({"restricted_posture_end_time_unix_ms": AT}),
        "restricted_posture_end_time_unix_ms is before its window_open_time_unix_ms",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_keeps_its_limits(fault):
    broken, neighbour, message = FAULTS[fault]
    assert read(neighbour())
    with pytest.raises(Malformed, match=message) as found:
        read(broken())
    assert found.value.code == "record-malformed"


NUMBERS: dict[str, Callable[[int], Draft]] = {
    "timestamp": lambda n: changed(RECORDS.hold(), timestamp_unix_ms=n),
    "epoch": lambda n: changed(RECORDS.observation(), observed_epoch_range={"first": 0, "last": n}),
    "height": lambda n: changed(RECORDS.amendment(), effective_height=n),
    "snapshots": lambda n: changed(RECORDS.entry(), "snapshot_policy", every_ms=n),
}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("number", [-1, 2**53])
def test_numbers_have_a_limit(name, number):
    draft = NUMBERS[name](number)
    kind = KINDS[draft.kind]
    model: type[Model] = kind.model
    value: object = draft.body.__dict__
    if name == "snapshots":
        model, value = kind.preimages["snapshot_policy"], draft.preimages["snapshot_policy"]
    with pytest.raises(Malformed, match=r"greater than or equal|less than or equal"):
        validate(model, value, what="it", code="record-malformed")


@pytest.mark.parametrize(
    "draft",
    [
        *(RECORDS.hold(), RECORDS.decision("NO_GO"), RECORDS.decision("DEFER"), RECORDS.anomaly()),
        *(RECORDS.observation({name: "not-ok"}) for name in ANSWERS),
    ],
    ids=["hold", "no-go", "defer", "anomaly", *ANSWERS],
)
def test_what_stops_a_launch_is_negative_and_waits_for_nothing(draft):
    record = read(draft)
    assert record.is_negative
    assert record.descriptor.dependencies(record.body) == frozenset()


@BY_KIND
def test_what_carries_a_launch_on_is_positive(kind):
    negative = {"launch-hold", "launch-anomaly", "launch-defer", "launch-abort"}
    assert read(EVERY[kind]).is_negative == (kind in negative)


def test_an_unknown_answer_is_not_negative():
    assert not read(RECORDS.observation({"committees": "unknown"})).is_negative


def test_a_record_depends_on_what_comes_before_it():
    wanted = {
        "launch-authorization": {"go-no-go-decision", "launch-proceed"},
        "bootstrap-start-instruction": {"launch-authorization"},
        "role-activation": {"bootstrap-start-instruction"},
        "anomaly-resolution": {"launch-anomaly"},
        "normalization": {"restricted-posture-exit"},
        "correction": {"exception"},
    }
    for kind, draft in EVERY.items():
        before = {EVERY[name].record_id for name in wanted.get(kind, ())}
        assert KINDS[kind].dependencies(draft.body) == before, kind


def test_a_proposal_expires():
    expires = {
        *("launch-proceed", "go-no-go-decision", "launch-authorization", "amendment"),
        *("bootstrap-start-instruction", "restricted-posture-entry", "restricted-posture-exit"),
    }
    for kind, draft in EVERY.items():
        wanted = AT + RECORDS.lasts if kind in expires else None
        assert read(draft).expires_at_unix_ms == wanted, kind


def test_a_preimage_is_read_as_its_model():
    held = read(EVERY["launch-proceed"]).preimage("justification", ProceedJustification)
    assert held.outcome == "PROCEED_TO_BOOTSTRAP_AUTH"
    assert held.head is not None
    assert held.head.size == 7


def test_a_record_of_an_older_version_has_the_same_bytes():
    older: dict[str, Any] = {
        "launch-anomaly": RECORDS.anomaly(
            launch_window_id=None, severity=None, incident=None, role=None
        ),
        "launch-abort": EVERY["launch-abort"],
        "launch-window": EVERY["launch-window"],
    }
    new = (b"incident", b"after_start", b"script_hash", b"_time_unix_ms", b"severity", b"role")
    for kind, draft in older.items():
        payload = draft.payload().replace(b"window_open_time_unix_ms", b"")
        assert not [name for name in new if name in payload], kind
        assert replace(draft, body=read(draft).body).payload() == draft.payload()


ACTS = {
    "launch-hold": "hold",
    "launch-proceed": "proceed",
    "go-no-go-decision": "decide",
    "launch-authorization": "authorize",
    "bootstrap-start-instruction": "instruct",
    "role-activation": "activate",
    "anomaly-resolution": "resolve-anomaly",
    "restricted-posture-entry": "enter-posture",
    "restricted-posture-exit": "exit-posture",
    "normalization": "normalize",
    "amendment": "amend",
    "launch-defer": "defer",
    "launch-abort": "abort",
}
AFTER_START = {"measure": "halt", "criterion": "no finality", "state_handling": "kept"}


def signers(draft: Draft, *acts: str) -> frozenset[str] | None:
    """The roles that may sign a draft where these acts have a table with `release-manager`."""
    rule = "distinct_holders = 1\nroles = { release-manager = 1 }\n"
    tables = "".join(f"[authority.{act}]\n{rule}" for act in acts)
    rest = policies.SEPARATION + policies.REVOCATION
    rest += "[verdicts]\nroles = { launch-coordinator = 1 }\n"
    policy = policies.policy(rest=rest + tables)
    return KINDS[draft.kind].may_sign(policy, draft.body)


@pytest.mark.parametrize("kind", ACTS)
def test_the_rule_of_its_act_says_who_signs_a_record(kind):
    draft = EVERY[kind]
    verdicts = {"launch-coordinator"}
    if kind == "amendment":
        # Its bytes run in the place of approved ones.
        verdicts = {"release-manager", "security-lead", "consensus-lead"}
    assert signers(draft) == verdicts
    assert signers(draft, ACTS[kind]) == {"release-manager"}
    others = {act for act in ACTS.values() if act != ACTS[kind]}
    wanted = verdicts | ({"release-manager"} if kind == "launch-hold" else set())
    assert signers(draft, *others) == wanted


def test_an_abort_after_the_start_is_an_act_of_its_own():
    after = RECORDS.abort(after_start=AFTER_START)
    assert read(after)
    assert signers(after, "abort") == {"launch-coordinator"}
    assert signers(after, "abort-started") == {"release-manager"}
    assert signers(RECORDS.abort(), "abort-started") == {"launch-coordinator"}


def test_any_holder_may_sign_what_was_seen():
    for kind in EVERY.keys() - ACTS.keys() - {"launch-window"}:
        assert signers(EVERY[kind]) is None, kind


STATEMENTS = {
    "launch-hold": "hold issued for anomaly class peer-compatibility-anomaly",
    "go-no-go-decision": "go/no-go decision = GO",
    "launch-authorization": "bootstrap authorized for chain_id test-1, genesis_hash "
    + digest("genesis"),
    "restricted-posture-entry": "restricted posture entered",
    "launch-abort": f"abort issued for release_package_id {digest('release')}",
}


@pytest.mark.clause("AZ-36")
@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_statement_has_the_form_of_its_clause(kind):
    line = statement_of(read(EVERY[kind]), release_package_id=digest("release"))
    assert line == STATEMENTS[kind]


@pytest.mark.clause("AZ-36")
def test_a_statement_is_of_its_record_and_no_other():
    assert (
        checkpoint_line("first_blocks_healthy", "hold") == "checkpoint first_blocks_healthy = hold"
    )
    assert statement_of(read(RECORDS.decision("NO_GO"))) == "go/no-go decision = NO_GO"
    unclassified = read(RECORDS.hold({"anomaly_class": None}))
    assert RECORDS.launch_window_id in statement_of(unclassified)
    after = read(RECORDS.proceed(prior_hold_id=digest("hold")))
    assert digest("hold") in statement_of(after)
    assert statement_of(read(EVERY["launch-abort"])).endswith("release_package_id unknown")


@BY_KIND
def test_each_kind_has_a_statement_of_one_line(kind):
    line = statement_of(read(EVERY[kind]))
    assert line
    assert line.isprintable()
