"""What an observer saw, in the text format of Prometheus: for `--metrics FILE` and `/metrics`.

    metrics_text(report)        # a whole file
    metrics_lines(report)       # for a server, after its own metrics

What is not known has no line: it is absent, and never 0. Addresses of nodes are not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from aztrust.core.chain import series
from aztrust.core.chain.series import FAMILIES, POLICY_LABEL, Family, Sample, policy_label
from aztrust.report.exposition import Value, metric
from aztrust.report.observe.document import read_share
from aztrust.report.observe.model import ObserveNode, ObserveReport


def metrics_text(report: ObserveReport) -> str:
    """All series of one look, as a file for a textfile collector.

    Args:
        report: the facts.
    """
    return "\n".join(metrics_lines(report)) + "\n"


def metrics_lines(report: ObserveReport, families: Collection[Family] = FAMILIES) -> list[str]:
    """The same in lines, each series once, in the order of `FAMILIES`.

    Args:
        report: the facts.
        families: only these.
    """
    policy = policy_label(report.policy_digest)
    found: dict[Family, dict[tuple[str, ...], Value]] = {}
    for sample in samples(report):
        ordered = {name: sample.labels[name] for name in sample.family.labels}
        value = Value(sample.value, {**ordered, POLICY_LABEL: policy})
        # One series has one value: what a node calls itself cannot make a second one.
        found.setdefault(sample.family, {})[tuple(ordered.values())] = value
    return [
        line
        for family in FAMILIES
        if family in found and family in families
        for line in metric(family.name, "gauge", family.text, found[family].values())
    ]


def samples(report: ObserveReport) -> Iterator[Sample]:
    """The value of every series that is known."""
    seen, t0 = report.picture, report.expected.genesis_time_unix_ms
    about = {"network": report.chain_id, "version": report.aztrust_version}
    yield Sample(series.INFO, 1, about)
    yield Sample(series.HEARTBEAT, _seconds(report.at_unix_ms))
    yield Sample(series.PHASE, 1, {"phase": report.phase})
    yield Sample(series.NODES, seen.nodes)
    yield Sample(series.ANSWERING, seen.answering)
    yield Sample(series.GENESIS_TIME, _seconds(t0))
    yield Sample(series.FINALITY_TIME, _seconds(max(t0, seen.finalized_at_unix_ms or 0)))
    proven = [proof.height for proof in report.proofs if proof.holds]
    known: tuple[tuple[Family, int | Fraction | None], ...] = (
        (series.HEIGHT, seen.height),
        (series.FINAL_HEIGHT, seen.finalized),
        (series.PROVEN_HEIGHT, max(proven, default=None)),
        (series.PARTICIPATION, read_share(seen.participation)),
        (series.BLOCK_TIME, _seconds_of(seen.block_time_ms)),
        (series.HALTED_BLOCKS, seen.halted_blocks),
        (series.ROUND, seen.round),
        (series.HEAD_SPREAD, seen.spread),
        (series.BLIND_POWER, read_share(seen.blind_power)),
    )
    for family, value in known:
        if value is not None:
            yield Sample(family, value)
    for node in report.nodes:
        yield from _node(node)
    for signal in report.signals:
        labels = {
            "code": signal.code,
            "subject": signal.subject,
            "locus": signal.locus,
            "aztrust_class": signal.anomaly,
            "guidance": signal.guidance,
            "clause": signal.clause,
        }
        yield Sample(series.SIGNAL, 1, labels)
    for one in report.criteria:
        yield Sample(series.CRITERION, 1, {"criterion": one.criterion, "state": one.state})


def _node(node: ObserveNode) -> Iterator[Sample]:
    labels = {"node": node.name}
    yield Sample(series.NODE_UP, int(node.fresh), labels)
    if node.answered_at_unix_ms is not None:
        yield Sample(series.NODE_ANSWER_TIME, _seconds(node.answered_at_unix_ms), labels)
    if node.head is not None:
        yield Sample(series.NODE_HEIGHT, node.head, labels)
    if node.genesis_altered is not None:
        yield Sample(series.NODE_GENESIS, int(not node.genesis_altered), labels)


def _seconds(milliseconds: int) -> Fraction:
    return Fraction(milliseconds, 1000)


def _seconds_of(milliseconds: int | None) -> Fraction | None:
    return None if milliseconds is None else _seconds(milliseconds)
