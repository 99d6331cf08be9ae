"""No package changes while a launch window is open (AZ-25): one rule for every command.

What a window authorizes was frozen, or is about to be. Before the start a change is a replan: the
window is deferred, and the changed package makes a new scope. After the start the scope stays, and
a reviewed change is an amendment, in the restricted posture.
"""

from __future__ import annotations

from aztrust.core.base.advice import command
from aztrust.core.base.errors import Refused
from aztrust.core.judge.window_cutoff import is_past_cutoff
from aztrust.core.policy.authority import act_roles
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.able import advise_roles
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window
from aztrust.core.state.window.row import BEFORE_START


def refuse_late_change(
    context: Context, package_class: PackageClass, package: str, then: str
) -> None:
    """Refuse another package than the one of a window that is open, frozen or not.

    A scope with one of several freezes is held like a frozen one.

    Args:
        context: the launch.
        package_class: which package.
        package: the one that would become current.
        then: the command that is refused; it is possible once the window is deferred.

    Raises:
        Refused: `freeze-other-scope`.
    """
    for attempt in context.state.attempts:
        named = attempt.package_id(package_class)
        if named not in ("", package):
            raise _refusal(context, attempt, package_class, package, then)


def _refusal(
    context: Context, attempt: Attempt, package_class: PackageClass, package: str, then: str
) -> Refused:
    named, scope = attempt.package_id(package_class), attempt.scope_hash[7:15]
    if attempt.freezes:
        by, frozen = attempt.freezes[0].holder, "frozen"
        message = (
            f"{by} froze the scope {scope} with another {package_class} package, and its window is"
            " open: a change would void approvals under a freeze"
        )
    else:
        by, frozen = attempt.window.holder if attempt.window is not None else "a holder", "window"
        message = (
            f"{by} opened a launch window for the scope {scope} with another {package_class}"
            " package: while it is open, its packages do not change"
        )
    return Refused(
        message,
        subject=f"manifests/{package_class}.json",
        code="freeze-other-scope",
        mend=_mend(context, attempt, package_class, then),
        details=(f"{frozen}: {named}", f"here: {package}"),
    )


def _mend(context: Context, attempt: Attempt, package_class: PackageClass, then: str) -> str:
    state = present_window(context, attempt)
    if state.status == "RESTRICTED_POSTURE_ACTIVE":
        return "a reviewed change is an amendment, and the scope stays: aztrust help window amend"
    if state.status == "NORMALIZED":
        return "the launch of this scope is over: a later release is a launch of its own"
    if state.status not in BEFORE_START:
        return (
            "the network has started: what breaks is an anomaly, and a reviewed change is an"
            " amendment, in the restricted posture"
        )
    roles = act_roles(require_policy(context), "defer")
    if is_past_cutoff(context, attempt):
        typed = f"{command('window', 'defer', '--reason', 'T')}; then: {then}"
    else:
        option = ("--release", "DIR") if package_class == "release" else ("--genesis", "FILE")
        typed = command("window", "replan", *option, "--reason", "T")
    return advise_roles(context, typed, *roles)
