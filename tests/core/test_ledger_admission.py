"""What a ledger accepts: whose record, in which order, dated when (core.state.ledger)."""

from __future__ import annotations

import itertools

import pytest

from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.sign import sign_record
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.model import Model
from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.leaf import dependencies, is_negative
from aztrust.core.records.administration import Note, Revocation
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.records.package import Announcement, Seal, Supersession
from aztrust.core.records.readiness import AdvisoryReview, Blocker, CheckAttestation
from aztrust.core.records.window import LaunchAbort, LaunchDefer
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_rules import admit, open_files
from aztrust.storage.launch import read_launch
from tests.disk_launch import NOW, PEOPLE, Launch, make_launch, policy_text, signer
from tests.verdicts import ONE

LATER = NOW + 60 * 60_000


@pytest.fixture(scope="module")
def launch(tmp_path_factory) -> Launch:
    made = make_launch(tmp_path_factory.mktemp("a"), policy=policy_text(extra=ONE))
    made.freeze()
    return made


@pytest.fixture(scope="module")
def context(launch) -> Context:
    return read_launch_context(launch.path)


@pytest.fixture(scope="module")
def files(launch) -> dict[str, bytes]:
    evidence = read_launch(launch.path)
    return {**evidence.records, **evidence.verdicts}


def taken(context, files, ledger=(), now=LATER):
    """Admission of files into a ledger that holds these envelopes."""
    held: dict[str, list[bytes]] = {}
    for opened in open_files(context, {str(n): data for n, data in enumerate(ledger)}).taken:
        held.setdefault(opened.record.record_id, []).append(opened.record.envelope)
    opened = open_files(context, files)
    admission = admit(context, opened.taken, lambda id_: held.get(id_, ()), now)
    return [o.name for o in admission.taken], {
        f.subject: f.code for f in (*opened.refused, *admission.refused)
    }


def signed(kind, body, by, preimages=None) -> bytes:
    return sign_record(kind, body, preimages or {}, signer(by)).data


def empty_tray(context) -> Context:
    """The launch, whose folder has no records."""
    return replace(
        context, records=replace(context.records, effective=type(context.records.effective)())
    )


def test_everything_of_a_launch_in_any_order(context, files):
    names, refused = taken(context, files)
    assert (set(names), refused) == (set(files), {})
    freeze = next(name for name in files if name.startswith("freeze"))
    assert names[-1] == freeze
    for order in itertools.islice(itertools.permutations(files), 0, 5000, 499):
        assert taken(context, {name: files[name] for name in order})[0] == names


def test_before_its_cause_it_is_refused(context, files):
    freeze = next(name for name in files if name.startswith("freeze"))
    assert taken(context, {freeze: files[freeze]}) == ([], {freeze: "cause-missing"})
    others = [data for name, data in files.items() if name != freeze]
    assert taken(context, {freeze: files[freeze]}, others) == ([freeze], {})


def test_what_a_verdict_considered_is_waited_for_wherever_it_is(context, files):
    """Else it would come later, be behind what rests on it, and no replay would hold again."""
    freeze = next(name for name in files if name.startswith("freeze"))
    alone = {freeze: files[freeze]}
    assert taken(empty_tray(context), alone) == ([], {freeze: "cause-missing"})
    approval = next(name for name in files if ".approval." in name)
    others = [data for name, data in files.items() if name not in (freeze, approval)]
    assert taken(empty_tray(context), alone, others) == ([], {freeze: "cause-missing"})
    both = {freeze: files[freeze], approval: files[approval]}
    assert taken(empty_tray(context), both, others) == ([approval, freeze], {})


def test_an_unknown_record_that_nothing_rests_on_is_not_a_dependency(context, launch):
    body = Note(policy_digest=launch.anchor, said_at_unix_ms=LATER, text="9" * 64)
    assert taken(context, {"x": signed("note", body, "gabi")})[0] == ["x"]


def test_what_is_there_already_is_taken_again(context, files):
    names, refused = taken(context, files, files.values(), now=0)
    assert (set(names), refused) == (set(files), {})


