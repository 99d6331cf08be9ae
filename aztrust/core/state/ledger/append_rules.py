"""What a ledger takes: records that hold by themselves, in an order that cannot be disputed.

1. Each file is one envelope whose signature holds, by a holder of the policy; a confirmation is by
   the key of an operator whose enrolment is in the ledger, or is taken with it.
2. It is a record of a known kind, or a verdict, under this policy; a revocation under any.
3. The policy lets its signer do so: a seal by the sealing role, an approval in a role that counts,
   a verdict by a verdict role, a revocation by the owner or a revocation role.
4. Its time is not more than two minutes ahead of now: clocks differ, but not by more than that.
5. A closed ledger takes negative records alone; a take-over and a closing are their signer's own
   command (`acts.ledger.succession`).
6. What it cites comes before it: an id is a digest, so what cites was made later. What it rests on
   by its kind (`leaf.dependencies`), and whatever else is cited and known, here or in the launch's
   own folder, must be in the ledger or taken with it, and its time must not be later. A negative
   record (its kind says which is) waits for no other: it is never refused because something else is
   missing, or dated ahead by another holder (law 9).

`open_files` does the first three, each file by itself; `admit` the others, over what is in the
ledger at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.times import AHEAD_MS
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.keepers import KEEPERS_OWN
from aztrust.core.history.leaf import LedgerRecord, dependencies, open_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import Signers
from aztrust.core.history.recordset import read_records
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.history.verdictset import read_verdicts
from aztrust.core.records.administration import Revocation
from aztrust.core.records.summary import VERDICT
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.append_confirmations import (
    EnrolledKeyOf,
    open_confirmations,
    seated,
)
from aztrust.core.state.ledger.append_refusals import (
    after_the_end,
    ahead,
    keepers_own,
    missing_cause,
    not_enrolled,
    not_in_role,
    reversed_times,
)
from aztrust.core.state.ledger.opened_file import Opened

PASSED_OVER: Final = frozenset({"signer-unknown", "approval-other-scope"})
"""What does not count and does no harm (law 15): in a folder it is left where it is."""

_DIGEST: Final = re.compile(rb"[0-9a-f]{64}")
# What `fold` says of a statement that its holder may not make.
_NOT_ALLOWED: Final = frozenset({"signer-not-in-role", "approval-revoked"})

Lookup = Callable[[str], Sequence[bytes]]
"""The envelopes that a ledger holds of a record id."""


@frozen
class Admission:
    """What may be appended, in this order, and why the rest may not: subject is a file's name."""

    taken: tuple[Opened, ...] = ()
    refused: tuple[Finding, ...] = ()

    @property
    def records(self) -> tuple[LedgerRecord, ...]:
        """What a store takes."""
        return tuple(opened.record for opened in self.taken)


def open_files(
    context: Context,
    files: Mapping[str, bytes],
    operators: EnrolledKeyOf | None = None,
) -> Admission:
    """Rules 1 to 3, for each file alone; `taken` is in the order of names.

    Args:
        context: a launch whose policy was read.
        files: name to envelope, in any layout.
        operators: the keys that the ledger enrols; by default those of the context's roster.
    """
    judged = {name: _opened(context, escape(name), files[name]) for name in sorted(files)}
    strangers = {
        name: finding
        for name, finding in judged.items()
        if isinstance(finding, Finding) and finding.code == "signer-unknown"
    }
    if strangers:
        # Only now it is known which keys the files enrol.
        enrolled = seated(context) if operators is None else operators
        taken = [opened for opened in judged.values() if isinstance(opened, Opened)]
        judged |= open_confirmations(context, files, strangers, enrolled, taken)
    return Admission(
        tuple(opened for opened in judged.values() if isinstance(opened, Opened)),
        tuple(finding for finding in judged.values() if isinstance(finding, Finding)),
    )


def admit(
    context: Context,
    files: Iterable[Opened],
    lookup: Lookup,
    now_unix_ms: int,
    closed_at: int | None = None,
) -> Admission:
    """Rules 3 to 6, against what the ledger holds: to be called while nothing else appends.

    Args:
        context: the launch; records in its folder count as known.
        files: what `open_files` took, in any order.
        lookup: what is in the ledger already.
        now_unix_ms: the time of the append.
        closed_at: the entry that closed the ledger; None while it is open.
    """
    return _Order(context, tuple(files), lookup, now_unix_ms, closed_at).run()


def cited(record: LedgerRecord) -> frozenset[str]:
    """Every digest that a record's payload writes down, as `sha256:<hex>`."""
    return frozenset(f"sha256:{d.decode()}" for d in _DIGEST.findall(record.verified.payload))


