"""One task of a walk, done by the command that does it alone, with that command's own review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aztrust.cli.session import Session
from aztrust.cli.walk import Walk
from aztrust.core.base.errors import Declined
from aztrust.core.base.value import frozen
from aztrust.core.judge.tasks import ActName, Task


class Left(Exception):
    """A task that this walk does not do; the message says why."""


@frozen
class Means:
    """What an act needs in addition to its task.

    Args:
        session: of the walk.
        walk: the walk.
        yes: whether --yes was given: only what a single act's --yes allows is done without asking.
        key: `--key` for this task, None where the act finds it.
        ledger: `--ledger` as typed.
        anchor: `--anchor` as typed.
    """

    session: Session
    walk: Walk
    yes: bool
    key: str | None = None
    ledger: str | None = None
    anchor: str | None = None

    @property
    def before_freeze(self) -> dict[str, Any]:
        """The options of an act on packages."""
        return {"key": self.key, "anchor": self.anchor}

    @property
    def in_window(self) -> dict[str, Any]:
        """The options of an act in a window."""
        return {"key": self.key, "ledger": self.ledger, "anchor": self.anchor, "scope": None}


def do_task(task: Task, means: Means) -> Mapping[str, Any]:
    """Do one task: its review, its question, its signature; the act's own result.

    Raises:
        Left: it needs more than a yes, or would not be confirmed.
        Declined: the answer was no.
        AztrustError: as the act.
    """
    walk = means.walk
    walk.document, walk.shown_from, walk.silent = {}, "", False
    if means.yes and task.asks:
        raise Left("only you can answer it, so that --yes does not")
    act = _ACTS.get(task.act)
    if act is None:
        raise Left(_LEFT.get(task.act, "it needs a reason or a time that you give"))
    act(task, means)
    return walk.document


def _approve(task: Task, means: Means) -> None:
    from aztrust.cli.approve import approve

    options = {"package_class": task.subject, "roles": (), "manifest_only": False}
    approve.function(means.session, yes=means.yes, **options, **means.before_freeze)


def _seal(task: Task, means: Means) -> None:
    from aztrust.cli.seal import seal

    means.session.confirm(f"Seal the {task.subject} package as it is here?", yes=means.yes)
    options: dict[str, Any] = {
        "package_class": task.subject,
        "package_version": None,
        "gentx": None,
        "replace": False,
        "jobs": None,
    }
    seal.function(means.session, yes=False, **options, **means.before_freeze)
    means.walk.messages.append(f"seal {task.subject}")


def _freeze(task: Task, means: Means) -> None:
    from aztrust.cli.freeze import freeze

    times = ("bootstrap_authorization", "bootstrap_start", "early_epoch_end", "posture_end")
    options: dict[str, Any] = {**dict.fromkeys(("decide_by", *times)), "jobs": None}
    if means.yes:
        means.walk.silent = True
        freeze.function(means.session, dry_run=True, yes=True, **options, **means.in_window)
        means.walk.silent = False
        _require_confirmed(means.walk.document, "the freeze")
    freeze.function(means.session, dry_run=False, yes=means.yes, **options, **means.in_window)


def _final_check(task: Task, means: Means) -> None:
    from aztrust.cli.final_check import final_check

    options: dict[str, Any] = {"jobs": None, "at": None}
    final_check.function(means.session, dry_run=True, yes=False, **options, **means.in_window)
    _require_confirmed(means.walk.document, "the final check")
    means.session.confirm("Sign this final check?", yes=means.yes)
    # It was shown a moment ago: only what is new follows.
    means.walk.shown_from = "signed"
    final_check.function(means.session, dry_run=False, yes=False, **options, **means.in_window)


def _require_confirmed(document: Mapping[str, Any], what: str) -> None:
    """What does not pass is signed by its own command alone: it may end the scope for good."""
    rows = document.get("matrix", ())
    bad = [row["id"] for row in rows if row["status"] not in ("pass", "not_applicable")]
    if bad or document.get("verdict") not in ("pass", "conditional"):
        raise Left(f"{what} would not pass ({', '.join(bad) or document.get('verdict')})")


def _attest(task: Task, means: Means) -> None:
    from aztrust.cli.attest import attest

    answer = means.session.question(f"{task.subject}: pass, fail, or Enter to leave it open?")
    if answer not in ("pass", "fail"):
        raise Declined("it was left open")
    options: dict[str, Any] = {"role": None, "evidence": (), "note": ""}
    attest.function(means.session, answers=(task.subject, answer), **options, **means.in_window)


def _review(task: Task, means: Means) -> None:
    asked = "advisories, public and private: clear, blocking, or Enter to leave it open?"
    answer = means.session.question(asked)
    if answer not in ("clear", "blocking"):
        raise Declined("it was left open")
    _record_review(means, answer, ("public", "private"))


def _record_review(means: Means, outcome: str, sources: tuple[str, ...]) -> None:
    from aztrust.cli.advisory import review

    options: dict[str, Any] = {"evidence": (), "note": ""}
    review.function(means.session, outcome=outcome, sources=sources, **options, **means.in_window)


def _withdraw(task: Task, means: Means) -> None:
    from aztrust.cli.attest import attest

    means.session.confirm(f"{task.why}: is it mended, and do you answer pass?", yes=False)
    if task.subject == "advisory-review":
        words = task.command.split()
        sources = tuple(words[n + 1] for n, word in enumerate(words) if word == "--source")
        _record_review(means, "clear", sources)
        return
    options: dict[str, Any] = {"role": None, "evidence": (), "note": ""}
    attest.function(means.session, answers=(task.subject, "pass"), **options, **means.in_window)


def _close(task: Task, means: Means) -> None:
    from aztrust.cli.blocker import close

    reason = means.session.question("how was it resolved? Enter leaves it open:")
    if not reason:
        raise Declined("it was left open")
    options = {"key": means.key, "ledger": means.ledger, "anchor": means.anchor}
    close.function(means.session, blocker_id=task.subject, reason=reason, **options)


def _countersign(task: Task, means: Means) -> None:
    from aztrust.cli.window.countersign import countersign

    options: dict[str, Any] = {"dry_run": False, "hook": None, "yes": False}
    records = tuple(task.command.split()[2:])
    countersign.function(means.session, records=records, **options, **means.in_window)


def _defer(task: Task, means: Means) -> None:
    from aztrust.cli.window.ends import defer

    reason = means.session.question("why is the window deferred? Enter leaves it open:")
    if not reason:
        raise Declined("it was left open")
    defer.function(means.session, reason=reason, yes=False, **means.in_window)


def _append(task: Task, means: Means) -> None:
    from aztrust.cli.ledger.keep import keep
    from aztrust.core.history.reconcile import KEEP

    if task.command != KEEP:
        raise Left("a take-over needs a reason, and has a command of its own")
    means.session.confirm("Append what waits, sign a head, and publish both?", yes=means.yes)
    options: dict[str, Any] = {"watch": False, "hook": None, "rounds": None}
    keys = () if means.key is None else (means.key,)
    where: dict[str, Any] = {"keys": keys, "ledger": means.ledger, "anchor": means.anchor}
    keep.function(means.session, **options, **where)
    means.walk.messages.append("keep the ledger")


def _head(task: Task, means: Means) -> None:
    from aztrust.cli.ledger.write import head

    means.session.confirm("Sign a new head of the ledger?", yes=means.yes)
    keys = () if means.key is None else (means.key,)
    options: dict[str, Any] = {"keys": keys, "ledger": means.ledger, "anchor": means.anchor}
    head.function(means.session, heartbeat=True, **options)


_ACTS: Mapping[ActName, Callable[[Task, Means], None]] = {
    "append": _append,
    "approve": _approve,
    "attest": _attest,
    "close-blocker": _close,
    "countersign": _countersign,
    "defer": _defer,
    "final-check": _final_check,
    "freeze": _freeze,
    "renew-head": _head,
    "review-advisories": _review,
    "seal": _seal,
    "withdraw-objection": _withdraw,
}
_LEFT: Final[Mapping[ActName, str]] = {
    "attest-build": "it needs a file that you make",
    "checklist-answer": "only you know the answer, and its reason",
    "checklist-freeze": "its own command shows what it rests on",
    "checkpoint": "its own command shows what it rests on",
    "snapshot": "it needs a file that you make",
}
"""Why a task is left to its own command."""
