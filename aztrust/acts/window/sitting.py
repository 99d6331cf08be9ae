"""One person decides on one or more records of a launch window: what may be signed, and what is
known already.

    sitting = prepare(basis, (record,), key)

Proposer and countersigner are handled alike: the same payloads, the same review, the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.window.basis import Basis
from aztrust.core.base.advice import command
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.window_triggers import trigger_findings
from aztrust.core.policy.model import Policy
from aztrust.core.records.checkpoint import CheckpointClass
from aztrust.core.records.records import KINDS, Unsigned, VerifiedRecord
from aztrust.core.records.scorecard import same_score
from aztrust.core.state.context import Context
from aztrust.core.state.window.events import trigger_of, trigger_of_body
from aztrust.core.state.window.inputs import signed_act
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import WindowState

R = TypeVar("R", Unsigned, VerifiedRecord)

BETWEEN: Final[tuple[CheckpointClass, ...]] = ("go_hold_review_completed", "bootstrap_authorized")
"""The verdicts that the records of one sitting wait for."""

_OWN_IDS: Final[Mapping[str, str]] = {
    "launch-hold": "hold_id",
    "launch-proceed": "proceed_id",
    "bootstrap-start-instruction": "instruction_id",
    "restricted-posture-entry": "entry_id",
    "restricted-posture-exit": "exit_id",
}
_OF_THE_MOMENT: Final = frozenset({"rests_on", "head", "expires_at_unix_ms"})


_LEADS_ON: Final[frozenset[Trigger | None]] = frozenset(
    {
        *("proceed", "proceed-after-hold", "decide-go", "authorize", "instruct", "activate-next"),
        *("enter-posture", "exit-posture", "normalize"),
    }
)
"""What an open abort trigger leaves no room for; a restart and an amendment answer to one."""


_TO_THE_START: Final = frozenset[Trigger | None](
    {"proceed", "decide-go", "authorize", "instruct", "activate-next"}
)
"""What a holder who decided against the start does not sign."""


@frozen
class Draft:
    """A record that one person is asked about.

    Args:
        record: what is signed.
        record_id: the id that it has under every signature.
        signed_by: who has signed it before.
        earlier: the person's own statement of the same content; then nothing is signed.
    """

    record: Unsigned
    record_id: str
    signed_by: tuple[str, ...] = ()
    earlier: VerifiedRecord | None = None

    @property
    def is_negative(self) -> bool:
        """Whether it stops something: it counts at once, and waits for nothing (law 9)."""
        return KINDS[self.record.kind].is_negative(self.record.body)


@frozen
class Sitting:
    """Everything that one person decides on at once.

    Args:
        basis: the window.
        drafts: the records, in the order in which they take effect.
        holder: who signs, "" in a dry run in which that is not known.
    """

    basis: Basis
    drafts: tuple[Draft, ...]
    holder: str = ""

    @property
    def is_positive(self) -> bool:
        """Whether any of the records lets the launch go on."""
        return any(not draft.is_negative for draft in self.drafts)

    @property
    def triggers(self) -> tuple[Trigger | None, ...]:
        """What the records are to the window once they are signed."""
        return tuple(trigger_of_body(d.record.kind, d.record.body) for d in self.drafts)

    @property
    def is_done(self) -> bool:
        """Whether the person signed all the records before."""
        return all(draft.earlier is not None for draft in self.drafts)

    def plans(self) -> tuple[Plan[Any, Draft], ...]:
        """What there is to sign, for `publish`."""
        return tuple(
            Plan(
                draft.record.kind,
                draft.record.body,
                self.holder,
                draft,
                draft.earlier,
                draft.record.preimages,
            )
            for draft in self.drafts
        )


def keys_for(policy: Policy, records: Iterable[R], *, some: bool = False) -> dict[str, str]:
    """Fingerprint to holder, of every key that may sign all of these records, or `some`."""
    enough = any if some else all
    records = tuple(records)
    return {
        key: name
        for key, name in policy.key_holders().items()
        if enough(_may_sign(policy, name, record) for record in records)
    }


def for_key(
    policy: Policy, key: VerificationMaterial | None, records: Iterable[R]
) -> tuple[R, ...]:
    """Those of the records that a key may sign; all of them where no key is known."""
    if key is None:
        return tuple(records)
    holder = policy.key_holders()[key.fingerprint]
    return tuple(record for record in records if _may_sign(policy, holder, record))


def _may_sign(policy: Policy, holder: str, record: Unsigned | VerifiedRecord) -> bool:
    return KINDS[record.kind].is_by_a_role(policy, holder, record.body)


def prepare(
    basis: Basis,
    records: tuple[Unsigned, ...],
    key: VerificationMaterial | None,
    also: tuple[Unsigned, ...] = (),
) -> Sitting:
    """What one person may sign of these records; what the window does not allow is refused.

    Args:
        basis: the window.
        records: in the order in which they take effect; of several, the later ones may wait for
            the earlier ones and for the two verdicts between them.
        key: who signs; None where that is not known.
        also: other records that wait for signatures, and may come before these.

    Raises:
        Refused: `precondition-unmet`, `step-not-possible` and others: what the window lacks; a
            proposal of the same content is open; `key-revoked`; `policy-expired`.
        CouldNotCheck: a record may be a revocation and cannot be understood.
    """
    drafts = tuple(_draft(basis, record, key) for record in records)
    stops = all(draft.is_negative for draft in drafts)
    holder = signer_of(basis.act, key, is_negative=stops) if key is not None else ""
    sitting = Sitting(basis, drafts, holder)
    if not sitting.is_done:
        _refuse_taken_back(basis, drafts, holder)
        _refuse_second_proposal(basis, drafts, holder)
        require_possible(basis, drafts, also)
        if not _TO_THE_START.isdisjoint(sitting.triggers):
            refuse_against_oneself(basis.context, basis.attempt.launch_window_id, holder)
    return sitting


def require_possible(
    basis: Basis, drafts: tuple[Draft, ...], also: tuple[Unsigned, ...] = ()
) -> None:
    """Refuse records that the window does not allow, however many sign them.

    One of several, and one next to others that wait, may wait for these and for verdicts between
    them; a record alone may not.

    Raises:
        Refused: with what the window lacks, by name and clause.
    """
    triggers = trigger_findings(basis.context, basis.state)
    leads_on = (trigger_of_body(d.record.kind, d.record.body) in _LEADS_ON for d in drafts)
    if triggers and any(leads_on):
        first = triggers[0]
        raise Refused(
            first.message,
            subject=first.subject,
            code=first.code,
            mend=first.mend,
            details=tuple(finding.message for finding in triggers[1:]),
        )
    between = BETWEEN if len(drafts) > 1 or also else ()
    records = tuple(draft.record for draft in drafts)
    found = basis.rehearse((*records, *also), between)[: len(records)]
    unmet = [finding for each in found for finding in each.findings if not each.takes_effect]
    unable = next((each for each in found if not each.takes_effect), None)
    if unable is None:
        return
    causes = unable.findings or (_no_effect(basis),)
    details = [f"{f.subject}: {f.message}" for f in causes[1:]]
    # What only the records after it lack follows from what this one lacks.
    then = dict.fromkeys(f.subject for f in unmet if f not in causes)
    if then:
        details.append(f"what follows from it: {', '.join(then)}")
    raise Refused(
        causes[0].message,
        subject=causes[0].subject,
        code=causes[0].code,
        mend=causes[0].mend,
        details=tuple(details),
    )


def _no_effect(basis: Basis) -> Finding:
    return Finding(
        "step-not-possible",
        "window",
        f"the window is {basis.state.status}, and this would have no effect in it",
        mend="aztrust window status",
    )


def signer_of(act: Act, key: VerificationMaterial, *, is_negative: bool) -> str:
    """The holder of a key, if what it signs now can count; what stops needs less (law 9).

    Args:
        act: the launch.
        key: who signs.
        is_negative: whether everything that is signed stops something.

    Raises:
        Refused: `key-revoked`; `policy-expired` of what lets the launch go on.
        CouldNotCheck: the same, and a record may be a revocation and cannot be understood.
    """
    if not is_negative:
        return require_usable_signer(act.context, key)
    holder = act.policy.key_holders()[key.fingerprint]
    refuse_revoked_key(act.context, key, holder)
    return holder


def _draft(basis: Basis, record: Unsigned, key: VerificationMaterial | None) -> Draft:
    record_id = record.record_id
    signed_by = signed_act(basis.state, record_id).holders
    earlier = _earlier(basis, record, key) if key is not None else None
    if earlier is not None:
        return Draft(
            Unsigned(earlier.kind, earlier.body, earlier.preimages),
            earlier.record_id,
            signed_act(basis.state, earlier.record_id).holders,
            earlier,
        )
    return Draft(record, record_id, signed_by)


def _earlier(basis: Basis, record: Unsigned, key: VerificationMaterial) -> VerifiedRecord | None:
    """The signer's own statement of the same content that still counts."""
    holder = basis.act.policy.key_holders()[key.fingerprint]
    same = same_content(basis.context, record)
    return next((k for k in same if k.holder == holder and still_counts(basis, k)), None)


