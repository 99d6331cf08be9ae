"""What operators confirm, handed in: only by enrolled keys, and only confirmations."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.acts.sign import sign_record
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.node_facts import NODE_FACTS
from aztrust.server.limits import Limits
from aztrust.storage.submit import cause_of, received_ids
from tests.cli_launch import home_at
from tests.disk_launch import Launch, make_launch, policy_text
from tests.ledgers import TABLE
from tests.operators import confirmation, enrol, node_facts, operator
from tests.server.asgi import LATER, Site
from tests.server.launches import records, revocation, taken_out
from tests.verdicts import ONE


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    """Like any other, and luca is the registrar, too."""
    home_at(monkeypatch, tmp_path / "home")
    text = policy_text(extra=ONE + TABLE)
    role = '"launch-coordinator"]'
    assert text.count(f"roles = [{role}") == 1
    changed = text.replace(f"roles = [{role}", f'roles = ["registrar", {role}')
    return make_launch(tmp_path, policy=changed)


def enrolment(launch: Launch, *names: str) -> bytes:
    return taken_out(launch, lambda other: enrol(other._builder(), *names))


def confirmed(launch: Launch, by: str, **fields: Any) -> bytes:
    body = launch._builder().body(OPERATOR_CONFIRMATION.name, confirmation(**fields))
    return sign_record(OPERATOR_CONFIRMATION.name, body, {}, operator(by)).data


def test_a_confirmation_is_taken_once_its_key_is_enrolled(launch):
    site = Site(launch.path)
    data = confirmed(launch, "acme")
    before = records(launch)
    early = site.post(data)
    assert (early.status, early.json["code"]) == (403, "signer-unknown")
    assert records(launch) == before
    # At once: the enrolment waits in the folder, too.
    assert site.post(enrolment(launch, "acme")).status == 202
    taken = site.post(data)
    assert taken.status == 202
    assert taken.json["records"][0]["holder"] == "operator acme"
    assert site.post(data).status == 200
    site.read_again()
    assert site.post(data).status == 200
    assert site.get(f"/records/{taken.json['records'][0]['record_id']}").status == 200
    # Another operator is not enrolled by this.
    assert site.post(confirmed(launch, "bora")).status == 403


def test_a_confirmation_is_taken_by_the_keeper_after_its_enrolment(launch, keep):
    site = Site(launch.path)
    assert site.post(enrolment(launch, "acme")).status == 202
    assert site.post(confirmed(launch, "acme")).status == 202
    assert site.post(confirmed(launch, "acme", reason="network")).status == 202
    keep()
    site.read_again()
    entries = site.service.state.context.evidence.ledger
    assert entries is not None
    kinds = [entry.record.kind for entry in entries.entries]
    assert kinds.count("operator-confirmation") == 2
    assert kinds.index("enrolment") < kinds.index("operator-confirmation")
    assert len(site.service.state.context.records.confirmations) == 2
    again = site.post(confirmed(launch, "acme"))
    assert again.status == 200
    assert again.json["records"][0]["place"].startswith("entry ")


def test_an_enrolled_key_hands_in_nothing_but_confirmations(launch):
    site = Site(launch.path)
    assert site.post(enrolment(launch, "acme")).status == 202
    before = records(launch)
    digest = "sha256:" + "1" * 64
    fields = {
        "announced_at_unix_ms": launch.now(),
        "convention": "raw",
        "package_id": launch.package_id("genesis"),
        "sha256": digest,
    }
    body = launch._builder().body("announcement", fields)
    answer = site.post(sign_record("announcement", body, {}, operator("acme")).data)
    assert answer.status == 403
    assert records(launch) == before
    assert site.post(confirmed(launch, "acme")).status == 202


def test_objections_of_one_operator_wait_up_to_a_bound_and_a_holders_have_none(launch, keep):
    site = Site(launch.path, limits=replace(Limits(), waiting=2))
    assert site.post(enrolment(launch, "acme", "bora")).status == 202
    reasons = ("disk", "network", "clock", "staffing")
    first, *others = [confirmed(launch, "acme", reason=reason) for reason in reasons]
    ready = [confirmed(launch, "acme", at=LATER + 1000 * n) for n in range(3)]
    assert [site.post(data).status for data in ready] == [202, 202, 503]
    # What says ready does not keep an objection out.
    assert site.post(first).status == 202
    site.read_again()
    answers = [site.post(data) for data in others]
    assert [answer.status for answer in answers] == [202, 503, 503]
    assert "4 records of this key wait" in answers[1].json["refused"][0]["cause"]
    assert site.post(first).status == 200
    # Another operator has room of its own, and a holder who stops has no bound.
    assert site.post(confirmed(launch, "bora", reason="disk")).status == 202
    revocations = [revocation(launch, "sonia", target=sha256_id(bytes([n]))) for n in range(6)]
    assert [site.post(data).status for data in revocations] == [202] * 6


def test_a_confirmation_ahead_of_time_or_of_another_policy_is_refused(launch, tmp_path):
    site = Site(launch.path)
    assert site.post(enrolment(launch, "acme")).status == 202
    ahead = site.post(confirmed(launch, "acme", at=LATER + 3_600_000))
    assert (ahead.status, ahead.json["code"]) == (422, "time-ahead")
    other = make_launch(tmp_path, name="other")
    strange = site.post(confirmed(other, "acme"))
    assert (strange.status, strange.json["code"]) == (422, "approval-other-scope")


def test_a_revoked_key_of_an_operator_hands_in_nothing(launch):
    site = Site(launch.path)
    assert site.post(enrolment(launch, "acme", "bora")).status == 202
    site.read_again()
    key = operator("acme").public.fingerprint
    revoked = taken_out(launch, lambda other: other.revoke(key, "luca", kind="key"))
    assert site.post(revoked).status == 202
    site.read_again()
    answer = site.post(confirmed(launch, "acme"))
    assert (answer.status, answer.json["code"]) == (403, "key-revoked")
    assert site.post(confirmed(launch, "bora")).status == 202


def test_what_confirm_submits_is_taken(launch):
    """The two ends of `confirm --submit`: what is posted, and how the answer is read."""
    site = Site(launch.path)
    assert site.post(enrolment(launch, "acme")).status == 202
    data = confirmed(launch, "acme")
    answer = site.post(data)
    taken = {each["record_id"] for each in answer.json["records"]}
    assert sha256_id(parse_envelope(data, name="").payload) in received_ids(answer.body)
    assert taken == received_ids(answer.body)
    refused = site.post(confirmed(launch, "bora"))
    assert cause_of(refused.body) == refused.json["cause"][:200]


def test_what_a_node_answered_is_taken_like_a_confirmation(launch):
    site = Site(launch.path)

    def facts(by: str, **fields: Any) -> bytes:
        body = launch._builder().body(NODE_FACTS.name, node_facts(**fields))
        return sign_record(NODE_FACTS.name, body, {}, operator(by)).data

    assert site.post(facts("acme")).status == 403
    assert site.post(enrolment(launch, "acme")).status == 202
    taken = site.post(facts("acme"))
    assert taken.status == 202
    (received,) = taken.json["records"]
    assert (received["kind"], received["holder"]) == ("node-facts", "operator acme")
    assert site.post(facts("acme")).status == 200
    assert site.post(facts("bora")).status == 403
    other = site.post(facts("acme", policy_digest="sha256:" + "1" * 64))
    assert other.json["code"] == "approval-other-scope"
