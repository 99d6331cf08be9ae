"""`aztrust window minutes`: the script with what happened, as Markdown, as HTML, as a document."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as html_escape
from typing import Any

from aztrust.core.base.times import format_minute
from aztrust.core.judge.window_log import LogEntry
from aztrust.core.judge.window_minutes import MinutedStep, Minutes
from aztrust.core.judge.window_script import head_lines, markdown, signers_text
from aztrust.core.policy.model import Policy
from aztrust.core.state.context import require_policy
from aztrust.core.state.window.row import PHASES
from aztrust.report.escape import visible
from aztrust.report.text import utc
from aztrust.report.window.document import state_document
from aztrust.report.window.log import entry_document

_STYLE = """\
:root { color-scheme: light; }
body { font: 11pt/1.45 "DejaVu Serif", Georgia, serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin: 0.5rem 0 1rem; }
th, td { border: 1px solid #bbb; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th:first-child { width: 28%; } th:nth-child(2):not(:last-child) { width: 22%; }
th { background: #f0f0f0; } code { font: 9pt "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.done::before { content: "\\2713\\00a0"; } .open::before { content: "\\25cb\\00a0"; }
.open { color: #555; } .exception { border-left: 4px solid #111; padding-left: 0.6rem; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 9.5pt; }
  h2 { break-after: avoid; } tr, .exception { break-inside: avoid; }
  thead { display: table-header-group; } a { color: inherit; text-decoration: none; } }
"""


def minutes_markdown(minutes: Minutes) -> str:
    """The minutes as Markdown."""
    return "\n".join(_markdown(minutes)) + "\n"


def _markdown(minutes: Minutes) -> Iterator[str]:
    policy = require_policy(minutes.view.context)
    if minutes.script is not None:
        yield from head_lines(minutes.script, "Minutes")
    else:
        yield from (f"# Minutes of the launch window: {markdown(policy.launch.name)}", "")
    yield from (f"{_state_text(minutes)}", "")
    phase = -1
    for minuted in minutes.steps:
        if minuted.step.phase != phase:
            phase = minuted.step.phase
            yield from (f"## {PHASES[phase]}", "")
        yield f"### {minuted.step.number}. {markdown(minuted.step.title)}"
        yield ""
        for text in _planned(policy, minuted):
            yield f"* {markdown(text)}"
        for entry in minuted.happened:
            yield f"* **done** {markdown(_entry_text(entry))}"
        if not minuted.happened:
            yield "* not done"
        for entry in minuted.exceptions:
            yield f"* **exception** {markdown(_entry_text(entry))}"
        yield ""
    if minutes.others:
        yield from ("## Everything else", "")
        for entry in minutes.others:
            yield f"* {entry.kind} `{entry.name}` {markdown(_entry_text(entry))}"


def minutes_html(minutes: Minutes) -> str:
    """The minutes as one page: no script, no request, and it prints well."""
    return "".join(f"{line}\n" for line in _html(minutes))


def _html(minutes: Minutes) -> Iterator[str]:
    policy, state = require_policy(minutes.view.context), minutes.view.state
    title = f"Minutes of the launch window: {_safe(policy.launch.name)}"
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    # Nothing is loaded from anywhere, whatever a record says.
    policy_of_content = "default-src 'none'; style-src 'unsafe-inline'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy_of_content}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>"
    yield f"<style>\n{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield f"<h1>{title}</h1>"
    yield f"<p>{_safe(_state_text(minutes))}</p>"
    yield "<table>"
    for name, value in (
        ("chain", policy.launch.chain_id),
        ("scope", state.scope_hash),
        ("window", state.launch_window_id),
        ("policy", minutes.view.context.policy_digest),
        ("script", minutes.script.digest if minutes.script is not None else "not computed here"),
    ):
        yield f"<tr><th>{name}</th><td><code>{_safe(value)}</code></td></tr>"
    for boundary in minutes.view.boundaries:
        when = format_minute(boundary.at_unix_ms)
        yield f"<tr><th>{_safe(boundary.text)}</th><td>{when}</td></tr>"
    yield "</table>"
    phase = -1
    for minuted in minutes.steps:
        if minuted.step.phase != phase:
            if phase >= 0:
                yield "</tbody></table>"
            phase = minuted.step.phase
            yield f"<h2>{PHASES[phase]}</h2>"
            yield "<table><thead><tr><th>step</th><th>planned</th><th>happened</th></tr></thead>"
            yield "<tbody>"
        yield from _html_step(policy, minuted)
    if phase >= 0:
        yield "</tbody></table>"
    if minutes.others:
        yield "<h2>Everything else</h2>"
        yield "<table><thead><tr><th>what</th><th>record</th></tr></thead><tbody>"
        for entry in minutes.others:
            what = f"{entry.kind} {entry.name}"
            yield f"<tr><td>{_safe(what)}</td><td>{_safe(_entry_text(entry))}</td></tr>"
        yield "</tbody></table>"
    yield "</body>"
    yield "</html>"


def _html_step(policy: Policy, minuted: MinutedStep) -> Iterator[str]:
    done = "done" if minuted.happened else "open"
    yield "<tr>"
    yield f'<td class="{done}">{minuted.step.number}. {_safe(minuted.step.title)}</td>'
    yield f"<td>{'<br>'.join(map(_safe, _planned(policy, minuted)))}</td>"
    cells = [_safe(_entry_text(entry)) for entry in minuted.happened] or ["not done"]
    cells += [
        f'<div class="exception">exception: {_safe(_entry_text(entry))}</div>'
        for entry in minuted.exceptions
    ]
    yield f"<td>{'<br>'.join(cells)}</td>"
    yield "</tr>"


def _planned(policy: Policy, minuted: MinutedStep) -> Iterator[str]:
    if minuted.step.planned_unix_ms is not None:
        yield f"planned {format_minute(minuted.step.planned_unix_ms)}"
    yield f"signed by {signers_text(policy, minuted.step.row.act)}"


def _state_text(minutes: Minutes) -> str:
    state, now = minutes.view.state, minutes.view.now_unix_ms
    return f"{state.status}, {state.phase_name}, as of {utc(now)}"


def _entry_text(entry: LogEntry) -> str:
    where = "in the folder" if entry.place is None else f"entry {entry.place}"
    text = f"{utc(entry.at_unix_ms)}, {', '.join(entry.holders)} ({where}): {entry.statement}"
    if entry.text:
        text += f'; "{entry.text}"'
    for finding in entry.findings:
        text += f"; {finding.message}"
    return visible(text)


def _safe(text: str) -> str:
    return html_escape(visible(text))


def minutes_document(minutes: Minutes, command: str, text: str, form: str) -> dict[str, Any]:
    """The minutes as a JSON value, with the whole text."""
    state = minutes.view.state
    return {
        "schema": "aztrust/window-minutes",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        **state_document(state),
        "at_unix_ms": minutes.view.now_unix_ms,
        "steps": [
            {
                "number": minuted.step.number,
                "step": minuted.step.row.id,
                "role": minuted.step.role or None,
                "planned_unix_ms": minuted.step.planned_unix_ms,
                "happened": [entry_document(entry) for entry in minuted.happened],
                "exceptions": [entry_document(entry) for entry in minuted.exceptions],
            }
            for minuted in minutes.steps
        ],
        "others": [entry_document(entry) for entry in minutes.others],
        "form": form,
        "text": text,
    }
