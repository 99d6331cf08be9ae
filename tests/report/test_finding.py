"""A fact is shown once, with all checks that found it; nothing is lost where it is another fact."""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.report.finding import FINDINGS_PER_CHECK, folded, result_lines

HAVE, NEED = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32


def finding(code: str, subject: str = "genesis:genesis.json", **changes: str) -> Finding:
    values = {"expected": NEED, "actual": HAVE, "mend": "put it back", **changes}
    return Finding(code, subject, f"{code} is wrong", **values)


def result(id_: str, *findings: Finding) -> CheckResult:
    return CheckResult(id_, CheckClass.TRUTH, Status.FAIL, findings)


def test_one_fact_of_three_checks_is_shown_once_with_all_of_them():
    results = (
        result("genesis-integrity", finding("file-modified")),
        result("genesis-hash", finding("genesis-hash-mismatch")),
        result("drift", finding("drift-after-freeze")),
    )
    lines = list(result_lines(results))
    assert lines == [
        "",
        "file-modified   genesis:genesis.json",
        "  file-modified is wrong",
        f"  have   {HAVE}",
        f"  need   {NEED}",
        "  mend   put it back",
        "  also   genesis-hash-mismatch (genesis-hash), drift-after-freeze (drift)",
    ]


def test_verbose_shows_each_finding():
    results = (result("a", finding("one")), result("b", finding("two")))
    lines = list(result_lines(results, verbose=True))
    assert [line for line in lines if line.startswith(("one", "two"))] == [
        "one   genesis:genesis.json",
        "two   genesis:genesis.json",
    ]
    assert not any(line.startswith("  also") for line in lines)


def test_what_differs_in_one_part_is_another_fact():
    first = finding("one")
    for other in (
        finding("two", subject="genesis:other.json"),
        finding("two", actual=NEED),
        finding("two", expected=HAVE),
        finding("two", mend="fetch it"),
    ):
        facts = folded((result("a", first), result("b", other)))
        assert [len(own) for own in facts] == [1, 1]


def test_what_was_not_compared_is_never_folded():
    bare = {"expected": "", "actual": ""}
    facts = folded((result("a", finding("one", **bare), finding("one", **bare)),))
    assert len(facts[0]) == 2


def test_ten_facts_of_a_check_and_a_count_of_the_others():
    many = [finding("many", subject=f"release:{i}") for i in range(FINDINGS_PER_CHECK + 3)]
    lines = list(result_lines((result("a", *many, *many),)))
    assert lines[-1] == "+3 more of a; all of them with -v"
