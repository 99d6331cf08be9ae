"""Final checks of a launch in memory: it is frozen by `tests.memory_launch`, and people answer.

launch = frozen()               # sealed, approved, frozen in a window that opened at NOW
answer_all(launch)              # every row that people answer, ten minutes later
final(launch).conclusion        # half an hour after the freeze
"""

from __future__ import annotations

from typing import Any

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import CheckResult
from aztrust.core.base.value import replace
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.judge.checkpoint_draft import Concluded
from aztrust.core.judge.final_matrix import conclude_final
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.policy.model import ANSWERED_ROWS
from aztrust.core.state.context import Request
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import ProbeReading, PrometheusReading
from tests.memory_launch import NOW, Launch
from tests.verdicts import ONE

MINUTE = 60_000
HOUR = 60 * MINUTE
SAID = NOW + 10 * MINUTE
"""When people answer."""
CHECKED = NOW + 30 * MINUTE
"""When the final checks are made."""

STAFFED = '[checks.incident-path]\nrole = "ops-lead"\n'
"""The rehearsal has no incident commander."""

OWNERS = {
    "operator-preflight": "dan",
    "operator-readiness": "dan",
    "role-readiness": "luca",
    "monitoring-live": "dan",
    "incident-path": "dan",
    "blocker-review": "luca",
}
ROLES = {**ANSWERED_ROWS, "incident-path": "ops-lead"}


def frozen(*, checks: str = "", decide_by: int | None = None, **options: Any) -> Launch:
    """A launch that is frozen in its window."""
    launch = Launch.approved(verdicts=ONE + STAFFED + checks, **options)
    window = launch.window(decide_by=decide_by)
    launch.verdict(launch_window_id=window)
    return launch


def scope_of(launch: Launch) -> str:
    """The hash of the present scope."""
    scope = launch.verify().context.scope
    assert scope is not None
    return scope.hash


def attest(launch: Launch, row: str, status: str = "pass", **changes: Any) -> str:
    """An answer by the row's owner at `SAID`; its record's id. `by` and `at` are changes, too."""
    by = changes.pop("by", OWNERS.get(row, "dan"))
    fields = {
        "attested_at_unix_ms": changes.pop("at", SAID),
        "check": row,
        "evidence": (),
        "note": "",
        "role": ROLES.get(row, "ops-lead"),
        "scope_hash": changes.pop("scope", None) or scope_of(launch),
        "status": status,
        **changes,
    }
    return launch.record("check-attestation", by, **fields)


def review(launch: Launch, outcome: str = "clear", **changes: Any) -> str:
    """A review of both kinds of advisories by sonia at `SAID`; its record's id."""
    by = changes.pop("by", "sonia")
    fields = {
        "evidence": (),
        "note": "",
        "outcome": outcome,
        "reviewed_at_unix_ms": changes.pop("at", SAID),
        "scope_hash": changes.pop("scope", None) or scope_of(launch),
        "sources": ("private", "public"),
        **changes,
    }
    return launch.record("advisory-review", by, **fields)


def blocker(launch: Launch, severity: str = "critical", **changes: Any) -> str:
    """A blocker, opened by rita two minutes before the answers; its record's id."""
    by = changes.pop("by", "rita")
    fields = {
        "action": "open",
        "reason": "the archive node does not start",
        "said_at_unix_ms": changes.pop("at", SAID - 2 * MINUTE),
        "severity": severity,
        **changes,
    }
    return launch.record("blocker", by, **fields)


LESSONS_FILE = """
[[lesson]]
id = "upgrade-height"
class = "halt at an upgrade"
edge_threshold = "height 10000"
common_mistake = "the binary was not replaced"
residual_risk = "a restart is by hand"
owner = "ops-lead"

[[lesson]]
id = "slow-disk"
class = "missed blocks"
edge_threshold = "more than 40 ms a write"
common_mistake = "a network disk"
residual_risk = "none"
owner = "launch-coordinator"
"""
"""What a person hands to `aztrust lessons`."""


def lesson(id_: str = "upgrade-height", owner: str = "ops-lead", **changes: str) -> dict[str, str]:
    """A lesson of the testnet, as the file has it."""
    return {
        "id": id_,
        "class": "halt at an upgrade",
        "edge_threshold": "height 10000",
        "common_mistake": "the binary was not replaced",
        "residual_risk": "a restart is by hand",
        "owner": owner,
        **changes,
    }


def fix_lessons(launch: Launch, *lessons: dict[str, str], **changes: Any) -> str:
    """The lessons of the window that opened at `NOW`, fixed by luca a minute later; the id."""
    by = changes.pop("by", "luca")
    preimages = {"lessons": {"lesson": list(lessons)}}
    fields = {
        "fixed_at_unix_ms": changes.pop("at", NOW + MINUTE),
        "launch_window_id": changes.pop("window", None) or window_of(launch),
        "lessons_hash": sha256_id(canonical.dumps(preimages["lessons"])),
        "scope_hash": changes.pop("scope", None) or scope_of(launch),
        **changes,
    }
    return launch.record("lessons", by, preimages=preimages, **fields)


def window_of(launch: Launch) -> str:
    """The window of the frozen attempt."""
    attempt = current_attempt(launch.verify().context)
    assert attempt is not None
    return attempt.launch_window_id


def answer_all(launch: Launch, *, but: tuple[str, ...] = (), at: int = SAID) -> None:
    """A pass for every row that people answer."""
    for row in OWNERS:
        if row not in but:
            attest(launch, row, at=at)
    if "advisory-review" not in but:
        review(launch, at=at)


def checked(launch: Launch, at: int = CHECKED, **more: Any) -> Verdict:
    """The verification behind a final check; `probe` and `prometheus` are evidence, all else asked
    for.
    """
    probe: ProbeReading | None = more.pop("probe", None)
    prometheus: PrometheusReading | None = more.pop("prometheus", None)
    request = Request(at, anchor=launch.anchor, anchor_source="given")
    evidence = replace(launch.evidence(), probe=probe, prometheus=prometheus)
    checks = (*CHECKS, *FINAL_CHECKS)
    return verify(evidence, replace(request, **more), Stage.FROZEN, checks)


def final(launch: Launch, at: int = CHECKED, **more: Any) -> Concluded:
    """What the final checks of the frozen attempt conclude."""
    verdict = checked(launch, at, **more)
    attempt = current_attempt(verdict.context)
    assert attempt is not None
    return conclude_final(verdict, attempt)


def row(concluded: Concluded, id_: str) -> CheckResult:
    """One row of the matrix."""
    return next(r for r in concluded.rows if r.id == id_)
