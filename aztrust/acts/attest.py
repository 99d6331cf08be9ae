"""Answering a row of the final checks: which rows exist, who may answer, the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from aztrust.acts.act import Act, Plan, evidence_files, require_usable_signer
from aztrust.acts.preconditions import require_attempt
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.nearest import nearest
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.authority import RowRule
from aztrust.core.policy.model import ANSWERED_ROWS, MACHINE_ROWS, POLICY_PATH
from aztrust.core.records.readiness import CheckAttestation
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.lessons import fixed_lessons, is_lesson_row, lesson_of, lesson_row, rule_in
from aztrust.core.state.pending import with_waiting

ADVISORIES = "advisory-review"
Status = Literal["pass", "fail"]


def attestable(text: str) -> str:
    """The row that is meant.

    Raises:
        UsageError: there is none of that name, or it is not attested; the mend names the row.
    """
    rows = [row for row in ANSWERED_ROWS if row != ADVISORIES]
    if text in rows or is_lesson_row(text):
        return text
    if text == ADVISORIES:
        raise UsageError(
            "advisories are not attested, they are reviewed",
            subject=text,
            mend="aztrust advisory review --outcome clear --source public --source private",
        )
    if text in MACHINE_ROWS:
        raise UsageError(
            "this row is computed from the files here; it is not attested",
            subject=text,
            mend="aztrust final-check --dry-run",
        )
    near = nearest(text.lower(), rows, 2)
    raise UsageError(
        f"{escape(text)[:80]} is not a row of the final checks",
        mend=f"did you mean {' or '.join(near)}?" if near else f"rows: {', '.join(rows)}",
    )


def asked_rule(context: Context, row: str) -> RowRule:
    """The rule of a row that a holder is about to answer.

    Raises:
        UsageError: it is the row of a lesson that is not fixed for this window.
        Refused: it is the row of a lesson, and no freeze is in force.
    """
    # A list of lessons may still wait for the ledger; what answers it is appended after it.
    then = with_waiting(context) if is_lesson_row(row) else context
    if not is_lesson_row(row) or lesson_of(then, row) is not None:
        return rule_in(then, row)
    require_attempt(context)
    known = [lesson_row(lesson) for lesson in fixed_lessons(then).lessons]
    near = nearest(row.lower(), known, 2)
    raise UsageError(
        f"{escape(row)[:80]} is not a lesson that is fixed for this window",
        mend=f"did you mean {' or '.join(near)}?" if near else "the list: aztrust lessons",
    )


def attester_keys(context: Context, row: str) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may answer a row.

    Raises:
        Refused: the policy declares the row not applicable, or no holder has the role.
        UsageError: as `asked_rule`.
    """
    policy, rule = require_policy(context), asked_rule(context, row)
    if rule.not_applicable:
        raise Refused(
            f"the policy says that it is not applicable: {escape(rule.not_applicable)}",
            subject=row,
            mend="there is nothing to answer",
        )
    keys = policy.keys_of_roles({rule.role})
    if not keys:
        raise Refused(
            f"it is answered by the {rule.role}, and no holder has that role",
            subject=row,
            code="signer-not-in-role",
            mend=f"the launch needs a policy with a holder of {rule.role}, or with"
            f" [checks.{row}] role; it has another anchor ({POLICY_PATH})",
        )
    return keys


def parse_answers(words: Sequence[str]) -> tuple[tuple[str, Status], ...]:
    """The answers of a command line: `ROW pass`, or `ROW=pass ROW2=fail …`; rows in their order.

    Raises:
        UsageError: it is neither; a row is given twice; or as `attestable`.
    """
    if len(words) == 2 and not any("=" in word for word in words):
        pairs = [(words[0], words[1])]
    else:
        pairs = [(row, status) for row, _, status in (word.partition("=") for word in words)]
    found: dict[str, Status] = {}
    for text, status in pairs:
        if status not in ("pass", "fail"):
            raise UsageError(
                f"{escape(text)[:80]} is answered with pass or fail",
                subject=escape(text)[:80],
                mend="aztrust attest ROW pass|fail, or several: aztrust attest ROW=pass ROW2=pass",
            )
        row = attestable(text)
        if row in found:
            raise UsageError(f"{row} is answered twice", subject=row, mend="answer it once")
        found[row] = "pass" if status == "pass" else "fail"
    if not found:
        raise UsageError("no row is named", mend="aztrust attest ROW pass|fail")
    return tuple(found.items())


def keys_for_all(context: Context, rows: Sequence[str]) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may answer all of these rows.

    Raises:
        Refused: no key may, or as `attester_keys`; `details` says who answers which row.
    """
    each = {row: attester_keys(context, row) for row in rows}
    first, *others = each.values()
    common = {key: name for key, name in first.items() if all(key in keys for keys in others)}
    if common:
        return common
    raise Refused(
        "no one holder answers all of these rows",
        subject=", ".join(rows),
        code="signer-not-in-role",
        mend="answer them separately, each by a holder of its role",
        details=tuple(
            f"{row}: {' or '.join(sorted(set(keys.values())))}" for row, keys in each.items()
        ),
    )


def require_owner(context: Context, row: str, role: str | None) -> str:
    """The role that answers a row, which is the one that was named, if one was.

    Raises:
        Refused: `signer-not-in-role`: another role was named.
    """
    owner = asked_rule(context, row).role
    if role in (None, owner):
        return owner
    who = " or ".join(require_policy(context).holders_of_role(owner)) or "no holder has it"
    raise Refused(
        f"{row} is answered by the {owner} ({who}), not by {escape(role or '')[:64]}",
        subject="--role",
        code="signer-not-in-role",
        mend=f"--role {owner}",
    )


def plan_attestation(
    act: Act,
    row: str,
    status: Status,
    key: VerificationMaterial,
    *,
    note: str = "",
    evidence: Iterable[Path] = (),
) -> Plan[CheckAttestation, Attempt]:
    """The record of an answer, about the attempt that is under way.

    Raises:
        Refused: no freeze is in force, the policy has expired, or the key was revoked.
        CouldNotCheck: an evidence file, or a record, cannot be read.
    """
    holder = require_usable_signer(act.context, key)
    attempt = require_attempt(act.context)
    body = CheckAttestation(
        attested_at_unix_ms=act.now_unix_ms,
        check=row,
        evidence=evidence_files(evidence),
        note=note,
        policy_digest=act.context.policy_digest,
        role=asked_rule(act.context, row).role,
        scope_hash=attempt.scope_hash,
        status=status,
    )
    return Plan("check-attestation", body, holder, attempt)
