"""What `aztrust window replan` shows: what a changed package costs, and who signs what until the
next freeze.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aztrust.core.base.advice import Advice
from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.times import format_duration, format_minute
from aztrust.core.base.value import frozen
from aztrust.core.judge.replan import Item, Need, Replan
from aztrust.core.policy.model import PackageClass
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled
from aztrust.report.model import Milliseconds

Count = Annotated[int, Field(ge=0)]


class ReplanItem(Model):
    """Something that is lost or kept, and whose signatures it has."""

    what: str
    holders: Items[str]


class ReplanNeed(Model):
    """Signatures that are needed: `role` is "" where any role of the act will do."""

    what: str
    role: str
    signatures: Count
    holders: Items[str]
    command: str


class ReplanDeadline(Model):
    """A time, and how long it is until then; negative where it is past."""

    what: str
    at_unix_ms: Milliseconds
    left_ms: int


class ReplanSeal(Model):
    """A package that was sealed."""

    package_class: PackageClass
    package_id: Sha256
    record_id: Sha256 | None


class ReplanReport(Model):
    """What `aztrust window replan --format json` gives.

    `signatures` is the number of signatures until the next freeze, before anything was signed now.
    `deferral` is the record of the deferral where it was signed now, and `waits` whether it lacks
    signatures; then nothing was sealed. `kept` is where the package before is.
    """

    schema_: Annotated[Literal["aztrust/window-replan"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Count
    command: Literal["window replan"]
    dry_run: bool
    holder: str
    scope_hash: Sha256
    launch_window_id: Sha256
    package_class: PackageClass
    package_id_before: Sha256 | None
    package_id_after: Sha256
    dies: Items[ReplanItem]
    stays: Items[ReplanItem]
    needs: Items[ReplanNeed]
    signatures: Count
    deadlines: Items[ReplanDeadline]
    deferral: Sha256 | None
    waits: bool
    kept: str | None
    sealed: Items[ReplanSeal]


@frozen
class ReplanDone:
    """What was done, for the document.

    Args:
        deferral: the record id of the deferral, "" where none was signed now.
        waits: whether it lacks signatures.
        kept: where the package before is, "" for nowhere.
        sealed: what was sealed.
    """

    deferral: str = ""
    waits: bool = False
    kept: str = ""
    sealed: tuple[ReplanSeal, ...] = ()


def replan_lines(replan: Replan, now_unix_ms: int, *, is_deferred: bool) -> list[str]:
    """The review: the change, what dies, what stays, the time left, and who has to sign."""
    lines = labelled("replan", f"the {replan.package_class} package changes")
    if replan.before:
        lines += ["before", f"  {replan.before}"]
    lines += ["after", f"  {replan.after}"]
    lines += _items("dies", replan.dies)
    lines += _items("stays", replan.stays)
    for number, deadline in enumerate(replan.deadlines):
        text = f"{deadline.name} {format_minute(deadline.at_unix_ms)}"
        left = deadline.at_unix_ms - now_unix_ms
        left_text = f"{minutes(left)} left" if left >= 0 else f"past, by {minutes(-left)}"
        lines += labelled("" if number else "time", f"{left_text}: {text}")
    if is_deferred:
        lines += labelled("window", "it is deferred already")
    word = "signature" if replan.signatures == 1 else "signatures"
    lines += labelled("needs", f"{replan.signatures} {word} until the next freeze:")
    for need in replan.needs:
        lines += labelled("", visible(need_text(need)))
    return lines


def remaining_lines(needs: tuple[Need, ...], keys: dict[str, tuple[str, ...]]) -> list[str]:
    """The steps that are left, each with its command for those who can do it.

    Args:
        needs: in their order.
        keys: holder to the fingerprints of the keys that count.
    """
    lines: list[str] = []
    for need in needs:
        by = {name: keys[name] for name in need.holders if name in keys}
        label = "" if lines else "next"
        text: str = Advice(need.typed, by) if by else f"{need.what}: no holder is left for it"
        lines += advice_lines(label, text)
    return lines


def need_text(need: Need) -> str:
    """`approve the genesis: 1 as release-manager (gabi or rita)`."""
    names = " or ".join(need.holders) or "no holder is left for it"
    role = f" as {need.role}" if need.role else ""
    return f"{need.what}: {need.signatures}{role} ({names})"


def minutes(span_ms: int) -> str:
    """A span in minutes: `185 min (3h5m)`."""
    whole = span_ms // 60_000
    return f"{whole} min" if whole < 60 else f"{whole} min ({format_duration(whole * 60_000)})"


def replan_document(
    replan: Replan, now_unix_ms: int, done: ReplanDone, common: dict[str, Any]
) -> dict[str, Any]:
    """The document of a replan.

    Args:
        replan: what the change means.
        now_unix_ms: the time of the run.
        done: what was done.
        common: `dry_run`, `holder`, `scope_hash` and `launch_window_id`.
    """
    report = ReplanReport(
        schema_="aztrust/window-replan",
        version_major=1,
        version_minor=0,
        command="window replan",
        package_class=replan.package_class,
        package_id_before=replan.before or None,
        package_id_after=replan.after,
        dies=tuple(ReplanItem(what=i.what, holders=i.holders) for i in replan.dies),
        stays=tuple(ReplanItem(what=i.what, holders=i.holders) for i in replan.stays),
        needs=tuple(
            ReplanNeed(
                what=n.what,
                role=n.role,
                signatures=n.signatures,
                holders=n.holders,
                command=n.typed,
            )
            for n in replan.needs
        ),
        signatures=replan.signatures,
        deadlines=tuple(
            ReplanDeadline(what=d.name, at_unix_ms=d.at_unix_ms, left_ms=d.at_unix_ms - now_unix_ms)
            for d in replan.deadlines
        ),
        deferral=done.deferral or None,
        waits=done.waits,
        kept=done.kept or None,
        sealed=done.sealed,
        **common,
    )
    return report.model_dump(mode="json")


def _items(label: str, items: tuple[Item, ...]) -> list[str]:
    lines: list[str] = []
    for item in items:
        who = f": {joined(item.holders)}" if item.holders else ""
        lines += labelled("" if lines else label, visible(f"{item.what}{who}"))
    return lines or labelled(label, "nothing")
