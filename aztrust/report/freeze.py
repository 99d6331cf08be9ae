"""A freeze for a person: what was confirmed, the scope to read aloud, what was written."""

from __future__ import annotations

from collections import Counter

from aztrust.core.base.digest import groups
from aztrust.core.base.findings import Conclusion, Status
from aztrust.core.history.reconcile import ONLY_IN_FOLDER
from aztrust.core.judge.checkpoint_draft import Concluded
from aztrust.core.judge.verify import Verdict
from aztrust.core.package.entries import FileEntry
from aztrust.core.records.statements import checkpoint_line
from aztrust.core.state.context import Context
from aztrust.core.state.freezes import Signatures
from aztrust.core.state.pending import pending_clause
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.report.pending import pending_lines
from aztrust.report.text import chain_name, headword, text_report

GROUPS_PER_LINE = 8


def freeze_lines(verdict: Verdict, concluded: Concluded, *, verbose: bool = False) -> list[str]:
    """What is to be signed: short where all six are confirmed, else with all that was found.

    Args:
        verdict: what was verified, with the exit code that the command will end in.
        concluded: the six rows.
        verbose: everything, also of a pass.
    """
    report = text_report(verdict, verbose=verbose)
    passed = sum(row.status is Status.PASS for row in concluded.rows)
    total = len(concluded.rows)
    confirmed = labelled("confirms", f"{passed} of {total}; {_recomputed(verdict)}")
    if concluded.passed and not verbose:
        confirmed += _passing_rows(concluded)
        header = report[: report.index("")]
        pending = pending_lines(verdict.context)
        return [*header, *confirmed, *pending, *_noticed(verdict), *scope_lines(concluded)]
    for row in concluded.rows:
        if row.status is not Status.PASS:
            confirmed += labelled(
                "", f"{row.status.value.replace('_', ' ')}: {row.id} ({row.detail})"
            )
    return [*report, "", *confirmed, *scope_lines(concluded)]


def scope_lines(concluded: Concluded) -> list[str]:
    """The scope hash whole, and as it is read aloud."""
    grouped = groups(concluded.scope_hash).split(" ")
    first, second = grouped[:GROUPS_PER_LINE], grouped[GROUPS_PER_LINE:]
    return [
        "scope",
        f"  {concluded.scope_hash}",
        f"         {' '.join(first)}",
        f"         {' '.join(second)}",
    ]


def statements_of(concluded: Concluded, signatures: Signatures) -> tuple[str, ...]:
    """The structured statement of AZ-36.1; none while a pass lacks signatures."""
    if concluded.passed and not signatures.met:
        return ()
    return (checkpoint_line(concluded.checkpoint_class, concluded.recorded),)


def signed_text(context: Context, signatures: Signatures) -> str:
    """`1 of 2 signed; missing: release-manager (rita)`, and who is pending."""
    text = f"{signatures.have} of {signatures.need} signed"
    if signatures.missing:
        text += f"; missing: {', '.join(signatures.missing)}"
    return text + pending_clause(context, signatures.pending)


def commit_message(what: str, concluded: Concluded, signatures: Signatures) -> str:
    """The subject of the commit that sends a verdict to the others."""
    recorded: str = concluded.recorded
    if concluded.passed and not signatures.met:
        recorded = f"{signatures.have} of {signatures.need} signed"
    return f"{what} {concluded.scope_hash[7:15]}: {recorded}"


def freeze_brief(verdict: Verdict, concluded: Concluded) -> str:
    """The one line of -q."""
    return (
        f"{headword(verdict):<9}{chain_name(verdict)}  exit {verdict.exit_code}"
        f"  {concluded.checkpoint_class} {concluded.scope_hash}"
    )


def question(concluded: Concluded, role: str) -> str:
    """The question before a signature."""
    if concluded.passed:
        return f"Freeze this scope as {role}? Nothing in it may change from then on."
    word = "FAILED" if concluded.conclusion is Conclusion.FAIL else f"FAILED ({concluded.recorded})"
    return f"It is not confirmed. Sign a {word} verdict as {role}?"


def _noticed(verdict: Verdict) -> list[str]:
    """What was seen and does not count, by its codes; what is pending says nothing yet."""
    codes = Counter(
        notice.code
        for result in verdict.results
        if result.status is not Status.PENDING
        for notice in result.notices
        if notice.code != ONLY_IN_FOLDER
    )
    counts = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    return advice_lines("notices", f"{counts}; to see them: aztrust verify") if counts else []


def _passing_rows(concluded: Concluded) -> list[str]:
    return labelled("", ", ".join(row.id for row in concluded.rows))


def _recomputed(verdict: Verdict) -> str:
    """`7 files and 12 keys recomputed`."""
    context = verdict.context
    files = sum(
        isinstance(entry, FileEntry)
        for reading in context.evidence.packages.values()
        if reading.tree is not None
        for entry in reading.tree.entries
    )
    keys = len(context.keyring.keys)
    return f"{files} files and {keys} keys recomputed"
