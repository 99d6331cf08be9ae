"""Facts documents of a network that was watched by hand, for records that are made of them.

facts_of(silent("d", 20, 40))                     # the document of `tests.core.chain.watched`
put_facts(desk, anchored("d", 18, state_after="X"))  # for a launch: its file
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aztrust.acts.preconditions import read_launch_context
from aztrust.cli.session import Session
from aztrust.core.base.canonical import dumps
from aztrust.core.chain.facts import Proof
from aztrust.core.chain.observation import ProvenBlock, observation
from aztrust.report.observe.document import observe_report
from aztrust.report.observe.model import ObserveReport
from tests.core.chain.watched import EARLY, T0, Change, expected, has, watch
from tests.report.test_observe_document import ABOUT, NODES, RAW


def facts_of(
    *changes: Change,
    seconds: int = 40,
    proven: int | None = 1,
    wrong: tuple[str, ...] = (),
    **more: Any,
) -> ObserveReport:
    """What was seen after some seconds.

    Args:
        changes: as `watch`.
        seconds: after T0.
        proven: the last proven block; None for none.
        wrong: why its proof is wrong.
        more: as `watch`.
    """
    metrics = (("books", "0"), ("disputes", "1"), ("errors", "0"))
    seen = watch(has("abcd", raw=RAW, metrics=metrics), *changes, seconds=seconds, **more)
    now = T0 + seconds * 1_000
    proof = Proof(proven or 1, "B", T0, 0, 3, 4, ("Va", "Vb", "Vc"), wrong, "VALS", RAW)
    proofs = [ProvenBlock("a", proof)] if proven is not None else []
    look = observation("early", NODES, expected(), seen.memory, EARLY, seen.last, proofs, now)
    return observe_report(look, ABOUT)


def written(facts: ObserveReport, **values: object) -> bytes:
    """The document with other values of its members."""
    return dumps({**facts.model_dump(mode="json"), **values})


def put_facts(desk: Any, facts: ObserveReport | None = None, **values: Any) -> Path:
    """A facts document of a launch, seen now; its file is next to the launch.

    Args:
        desk: of `tests.cli_launch`.
        facts: what was seen; by default nothing is wrong.
        values: other values of its members; `age_ms`, how old it is.
    """
    scope = read_launch_context(desk.launch.path).scope
    assert scope is not None
    # The clock of the commands, as the test has it.
    now = Session.now_unix_ms(Session())
    given = {
        "policy_digest": desk.anchor,
        "scope_hash": scope.hash,
        "at_unix_ms": now - values.pop("age_ms", 0),
        **values,
    }
    path: Path = desk.launch.path.parent / "facts.json"
    path.write_bytes(written(facts or facts_of(), **given))
    return path
