"""Signed records and verdicts that aztrust refuses for their form, and their accepted neighbours.

As `situations.situations`. All signatures hold, and the scope is what is there: only the form of
one record differs from what aztrust writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import rfc8785

from fixtures.forge.builds import built
from fixtures.forge.envelopes import payload_of, sign
from fixtures.forge.keys import who
from fixtures.forge.trees import digests, sha256
from fixtures.forge.verdicts import FROZEN_AT, final_check, freeze
from fixtures.forge.windows import advisory, anomaly, attestation, blocker, note, window
from tests.checker.situations import Host, Situation, bent_freeze

Act = Callable[[Host], object]
LONG = "x" * 1001
ORIGIN = "ledger.aztrust-rehearsal"


def malformed() -> Iterator[Situation]:
    """Every situation; the names are unique, also among the other ones."""
    for name, act in _RECORDS.items():
        yield Situation(f"malformed_{name}", _late(act), 11, says="may be a revocation")
    for name, act in _NEIGHBOURS.items():
        yield Situation(f"formed_{name}", _late(act), 0)
    for name, change in _FREEZES.items():
        yield Situation(f"malformed_freeze_{name}", bent_freeze(change), 11, says="not a freeze")
    yield Situation("formed_freeze_written_again", bent_freeze(lambda *_: None), 0)
    yield Situation("malformed_genesis_manifest", _manifest_with_a_key_more, 11)


def _late(act: Act) -> Callable[[Host], None]:
    def build(host: Host) -> None:
        freeze(host.launch)
        act(host)

    return build


def _evidence(name: str) -> list[dict[str, object]]:
    return [{"name": name, "size": 1, **digests(b"x")}]


def _changed(kind: str, by: str, change: Callable[[dict, dict], None]) -> Act:
    """The one record of this kind by this holder, signed anew with this change."""

    def act(host: Host) -> None:
        records = host.launch.records
        path = records.find(kind, by)[0]
        document = payload_of(path.read_bytes())
        change(document["predicate"]["record"], document["predicate"]["preimages"])
        records.put(sign(document, by), "x.dsse.json")

    return act


def _of_class(kind: str) -> Act:
    """A record about a class of package that there is not, in agreement with itself."""

    def act(host: Host) -> None:
        records = host.launch.records
        document = payload_of(records.one(kind, "rita").read_bytes())
        document["subject"][0]["name"] = "manifests/sources.json"
        predicate = document["predicate"]
        predicate["record"]["package_class"] = "sources"
        if kind == "approval":
            predicate["preimages"]["review"]["package_class"] = "sources"
            review = rfc8785.dumps(predicate["preimages"]["review"])
            predicate["record"]["review_hash"] = sha256(review)
        records.put(sign(document, "rita"), "x.dsse.json")

    return act


def _review(**change: object) -> Act:
    def act(host: Host) -> None:
        records = host.launch.records
        review = records.approval("release", "sonia")["predicate"]["preimages"]["review"]
        records.approve("release", "sonia", review={**review, **change})

    return act


def _window_of(chain: str) -> Act:
    def act(host: Host) -> None:
        window(host.launch)
        records = host.launch.records
        path = records.one("launch-window")
        document = payload_of(path.read_bytes())
        record = document["predicate"]["record"]
        record.pop("launch_window_id")
        record["target_chain_id"] = chain
        record["launch_window_id"] = sha256(rfc8785.dumps(record))
        path.unlink()
        records.put(sign(document, "luca"))

    return act


def _announced(convention: str) -> Act:
    """An announcement of another package, which changes nothing here."""
    return lambda host: host.launch.records.announce(
        convention, sha256(b"elsewhere"), package_id=sha256(b"another")
    )


def _built(**change: object) -> Act:
    def act(host: Host) -> None:
        built(host.launch, "sonia")
        path = host.launch.records.one("build-attestation")
        _changed("build-attestation", "sonia", lambda record, _: record.update(change))(host)
        path.unlink()

    return act


_RECORDS: dict[str, Act] = {
    "note_empty": lambda host: note(host.launch, text=""),
    "note_too_long": lambda host: note(host.launch, text=LONG),
    "anomaly_without_detail": lambda host: anomaly(host.launch, detail=""),
    "anomaly_too_long": lambda host: anomaly(host.launch, detail=LONG),
    "anomaly_of_no_class": lambda host: anomaly(host.launch, anomaly_class="weather"),
    "blocker_without_reason": lambda host: blocker(host.launch, reason=""),
    "blocker_too_long": lambda host: blocker(host.launch, reason=LONG),
    "answer_too_long": lambda host: attestation(host.launch, note=LONG),
    "evidence_without_a_name": lambda host: attestation(host.launch, evidence=_evidence("")),
    "evidence_with_a_long_name": lambda host: attestation(
        host.launch, evidence=_evidence("x" * 256)
    ),
    "advisory_too_long": lambda host: advisory(host.launch, note=LONG),
    "advisory_of_no_source": lambda host: advisory(host.launch, sources=[]),
    "build_in_no_environment": _built(environment=""),
    "build_too_long": _built(environment=LONG),
    "build_of_no_path": _built(path=""),
    "anomaly_of_a_long_incident": lambda host: anomaly(host.launch, incident=LONG),
    "anomaly_of_no_incident": lambda host: anomaly(host.launch, incident=""),
    "window_that_starts_before_it_is_authorized": lambda host: window(
        host.launch,
        bootstrap_authorization_time_unix_ms=FROZEN_AT + 2,
        bootstrap_start_time_unix_ms=FROZEN_AT + 1,
    ),
    "window_that_ends_before_it_opens": lambda host: window(
        host.launch, restricted_posture_end_time_unix_ms=FROZEN_AT - 1
    ),
    "window_of_a_long_chain": _window_of("x" * 201),
    "seal_of_no_class": _of_class("seal"),
    "approval_of_no_class": _of_class("approval"),
    "announcement_of_no_convention": _announced("sha-1"),
    "review_with_no_builds_in_their_version": _review(version_minor=1),
    "review_with_a_key_after_the_facts": _review(facts={"a": {}}, fees={"a": {}}),
}
_NEIGHBOURS: dict[str, Act] = {
    "note": lambda host: note(host.launch, text=LONG[1:]),
    "anomaly_of_another_class": lambda host: anomaly(host.launch, anomaly_class="bvm-anomaly"),
    "evidence_with_its_longest_name": lambda host: attestation(
        host.launch, evidence=_evidence("x" * 255)
    ),
    "announcement_of_another_convention": _announced("jq-S"),
    "review_with_facts": _review(facts={"a": {}, "files": {"b": [{}]}}),
    "final_checks": lambda host: final_check(host.launch, verdict="pass"),
}


def _superfluous(summary: dict, _: dict) -> None:
    other = "4" * 64
    summary["inputAttestations"].append(
        {"uri": f"urn:aztrust:record:{other}", "digest": {"sha256": other}}
    )
    summary["inputAttestations"].sort(key=lambda item: item["uri"])


def _without_evidence(summary: dict, checkpoint: dict) -> None:
    summary["inputAttestations"] = []
    for row in checkpoint["matrix"]:
        row["evidence"] = []
    checkpoint["record"]["evidence_refs"] = []


def _ledger(origin: str) -> Callable[[dict, dict], None]:
    head = {"keeper": who("luca").public().fingerprint, "root": sha256(b""), "size": 0}
    return lambda _, checkpoint: checkpoint.update(ledger={**head, "origin": origin})


_FREEZES: dict[str, Callable[[dict, dict], None]] = {
    "attestations_unordered": lambda summary, _: summary["inputAttestations"].reverse(),
    "attestation_superfluous": _superfluous,
    "attestation_twice": lambda summary, _: summary["inputAttestations"].insert(
        0, summary["inputAttestations"][0]
    ),
    "of_another_time": lambda summary, _: summary.update(timeVerified="2026-01-01T00:00:00Z"),
    "row_is_later": lambda _, checkpoint: checkpoint["matrix"][1].update(
        timestamp_unix_ms=checkpoint["record"]["timestamp_unix_ms"] + 1
    ),
    "without_evidence": _without_evidence,
    "of_a_ledger_without_a_name": _ledger(""),
    "of_a_ledger_with_a_long_name": _ledger("x" * 201),
}


def _manifest_with_a_key_more(host: Host) -> None:
    """After the facts, whose form is free, comes a key that no manifest has."""
    host.launch.forge_manifest("genesis", lambda d: d.update(fees={"a": 1}))
    freeze(host.launch)
    host.told()
