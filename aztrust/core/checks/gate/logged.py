"""Is the verdict in the launch's ledger, so that it cannot have been said only to you?

A verdict outside the ledger may be one that was made and hidden, or that its signer would deny. The
entry itself shows it where the ledger is at hand. A bundle shows it by a proof: from its leaf to
the root in a head that the ledger's one keeper signed. Which ledger, and which keeper, the policy
says, or the verdict of somebody who may freeze the scope.
"""

from __future__ import annotations

from aztrust.core.check import Answer, Check, Code
from aztrust.core.checks.ledger import CHECK as LEDGER
from aztrust.core.context import Context
from aztrust.core.errors import Malformed
from aztrust.core.gate import Judged
from aztrust.core.ledger.note import VerifiedHead
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.paths import escape
from aztrust.core.policy import PackageClass
from aztrust.core.signed.bundle import open_inclusion
from aztrust.core.signed.keys import PublicKey
from aztrust.core.signed.verdictset import HeldVerdict

_OFFLINE = "whether a ledger holds it cannot be told"


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    held = [j for j in context.given if j.held is not None]
    if reading is None or not held:
        return Answer(not_run="there is no verdict whose signature holds")
    findings: list[Finding] = []
    unknown: list[str] = []
    shown: list[str] = []
    for item in held:
        try:
            where = _where(context, item)
        except Malformed as error:
            findings.append(_broken(item, error))
            continue
        (shown if where else unknown).append(where or _why(context, item))
    if findings:
        return Answer(tuple(findings))
    if unknown and reading.wish.offline:
        return Answer(detail=f"--offline: {_OFFLINE}")
    if unknown:
        mend = "give the .sigstore.json that has the ledger's proof, --ledger PATH, or --offline"
        notice = Finding("verdict-unlogged", held[0].given.name, unknown[0], mend=mend)
        return Answer(notices=(notice,), not_run=unknown[0])
    return Answer(detail="; ".join(shown))


def _where(context: Context, item: Judged) -> str:
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
    if inclusion is None:
        return ""
    origin, keeper = _named(context, held)
    if keeper is None:
        return ""
    head: VerifiedHead = open_inclusion(inclusion, keeper, origin, name=item.given.name)
    return f"entry {inclusion.index} of {escape(origin)}, by a head over {head.head.size}"


def _named(context: Context, held: HeldVerdict) -> tuple[str, PublicKey | None]:
    """The ledger and its keeper as the policy names them, else as this verdict does."""
    reading, policy = context.evidence.gate, context.policy
    keys = dict(context.keyring.keys)
    if reading is not None:
        # A key is found by its fingerprint, so whoever brought it could not bring another one.
        keys = {**reading.keys, **keys}
    if policy is not None and policy.ledger is not None:
        return policy.ledger.origin, keys.get(policy.ledger.keeper)
    stated = held.statement.ledger
    if stated is None:
        return "", None
    return stated.origin, keys.get(stated.keeper)


def _why(context: Context, item: Judged) -> str:
    ledger = context.evidence.ledger
    if ledger is not None and ledger.holds:
        return "the ledger at hand does not hold it"
    if ledger is not None:
        return f"the ledger at hand cannot be relied on: {ledger.fault or 'it is inconsistent'}"
    if item.given.inclusion is not None:
        return "it brings a proof, and nothing says which ledger and keeper to trust"
    return f"{_OFFLINE}: no ledger is here, and it brings no proof"


def _broken(item: Judged, error: Malformed) -> Finding:
    return Finding(
        "ledger-inconsistent",
        item.given.name,
        f"its proof shows nothing: {error.message}",
        mend="get the bundle again; keep this one if that does not help",
    )


CHECK = Check(
    id="gate-logged",
    title="in the ledger",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-15.2", "AZ-37.1"),
    codes=(
        LEDGER.code("ledger-inconsistent"),
        Code(
            "verdict-unlogged",
            "Nothing here shows that the launch's ledger holds the verdict.",
            "Give the bundle that has the ledger's proof, or name the ledger.",
        ),
    ),
    ask=_ask,
)
