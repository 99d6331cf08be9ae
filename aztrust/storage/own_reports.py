"""Whether a file is what a command printed before: such a file may be written over by a newer one.

A report is known by its first bytes, a JSON document by its schema.
"""

from __future__ import annotations

import re
from typing import Final

from aztrust.core.base.errors import Malformed

_TEXT = 64 * 1024
"""First bytes that show whether a text is a report."""
_SCHEMA: Final = re.compile(
    r"aztrust/(?:report|preflight|error|alert-rules|anchor|archived|attested|audit|blockers|board"
    r"|checklist-[a-z-]{1,40}|completion|confirmed|diff|evidence(?:-logs)?"
    r"|explanation|hash-check|hashes|help|init|key|ledger-(?!export)[a-z-]{1,40}|lessons|node-facts-signed"
    r"|observe|packed"
    r"|policy|policy-diff|policy-lint|provenance-added|public-copies|published|readiness|recorded"
    r"|restored|roster|sealed|serving|shipped|shown|status"
    r"|todo|version|walk|joint-act|window-[a-z-]{1,40})"
)
"""What a JSON document that a command prints has at its top; a SARIF log in its properties."""
_LABEL = "(?:" + "|".join(f"[a-z]{{{size}}} {{{9 - size}}}" for size in range(2, 9)) + ")"
"""How a line of a text report begins, in the layout of `report.lines`."""
_WORDS = "(?:PASS|FAIL|HOLD|ERROR|CONDITIONAL|PARTIAL|READY|DO NOT START"
_WORDS += "|HEALTHY|BROKEN|SIGNALS|UNKNOWN)"
_END = "(?:  exit [0-9]{1,3}\\b|THIS HOST\\b|this host holds )"
_VERDICT: Final = re.compile(
    # The one line of -q, or a report, in which labels follow.
    rf"{_WORDS} [^\n]{{0,400}}{_END}[^\n]{{0,400}}\n(?:\Z|(?:[^\n]*\n){{0,2000}}?{_LABEL})".encode()
)
_FAILURE: Final = re.compile(
    rf"(?:usage|nothing|declined|malformed|refused|error) [^\n]*\n"
    rf"(?:(?:{_LABEL}| {{9}})[^\n]*\n){{0,2000}}?(?:mend     |why      aztrust explain )".encode()
)
"""A failure that took the place of an earlier report: lines with labels, and a mend or a reason."""
_MARKDOWN: Final = re.compile(rb"## aztrust [a-z-]{2,20}(?: [a-z-]{2,20})?: [A-Z]")
_OF_WINDOW: Final = re.compile(
    rb"# (?:Minutes|Script) of the launch window: |"
    rb"<!DOCTYPE html>\n<html [^\n]{0,40}>\n<head>\n(?:<meta [^\n]{0,200}>\n){0,9}"
    rb"<title>Minutes of the launch window: "
)
_REPORT_STARTS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="aztrust',
    b"operator,status,power,share_percent,roles,platforms,",
    b'<!doctype html>\n<html lang="en" data-made-by="aztrust board"',
    b'<!doctype html>\n<html lang="en" data-made-by="aztrust-audit"',
    b'<!doctype html>\n<html lang="en" data-made-by="aztrust checklist"',
    b"# Launch packet: ",
    b"# Go/no-go decision: ",
)


def is_own_report(data: bytes) -> bool:
    """Whether the bytes are a report, a document or a page of a command of aztrust."""
    if data.startswith(b"{"):
        return _is_document(data)
    texts = (_VERDICT, _FAILURE, _MARKDOWN, _OF_WINDOW)
    return data.startswith(_REPORT_STARTS) or any(text.match(data[:_TEXT]) for text in texts)


def _is_document(data: bytes) -> bool:
    """Whether a JSON document has a schema of ours where commands write it."""
    from aztrust.core.linkage.jsondoc import get, parse_json, string

    try:
        document = parse_json(data, what="the file")
    except Malformed:
        return False
    runs = get(document, "runs")
    run = runs[0] if isinstance(runs, list) and runs else None
    for schema in (get(document, "schema"), get(run, "properties", "schema")):
        if _SCHEMA.fullmatch(string(schema)):
            return True
    return False
