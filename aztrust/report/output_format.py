"""The forms in which a command gives a report, and which one a file's name asks for.

A command that ends in a verdict makes one document (`report.json`) and has all of them; each form
is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

Form = Literal["text", "json", "sarif", "junit", "markdown"]

PLAIN: Final[tuple[Form, ...]] = ("text", "json")
"""What every command gives."""
FORMS: Final[tuple[Form, ...]] = (*PLAIN, "sarif", "junit", "markdown")
"""What a command that ends in a verdict gives."""

_SUFFIXES: Final[Mapping[str, Form]] = {
    ".json": "json",
    ".sarif": "sarif",
    ".sarif.json": "sarif",
    ".xml": "junit",
    ".md": "markdown",
}


def form_of(name: str, forms: tuple[Form, ...] = FORMS) -> Form:
    """The form that a file's name asks for; `text` where it asks for none of these.

    >>> form_of("out/aztrust.sarif.json"), form_of("out/aztrust.xml", PLAIN)
    ('sarif', 'text')
    """
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        form = _SUFFIXES[suffix]
        if name.endswith(suffix) and form in forms:
            return form
    return "text"


def render(form: Form, document: Mapping[str, Any]) -> bytes:
    """A report, or a failure, in a form that is made from its document.

    Args:
        form: any but `text`, which a command writes for itself.
        document: the JSON report (`aztrust/report`) or failure (`aztrust/error`).
    """
    from aztrust.core.base.canonical import dumps

    if form == "sarif":
        from aztrust.report.ci.sarif import sarif_document

        return dumps(sarif_document(document)) + b"\n"
    if form == "junit":
        from aztrust.report.ci.junit import junit_text

        return junit_text(document).encode()
    if form == "markdown":
        from aztrust.report.ci.markdown import markdown_text

        return markdown_text(document).encode()
    return dumps(document) + b"\n"
