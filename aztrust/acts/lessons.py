"""Fixing the lessons of the testnet for a launch window (AZ-39)."""

from __future__ import annotations

from typing import Final

from aztrust.acts.act import Act, Plan, require_usable_signer
from aztrust.acts.fixing import require_before_the_final_checks
from aztrust.core.base.errors import Malformed, Refused, UsageError
from aztrust.core.base.model import validate
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.checks.codes import LESSONS_LATE
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.model import Policy
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.records.lessons import CONTENTS, LESSONS, LessonList, Lessons
from aztrust.core.records.lessons import list_faults as _list_faults
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.lessons import fixed_lessons

MALFORMED: Final = "lessons-malformed"
LIMIT: Final = 256 * 1024
"""How many bytes a file of lessons may have."""

_EXAMPLE: Final = "docs/lessons.md has an example"


def read_lessons(data: bytes, what: str) -> LessonList:
    """The lessons in a TOML file.

    Raises:
        UsageError: it is not one.
    """
    try:
        listed = validate(LessonList, read_toml(data, what=what), what=what, code=MALFORMED)
    except Malformed as error:
        raise UsageError(
            f"it is not a list of lessons: {error.message}",
            subject=what,
            mend=_EXAMPLE,
            details=error.details,
        ) from None
    for fault in _list_faults(listed):
        raise UsageError(fault, subject=what, mend="give each lesson an id of its own")
    return listed


def plan_lessons(
    act: Act, listed: LessonList, key: VerificationMaterial, what: str
) -> Plan[Lessons, Attempt]:
    """The record of a list, for the window that is open.

    Args:
        act: the launch.
        listed: the lessons.
        key: who signs.
        what: the name of the file.

    Raises:
        Refused: `lessons-late`: a final check of this window has passed; `signer-not-in-role`: no
            holder has the role that a lesson names; no freeze is in force, the policy has expired,
            or the key was revoked.
        CouldNotCheck: a record cannot be read.
    """
    holder = require_usable_signer(act.context, key)
    then, attempt = require_before_the_final_checks(act.context, LESSONS_LATE.name, "them")
    _require_owners(act.policy, listed, what)
    body, preimages = CONTENTS.make(
        Lessons,
        {
            "fixed_at_unix_ms": act.now_unix_ms,
            "launch_window_id": attempt.launch_window_id,
            "policy_digest": act.context.policy_digest,
            "scope_hash": attempt.scope_hash,
        },
        {"lessons": listed},
    )
    before = fixed_lessons(then).record
    is_same = before is not None and before.preimages["lessons"] == preimages["lessons"]
    return Plan(LESSONS.name, body, holder, attempt, before if is_same else None, preimages)


def _require_owners(policy: Policy, listed: LessonList, what: str) -> None:
    roles = sorted({role for holder in policy.holders.values() for role in holder.roles})
    for lesson in listed.lesson:
        if lesson.owner not in roles:
            raise Refused(
                f"the lesson {lesson.id} is for the {lesson.owner}, and no holder has that role"
                f"{did_you_mean(lesson.owner, roles)}",
                subject=what,
                code="signer-not-in-role",
                mend=f"name a role of the policy: {', '.join(roles)}",
            )
