"""What is wrong with a policy, what is unwise, and what its authors should know about it.

An error is what no launch can come through with: blanks, contradictions, rules that no holders can
meet. A hold is what the goal of the policy's profile waits for. A warning is authority in fewer
hands than it looks. A note is a fact to agree on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.authority_lint import lint_authority
from aztrust.core.policy.holder_lines import role_of_blank
from aztrust.core.policy.lint_message import Remark, Severity, error, note
from aztrust.core.policy.model import POLICY_PATH, Policy, ProfileName
from aztrust.core.policy.profile_goal import under_profile, vacant
from aztrust.core.policy.profiles import PROFILES
from aztrust.core.policy.readiness_lint import lint_readiness
from aztrust.core.policy.text import BLANK, IS_BLANK, blanks_and_values, vacant_roles
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.policy.validate import parse_policy_structure, policy_problems

_LINT: Final = "aztrust policy lint"


def lint_policy(data: bytes, *, what: str = POLICY_PATH, notes: bool = True) -> tuple[Remark, ...]:
    """Every remark about a policy's bytes, the worst first.

    Args:
        data: the policy.
        what: its name in messages.
        notes: whether to look for what is only worth knowing, too.

    While the text is not a policy yet, blanks and what the format forbids are all there is to say.
    """
    try:
        document = read_toml(data, what=what)
    except Malformed as failure:
        return (error("not-toml", failure.message, failure.mend.replace(_LINT, "")),)
    empty = dict(blanks_and_values(document))
    roles = _awaited(document, data)
    remarks = [
        _blank(place, value, data)
        for place, value in empty.items()
        if role_of_blank(value) not in roles
    ]
    remarks += [vacant(role, f"the profile {_profile(document)}") for role in roles]
    if not document.get("holders") and not roles:
        remarks.append(
            error(
                "no-holder",
                "no one has any authority yet: the table [holders] is empty or missing",
                "each holder runs: aztrust key generate NAME --role ROLE",
            )
        )
    try:
        policy = parse_policy_structure(data, what=what)
    except Malformed as failure:
        # A list of blanks is short of values for its reader, too.
        reported = (*empty, *(place.rpartition("[")[0] for place in empty), "holders")
        remarks += [
            error("format", problem)
            for problem in failure.details or (failure.message,)
            if problem.partition(" ")[0].rstrip(":") not in reported
        ]
        return tuple(remarks)
    remarks += [
        error("contradiction", problem)
        for problem in policy_problems(policy)
        if not problem.endswith(IS_BLANK)
    ]
    about = (*_unanswerable(policy), *lint_authority(policy, notes=notes), *lint_readiness(policy))
    remarks += under_profile(policy, about)
    order = tuple(Severity)
    shown = (r for r in remarks if notes or r.severity is not Severity.NOTE)
    return tuple(sorted(shown, key=lambda remark: order.index(remark.severity)))


def _unanswerable(policy: Policy) -> list[Remark]:
    """Rows of the final checks without an owner: they would hold every launch."""
    if policy.verdicts is None:
        return []
    from aztrust.core.policy.authority import row_rule
    from aztrust.core.policy.model import ANSWERED_ROWS

    rules = {row: row_rule(policy, row) for row in ANSWERED_ROWS}
    lacking = [
        f"{row} ({rule.role})"
        for row, rule in rules.items()
        if not rule.not_applicable and not rule.asks_monitoring
        if not policy.holders_of_role(rule.role)
    ]
    if not lacking:
        return []
    return [
        note(
            "check-without-owner",
            f"no holder can answer these rows of the final checks: {', '.join(lacking)}",
            'before the policy is announced, name a role: [checks.ROW] role = "…"',
        )
    ]


def _profile(document: Mapping[str, Any]) -> ProfileName | None:
    launch = document.get("launch")
    named = launch.get("profile") if isinstance(launch, dict) else None
    return next((name for name in PROFILES if name == named), None)


def _awaited(document: Mapping[str, Any], data: bytes) -> tuple[str, ...]:
    """The roles that a profile still waits for while the text is not a policy: for their sake."""
    if _profile(document) is None:
        return ()
    filled = document.get("holders") and not any(
        role_of_blank(value) for _, value in blanks_and_values(document)
    )
    return () if filled else vacant_roles(data)


def _blank(place: str, value: str, data: bytes) -> Remark:
    if role := role_of_blank(value):
        return error("blank", f"{place} {IS_BLANK}", f"name a holder with the role {role}")
    lines = [
        number
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1)
        if line.partition("=")[2].partition("#")[0].count(f'"{BLANK}')
        and line.partition("=")[0].strip(' "') == place.rpartition(".")[2].partition("[")[0]
    ]
    where = f" (line {lines[0]})" if len(lines) == 1 else ""
    return error("blank", f"{place} {IS_BLANK}{where}", "fill it in")