def _opened(context: Context, name: str, data: bytes) -> Opened | Finding:
    """As `_open`, once for each file in a run."""
    opener, under = context.evidence.opener, (context.policy, context.policy_digest)
    known: dict[tuple[str, bytes], Opened | Finding]
    known = opener.last(dict, _open, *under, context.keyring)
    if (name, data) not in known:
        known[name, data] = _open(context, name, data)
    return known[name, data]


def _open(context: Context, name: str, data: bytes) -> Opened | Finding:
    signers = context.signers
    if signers is None:
        return Finding("policy-malformed", name, "there is no policy to judge it by")
    try:
        # 1. Envelope and signer, then the signature; the kind is read from what was signed.
        envelope = signers.opener.envelope(data, name=name)
        holder = signers.holder(f"sha256:{envelope.keyid}")
        if holder is None:
            raise Malformed(
                "signed by a key that no holder of this policy has",
                code="signer-unknown",
                mend="the policy says whose records this ledger takes",
            )
        key = signers.key(f"sha256:{envelope.keyid}", holder, name)
        record = open_record(envelope, key, signers.opener)
    except Malformed as error:
        return Finding(error.code or "record-malformed", name, error.message, mend=error.mend)
    # 2. and 3.
    if record.kind == VERDICT.name:
        return _verdict(signers, name, record)
    return _record(signers, name, record)


def _record(signers: Signers, name: str, record: LedgerRecord) -> Opened | Finding:
    policy = signers.policy
    found = read_records(signers, {}, _alone(record))
    if not found.effective.verified:
        for finding in (*found.findings, *found.notices):
            return replace(finding, subject=name)
    verified = found.effective.verified[0]
    kind, body = verified.descriptor, verified.body
    if not kind.is_by_a_role(policy, verified.holder, body):
        roles = kind.may_sign(policy, body) or frozenset()
        return not_in_role(name, verified.holder, f"a record of kind {record.kind}", roles)
    return Opened(name, record, verified=verified)


def _verdict(signers: Signers, name: str, record: LedgerRecord) -> Opened | Finding:
    policy, digest = signers.policy, signers.policy_digest
    found = read_verdicts(signers, EffectiveRecords(), {}, _alone(record))
    if not found.verdicts:
        for finding in (*found.findings, *found.notices):
            return replace(finding, subject=name)
    verdict = found.verdicts[0]
    if verdict.statement.policy_digest != digest:
        return Finding(
            "approval-other-scope",
            name,
            f"a verdict by {verdict.holder} under another policy",
            expected=digest,
            actual=verdict.statement.policy_digest,
            mend="it belongs into the ledger of the launch that it was made for",
        )
    if not VERDICT.is_by_a_role(policy, verdict.holder, verdict.statement):
        roles = VERDICT.may_sign(policy, verdict.statement) or frozenset()
        return not_in_role(name, verdict.holder, "a verdict", roles)
    return Opened(name, record, verdict=verdict)


def _alone(record: LedgerRecord) -> LedgerReading:
    """A record as an entry: its signature was checked here, and need not be checked again."""
    return LedgerReading("", entries=(LedgerEntry(0, record),))


