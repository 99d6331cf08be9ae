"""What a facts document says to the questions of records: a pure reading, without a launch.

What was not seen is unknown. What is wrong counts always; that something is right counts only where
the look was fresh and less than a third of the power was out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.rates import WHOLE, parse_percent
from aztrust.core.chain.judge.judging import THIRD
from aztrust.core.policy.window_tables import BandTable
from aztrust.core.records.observation import Answer
from aztrust.report.observe.document import read_share
from aztrust.report.observe.model import ObserveReport, ObserveSignal

Health = Literal["healthy", "degraded", "none", "unknown"]
"""What AZ-21.2 calls the class of finality health."""

FRESH_MS: Final = 60_000
"""How old facts may be when someone signs what they show."""

_CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "genesis-mismatch": ("scope_match",),
    "artifact-mismatch": ("scope_match",),
    "peer-compatibility-anomaly": ("scope_match",),
    "preflight-mismatch": ("committees",),
    "role-readiness-gap": ("committees",),
    "no-finality-anomaly": ("finality_cadence", "finality_gaps"),
    "contradictory-notarization-anomaly": ("determinism", "committees"),
    "deterministic-replay-anomaly": ("determinism",),
    "bvm-anomaly": ("determinism",),
    "witness-proof-anomaly": ("committees",),
    "governance-activation-anomaly": ("governance",),
}
"""Which of the seven questions of AZ-11.2 an anomaly of a class denies."""
_OF_HOSTS: Final = frozenset({"committees", "finality_cadence", "finality_gaps"})
"""Questions about the network alone: what concerns hosts below a third does not deny them."""
QUESTIONS: Final = (
    "finalized_roots",
    "finality_cadence",
    "determinism",
    "committees",
    "finality_gaps",
    "scope_match",
    "governance",
)


def is_blind(facts: ObserveReport, now_unix_ms: int) -> bool:
    """Whether the facts are too old, or a third of the power or more is out of sight."""
    blind = read_share(facts.picture.blind_power)
    if now_unix_ms - facts.at_unix_ms > FRESH_MS or facts.picture.answering == 0:
        return True
    return blind is None or blind >= THIRD


def finality_health(facts: ObserveReport, now_unix_ms: int) -> Health:
    """How finality is, by this rule, the first that fits:

    1. `unknown`: the facts are older than a minute, no node answers, or a third of the power or
       more is out of sight.
    2. `none`: nothing is final yet, or the criterion of halted blocks is met, or there is a signal
       that finality stopped.
    3. `degraded`: any other signal of the network, any criterion that is met, or a block whose
       proof is wrong.
    4. `unknown`: participation is not known, or no block is proven.
    5. `healthy`.
    """
    if is_blind(facts, now_unix_ms):
        return "unknown"
    states = {one.criterion: one.state for one in facts.criteria}
    codes = {signal.code for signal in facts.signals}
    if not facts.picture.finalized or states.get("halt") == "met" or "no-finality" in codes:
        return "none"
    wrong = any(proof.wrong for proof in facts.proofs)
    if wrong or "met" in states.values() or any(s.locus == "network" for s in facts.signals):
        return "degraded"
    if facts.picture.participation is None or not any(proof.holds for proof in facts.proofs):
        return "unknown"
    return "healthy"


def answers_of(
    facts: ObserveReport,
    now_unix_ms: int,
    band: BandTable | None,
    epoch_end: int | None,
) -> dict[str, Answer]:
    """The seven answers of AZ-11.2, as far as the facts give them.

    Args:
        facts: the document.
        now_unix_ms: when they are recorded.
        band: what is normal in this phase; None where the policy does not say.
        epoch_end: the last block of the first epoch; None where it is not known.
    """
    denied = {question for signal in facts.signals for question in _denies(signal)}
    denied |= set(_otherwise_denied(facts))
    blind = is_blind(facts, now_unix_ms)
    shown = {} if blind else _shown(facts, band, epoch_end)
    return {
        question: "not-ok" if question in denied else "ok" if shown.get(question) else "unknown"
        for question in QUESTIONS
    }


def _denies(signal: ObserveSignal) -> Iterator[str]:
    for question in _CLASSES.get(signal.anomaly, ()):
        if signal.locus == "network" or question not in _OF_HOSTS:
            yield question


def _otherwise_denied(facts: ObserveReport) -> Iterator[str]:
    if any(proof.wrong for proof in facts.proofs):
        yield "finalized_roots"
    if any(node.genesis_altered for node in facts.nodes):
        yield "scope_match"
    for one in facts.criteria:
        if one.state == "met" and one.criterion in ("halt", "cadence"):
            yield "finality_cadence"
        if one.state == "met" and one.criterion == "halt":
            yield "finality_gaps"
        if one.state == "met" and one.criterion == "participation":
            yield "committees"


def _shown(facts: ObserveReport, band: BandTable | None, epoch_end: int | None) -> dict[str, bool]:
    """For each question whether the facts show that it is as it should be."""
    states = {one.criterion: one.state for one in facts.criteria}
    participation = read_share(facts.picture.participation)
    least = Fraction(parse_percent(band.min_participation), WHOLE) if band is not None else None
    reporting = [node for node in facts.nodes if node.fresh]
    unlisted = read_share(facts.picture.unlisted_power)
    newest = facts.blocks[-1] if facts.blocks else None
    halts = states.get("halt") == "not-met"
    return {
        "finalized_roots": epoch_end is not None
        and any(proof.holds and proof.height >= epoch_end for proof in facts.proofs),
        "finality_cadence": halts and states.get("cadence") == "not-met",
        "determinism": _agreed(facts),
        "committees": participation is not None and least is not None and participation >= least,
        "finality_gaps": halts and facts.picture.halted_blocks is not None,
        "scope_match": bool(reporting)
        and unlisted is not None
        and unlisted < THIRD
        and all(node.fresh and node.genesis_altered == () for node in facts.nodes),
        "governance": newest is not None
        and newest.validators is not None
        and newest.params is not None
        and newest.validators == facts.expected.validators
        and newest.params == facts.expected.params,
    }


def _agreed(facts: ObserveReport) -> bool:
    """Whether two nodes report the same state after one block, and none another one."""
    states: dict[int, set[str]] = {}
    nodes: dict[int, int] = {}
    for block in facts.blocks:
        if block.state_after is not None:
            states.setdefault(block.height, set()).add(f"{block.id} {block.state_after}")
            nodes[block.height] = nodes.get(block.height, 0) + len(block.nodes)
    compared = [height for height, count in nodes.items() if count > 1]
    return bool(compared) and all(len(found) == 1 for found in states.values())


def participation_ids(facts: ObserveReport, validators: tuple[str, ...]) -> tuple[str, ...]:
    """What a participation root is over, one id for each validator: `sha256:` of the canonical
    `{"of", "signed", "validator"}`, where `signed` of `of` commits have its vote.

    Args:
        facts: the document.
        validators: of the sealed genesis. Those that it does not name and that are absent in a
            commit are counted, too.

    Returns:
        Sorted ids; () where no commit was seen whose absent validators are named.
    """
    # Commits whose absent validators are not named show nothing of any of them.
    commits = [commit.absent for commit in facts.commits if commit.absent is not None]
    if not commits:
        return ()
    names = sorted({*validators, *(name for absent in commits for name in absent)})
    ids = []
    for name in names:
        signed = sum(name not in absent for absent in commits)
        value = {"of": len(commits), "signed": signed, "validator": name}
        ids.append(sha256_id(canonical.dumps(value)))
    return tuple(sorted(ids))


def named_signal(facts: ObserveReport, name: str) -> ObserveSignal | None:
    """The signal of a code, or of `CODE:SUBJECT`; None where there is none or more than one."""
    code, _, subject = name.partition(":")
    found = [
        signal
        for signal in facts.signals
        if signal.code == code and (not subject or signal.subject == subject)
    ]
    return found[0] if len(found) == 1 else None


def signal_name(signal: ObserveSignal) -> str:
    """`CODE:SUBJECT`, which names one signal."""
    return f"{signal.code}:{signal.subject}"
