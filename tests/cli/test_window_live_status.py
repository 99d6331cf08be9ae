"""Records that are made of what the observer saw: live status, observation, anomaly."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.storage.chainfacts import keep_facts
from fixtures.signed_chain import SignedChain
from tests.cli.test_network_proof import prove, put, scope
from tests.cli_launch import Clock, Desk, Template, refused, ticking_clock
from tests.core.chain.watched import OTHER_GENESIS, SHORT, anchored, has
from tests.seen_facts import facts_of, put_facts, written

clock = pytest.fixture(ticking_clock)
CHAIN = SignedChain([190, 100, 100, 16], "test-1", absent=[1])
MORE = (
    '[chain]\nkind = "cometbft"\nepoch_blocks = 5\n'
    + SHORT
    + "[authority.observe]\ndistinct_holders = 1\nroles = { consensus-lead = 1 }\n"
)


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Template:
    genesis = {"genesis.json": CHAIN.genesis}
    return Template.started(tmp_path_factory.mktemp("seen"), MORE, to="start", genesis=genesis)


@pytest.fixture
def desk(started: Template, tmp_path, clock: Clock) -> Desk:
    return started.copy(tmp_path, clock)


def statement_of(desk: Desk, kind: str) -> dict[str, Any]:
    (path,) = (p for p in desk.files() if f".{kind}." in p.name)
    found: dict[str, Any] = desk.statement(f"manifests/records/{path.name}")["predicate"]
    return found


@pytest.mark.clause("AZ-21.2")
def test_a_live_status_has_exactly_the_fields_of_the_source(desk):
    anomaly = ("--class", "bvm-anomaly", "--incident", "INC-1", "--guidance", "HOLD")
    desk.done("window", "anomaly", *anomaly)
    prove(desk, 1)
    desk.done("window", "live-status", "--facts", put_facts(desk), "--note", "N")
    predicate = statement_of(desk, "launch-live-status")
    record = predicate["record"]
    assert set(record) == {
        "live_status_id",
        "launch_window_id",
        "phase_class",
        "observed_finality_health_class",
        "observed_validator_participation_root",
        "anomaly_root",
        "timestamp_unix_ms",
    }
    assert record["observed_finality_health_class"] == "healthy"
    assert record["phase_class"] == "FIRST_BLOCKS"
    assert len(predicate["preimages"]["observed_validator_participation"]) == 4
    assert len(predicate["preimages"]["anomaly"]) == 1
    assert predicate["preimages"]["metadata"]["note"] == "N"


@pytest.mark.clause("AZ-21.2", "AZ-26.2")
def test_old_facts_are_recorded_as_unknown(desk):
    facts = put_facts(desk, age_ms=120_000)
    code, document = desk.json("window", "live-status", "--facts", facts, "--yes")
    assert code == 0, document
    assert document["health"] == "unknown"


def test_without_a_file_it_is_what_the_observer_of_this_machine_saw_last(desk):
    done = desk.run("window", "live-status", "--yes")
    assert done.exit_code == 3
    assert "no observer on this machine has seen this network" in done.advised
    prove(desk, 1)
    keep_facts(desk.anchor, put_facts(desk).read_bytes())
    assert desk.json("window", "live-status", "--yes")[1]["health"] == "healthy"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"policy_digest": "sha256:" + "ab" * 32}, "of the policy abababab"),
        ({"scope_hash": "sha256:" + "cd" * 32}, "of the scope cdcdcdcd"),
        ({"age_ms": 3_700_000}, "older than an hour"),
        ({"at_unix_ms": 1_900_000_000_000}, "in the future"),
    ],
)
def test_facts_of_another_launch_or_time_are_refused(desk, values, why):
    facts = put_facts(desk, **values)
    for words in (("live-status", "--facts"), ("observe", "--from")):
        refused(desk.run("window", *words, facts, "--yes"), why)
    refused(desk.run("window", "anomaly", "--from", "x", "--facts", facts, "--yes"), why)


@pytest.mark.clause("AZ-11.2", "AZ-11.3")
def test_an_observation_is_computed_from_the_facts_and_rests_on_them_and_the_proofs(desk):
    bundle = prove(desk, 5)
    facts = put_facts(desk, facts_of(proven=5))
    desk.done("window", "observe", "--from", facts, by="cosmin")
    record = statement_of(desk, "launch-observation")["record"]
    assert set(record["answers"].values()) == {"ok"}
    assert record["observed_epoch_range"] == {"first": 0, "last": 3}
    assert [file["name"] for file in record["evidence"]] == ["facts.json", bundle.name]


@pytest.mark.clause("AZ-10.2", "AZ-11.2")
def test_facts_that_claim_a_proof_prove_nothing(desk):
    """Facts are a file that anyone can edit: a proof is computed again from its bundle."""
    claimed = put_facts(desk, facts_of(proven=5))
    live = ("window", "live-status", "--facts", claimed, "--yes")
    observed = ("window", "observe", "--from", claimed, "--yes")
    assert desk.json(*live)[1]["health"] == "unknown"
    assert desk.json(*observed, by="cosmin")[1]["unknown"] == ["finalized-roots"]
    prove(desk, 5, SignedChain([190, 100, 100, 17], "test-1"))
    assert desk.json(*live)[1]["health"] == "unknown", "the bundle is of another genesis"
    prove(desk, 4)
    assert desk.json(*live)[1]["health"] == "healthy"
    assert desk.json(*observed, by="cosmin")[1]["unknown"] == ["finalized-roots"], "too low"
    prove(desk, 5)
    assert "unknown" not in desk.json(*observed, by="cosmin")[1]


@pytest.mark.clause("AZ-32.2")
def test_the_first_epoch_needs_the_participation_of_the_early_band(desk):
    """306 of 406 signed it, which proves it, and is less than 80 %."""
    shown = ("--evidence", desk.launch.path / "manifests/launch.toml")
    prove(desk, 5)
    desk.done("window", "checkpoint", "first_blocks_healthy", *shown)
    words = ("window", "checkpoint", "first_epoch_finalized", *shown, "--dry-run")
    code, document = desk.json(*words)
    assert code == 11
    (row,) = (row for row in document["matrix"] if row["id"] == "proof")
    assert row["detail"] == ("participation: 306 of 406 signed block 5, and [early] asks for 80%")
    # Later blocks have more: a person who may observe signs that.
    desk.done("window", "observe", "--from", put_facts(desk, facts_of(proven=5)), by="cosmin")
    code, document = desk.json(*words)
    assert code == 0, document
    (row,) = (row for row in document["matrix"] if row["id"] == "proof")
    assert row["detail"] == "306 of 406 signed block 5"


@pytest.mark.clause("AZ-32.2")
def test_power_that_is_as_much_as_the_band_asks_for_is_enough(tmp_path_factory, tmp_path, clock):
    chain = SignedChain([2, 2, 2, 2, 2], "test-1", absent=[1])
    made = Template.started(
        tmp_path_factory.mktemp("enough"), MORE, to="start", genesis={"genesis.json": chain.genesis}
    )
    desk = made.copy(tmp_path, clock)
    shown = ("--evidence", desk.launch.path / "manifests/launch.toml")
    put(desk, chain.bundle(5, origin=chain.origin(scope(desk))), 5)
    desk.done("window", "checkpoint", "first_blocks_healthy", *shown)
    code, document = desk.json("window", "checkpoint", "first_epoch_finalized", *shown, "--dry-run")
    assert code == 0, document


@pytest.mark.parametrize("value", [{"clause": "\u202eAZ"}, {"code": "x" * 10_000}, {"code": "[b]"}])
def test_facts_with_a_signal_that_no_observer_writes_are_refused(desk, value):
    split = facts_of(anchored("d", 18, state_after="X"))
    signals = [{**one.model_dump(mode="json"), **value} for one in split.signals]
    facts = put_facts(desk, split, signals=signals)
    for name in ("state-split", "x" * 10_000):
        done = desk.run("window", "anomaly", "--from", name, "--facts", facts, "--yes")
        assert done.exit_code == 10
        assert "signals" in done.advised
        assert "a defect" not in done.advised


@pytest.mark.clause("AZ-11.2")
def test_what_the_facts_do_not_say_is_unknown_until_a_person_answers(desk):
    facts = put_facts(desk, facts_of(proven=None))
    words = ("window", "observe", "--from", facts, "--yes")
    code, document = desk.json(*words, by="cosmin")
    assert (code, document["unknown"]) == (0, ["finalized-roots"])
    code, document = desk.json(*words, "--finalized-roots", "ok", by="cosmin")
    assert code == 0
    assert "unknown" not in document


@pytest.mark.clause("AZ-11.2")
def test_a_person_does_not_answer_against_the_facts(desk):
    facts = put_facts(desk, facts_of(anchored("d", 18, state_after="X"), proven=5))
    done = desk.run("window", "observe", "--from", facts, "--determinism", "ok", "--yes")
    assert done.exit_code == 2
    assert "the facts answer not-ok, and the option ok" in done.advised
    desk.done("window", "observe", "--from", facts, by="rita")
    assert statement_of(desk, "launch-observation")["record"]["answers"]["determinism"] == "not-ok"


def test_an_observation_without_facts_names_its_epochs(desk):
    done = desk.run("window", "observe", "--yes")
    assert done.exit_code == 2
    assert "names the epochs" in done.advised


@pytest.mark.clause("AZ-27.1", "AZ-27.2", "AZ-38")
@pytest.mark.parametrize(("share", "code"), [("4/4", 0), ("5/4", 10)])
@pytest.mark.parametrize("member", ["participation", "voted", "unlisted_power"])
def test_more_than_all_of_the_power_is_refused(desk, member, share, code):
    picture = {**facts_of().picture.model_dump(mode="json"), member: share}
    done = desk.run("window", "live-status", "--facts", put_facts(desk, picture=picture), "--yes")
    assert done.exit_code == code, done.err
    assert ("a share of power in it is more than all" in done.advised) == bool(code)


@pytest.mark.parametrize("text", ["a\nPASS", "\x1b[2J", "\u202ecba", "\x00"])
@pytest.mark.parametrize("member", ["detail", "subject"])
def test_no_control_character_of_edited_facts_comes_into_a_record(desk, member, text):
    split = facts_of(anchored("d", 18, state_after="X"))
    (signal,) = (s.model_dump(mode="json") for s in split.signals if s.code == "state-split")
    edited = put_facts(desk, split, signals=[{**signal, member: text}])
    before = desk.snapshot()
    done = desk.run("window", "anomaly", "--from", "state-split", "--facts", edited, "--yes")
    assert done.exit_code not in (0, 11)
    assert "a text in it has a character that aztrust writes escaped" in done.advised
    assert desk.snapshot() == before
    desk.done("window", "anomaly", "--from", "state-split", "--facts", put_facts(desk, split))


def test_an_anomaly_is_made_of_a_signal(desk):
    split = facts_of(anchored("d", 18, state_after="X"))
    (signal,) = (s for s in split.signals if s.code == "state-split")
    facts = put_facts(desk, split)
    words = ("window", "anomaly", "--from", "state-split", "--facts", facts)
    code, document = desk.json(*words, "--yes")
    assert code == 0, document
    assert document["escalation"] == "consensus-lead"
    record = statement_of(desk, "launch-anomaly")["record"]
    assert record["anomaly_class"] == "deterministic-replay-anomaly"
    assert record["detail"] == signal.detail
    assert record["guidance"] == signal.guidance
    assert record["clause"] == "AZ-29.1"
    assert record["responses"] == sorted(signal.evidence)
    assert record["responses"]
    assert record["incident"] == f"state-split:{signal.subject}"


@pytest.mark.clause("AZ-27.1")
def test_a_person_may_say_more_than_the_signal(desk):
    facts = put_facts(desk, facts_of(anchored("d", 18, state_after="X")))
    more = ("--incident", "INC-9", "--severity", "critical", "--guidance", "ABORT")
    desk.done("window", "anomaly", "--from", "state-split", "--facts", facts, *more)
    record = statement_of(desk, "launch-anomaly")["record"]
    assert (record["incident"], record["severity"]) == ("INC-9", "critical")
    assert record["guidance"] == "ABORT"
    assert record["anomaly_class"] == "deterministic-replay-anomaly"


def test_a_signal_that_is_not_there_is_refused_and_the_others_are_named(desk):
    facts = put_facts(desk, facts_of(has("d", genesis=OTHER_GENESIS)))
    done = desk.run("window", "anomaly", "--from", "fork", "--facts", facts, "--yes")
    refused(done, "there is no signal fork in these facts", "genesis-served-other:d")
    quiet = put_facts(desk)
    done = desk.run("window", "anomaly", "--from", "fork", "--facts", quiet, "--yes")
    refused(done, "there is no signal at all")
    assert not [path for path in desk.files() if "launch-anomaly" in path.name]


def test_a_signal_has_its_class_and_facts_need_a_signal(desk):
    facts = put_facts(desk)
    words = ("--class", "bvm-anomaly", "--incident", "I")
    done = desk.run("window", "anomaly", "--from", "fork", *words, "--yes")
    assert "a signal has its class" in done.advised
    done = desk.run("window", "anomaly", "--facts", facts, "--yes")
    assert "add --from SIGNAL" in done.advised
    facts.write_bytes(written(facts_of())[:-9])
    done = desk.run("window", "live-status", "--facts", facts, "--yes")
    assert done.exit_code == 10
