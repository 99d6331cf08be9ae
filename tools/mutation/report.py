"""The score of a mutation run and its survivors, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.mutation.judge import NOTICED, SURVIVED, TIMED_OUT, UNJUDGED, Result
from tools.mutation.mutants import Mutant
from tools.mutation.table import Table


def report(table: Table, chosen: Sequence[Mutant], known: Mapping[str, Result]) -> str:
    """The score and the survivors, as Markdown."""
    count = dict.fromkeys((NOTICED, TIMED_OUT, SURVIVED, UNJUDGED), 0)
    for mutant in chosen:
        count[known[mutant.key].outcome] += 1
    survivors = [m for m in chosen if known[m.key].outcome not in (NOTICED, TIMED_OUT)]
    equivalent = [m for m in survivors if _is_equivalent(table, m)]
    judged = len(chosen) - len(equivalent)
    lines = [
        f"seed {table.seed}, {len(chosen)} mutants: {count[NOTICED]} noticed,"
        f" {count[TIMED_OUT]} timed out, {count[SURVIVED]} survived"
        f" ({len(equivalent)} of them equivalent), {count[UNJUDGED]} not judged.",
        f"Score: {score(table, chosen, known):.1f} % of {judged}.",
        "",
        "| mutant | module, function | change | tests | why it survives |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for mutant in survivors:
        result, entry = known[mutant.key], table.explanation(mutant)
        why = "**not explained**"
        if entry is not None:
            why = f"equivalent: {entry.why}" if entry.equivalent else entry.why
        tests = f"{result.ran}" + (f" of {result.ran + result.left}" if result.left else "")
        place = f"`{mutant.path.removeprefix('aztrust/')}` {mutant.function}"
        change = f"`{mutant.before}` → `{mutant.after}`".replace("|", "\\|")
        lines.append(f"| {mutant.key} | {place} | {change} | {tests} | {why} |")
    return "\n".join(lines) + "\n"


def score(table: Table, chosen: Sequence[Mutant], known: Mapping[str, Result]) -> float:
    """Per cent that were noticed or timed out, of all but the equivalent survivors."""
    noticed = [m for m in chosen if known[m.key].outcome in (NOTICED, TIMED_OUT)]
    survivors = [m for m in chosen if m not in noticed]
    judged = len(noticed) + sum(not _is_equivalent(table, m) for m in survivors)
    return 100 * len(noticed) / judged if judged else 0.0


def _is_equivalent(table: Table, mutant: Mutant) -> bool:
    entry = table.explanation(mutant)
    return entry is not None and entry.equivalent
