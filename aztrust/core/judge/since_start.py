"""What was revoked since the network started does not stop the restart of a host.

A revocation counts at once and cannot be taken back (law 9), and one holder can make it. Until the
network starts that is what stops a launch. Afterwards the network runs, whatever is revoked: a host
that may not start again would only make it smaller. What stops a restart then are acts with a way
back or a threshold: an anomaly on the role, until its restart is approved, and an abort. So the
questions that a later revocation leaves without a good answer are asked again without it, and the
report shows what was revoked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckResult, Finding, Status, conclude
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.host import RECORD_CHECKS
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.replay import LedgerEntry
from aztrust.core.judge.verify import Verdict, exit_code_of, verify
from aztrust.core.records.administration import REVOCATION
from aztrust.core.state.context import Context, ledger_places
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.window.state import Step

Identity = tuple[str, str]

_EXPIRY: Final = "policy-expiry"
_RUNS: Final = "the network has started: a host that starts again needs no policy in force"
_GOOD: Final = frozenset({Status.PASS, Status.NOT_APPLICABLE})


def as_at_the_start(verdict: Verdict, started: Step) -> tuple[Verdict, tuple[Finding, ...]]:
    """The verdict of a host whose network has started: what came later is only shown.

    Args:
        verdict: what was judged with everything that is here.
        started: the first activation of its window.

    Returns:
        The same, with the answer without the later revocations in the place of each one that they
        alone made worse, and of a policy that is past its end; and what was found there, which is
        also among the notices.
    """
    context = verdict.context
    later = frozenset(_later(context, started))
    good: dict[tuple[str, int], CheckResult] = {}
    if later:
        evidence = _without(context.evidence, later)
        earlier = verify(evidence, context.request, Stage.FROZEN, RECORD_CHECKS)
        good = {key: r for key, r in _numbered(earlier.results) if r.status in _GOOD}
    results: list[CheckResult] = []
    passed_over: list[Finding] = []
    for key, result in _numbered(verdict.results):
        before = good.get(key)
        if result.id == _EXPIRY:
            before = CheckResult(result.id, result.check_class, Status.NOT_APPLICABLE, detail=_RUNS)
        if result.status in _GOOD or before is None:
            results.append(result)
            continue
        passed_over += result.findings
        shown = tuple(dict.fromkeys((*before.notices, *result.findings, *result.notices)))
        results.append(replace(before, notices=shown))
    conclusion, guidance = conclude(results)
    code = exit_code_of(tuple(results), context)
    found = tuple(dict.fromkeys(passed_over))
    return Verdict(context, tuple(results), conclusion, guidance, code), found


def _numbered(
    results: Iterable[CheckResult],
) -> Iterator[tuple[tuple[str, int], CheckResult]]:
    """Each answer by its check, and by which of that check's answers it is."""
    seen: Counter[str] = Counter()
    for result in results:
        seen[result.id] += 1
        yield (result.id, seen[result.id]), result


def _later(context: Context, started: Step) -> Iterator[Identity]:
    """The revocations that the ledger has after the start, or not at all.

    Without a ledger nothing shows which came first, and each of them counts.
    """
    place, places = started.source.place, ledger_places(context)
    if place is None:
        return
    for record in context.records.effective.verified:
        identity = record.identity
        if record.kind == REVOCATION.name and places.get(identity, place + 1) > place:
            yield identity


def _without(evidence: Evidence, gone: Collection[Identity]) -> Evidence:
    def stays(entry: LedgerEntry) -> bool:
        return (entry.record.record_id, entry.record.fingerprint) not in gone

    ledger = evidence.ledger
    if ledger is not None:
        ledger = replace(ledger, entries=tuple(filter(stays, ledger.entries)))
    records = {n: data for n, data in evidence.records.items() if _identity(data) not in gone}
    return replace(evidence, records=records, ledger=ledger)


def _identity(data: bytes) -> Identity | None:
    try:
        envelope = parse_envelope(data, name="")
    except Malformed:
        return None
    return sha256_id(envelope.payload), f"sha256:{envelope.keyid}"
