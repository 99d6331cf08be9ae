"""What is wrong with a policy, what is unwise, and what its authors should know about it.

An error is what no launch can come through with: blanks, contradictions, rules that no holders can
meet. A warning is authority in fewer hands than it looks. A note is a fact to agree on.
"""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.authority_lint import lint_authority
from aztrust.core.policy.lint_message import Remark, Severity, error, note, warning
from aztrust.core.policy.model import POLICY_PATH, Policy
from aztrust.core.policy.text import BLANK, IS_BLANK, blanks
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.policy.validate import parse_policy_structure, policy_problems


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
        return (error("not-toml", failure.message),)
    empty = tuple(blanks(document))
    remarks = [_blank(place, data) for place in empty]
    if not document.get("holders"):
        remarks.append(
            error(
                "no-holder",
                "no one has any authority yet: there is no [holders.NAME] table",
                "each holder runs aztrust key generate NAME; paste what it prints",
            )
        )
    try:
        policy = parse_policy_structure(data, what=what)
    except Malformed as failure:
        reported = (*empty, "holders")
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
    if policy.readiness.self_built == "allow" and policy.readiness.module is None:
        remarks.append(
            warning(
                "self-built-any",
                "hosts may start any Go program built from a commit: no module is named",
                'say which: [readiness] module = "github.com/…"',
            )
        )
    remarks += _unanswerable(policy)
    remarks += lint_authority(policy, notes=notes)
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
        if not rule.not_applicable and rule.probe is None
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


def _blank(place: str, data: bytes) -> Remark:
    lines = [
        number
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1)
        if line.partition("=")[2].partition("#")[0].count(f'"{BLANK}')
        and line.partition("=")[0].strip(' "') == place.rpartition(".")[2].partition("[")[0]
    ]
    where = f" (line {lines[0]})" if len(lines) == 1 else ""
    return error("blank", f"{place} {IS_BLANK}{where}", "fill it in")
