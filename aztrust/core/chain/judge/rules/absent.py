"""A validator does not take part (AZ-11.2): absent from commits, or silent and not in the votes."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.chain.judge.condition import Condition
from aztrust.core.chain.judge.rule import Rule
from aztrust.core.chain.judge.rules.names import name_of
from aztrust.core.chain.judge.rules.signing import is_signing
from aztrust.core.chain.judge.rules.unseen import how_silent
from aztrust.core.chain.judge.view import View


def _ask(view: View) -> Iterator[Condition]:
    known: set[str] = set()
    for name, silent in view.silent.items():
        if is_signing(view, silent) == "absent":
            known |= view.validators_of(silent.node)
            yield Condition(
                f"{how_silent(silent.node)}, and its validator does not vote",
                subject=name,
                nodes=(name,),
                since_ms=silent.since_ms,
            )
    commits = view.commits()
    if len(commits) < view.limits.commits:
        return
    named = [seen.votes.absent for seen in commits]
    absent = set.intersection(*(set(names or ()) for names in named))
    for validator in sorted(absent - known):
        # Its answering or unknown node does not make it take part.
        nodes, who = name_of(view, validator)
        yield Condition(
            f"absent from {view.limits.last_votes}",
            subject=who,
            nodes=nodes,
            validators=(validator,),
            evidence=tuple(digest for seen in commits for digest in seen.raw),
        )


RULE = Rule(
    "validator-absent",
    "role-readiness-gap",
    "AZ-11.2",
    _ask,
    by_host=True,
    needs=frozenset({"band"}),
)
