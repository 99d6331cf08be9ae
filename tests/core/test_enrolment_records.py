"""The form of an enrolment and of a confirmation: what is refused, each next to what is taken."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import validate
from aztrust.core.records.enrolment import ENROLMENT, OPERATOR_CONFIRMATION
from aztrust.core.records.kind import RecordKind
from tests.operators import confirmation, entry, operator

DIGEST = "sha256:" + "b" * 64


def check(kind: RecordKind, fields: dict[str, Any]) -> None:
    fields = {"policy_digest": DIGEST, **fields}
    kind.check(validate(kind.model, fields, what="x", code="record-malformed"), {}, "x")


def enrolment(*entries: dict[str, Any], in_order: bool = True) -> dict[str, Any]:
    listed = sorted(entries, key=lambda each: str(each["key"]), reverse=not in_order)
    return {"enrolled_at_unix_ms": 1, "gentx": "none", "operators": tuple(listed)}


ACME, BORA = entry("acme"), entry("bora")
ENROLMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "not sorted by key": (enrolment(ACME, BORA, in_order=False), "not sorted by key"),
    "a key twice": (enrolment(ACME, entry("bora", operator("acme"))), "a key is there twice"),
    "a validator twice": (
        enrolment(ACME, entry("bora", validators=("val-acme",))),
        "a validator is there twice",
    ),
    "a validator twice in one entry": (
        enrolment(entry("acme", validators=("v1", "v1"))),
        "a validator is there twice",
    ),
    "roles not sorted": (enrolment(entry("acme", roles=("seed", "node"))), "the roles of acme"),
    "a role twice": (enrolment(entry("acme", roles=("node", "node"))), "the roles of acme"),
    "validators not sorted": (
        enrolment(entry("acme", validators=("v2", "v1"))),
        "the validators of acme are not sorted",
    ),
    "another key than its digest": (
        enrolment({**ACME, "public_key": BORA["public_key"]}),
        "is not the digest of its bytes",
    ),
    "not base64": (enrolment({**ACME, "public_key": "A"}), "not base64"),
}


@pytest.mark.parametrize(("fields", "cause"), ENROLMENTS.values(), ids=ENROLMENTS)
def test_an_enrolment_lists_each_key_and_validator_once(fields, cause):
    with pytest.raises(Malformed, match=cause) as caught:
        check(ENROLMENT, fields)
    assert caught.value.code == "record-malformed"


def test_a_sound_enrolment_is_taken():
    check(ENROLMENT, enrolment(ACME, BORA, entry("cora", roles=("node", "seed"), validators=())))
    check(ENROLMENT, enrolment(entry("acme"), entry("acme", operator("acme 2"), validators=("v",))))


READY, NOT_READY = confirmation(), confirmation(reason="disk", found="0a1b2c3d")
CONFIRMATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "ready, with a reason": ({**READY, "reason": "disk"}, "ready, or gives a reason"),
    "ready, with another digest": ({**READY, "found": "0a1b2c3d"}, "found no other digest"),
    "not ready, without a reason": (
        {k: v for k, v in NOT_READY.items() if k != "reason"},
        "ready, or gives a reason",
    ),
    **{
        f"ready, without {name}": (
            {k: v for k, v in READY.items() if k != name},
            "ready, or gives a reason",
        )
        for name in ("chain_id", "consensus_key", "programs", "genesis_sha256", "signer")
    },
    "not ready, with programs": (
        {**NOT_READY, "programs": READY["programs"]},
        "ready, or gives a reason",
    ),
    "roles not sorted": ({**NOT_READY, "roles": ("seed", "node")}, "its roles are not sorted"),
}


@pytest.mark.parametrize(("fields", "cause"), CONFIRMATIONS.values(), ids=CONFIRMATIONS)
def test_a_confirmation_is_of_a_ready_host_or_has_a_reason(fields, cause):
    with pytest.raises(Malformed, match=cause):
        check(OPERATOR_CONFIRMATION, fields)


@pytest.mark.parametrize("fields", [READY, NOT_READY, confirmation(reason="other")])
def test_a_sound_confirmation_is_taken(fields):
    check(OPERATOR_CONFIRMATION, fields)
