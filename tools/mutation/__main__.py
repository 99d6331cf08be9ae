"""Change one thing at a time in the security checks, and see whether a test notices.

    python -m tools.mutation [--list] [--only KEY]... [--jobs N] [--report FILE]

`tools/mutation/table.toml` has modules, sample, seed and the explained survivors. The tests
run once with coverage, which says which tests run which line; where only tests have changed, those
run again, else all. A mutant then meets the tests of its lines, the nearest first, in a copy of the
repository. Results are kept below `.mutation`, so that a run that was stopped goes on.

Ends with 0 when enough mutants were noticed and every survivor is explained, else with 1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tools.mutation.coverage_map import CoverageMap, measure
from tools.mutation.judge import NOTICED, SURVIVED, UNJUDGED, Judge, Result
from tools.mutation.mutants import Mutant
from tools.mutation.report import report, score
from tools.mutation.table import Table
from tools.mutation.tree import REPOSITORY, copy, digests, tracked

WORK = REPOSITORY / ".mutation"
STAMP = WORK / "digests.json"
RESULTS = WORK / "results.json"


def _prepare(table: Table, roots: Sequence[Path]) -> dict[str, Result]:
    """Copies of the tree, its coverage, and what is known of mutants already.

    Where only tests changed, those run again, and what a test noticed stays noticed.
    """
    tests = set(table.tests(REPOSITORY))
    # Other files of tests are not run here.
    now = {
        name: digest
        for name, digest in digests(tracked()).items()
        if name in tests or not Path(name).name.startswith("test_") or table.is_also(name)
    }
    was = json.loads(STAMP.read_text("utf-8")) if STAMP.is_file() else {}
    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    changed = {name for name in {*now, *was} if now.get(name) != was.get(name)}
    if changed - tests:
        changed, known, append = tests, {}, False
    else:
        append = True
        known = {k: r for k, r in known.items() if not changed or r["outcome"] == NOTICED}
    if changed or not all(root.is_dir() for root in roots):
        copy(tracked(), roots[0])
        if changed:
            print(f"{len(changed)} files of tests run once, with coverage", flush=True)
            STAMP.unlink(missing_ok=True)
            measure(sorted(changed), roots[0], WORK, len(roots), append=append)
            RESULTS.write_text(json.dumps(known))
            STAMP.write_text(json.dumps(now))
        for root in roots[1:]:
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(roots[0], root, symlinks=True)
    return {key: Result(**document) for key, document in known.items()}


def _run_all(judge: Judge, chosen: Sequence[Mutant], known: dict[str, Result], jobs: int) -> None:
    lock = threading.Lock()

    def one(mutant: Mutant) -> None:
        began = time.monotonic()
        result = judge.judge(mutant)
        with lock:
            known[mutant.key] = result
            RESULTS.write_text(json.dumps({k: asdict(r) for k, r in known.items()}))
            print(
                f"{len(known):4} {mutant.key} {result.outcome:9} {time.monotonic() - began:5.0f} s"
                f" {result.ran:5} tests  {mutant.path}: {mutant.before[:60]}"
                f" -> {mutant.after[:60]}",
                flush=True,
            )

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(one, [m for m in chosen if m.key not in known]):
            pass


def main(words: Sequence[str]) -> int:
    """Judge the sample; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    parser.add_argument("--only", action="append", default=[], help="judge this one again")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at once")
    parser.add_argument("--report", type=Path, help="write the survivors here as well")
    options = parser.parse_args(words)
    table = Table.read()
    chosen = table.sampled(REPOSITORY)
    if options.only:
        chosen = [m for m in chosen if m.key in options.only]
    if options.list:
        for m in chosen:
            print(f"{m.key} {m.path} {m.function}: {m.statement}\n    {m.before} -> {m.after}")
        return 0
    WORK.mkdir(exist_ok=True)
    roots = [WORK / f"tree-{n}" for n in range(options.jobs)]
    known = _prepare(table, roots)
    coverage = CoverageMap.read(WORK)
    if coverage.failed:
        print("left out, they fail without any change:", *coverage.failed, sep="\n    ")
    for key in options.only:
        known.pop(key, None)
    _run_all(Judge(table, coverage, roots), chosen, known, options.jobs)
    text = report(table, chosen, known)
    print(text)
    if options.report is not None:
        options.report.write_text(text, "utf-8")
    survivors = [m for m in chosen if known[m.key].outcome in (SURVIVED, UNJUDGED)]
    unexplained = [m for m in survivors if table.explanation(m) is None]
    return 1 if unexplained or score(table, chosen, known) < table.floor else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
