"""Is the ledger whole, is it this launch's, and does it agree with every head that is known?

Asked where a ledger is available here, or a head of one was kept here. Everything in it is derived
anew, from record 0: envelopes, signatures, order, tree and heads. Anyone who can write a copy can
shorten it to an earlier state that is whole in itself; the largest head that was ever verified here
shows that, and so does a verdict that considered more. Two heads by the keeper that exclude each
other show that it published two histories.

Once there is a ledger it is the truth. An approval, a seal or a freeze that is only in the folder
does not count until it is appended; a revocation, or any other negative record, counts wherever it
is. What only the keeper's store holds counts, so that it cannot be withheld by leaving out its
file. Of a published ledger each entry needs its file; one that is absent may be a revocation, so
the question stays open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aztrust.core.base.findings import CheckClass, Finding, Guidance, Status
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import LEDGER_EQUIVOCATION, LEDGER_INCONSISTENT, RECORD_UNKNOWN
from aztrust.core.history.published import BEHIND, OTHER_FILE, RESIGNED, WITHHELD
from aztrust.core.history.reconcile import ONLY_IN_FOLDER, ONLY_IN_LEDGER
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.as_of import LATER
from aztrust.core.state.ledger.unavailable import ABSENT, CLOSED, NOT_KEPT, UNNAMED, UNREADABLE

if TYPE_CHECKING:
    from aztrust.core.history.replay import LedgerReading


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.ledger
    if reading is None:
        return Answer(not_run="there is no ledger here")
    apart = (context.records.apart, context.verdicts.apart)
    notices = (
        *reading.notices,
        *(notice for part in apart for notice in part.folder),
        *(notice for part in apart for notice in part.ledger),
    )
    if reading.findings:
        return Answer(reading.findings, notices)
    if reading.fault or reading.behind:
        return Answer(notices=notices, not_run=reading.fault or reading.behind)
    from aztrust.core.state.ledger.take_overs import judge_take_overs
    from aztrust.core.state.ledger.verdict_heads import judge_considered

    if reading.holds:
        findings = (*judge_considered(context, reading), *judge_take_overs(context, reading))
        if findings:
            return Answer(findings, notices)
    if reading.ignored:
        return Answer(notices=notices, detail="no ledger is this launch's yet")
    head = reading.head
    return Answer(
        notices=(*notices, *_ended(reading)),
        evidence=(reading.root,),
        owner=_keeper(context, reading),
        detail=f"{reading.size} entries"
        + (f", a head over {head.verified.head.size}" if head is not None else ", no head"),
    )


def _ended(reading: LedgerReading) -> tuple[Finding, ...]:
    if not reading.closed:
        return ()
    message = "its keeper closed the ledger: only negative records are taken since then"
    return (Finding(CLOSED, "ledger", message),)


def _keeper(context: Context, reading: LedgerReading) -> str:
    holders = context.policy.key_holders() if context.policy is not None else {}
    return holders.get(reading.keeper, reading.keeper[7:15])


CHECK = Check(
    id="ledger",
    title="ledger and its heads",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.4", "AZ-15.2"),
    # Anyone who can write a copy can break it, so that nothing here is final (law 10).
    codes=(
        LEDGER_INCONSISTENT,
        LEDGER_EQUIVOCATION,
        Code(
            UNREADABLE,
            "The ledger, or a kept head of the ledger, is there and cannot be read.",
            "Make it readable, or get it again: git pull; its keeper: aztrust ledger rebuild.",
            status=Status.ERROR,
        ),
        RECORD_UNKNOWN,
        Code(
            ONLY_IN_FOLDER,
            "A record or verdict is in the folder and not in the ledger, so that it is pending:"
            " approvals count after they are appended; revocations and failures count now.",
            "Its keeper appends it: aztrust ledger keep.",
        ),
        Code(
            ONLY_IN_LEDGER,
            "A record or verdict is in the ledger and in no file of the launch; it counts.",
            "Nothing; to see it: aztrust ledger show ID.",
        ),
        Code(
            UNNAMED,
            "Neither the policy nor a valid freeze names the ledger that was found; it does not"
            " count.",
            "Nothing: the freeze names it.",
        ),
        Code(
            ABSENT,
            "A head of this launch's ledger was seen before, and there is no ledger here: records"
            " may be withheld.",
            "Name the ledger with --ledger PATH, or get a kit that carries its head.",
            status=Status.NOT_RUN,
            guidance=Guidance.HOLD,
        ),
        Code(
            WITHHELD,
            "An entry of the published ledger has no file here: a record or verdict is withheld,"
            " and it may be a revocation.",
            "Pull again, or get a kit of the launch from another source; the keeper's next act"
            " writes missing files.",
            status=Status.ERROR,
        ),
        Code(
            BEHIND,
            "A head over more entries was seen before: the ledger here is an earlier copy, or"
            " entries are withheld.",
            "git pull; of a kit, get the current one.",
            status=Status.NOT_RUN,
            guidance=Guidance.HOLD,
        ),
        Code(
            RESIGNED,
            "A file has another signature than the ledger, over the same record and by the same"
            " key: it is that record.",
            "Nothing; the keeper's next act writes the file of the ledger's own signature.",
        ),
        Code(
            OTHER_FILE,
            "A file in manifests/ledger is not one of the ledger's; it is not read.",
            "Remove it, if it is not needed.",
        ),
        Code(
            LATER,
            "The verdict is as of an earlier head: what was recorded later does not count in it.",
            "Nothing; without --at-head everything counts.",
        ),
        Code(
            CLOSED,
            "The keeper closed the ledger: revocations and other negative records are still taken,"
            " nothing else is.",
            "Nothing; another launch has another ledger.",
        ),
        Code(
            NOT_KEPT,
            "The largest head of this launch's ledger could not be kept for the next time.",
            "Make the configuration directory writable.",
        ),
    ),
    ask=_ask,
)