@pytest.mark.parametrize(("ahead", "code"), [(AHEAD_MS, None), (AHEAD_MS + 1, "time-ahead")])
def test_a_time_ahead(context, launch, ahead, code):
    body = Announcement(
        announced_at_unix_ms=LATER + ahead,
        convention="raw",
        package_id=launch.package_id("genesis"),
        policy_digest=launch.anchor,
        sha256="sha256:" + "7" * 64,
    )
    names, refused = taken(context, {"x": signed("announcement", body, "gabi")})
    assert (names, refused) == ((["x"], {}) if code is None else ([], {"x": code}))


def revocation(launch, target, by, at=LATER, kind="record", digest=""):
    body = Revocation(
        policy_digest=digest or launch.anchor,
        reason="wrong",
        revoked_at_unix_ms=at,
        stands=(),
        target=target,
        target_kind=kind,
    )
    return signed("revocation", body, by)


def test_a_time_before_what_it_cites(context, launch, files):
    opened = signed("blocker", blocker(launch, LATER), "rita")
    closed = signed("blocker", blocker(launch, LATER - 1, sha256_of(opened)), "rita")
    assert taken(context, {"x": closed}, [opened]) == ([], {"x": "time-reversed"})
    assert taken(context, {"x": closed, "o": opened})[1] == {"x": "time-reversed"}
    # A negative record does not wait until another holder's clock is right (law 9).
    approval = launch.records[3]
    x = revocation(launch, approval.record_id, "sonia", at=NOW)
    assert taken(context, {"x": x}, files.values()) == (["x"], {})


def blocker(launch, at, closes=None):
    return Blocker(
        action="close" if closes else "open",
        blocker=closes,
        policy_digest=launch.anchor,
        reason="a fork",
        said_at_unix_ms=at,
        severity="major",
    )


def sha256_of(envelope):
    return sha256_id(parse_envelope(envelope, name="").payload)


def naming(launch, kind, at, cites, **changes) -> Model:
    """A record of a kind whose text names another record."""
    bound = {"policy_digest": launch.anchor, "scope_hash": "sha256:" + "4" * 64}
    attestation = CheckAttestation(
        attested_at_unix_ms=at,
        check="incident-path",
        evidence=(),
        note=cites,
        role="ops-lead",
        status="pass",
        **bound,
    )
    review = AdvisoryReview(
        evidence=(),
        note=cites,
        outcome="clear",
        reviewed_at_unix_ms=at,
        sources=("public",),
        **bound,
    )
    window = {"launch_window_id": "sha256:" + "3" * 64, "reason": cites, **bound}
    body = {
        "blocker": blocker(launch, at).model_copy(update={"reason": cites}),
        "check-attestation": attestation,
        "advisory-review": review,
        "note": Note(policy_digest=launch.anchor, said_at_unix_ms=at, text=cites),
        "launch-anomaly": LaunchAnomaly(
            anomaly_class="artifact-mismatch",
            detail=cites,
            guidance="HOLD",
            observed_at_unix_ms=at,
            **bound,
        ),
        "launch-defer": LaunchDefer(deferred_at_unix_ms=at, **window),
        "launch-abort": LaunchAbort(aborted_at_unix_ms=at, trigger="other", **window),
        "supersession": Supersession(
            package_class="release",
            package_id=launch.package_id("release"),
            policy_digest=launch.anchor,
            reason=cites,
            successor="sha256:" + "2" * 64,
            superseded_at_unix_ms=at,
            withdraws=(),
        ),
    }[kind]
    return body.model_copy(update=changes)


NEGATIVE = [
    ("blocker", "rita", {"severity": "critical"}),
    ("blocker", "rita", {"severity": "minor"}),
    ("check-attestation", "luca", {"role": "launch-coordinator", "status": "fail"}),
    ("advisory-review", "sonia", {"outcome": "blocking"}),
    ("launch-anomaly", "dan", {}),
    ("launch-defer", "luca", {}),
    ("launch-abort", "luca", {}),
    ("supersession", "sonia", {}),
]
POSITIVE = [
    ("check-attestation", "luca", {"role": "launch-coordinator"}),
    ("advisory-review", "sonia", {}),
    ("note", "rita", {}),
]