def same_content(context: Context, record: Unsigned) -> Iterator[VerifiedRecord]:
    """The signed records with the content of this one, of every holder, what counts or not."""
    wanted = content_of(record)
    return (
        known
        for known in context.records.effective.verified
        if known.kind == record.kind and content_of(known) == wanted
    )


def still_counts(basis: Basis, record: VerifiedRecord) -> bool:
    """Whether a signed record is in force, or can still take effect."""
    if not basis.context.records.effective.counts(record):
        return False
    state, found = basis.state, signed_act(basis.state, record.record_id)
    if found.in_effect:
        return _is_in_force(state, record)
    waits = any(act.source.first.record_id == record.record_id for act in state.waiting)
    return waits and not is_expired(basis, record)


def is_expired(basis: Basis, record: VerifiedRecord) -> bool:
    """Whether a proposal can no longer take effect."""
    expires = record.expires_at_unix_ms
    return expires is not None and basis.now_unix_ms > expires


def _is_in_force(state: WindowState, record: VerifiedRecord) -> bool:
    """Whether what a record brought about is still so."""
    if record.kind == "launch-hold":
        return any(hold.record_id == record.record_id for hold in state.holds)
    last = [s.row for s in state.steps if s.source.first.record_id == record.record_id][-1]
    return set(last.sets) <= state.facts and state.is_in_force(record)


