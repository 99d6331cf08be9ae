"""Fixing what a launch window rests on before its final checks: who may, and until when."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.acts.preconditions import require_attempt
from aztrust.core.base.errors import Refused
from aztrust.core.policy.model import Policy
from aztrust.core.records.kind import fixing_roles
from aztrust.core.state.context import Context
from aztrust.core.state.fixed import is_after_the_final_checks
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.pending import with_waiting


def fixer_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may fix it."""
    return policy.keys_of_roles(fixing_roles(policy))


def require_before_the_final_checks(
    context: Context, code: str, what: str
) -> tuple[Context, Attempt]:
    """(the launch after the next append, the window) for what is fixed now.

    Args:
        context: the launch.
        code: of the refusal.
        what: what is fixed, as the object of a sentence: `the plan`.

    Raises:
        Refused: no freeze is in force; with `code`, a final check of the window has passed.
        CouldNotCheck: a record cannot be read.
    """
    attempt = require_attempt(context)
    then = with_waiting(context)
    if is_after_the_final_checks(then, attempt):
        raise Refused(
            "a final check of this window has passed: what it rests on is not changed any more",
            subject=attempt.launch_window_id,
            code=code,
            mend=f"fix {what} in the next window, or open a blocker: aztrust blocker open T",
        )
    return then, attempt
