"""What is wrong with the definitions of a checklist, and what no one could answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.checklist.computations import COUNTED, NAMES, computed_share
from aztrust.core.checklist.definitions import Checklist, checklist_digest, parse_checklist
from aztrust.core.checklist.imported import UNSAID
from aztrust.core.checklist.path import CHECKLIST_PATH
from aztrust.core.policy.lint_message import Remark, Severity, error, hold, note, warning
from aztrust.core.policy.model import POLICY_PATH, Policy

_UNREAD: Final = (
    hold(
        "policy-unread",
        f"{POLICY_PATH} is not a policy yet, so roles and digest were not looked at",
        "aztrust policy lint",
    ),
)
_EDIT: Final = f"edit {CHECKLIST_PATH}, then: aztrust checklist lint"
_LISTED: Final = 6
"""How many items a remark lists."""


def lint_checklist(
    data: bytes,
    policy: Policy | None,
    what: str = CHECKLIST_PATH,
    *,
    is_of_launch: bool = False,
) -> tuple[Remark, ...]:
    """Every remark about the bytes of definitions, the worst first.

    Args:
        data: the file.
        policy: of the launch that it is for; None where there is none.
        what: its name.
        is_of_launch: it is that of a launch, so that without a policy roles and digest were not
            looked at.
    """
    try:
        made = parse_checklist(data, what)
    except Malformed as failure:
        problems = failure.details or (failure.message,)
        return tuple(error("format", problem, _EDIT) for problem in problems)
    remarks = [
        *_computations(made),
        *_areas(made),
        *_unsaid(made),
        *(_under(made, data, policy) if policy is not None else ()),
        *(_UNREAD if policy is None and is_of_launch else ()),
        _share(made),
    ]
    order = tuple(Severity)
    return tuple(sorted(remarks, key=lambda remark: order.index(remark.severity)))


def roles_of(checklist: Checklist) -> Mapping[str, tuple[str, ...]]:
    """Each role that definitions name, and what it answers: items, and `area NAME`."""
    found: dict[str, list[str]] = {}
    for area in checklist.area:
        found.setdefault(area.approver, []).append(f"area {area.id}")
    for item in checklist.item:
        found.setdefault(item.owner, []).append(item.id)
    return {role: tuple(answers) for role, answers in found.items()}


def missing_roles(checklist: Checklist, policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The roles among them that no holder has."""
    roles = roles_of(checklist).items()
    return {role: what for role, what in roles if not policy.holders_of_role(role)}


def _computations(checklist: Checklist) -> Iterator[Remark]:
    for item in checklist.item:
        if item.computed is not None and item.computed not in NAMES:
            near = did_you_mean(item.computed, sorted(NAMES))
            yield error(
                "unknown-computation",
                f"the item {item.id} is computed by {item.computed}, which does not exist{near}",
                _EDIT,
            )


def _areas(checklist: Checklist) -> Iterator[Remark]:
    for area in checklist.area:
        if not checklist.of_area(area.id):
            yield warning(
                "area-without-items",
                f"the area {area.id} has no item that is due before the decision: its sign-off is"
                " about nothing",
                _EDIT,
            )


def _unsaid(checklist: Checklist) -> Iterator[Remark]:
    vague = [item.id for item in checklist.item if item.method == UNSAID]
    if vague:
        yield warning(
            "vague-item",
            f"these items do not say how they are validated: {_listed(vague)}",
            "write a method for each: an item that is vague is answered by habit",
        )


def _under(checklist: Checklist, data: bytes, policy: Policy) -> Iterator[Remark]:
    digest = checklist_digest(data)
    table = policy.checklist
    if table is None:
        yield note(
            "checklist-unnamed",
            f"{POLICY_PATH} names no checklist: this one has no effect",
            f'add to {POLICY_PATH}: [checklist] digest = "{digest}"',
        )
    elif table.digest != digest:
        yield hold(
            "checklist-changed",
            f"{POLICY_PATH} names {table.digest}, and this file has {digest}",
            "put the named file back, or name this one, and announce the policy anew",
        )
    for role, answers in missing_roles(checklist, policy).items():
        yield hold(
            "role-without-holder",
            f"no holder has the role {role}, which answers {_listed(answers)}",
            f"give a holder the role {role}, or name another role in {CHECKLIST_PATH}",
        )
    apart = distinct_approvers(checklist, policy)
    if apart < len(checklist.area) and not missing_roles(checklist, policy):
        yield hold(
            "quorum-out-of-reach",
            f"{len(checklist.area)} areas are signed off by distinct holders, and the roles have"
            f" only {apart}",
            "give each area an approver whom no other area needs",
        )


def distinct_approvers(checklist: Checklist, policy: Policy) -> int:
    """How many areas can each have an approver of its own (a largest matching)."""
    held: dict[str, str] = {}
    able = {area.id: policy.holders_of_role(area.approver) for area in checklist.area}

    def give(area: str, seen: set[str]) -> bool:
        for holder in able[area]:
            if holder not in seen:
                seen.add(holder)
                if holder not in held or give(held[holder], seen):
                    held[holder] = area
                    return True
        return False

    return sum(give(area, set()) for area in able)


def _share(checklist: Checklist) -> Remark:
    share = computed_share(checklist)
    sections = f"{', '.join(COUNTED[:-1])} and {COUNTED[-1]}"
    return note(
        "computed-items",
        f"{share.computed} of {share.items} items of the sections {sections} are computed"
        f" ({share.percent}%)",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