@pytest.mark.parametrize(("kind", "by", "changes"), [*NEGATIVE, *POSITIVE])
@pytest.mark.parametrize("where", ["in the ledger", "offered with it", "refused"])
def test_a_negative_record_is_taken_whatever_time_a_cited_record_claims(
    context, launch, kind, by, changes, where
):
    """Else anyone who dates a note ahead keeps each no that names it out of the ledger."""
    late = LATER + 100_000 if where != "refused" else LATER + AHEAD_MS + 1
    body = Note(policy_digest=launch.anchor, said_at_unix_ms=late, text="x")
    note = signed("note", body, "gabi")
    data = signed(kind, naming(launch, kind, LATER, sha256_of(note), **changes), by)
    ledger = [note] if where == "in the ledger" else []
    files = {"x": data} if ledger else {"n": note, "x": data}
    names, refused = taken(context, files, ledger)
    if (kind, by, changes) in NEGATIVE:
        assert "x" in names
        assert "x" not in refused
    else:
        assert "x" not in names
        assert refused["x"] == ("cause-missing" if where == "refused" else "time-reversed")


def test_a_negative_record_has_no_dependencies(context, launch, files):
    approval = launch.records[3]
    x = revocation(launch, approval.record_id, "sonia")
    assert taken(context, {"x": x}) == (["x"], {})
    (opened,) = open_files(context, {"x": x}).taken
    assert opened.is_negative
    assert is_negative(opened.record)
    name = approval.path.rpartition("/")[2]
    assert taken(context, {name: files[name]}, [x])[0] == [name]


@pytest.mark.parametrize("verdict", ["fail", "hold", "conditional", "pass"])
def test_a_verdict_is_negative_unless_it_passed(tmp_path, verdict):
    other = make_launch(tmp_path, policy=policy_text(extra=ONE))
    other.freeze(verdict=verdict, rows={} if verdict == "pass" else {"approvals": "fail"})
    (data,) = read_launch(other.path).verdicts.values()
    context = read_launch_context(other.path)
    (opened,) = open_files(context, {"x": data}).taken
    statement = opened.record.verdict
    if verdict == "pass":
        assert not is_negative(opened.record)
        assert dependencies(opened.record) == set(statement.rests_on) != set()
        assert taken(context, {"x": data}) == ([], {"x": "cause-missing"})
    else:
        assert is_negative(opened.record)
        assert dependencies(opened.record) == frozenset()
        assert taken(context, {"x": data}) == (["x"], {})


def test_a_revocation_under_another_policy_is_taken(context, launch):
    x = revocation(launch, "sha256:" + "9" * 64, "sonia", digest="sha256:" + "8" * 64)
    assert taken(context, {"x": x}) == (["x"], {})


@pytest.mark.parametrize(
    ("by", "code"), [("sonia", None), ("rita", None), ("dan", "signer-not-in-role")]
)
def test_who_may_take_back_what_is_known(context, launch, files, by, code):
    # The approval of rita: its own signer, a revocation role, anyone else.
    x = revocation(launch, launch.records[2].record_id, by)
    names, refused = taken(context, {"x": x}, files.values())
    assert (names, refused) == ((["x"], {}) if code is None else ([], {"x": code}))


def test_who_may_take_back_a_verdict(context, files):
    (verdict,) = context.verdicts.verdicts
    launch = type("L", (), {"anchor": context.policy_digest})
    for by, wanted in (("luca", {}), ("sonia", {}), ("dan", {"x": "signer-not-in-role"})):
        x = revocation(launch, verdict.record_id, by)
        assert taken(context, {"x": x}, files.values())[1] == wanted


def test_who_may_revoke_a_key(context, launch):
    key = PEOPLE["rita"].public().fingerprint
    for by, wanted in (("rita", {}), ("sonia", {}), ("dan", {"x": "signer-not-in-role"})):
        x = revocation(launch, key, by, kind="key")
        assert taken(context, {"x": x})[1] == wanted


