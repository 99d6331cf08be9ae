"""Is the verdict in the launch's ledger, so that it cannot have been shown only to you?

A verdict outside the ledger may be one that was made and hidden, or that its signer would deny. The
entry itself shows it where the ledger is available here. A bundle shows it by a proof: from its
leaf to the root in a head that the ledger's one keeper signed. The policy names the ledger and its
keeper, or else the verdict of a holder who may freeze the scope does.
"""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import LEDGER_EQUIVOCATION, LEDGER_INCONSISTENT
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.bundle import open_inclusion
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.authority import holder_of_key
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import OpenedVerdict

_OFFLINE = "whether a ledger holds it is not known"


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    held = [j for j in context.given if j.held is not None]
    if reading is None or not held:
        return Answer(not_run="there is no verdict whose signature holds")
    findings: list[Finding] = []
    unknown: list[str] = []
    shown: list[str] = []
    heads: dict[int, tuple[OpenedVerdict, VerifiedHead]] = {}
    for item in held:
        try:
            head = _head(context, item)
        except Malformed as error:
            findings.append(_broken(item, error))
            continue
        if head is not None:
            first, other = heads.setdefault(head.head.size, (item, head))
            if other.head.root != head.head.root:
                findings.append(_two_stories(first, item, head))
        where = _where(context, item, head)
        (shown if where else unknown).append(where or _why(context, item))
    if findings:
        return Answer(tuple(findings))
    if unknown and reading.requirements.offline:
        return Answer(detail=f"--offline: {_OFFLINE}")
    if unknown:
        mend = "give the .sigstore.json that has the ledger's proof, --ledger PATH, or --offline"
        notice = Finding("verdict-unlogged", held[0].given.name, unknown[0], mend=mend)
        return Answer(notices=(notice,), not_run=unknown[0])
    return Answer(detail="; ".join(shown))


def _head(context: Context, item: OpenedVerdict) -> VerifiedHead | None:
    """The keeper's head that a bundle rests on, looked at also where the ledger itself is here.

    Whether that keeper kept that part of a ledger that is here, its replay says: it gets this head.

    Raises:
        Malformed: the keeper did not sign it, or it is of another log.
    """
    inclusion = item.given.inclusion
    if item.held is None or inclusion is None:
        return None
    origin, keepers = _named(context, item.held)
    if not keepers:
        return None
    return open_inclusion(inclusion, keepers, origin, name=item.given.name)


def _where(context: Context, item: OpenedVerdict, head: VerifiedHead | None) -> str:
    """Where the ledger holds it, "" where nothing here says so."""
    held = item.held
    if held is None:
        return ""
    ledger = context.evidence.ledger
    if ledger is not None and ledger.holds:
        index = context.order.get(held.record_id)
        if index is not None:
            return f"entry {index} of {escape(ledger.origin)}, {ledger.size} entries"
    inclusion = item.given.inclusion
    if inclusion is None or head is None:
        return ""
    note = head.head
    return f"entry {inclusion.index} of {escape(note.origin)}, by a head over {note.size}"


def _named(context: Context, held: HeldVerdict) -> tuple[str, tuple[VerificationMaterial, ...]]:
    """The ledger and its keepers, as named by the ledger here, the policy, or else this verdict."""
    reading, policy = context.evidence.gate, context.policy
    keys = dict(context.keyring.keys)
    if reading is not None:
        # A key is found by its fingerprint, so another key cannot be given in its place.
        keys = {**reading.keys, **keys}
    ledger, stated = context.evidence.ledger, held.statement.ledger
    origin, wanted = "", tuple[str, ...]()
    if ledger is not None and ledger.holds:
        origin, wanted = ledger.origin, ledger.keepers
    elif policy is not None and policy.ledger is not None:
        origin, wanted = policy.ledger.origin, policy.ledger.head_keys
    elif stated is not None:
        origin, wanted = stated.origin, (stated.keeper,)
    return origin, tuple(keys[each] for each in wanted if each in keys)


def _why(context: Context, item: OpenedVerdict) -> str:
    ledger = context.evidence.ledger
    if ledger is not None and ledger.holds:
        why = "the ledger here does not hold it"
        if context.policy is None:
            return why
        keeper = holder_of_key(context.policy, ledger.keeper)
        return f"{why}; pending: counts after {keeper} appends it"
    if ledger is not None:
        return f"the ledger here cannot be relied on: {ledger.fault or 'it is inconsistent'}"
    if item.given.inclusion is not None:
        return "it brings a proof, and nothing says which ledger and keeper to trust"
    return f"{_OFFLINE}: no ledger is here, and it brings no proof"


def _broken(item: OpenedVerdict, error: Malformed) -> Finding:
    return Finding(
        "ledger-inconsistent",
        item.given.name,
        f"its proof shows nothing: {error.message}",
        mend="get the bundle again; keep this one if that does not help",
    )


def _two_stories(first: OpenedVerdict, second: OpenedVerdict, head: VerifiedHead) -> Finding:
    return Finding(
        "ledger-equivocation",
        second.given.name,
        f"its keeper signed another head over {head.head.size} entries, the one in"
        f" {first.given.name}",
        actual=f"sha256:{head.head.root.hex()}",
        mend="keep both files: they are the evidence; no further step rests on this ledger",
    )


CHECK = Check(
    id="gate-logged",
    title="in the ledger",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-15.2", "AZ-37.1"),
    codes=(
        LEDGER_INCONSISTENT,
        LEDGER_EQUIVOCATION,
        Code(
            "verdict-unlogged",
            "Nothing here shows that the launch's ledger holds the verdict.",
            "Give the bundle that has the ledger's proof, or name the ledger.",
        ),
    ),
    ask=_ask,
)