class _Order:
    """Puts files in an order in which every one comes after what it cites."""

    def __init__(
        self,
        context: Context,
        files: tuple[Opened, ...],
        lookup: Lookup,
        now_unix_ms: int,
        closed_at: int | None,
    ) -> None:
        self.context = context
        # The same digests are cited by thousands of records; nothing else appends meanwhile.
        self.lookup = cache(lookup)
        # Thousands of operators may sign the same words: then one id has thousands of envelopes.
        opener = context.evidence.opener
        self.signers_of = cache(
            lambda record_id: frozenset(_keyid(data, opener) for data in lookup(record_id))
        )
        self.now_unix_ms = now_unix_ms
        self.closed_at = closed_at
        distinct: dict[tuple[str, str], Opened] = {}
        self.copies = [o for o in files if distinct.setdefault(_identity(o), o) is not o]
        self.files = sorted(distinct.values(), key=_in_time)
        self.batch: dict[str, list[Opened]] = {}
        for opened in self.files:
            self.batch.setdefault(opened.record.record_id, []).append(opened)
        # Taken (True) or refused (False).
        self.settled: dict[tuple[str, str], bool] = {}
        self.taken: list[Opened] = []
        self.refused: list[Finding] = []
        self._held: dict[str, tuple[Opened, ...]] = {}
        self._tray: frozenset[str] | None = None

    def run(self) -> Admission:
        for opened in self.files:
            self._settle(opened)
        # A copy ends as what it is a copy of.
        why = {finding.subject: finding for finding in self.refused}
        names = {_identity(opened): opened.name for opened in self.files}
        for copy in self.copies:
            finding = why.get(names[_identity(copy)])
            if finding is None:
                self.taken.append(copy)
            else:
                self.refused.append(replace(finding, subject=copy.name))
        return Admission(tuple(self.taken), tuple(self.refused))

    def _settle(self, first: Opened) -> None:
        # Citations never run in a circle: a digest cannot be part of what it is over. The stack
        # takes the place of recursion, so that a long chain is only long.
        stack = [first]
        while stack:
            opened = stack[-1]
            if _identity(opened) in self.settled:
                stack.pop()
                continue
            causes = self._causes_here(opened)
            waiting = [cause for cause in causes if _identity(cause) not in self.settled]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            finding = self._judge(opened)
            self.settled[_identity(opened)] = finding is None
            if finding is None:
                self.taken.append(opened)
            else:
                self.refused.append(finding)

    def _causes_here(self, opened: Opened) -> list[Opened]:
        return [
            cause
            for record_id in sorted(cited(opened.record))
            for cause in self.batch.get(record_id, ())
        ] + [cause for id_ in opened.enrolments for cause in self.batch.get(id_, ())]

    def _judge(self, opened: Opened) -> Finding | None:
        # What is there already was judged then: duplicates are harmless.
        keyid = opened.record.fingerprint.removeprefix("sha256:")
        if keyid in self.signers_of(opened.record.record_id):
            return None
        # 5. The end of the log, and who keeps it.
        if self.closed_at is not None and not opened.is_negative:
            return after_the_end(opened, self.closed_at)
        if opened.record.kind in KEEPERS_OWN:
            return keepers_own(opened)
        if opened.enrolments and not self._is_enrolled(opened):
            return not_enrolled(opened.name, opened.record.fingerprint)
        # 4. The time.
        if opened.claimed_unix_ms > self.now_unix_ms + AHEAD_MS:
            return ahead(opened, self.now_unix_ms)
        # 6. The causes.
        is_negative = opened.is_negative
        causes: list[Opened] = []
        needed = dependencies(opened.record)
        for record_id in sorted(cited(opened.record)):
            here = [c for c in self.batch.get(record_id, ()) if self.settled.get(_identity(c))]
            known = [*here, *self._in_ledger(record_id)]
            causes += known
            if is_negative or known or self.lookup(record_id):
                continue
            if record_id in needed or record_id in self.batch or record_id in self._in_tray():
                return missing_cause(opened, record_id, record_id in self.batch)
        for cause in causes if not is_negative else ():
            if cause.claimed_unix_ms > opened.claimed_unix_ms:
                return reversed_times(opened, cause)
        # 3. What is only known once its target is: whose record it takes back or answers.
        return self._unentitled(opened, causes)

    def _is_enrolled(self, opened: Opened) -> bool:
        enrolments = (c for id_ in opened.enrolments for c in self.batch.get(id_, ()))
        return any(self.settled.get(_identity(cause)) for cause in enrolments)

    def _in_ledger(self, record_id: str) -> tuple[Opened, ...]:
        if record_id not in self._held:
            found = (_opened(self.context, record_id, data) for data in self.lookup(record_id))
            self._held[record_id] = tuple(o for o in found if isinstance(o, Opened))
        return self._held[record_id]

    def _in_tray(self) -> frozenset[str]:
        """Ids of the records of this launch's own folder that could be taken."""
        if self._tray is None:
            context = self.context
            ids = {u.record_id for u in context.records.effective.verified}
            ids |= {v.record_id for v in context.verdicts.verdicts}
            self._tray = frozenset(ids)
        return self._tray

    def _unentitled(self, opened: Opened, causes: Sequence[Opened]) -> Finding | None:
        record, signers = opened.verified, self.context.signers
        if record is None or signers is None:
            return None
        policy = signers.policy
        cited = [cause.verified for cause in causes if cause.verified is not None]
        notices = list(fold(policy, (*cited, record)).notices)
        verdicts = {c.name: c.record.envelope for c in causes if c.verdict is not None}
        if isinstance(record.body, Revocation) and verdicts:
            alone = fold(policy, (record,))
            notices += read_verdicts(signers, alone, verdicts).notices
        for notice in notices:
            if notice.subject == record.record_id and notice.code in _NOT_ALLOWED:
                return replace(notice, subject=opened.name)
        return None


def _keyid(envelope: bytes, opener: Opener) -> str:
    """Whose envelope it says it is; "" where it is damaged, which an audit tells."""
    try:
        return opener.envelope(envelope, name="").keyid
    except Malformed:
        return ""


def _in_time(opened: Opened) -> tuple[int, bool, str, str]:
    """The oldest first. Of two confirmations at one time the objection is last, and so counts."""
    objects = opened.confirmation is not None and opened.is_negative
    return opened.claimed_unix_ms, objects, *_identity(opened)


def _identity(opened: Opened) -> tuple[str, str]:
    return opened.record.record_id, opened.record.fingerprint