def content_of(record: Unsigned | VerifiedRecord) -> dict[str, Any]:
    """What a record says, without when it was made and what was known then."""
    kind, body = KINDS[record.kind], record.body
    made = kind.claimed_unix_ms(body)
    left_out = {kind.time_field, _OWN_IDS.get(kind.name, "")}
    left_out |= {f"{name}_hash" for name in record.preimages}
    fields = body.model_dump(mode="json", exclude_none=True)
    content = {k: v for k, v in fields.items() if k not in left_out | _OF_THE_MOMENT}
    for name, held in record.preimages.items():
        if not isinstance(held, dict):
            content[name] = held
            continue
        kept = {k: v for k, v in held.items() if k not in _OF_THE_MOMENT}
        if kind.name == "launch-hold":
            # Its times are spans from when it was made.
            kept = {k: v - made if k.endswith("_unix_ms") else v for k, v in kept.items()}
        if name == "minutes" and "score" in kept:
            # The same score at another time: digests and inputs are made from it.
            content.pop("score_digest", None)
            kept = {k: v for k, v in kept.items() if k != "inputs"}
            kept["score"] = same_score(kept["score"])
        content[name] = kept
    return content


def refuse_against_oneself(context: Context, launch_window_id: str, holder: str) -> None:
    """Refuse what leads to a start by a holder who decided NO_GO or DEFER in this window.

    Raises:
        Refused: `precondition-unmet`.
    """
    now = context.request.now_unix_ms
    for known in context.records.effective.verified:
        is_own = (known.holder, known.launch_window_id) == (holder, launch_window_id)
        expires = known.expires_at_unix_ms
        if not is_own or trigger_of(known) != "decide-no-go" or (expires and now > expires):
            continue
        raise Refused(
            f"{holder} decided {getattr(known.body, 'decision', 'NO_GO')} in this window, and"
            " nothing takes that back",
            subject=known.record_id,
            code="precondition-unmet",
            mend="end the window, and open another one: aztrust window defer --reason T",
        )


def _refuse_taken_back(basis: Basis, drafts: tuple[Draft, ...], holder: str) -> None:
    """Refuse a second signature of what the same person took back: it can never count."""
    effective = basis.context.records.effective
    for draft in drafts:
        for known in effective.verified:
            mine = known.record_id == draft.record_id and known.holder == holder
            if mine and not effective.counts(known):
                raise Refused(
                    f"{holder} took this signature back, and it cannot count again",
                    subject=draft.record_id,
                    code="approval-revoked",
                    mend="a new proposal has another id: propose it again",
                )


def _refuse_second_proposal(basis: Basis, drafts: tuple[Draft, ...], holder: str) -> None:
    """Refuse a new proposal next to one of the same content, which would split the signatures."""
    for draft in drafts:
        if draft.earlier is not None or draft.signed_by:
            continue
        for known in same_content(basis.context, draft.record):
            if known.record_id == draft.record_id or not still_counts(basis, known):
                continue
            found = signed_act(basis.state, known.record_id)
            if found.in_effect:
                raise Refused(
                    f"it is in effect already, by {' and '.join(found.holders)}",
                    subject=known.record_id,
                    mend="aztrust window status",
                )
            if known.holder != holder:
                raise Refused(
                    f"{known.holder} proposed the same: two proposals would split the signatures",
                    subject=known.record_id,
                    mend=command("countersign", known.record_id[7:23]),
                )