def seal(launch, by, digest="") -> bytes:
    body = Seal(
        package_class="release",
        package_id="sha256:" + "6" * 64,
        policy_digest=digest or launch.anchor,
        prior_seals=(),
        sealed_at_unix_ms=NOW,
    )
    return signed("seal", body, by)


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda launch: seal(launch, "gabi"), "signer-not-in-role"),
        (lambda launch: seal(launch, "mallory"), "signer-unknown"),
        (lambda launch: seal(launch, "rita", "sha256:" + "5" * 64), "approval-other-scope"),
        (lambda launch: b"{}", "record-malformed"),
        (lambda launch: b"", "record-malformed"),
    ],
)
def test_what_is_not_taken(context, launch, forge, code):
    assert taken(context, {"x": forge(launch)}) == ([], {"x": code})


def test_a_signature_that_does_not_hold(context, launch):
    data = seal(launch, "rita")
    other = seal(launch, "rita", "sha256:" + "5" * 64)
    start, end = data.index(b'"sig":"') + 7, data.rindex(b'"}')
    forged = data[:start] + other[other.index(b'"sig":"') + 7 : other.rindex(b'"}')] + data[end:]
    assert taken(context, {"x": forged}) == ([], {"x": "signature-invalid"})


def test_an_unknown_kind(context, launch):
    from aztrust.core.formats.statement import Subject, build_statement
    from tests.ledgers import envelope

    payload = build_statement("wish", [Subject("scope", "sha256:" + "1" * 64)], {"a": 1}, {})
    assert taken(context, {"x": envelope(payload)}) == ([], {"x": "record-unknown"})


def test_an_approval_in_a_role_that_counts_nowhere(context, launch, tmp_path):
    other = make_launch(tmp_path, policy=policy_text(extra=ONE))
    other.approve("release", "dan")
    data = other.records[-1].data
    assert taken(context, {"x": data}) == ([], {"x": "signer-not-in-role"})


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (("release-manager",), None),
        (("release-manager", "ops-lead"), None),
        (("ops-lead",), "signer-not-in-role"),
        (("security-lead",), "signer-not-in-role"),
    ],
)
def test_an_approval_counts_in_the_roles_that_it_names(context, tmp_path, roles, code):
    """The policy asks for release-manager and security-lead; the signer has the first alone."""
    other = make_launch(tmp_path, policy=policy_text(extra=ONE))
    other.approve("release", "rita", roles=roles)
    names, refused = taken(context, {"x": other.records[-1].data})
    assert (names, refused) == ((["x"], {}) if code is None else ([], {"x": code}))


def test_a_verdict_by_another_role(context, tmp_path):
    other = make_launch(tmp_path, policy=policy_text(extra=ONE))
    other.freeze("dan")
    (data,) = read_launch(other.path).verdicts.values()
    records = read_launch(other.path).records.values()
    assert taken(context, {"x": data}, records) == ([], {"x": "signer-not-in-role"})
    assert taken(context, {"x": data})[1] == {"x": "signer-not-in-role"}


def test_a_verdict_under_another_policy(context, tmp_path):
    other = make_launch(tmp_path, policy=policy_text(extra=ONE + "# another\n"))
    other.freeze()
    (data,) = read_launch(other.path).verdicts.values()
    assert taken(context, {"x": data}) == ([], {"x": "approval-other-scope"})


def test_a_refused_record_is_not_a_dependency(context, launch, files):
    # The approvals are dated after now, and with them the freeze that rests on them.
    names, refused = taken(context, files, now=NOW - AHEAD_MS + 90_000)
    assert {refused[name] for name in refused} == {"time-ahead"}
    freeze = next(name for name in files if name.startswith("freeze"))
    assert freeze in refused
    assert len(names) == 2


def test_copies_end_alike(context, files):
    freeze = next(name for name in files if name.startswith("freeze"))
    others = [data for name, data in files.items() if name != freeze]
    twice = {"one": files[freeze], "two": files[freeze]}
    assert taken(context, twice, others) == (["one", "two"], {})
    assert taken(context, twice)[1] == {"one": "cause-missing", "two": "cause-missing"}


def test_a_policy_is_needed(context, files):
    names, refused = taken(replace(context, policy=None), files)
    assert names == []
    assert set(refused.values()) == {"policy-malformed"}
