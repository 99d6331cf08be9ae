"""Recorded runs of real networks, answering like the nodes that they were recorded from.

The recordings are shared data: a test that reads one skips, with the reason, where it is absent.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from aztrust.core.chain.adapter import Get, Reply, Unreachable
from aztrust.core.chain.facts import NodeFacts, Reach
from aztrust.core.chain.kinds import AnyAdapter
from tests.shared import shared_path

Answer = Reply | Unreachable


@dataclass
class Poll:
    """One read of one node: its answers by path."""

    node: str
    at_ms: int
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass
class Recording:
    """A run: the frozen genesis, and every read in the order of time."""

    case: str
    genesis: bytes
    polls: list[Poll]
    sets: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for poll in self.polls:
            self.sets |= {p: a for p, a in poll.answers.items() if p.startswith("/validators?")}

    def get(self, node: str) -> Get:
        """The newest answers of one node."""
        kept: dict[str, Answer] = {}
        for poll in self.polls:
            if poll.node == node:
                kept |= poll.answers
        return self._asker(kept)

    def _asker(self, kept: dict[str, Answer]) -> Get:
        def ask(path: str, body: bytes | None) -> Reply:
            assert body is None
            found = kept.get(path)
            if found is None and path.startswith("/validators?"):
                # The set of a height is the same on all nodes, and was not asked of each.
                found = self.sets.get(path)
            if found is None:
                raise Unreachable(Reach.HTTP, f"{path} was not recorded")
            if isinstance(found, Unreachable):
                raise found
            return found

        return ask

    def nodes(self) -> list[str]:
        """The nodes, sorted."""
        return sorted({poll.node for poll in self.polls})

    def facts(self, adapter: AnyAdapter) -> Iterator[NodeFacts]:
        """What each read gives, in the order of time."""
        memos = defaultdict(adapter.fresh)
        kept: dict[str, dict[str, Answer]] = defaultdict(dict)
        for poll in self.polls:
            kept[poll.node] |= poll.answers
            ask = self._asker(kept[poll.node])
            facts, memos[poll.node] = adapter.read(poll.node, ask, memos[poll.node])
            yield facts


def recording(case: str) -> Recording:
    """A run by the name of its folder; skips where the shared data is absent."""
    folder = shared_path(f"data/live/{case}")
    return Recording(
        case, (folder / "genesis.json").read_bytes(), polls(folder / "raw.jsonl.gz", "/status")
    )


def polls(path: Path, first: str) -> list[Poll]:
    """The reads of a recorded run; each begins with the question `first`."""
    found: list[Poll] = []
    last: dict[str, Poll] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            node = row["node"].removesuffix(":metrics")
            at_ms = round(row["t"] * 1000)
            if row["path"] == first:
                last[node] = Poll(node, at_ms)
                found.append(last[node])
            last[node].answers[row["path"]] = _answer(row, at_ms)
    return found


def _answer(row: dict, at_ms: int) -> Answer:
    if "body" not in row:
        return Unreachable(Reach(row["error"]), row["text"], at_ms, row["ms"])
    date = row.get("date")
    date_ms = round(parsedate_to_datetime(date).timestamp() * 1000) if date else None
    return Reply(row["body"].encode(), row["status"], at_ms, row["ms"], date_ms)
