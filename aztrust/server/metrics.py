"""What happened in the server, counted, and written in the text form of Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.value import field, frozen
from aztrust.report.exposition import Value, metric

_Labels = tuple[str, ...]


@frozen
class Counted:
    """A counter: its help, and the names of its labels."""

    text: str
    labels: tuple[str, ...] = ()


COUNTERS: Final = {
    "requests": Counted("Requests that were answered.", ("route", "method", "status")),
    "records": Counted("Records handed in: queued, known or refused.", ("result",)),
    "refused": Counted("Records that were refused, by finding code.", ("code",)),
    "limited": Counted("Requests over the rate or the number of open uploads of one client."),
    "closed": Counted("Connections that the server ended.", ("reason",)),
    "faults": Counted("Requests that ended in an error of the server."),
    "log_failures": Counted("Lines that the access log did not take."),
}
"""Every counter by its short name; `aztrust_NAME_total` in the output."""


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, _Labels]] = Counter()

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """Add to a counter.

        Args:
            name: one of `COUNTERS`.
            labels: a value for each of its labels, in their order.
            by: how much.
        """
        if len(labels) != len(COUNTERS[name].labels):
            raise TypeError(f"{name} takes {len(COUNTERS[name].labels)} labels")
        self._counts[name, labels] += by

    def text(self, gauges: Iterable[Gauge]) -> str:
        """All counters and these gauges, each family once."""
        lines: list[str] = []
        for name, counted in COUNTERS.items():
            family = f"aztrust_{name}_total"
            values = {labels: n for (of, labels), n in self._counts.items() if of == name}
            if not counted.labels:
                values.setdefault((), 0)
            lines += metric(
                family,
                "counter",
                counted.text,
                [
                    Value(n, dict(zip(counted.labels, labels, strict=True)))
                    for labels, n in sorted(values.items())
                ],
            )
        for gauge in gauges:
            lines += metric(gauge.name, "gauge", gauge.text, [Value(gauge.value, gauge.labels)])
        return "\n".join(lines) + "\n"


@frozen
class Gauge:
    """A value as it is now: its whole name, its help, and its labels."""

    name: str
    text: str
    value: int
    labels: Mapping[str, str] = field(default_factory=dict)
