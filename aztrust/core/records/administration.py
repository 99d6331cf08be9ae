"""Records about the signing itself: revocations of what was signed, and notes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.kind import KindText, Reason, RecordKind, UnixMs, about_policy


class Revocation(Model):
    """A record or a key is revoked (law 9); nothing can take back a revocation.

    A key is revoked as `compromised`, which voids all its positive statements, or as `retired`,
    which leaves exactly the statements listed in `stands`: without a ledger there is no order, so
    the ones that were made before are named instead.
    """

    policy_digest: Sha256
    reason: Reason
    revoked_at_unix_ms: UnixMs
    stands: Items[Sha256]
    target: Sha256
    target_kind: Literal["record", "key"]


class Note(Model):
    """A remark; of the ledger's keeper, a sign that it is there."""

    policy_digest: Sha256
    said_at_unix_ms: UnixMs
    text: Reason


class TakeOver(Model):
    """A deputy keeps the ledger from its next entry on; `root` is RFC 9162 over `size` entries."""

    origin: Annotated[str, Field(min_length=1, max_length=200)]
    policy_digest: Sha256
    reason: Reason
    root: Sha256
    size: UnixMs
    taken_at_unix_ms: UnixMs


class Closing(Model):
    """The keeper ends the ledger: after it, only negative records are taken."""

    closed_at_unix_ms: UnixMs
    policy_digest: Sha256
    reason: Reason


REVOCATION: Final = RecordKind(
    name="revocation",
    model=Revocation,
    time_field="revoked_at_unix_ms",
    subject=lambda body, _: (body.target_kind, body.target),
    is_negative=lambda _: True,
    counts_under_any_policy=True,
    freeze_row="approvals",
    summary=lambda body: f"of {body.target_kind} {body.target[7:15]}",
    text=KindText(
        about="A record or a key is taken back.",
        subject="`record` or `key`, the target",
        signer="any holder; it counts if that is the signer of the record, the holder of the key,"
        " or a holder of a `[revocation]` role",
        negative="always",
        fields={
            "policy_digest": "",
            "reason": "for a key `compromised` or `retired`; for a record any text",
            "revoked_at_unix_ms": "",
            "stands": "for a retired key: the ids of what it signed that stays; otherwise empty",
            "target": "a record id or a key's fingerprint",
            "target_kind": "`record` or `key`",
        },
    ),
)
NOTE: Final = RecordKind(
    name="note",
    model=Note,
    time_field="said_at_unix_ms",
    subject=about_policy,
    final_part="none",
    text=KindText(
        about="A remark; of the ledger's keeper, a sign that it is there.",
        subject="`policy`, the policy digest",
        fields={"policy_digest": "", "said_at_unix_ms": "", "text": "1 to 1000 characters"},
    ),
)
TAKE_OVER: Final = RecordKind(
    name="take-over",
    model=TakeOver,
    time_field="taken_at_unix_ms",
    subject=about_policy,
    final_part="none",
    summary=lambda body: f"of the ledger after {body.size} entries",
    text=KindText(
        about="A deputy takes over the ledger. It is the entry at the index `size`, and only heads"
        " by its signer count over more entries.",
        subject="`policy`, the policy digest",
        signer="a keeper of `[[ledger.keepers]]` that comes after the present one",
        fields={
            "origin": "the log's name",
            "policy_digest": "",
            "reason": "1 to 1000 characters",
            "root": "`sha256:` of the RFC 9162 root over the entries before it",
            "size": "how many entries are before it",
            "taken_at_unix_ms": "",
        },
    ),
)
CLOSING: Final = RecordKind(
    name="closing",
    model=Closing,
    time_field="closed_at_unix_ms",
    subject=about_policy,
    final_part="none",
    text=KindText(
        about="The ledger ends: after this entry only negative records are taken.",
        subject="`policy`, the policy digest",
        signer="the keeper whose heads count",
        fields={"closed_at_unix_ms": "", "policy_digest": "", "reason": "1 to 1000 characters"},
    ),
)
KINDS: Final = (REVOCATION, NOTE, TAKE_OVER, CLOSING)
