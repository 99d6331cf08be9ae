"""Guarding a frozen scope: events show where to look, a full recomputation shows what changed.

    watching -> (suspect -> cleared)* -> suspect -> concluded

A change is reported at once as a suspicion and proves nothing: an editor's swap file, a `git
checkout` that writes the same bytes again, the whole tree deleted and unpacked anew. When it has
been quiet for a moment everything is recomputed, from the files and with no memory of an earlier
run (law 1). Recomputation also happens at an interval, because events can be lost. It runs in a
thread of its own, so a change is reported at once even while many gigabytes are being read.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from threading import Thread
from typing import Literal

from aztrust.core.base.errors import AztrustError, CouldNotCheck, NothingToVerify
from aztrust.core.base.findings import Conclusion, Finding
from aztrust.core.base.value import frozen
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, Policy
from aztrust.storage.fswatch import Watch
from aztrust.storage.launch import KEYS

TICK = 0.25
"""Seconds until places that may have been deleted or made anew are watched again."""

STEP = 0.05
"""Seconds between two looks at a running recomputation."""

RETRIES = 3
"""How often a recomputation that files changed under is tried again."""

_UNSTEADY = frozenset({"changed-while-reading"})
_BAD = (Conclusion.FAIL, Conclusion.ERROR)


@frozen
class Pace:
    """Times in seconds: between recomputations; of quiet before one; and the longest wait for
    quiet and for directories that are gone.
    """

    interval: float = 600.0
    quiet: float = 0.5
    grace: float = 10.0


@frozen
class GuardEvent:
    """An event of a guard. `paths` are host paths; `verdict` is of the last recomputation.

    `watching` once, when everything passes; `suspect` when something changed; `cleared` when
    nothing that counts has changed; `checked` after an interval; `concluded`, the last, when
    something is wrong; `fault` is the error where the launch could not be read.
    """

    kind: Literal["watching", "suspect", "cleared", "checked", "concluded"]
    paths: tuple[str, ...] = ()
    verdict: Verdict | None = None
    fault: AztrustError | None = None


def guarded_places(launch: Path, policy: Policy) -> tuple[Path, ...]:
    """The directories and files of a launch that a frozen scope rests on."""
    packages = (launch / policy.package(c).path for c in PACKAGE_CLASSES)
    return (launch / Path(POLICY_PATH).parent, launch / KEYS, *packages)


def guard(
    places: tuple[Path, ...],
    recompute: Callable[[], Verdict],
    pace: Pace,
    clock: Callable[[], float],
) -> Iterator[GuardEvent]:
    """Watch places and report events; ends when something is wrong, else never.

    Args:
        places: what is watched.
        recompute: verifies the launch from its files.
        pace: how often, how soon.
        clock: seconds that only go forward.

    Raises:
        CouldNotCheck: the system cannot watch files.
        NothingToVerify: nothing is frozen.
        AztrustError: the first recomputation could not be made.
    """
    with Watch(places) as watch:
        verdict = recompute()
        if verdict.conclusion in _BAD:
            yield GuardEvent("concluded", verdict=verdict)
            return
        if not verdict.context.state.frozen:
            raise NothingToVerify(
                "nothing is frozen here, so there is nothing that must not move",
                subject="scope",
                mend="aztrust freeze; until then: aztrust verify",
            )
        yield GuardEvent("watching", tuple(map(str, places)), verdict)
        due = clock() + pace.interval
        while True:
            changed = watch.next(min(TICK, max(due - clock(), 0)))
            gone = watch.rearm()
            if changed is None and not gone:
                if clock() < due:
                    continue
                event = yield from _concluded(watch, recompute, pace, clock, calm="checked")
            else:
                yield GuardEvent("suspect", gone if changed is None else (changed, *gone))
                event = yield from _concluded(watch, recompute, pace, clock, calm="cleared")
            yield event
            if event.kind == "concluded":
                return
            due = clock() + pace.interval


def _concluded(
    watch: Watch,
    recompute: Callable[[], Verdict],
    pace: Pace,
    clock: Callable[[], float],
    *,
    calm: Literal["cleared", "checked"],
) -> Generator[GuardEvent, None, GuardEvent]:
    attempt = 0
    give_up = clock() + pace.grace  # of all tries together
    while True:
        attempt += 1
        _settle(watch, pace.quiet, clock, give_up)
        try:
            verdict, changed = yield from _while_watching(watch, recompute)
        except AztrustError as error:
            fault = error
            # A launch that is being unpacked is incomplete: try once more before it is reported.
            if attempt < RETRIES and isinstance(error, CouldNotCheck):
                continue
            return GuardEvent("concluded", fault=fault)
        if verdict.conclusion not in _BAD and verdict.context.state.frozen:
            if not changed:
                return GuardEvent(calm, verdict=verdict)
            # What was read before that change proves nothing about the state after it.
            calm, attempt, give_up = "cleared", 0, clock() + pace.grace
        elif attempt >= RETRIES or not (changed or _is_unsteady(verdict)):
            return GuardEvent("concluded", verdict=verdict)


def _while_watching(
    watch: Watch, recompute: Callable[[], Verdict]
) -> Generator[GuardEvent, None, tuple[Verdict, bool]]:
    """The verdict, and whether something changed meanwhile, which is reported at once."""
    found: list[Verdict] = []
    faults: list[Exception] = []

    def work() -> None:
        try:
            found.append(recompute())
        except Exception as error:  # noqa: BLE001 - raised again where the guard waits
            faults.append(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    suspected = False
    while worker.is_alive():
        changed = watch.next(0)
        if changed is not None and not suspected:
            suspected = True
            yield GuardEvent("suspect", (changed,))
        worker.join(STEP)
    if faults:
        raise faults[0]
    return found[0], suspected


def _settle(watch: Watch, quiet: float, clock: Callable[[], float], give_up: float) -> None:
    """Wait until nothing changes for a moment and everything is there, or the time is over."""
    while clock() < give_up:
        changed = watch.next(quiet)
        moved = watch.rearm()
        if changed is None and not moved and not watch.missing():
            return


def _is_unsteady(verdict: Verdict) -> bool:
    """Whether files changed during the reading: then the answer is not about one moment."""
    return any(f.code in _UNSTEADY for f in bad_findings(verdict))


def bad_findings(verdict: Verdict) -> tuple[Finding, ...]:
    """Every finding of the verdict, in the order of its checks."""
    return tuple(finding for result in verdict.results for finding in result.findings)
