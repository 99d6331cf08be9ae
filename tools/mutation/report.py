"""The score of a mutation run and its survivors, as Markdown."""

from __future__ import annotations

from collections import Counter
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
    kinds = Counter(_kind(table, m) for m in survivors)
    judged = sum(_is_judged(table, m, known) for m in chosen)
    lines = [
        f"seed {table.seed}, {len(chosen)} mutants: {count[NOTICED]} noticed,"
        f" {count[TIMED_OUT]} timed out, {count[SURVIVED]} survived, {count[UNJUDGED]} not judged.",
        f"Of the survivors {kinds['equivalent']} are equivalent, {kinds['words']} change words,"
        f" {kinds['open']} lack a test, {kinds['']} are not explained.",
        f"Score: {score(table, chosen, known):.1f} % of {judged}.",
        "",
        "| mutant | module, function | change | tests | why it survives |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for mutant in survivors:
        result, entry = known[mutant.key], table.explanation(mutant)
        why = "**not explained**"
        if entry is not None:
            why = f"{entry.kind}: {entry.why}"
        tests = f"{result.ran}" + (f" of {result.ran + result.left}" if result.left else "")
        place = f"`{mutant.path.removeprefix('aztrust/')}` {mutant.function}"
        change = f"`{mutant.before}` → `{mutant.after}`".replace("|", "\\|")
        lines.append(f"| {mutant.key} | {place} | {change} | {tests} | {why} |")
    return "\n".join(lines) + "\n"


def score(table: Table, chosen: Sequence[Mutant], known: Mapping[str, Result]) -> float:
    """Per cent that were noticed or timed out, of those that are judged.

    Not judged are survivors that are equivalent or change only words.
    """
    judged = [m for m in chosen if _is_judged(table, m, known)]
    noticed = [m for m in judged if known[m.key].outcome in (NOTICED, TIMED_OUT)]
    return 100 * len(noticed) / len(judged) if judged else 0.0


def _is_judged(table: Table, mutant: Mutant, known: Mapping[str, Result]) -> bool:
    entry = table.explanation(mutant)
    noticed = known[mutant.key].outcome in (NOTICED, TIMED_OUT)
    return noticed or entry is None or entry.is_judged


def _kind(table: Table, mutant: Mutant) -> str:
    entry = table.explanation(mutant)
    return entry.kind if entry is not None else ""
