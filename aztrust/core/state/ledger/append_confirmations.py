"""What a ledger takes of the keys of operators: their confirmations, once such a key is enrolled.

The same is asked of every entry by the replay (`history.replay`): the enrolment comes before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.history.leaf import claims_confirmation, read_record
from aztrust.core.history.opening import Signers
from aztrust.core.history.operators import EnrolledKey, enrolled_key, operator_title
from aztrust.core.records.enrolment import Enrolment, OperatorConfirmation
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_refusals import not_enrolled
from aztrust.core.state.ledger.opened_file import Opened

EnrolledKeyOf = Callable[[str], EnrolledKey | None]
"""The enrolled key of a fingerprint; None where it is not enrolled."""


def seated(context: Context) -> EnrolledKeyOf:
    """The keys of the context's roster: of what its ledger enrols, those that are in force."""

    def enrolled(fingerprint: str) -> EnrolledKey | None:
        seat = context.roster.by_key(fingerprint)
        return None if seat is None else EnrolledKey(seat.operator, seat.key)

    return enrolled


def open_confirmations(
    context: Context,
    files: Mapping[str, bytes],
    strangers: Mapping[str, Finding],
    operators: EnrolledKeyOf,
    taken: Iterable[Opened],
) -> dict[str, Opened | Finding]:
    """What becomes of files whose signer is not a holder.

    Args:
        context: a launch whose policy was read.
        files: name to envelope.
        strangers: name to the refusal of each file that is judged here.
        operators: the keys that the ledger enrols.
        taken: the files that are appended together with them, enrolments among these.
    """
    signers = context.signers
    if signers is None:
        return dict(strangers)
    batch: dict[str, list[tuple[str, EnrolledKey]]] = {}
    for opened in taken:
        body = opened.verified.body if opened.verified is not None else None
        for entry in body.operators if isinstance(body, Enrolment) else ():
            key = enrolled_key(entry) if signers.holder(entry.key) is None else None
            if key is not None:
                enrolled = EnrolledKey(entry.operator, key)
                batch.setdefault(entry.key, []).append((opened.record.record_id, enrolled))
    return {
        name: _judge(signers, escape(name), files[name], finding, operators, batch)
        for name, finding in strangers.items()
    }


def _judge(
    signers: Signers,
    name: str,
    data: bytes,
    stranger: Finding,
    operators: EnrolledKeyOf,
    batch: Mapping[str, list[tuple[str, EnrolledKey]]],
) -> Opened | Finding:
    envelope = signers.opener.envelope(data, name=name)
    fingerprint = f"sha256:{envelope.keyid}"
    enrolled, enrolments = operators(fingerprint), tuple[str, ...]()
    if enrolled is None and fingerprint in batch:
        enrolments = tuple(record_id for record_id, _ in batch[fingerprint])
        enrolled = batch[fingerprint][-1][1]
    if enrolled is None:
        ours = claims_confirmation(envelope.payload)
        return not_enrolled(name, fingerprint) if ours else stranger
    # Its fingerprint decides which key it is.
    return signers.opener.result(
        lambda: _open(signers, name, data, {fingerprint: enrolled}, enrolments) or stranger,
        *(_open, signers.policy_digest, enrolled.operator, enrolments, name, data),
    )


def _open(
    signers: Signers,
    name: str,
    data: bytes,
    operators: Mapping[str, EnrolledKey],
    enrolments: tuple[str, ...],
) -> Opened | Finding | None:
    """The confirmation in a file that names the one enrolled key; None where it is not one."""
    ((_, enrolled),) = operators.items()
    try:
        record = read_record(data, {}, signers.opener, name=name, operators=operators)
        statement = record.statement or signers.opener.statement(record.verified)
        body = signers.opener.body(statement, what=name)
    except Malformed as error:
        return Finding(error.code or "record-malformed", name, error.message, mend=error.mend)
    if not isinstance(body, OperatorConfirmation | NodeFactsRecord):
        return None
    if body.policy_digest != signers.policy_digest:
        return Finding(
            "approval-other-scope",
            name,
            f"{record.kind} by {operator_title(enrolled.operator)} under another policy",
            expected=signers.policy_digest,
            actual=body.policy_digest,
            mend="it belongs into the ledger of the launch that it was made for",
        )
    return Opened(
        name,
        record,
        confirmation=body,
        operator=enrolled.operator,
        enrolments=enrolments,
    )
