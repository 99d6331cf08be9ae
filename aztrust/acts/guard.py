"""Guarding a frozen scope: events say where to look, a full recomputation says what it is.

    watching -> (suspect -> cleared)* -> suspect -> concluded

A change is told at once as a suspicion and proves nothing: an editor's swap file, a `git checkout`
that writes the same bytes again, the whole tree deleted and unpacked anew. When it has been quiet
for a moment everything is recomputed, from the files and with no memory of an earlier run (law 1).
Recomputation also happens at an interval, because events can be lost. It runs in a thread of its
own, so that a change is told at once also while many gigabytes are being read.
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
"""Seconds after which places are looked at again that may have been deleted or made anew."""

STEP = 0.05
"""Seconds after which a running recomputation is asked whether it has ended."""

RETRIES = 3
"""How often a recomputation that files changed under is tried again."""

_UNSTEADY = frozenset({"changed-while-reading"})
_BAD = (Conclusion.FAIL, Conclusion.ERROR)


@frozen
class Pace:
    """Seconds: between recomputations, of quiet before one, at most waited for quiet and for
    directories that are gone.
    """

    interval: float = 600.0
    quiet: float = 0.5
    grace: float = 10.0


@frozen
class Heard:
    """What a guard has to say. `paths` are host paths; `verdict` is of the last recomputation.

    `watching` once, when everything holds; `suspect` when something changed; `cleared` when it
    turned out to be nothing; `checked` after an interval; `concluded`, the last, when something is
    wrong; `fault` says so where the launch could not even be read.
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
) -> Iterator[Heard]:
    """Watch places and tell; ends with what is wrong, else never.

    Args:
        places: what is watched.
        recompute: verifies the launch from its files.
        pace: how often, how soon.
        clock: seconds that only go forward.

    Raises:
        CouldNotCheck: the system watches nothing.
        NothingToVerify: nothing is frozen.
        AztrustError: the first recomputation could not be made.
    """
    with Watch(places) as watch:
        verdict = recompute()
        if verdict.conclusion in _BAD:
            yield Heard("concluded", verdict=verdict)
            return
        if not verdict.context.state.frozen:
            raise NothingToVerify(
                "nothing is frozen here, so there is nothing that must not move",
                subject="scope",
                mend="aztrust freeze; until then: aztrust verify",
            )
        yield Heard("watching", tuple(map(str, places)), verdict)
        due = clock() + pace.interval
        while True:
            changed = watch.next(min(TICK, max(due - clock(), 0)))
            gone = watch.rearm()
            if changed is None and not gone:
                if clock() < due:
                    continue
                heard = yield from _concluded(watch, recompute, pace, clock, calm="checked")
            else:
                yield Heard("suspect", gone if changed is None else (changed, *gone))
                heard = yield from _concluded(watch, recompute, pace, clock, calm="cleared")
            yield heard
            if heard.kind == "concluded":
                return
            due = clock() + pace.interval


def _concluded(
    watch: Watch,
    recompute: Callable[[], Verdict],
    pace: Pace,
    clock: Callable[[], float],
    *,
    calm: Literal["cleared", "checked"],
) -> Generator[Heard, None, Heard]:
    attempt = 0
    give_up = clock() + pace.grace  # of all tries together
    while True:
        attempt += 1
        _settle(watch, pace.quiet, clock, give_up)
        try:
            verdict, changed = yield from _while_watching(watch, recompute)
        except AztrustError as error:
            fault = error
            # A launch that is being unpacked is half there: once more, then it is said.
            if attempt < RETRIES and isinstance(error, CouldNotCheck):
                continue
            return Heard("concluded", fault=fault)
        if verdict.conclusion not in _BAD and verdict.context.state.frozen:
            if not changed:
                return Heard(calm, verdict=verdict)
            # What was read before that change says nothing about after it.
            calm, attempt, give_up = "cleared", 0, clock() + pace.grace
        elif attempt >= RETRIES or not (changed or _is_unsteady(verdict)):
            return Heard("concluded", verdict=verdict)


def _while_watching(
    watch: Watch, recompute: Callable[[], Verdict]
) -> Generator[Heard, None, tuple[Verdict, bool]]:
    """The verdict, and whether something changed meanwhile, which is told when it happens."""
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
            yield Heard("suspect", (changed,))
        worker.join(STEP)
    if faults:
        raise faults[0]
    return found[0], suspected


def _settle(watch: Watch, quiet: float, clock: Callable[[], float], give_up: float) -> None:
    """Wait until nothing has changed for a moment and everything is there, or long enough."""
    while clock() < give_up:
        changed = watch.next(quiet)
        moved = watch.rearm()
        if changed is None and not moved and not watch.missing():
            return


def _is_unsteady(verdict: Verdict) -> bool:
    """Whether files were still being written: then the answer is about no one moment."""
    return any(f.code in _UNSTEADY for f in bad_findings(verdict))


def bad_findings(verdict: Verdict) -> tuple[Finding, ...]:
    """Every finding of the verdict, in the order of its checks."""
    return tuple(finding for result in verdict.results for finding in result.findings)
