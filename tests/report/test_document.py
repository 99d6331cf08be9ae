"""`docs/formats/report.md` shows what the program really prints.

`python -m tests.report.test_document` puts the real output back into the document.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from aztrust.acts.verify import verify_launch
from aztrust.core.checks.check import Stage
from aztrust.core.state.context import Request
from aztrust.report.ci.junit import junit_text
from aztrust.report.ci.markdown import markdown_text
from aztrust.report.ci.sarif import sarif_document
from aztrust.report.json import report_document
from aztrust.report.text import text_report
from tests.disk_launch import NOW, make_launch
from tests.shared import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "formats" / "report.md"
SHOWN = ("release-integrity", "release-approvals")


def examples(parent: Path) -> dict[str, str]:
    """The document's blocks: language to text."""
    launch = make_launch(parent)
    launch.file("release", "bin/atlasd").write_bytes(b"#!/bin/sh\necho atlasd 1.0.1\n")
    request = Request(NOW, launch.anchor, "given")
    verdict = verify_launch(launch.path, request, Stage.APPROVED)
    document: dict[str, Any] = report_document(verdict, command="verify")
    document["checks"] = [check for check in document["checks"] if check["id"] in SHOWN]
    return {
        "text": "\n".join(text_report(verdict)),
        "json": json.dumps(document, indent=2, sort_keys=True),
        "xml": junit_text(document).rstrip(),
        "markdown": markdown_text(document).rstrip(),
        "sarif": json.dumps(
            sarif_document(document)["runs"][0]["results"], indent=2, sort_keys=True
        ),
    }


def filled(text: str, blocks: dict[str, str]) -> str:
    """The document with these blocks."""
    for language, block in blocks.items():
        text = re.sub(
            rf"^```{language}\n.*?^```$",
            lambda _, b=block, name=language: f"```{name}\n{b}\n```",
            text,
            flags=re.MULTILINE | re.DOTALL,
        )
    return text


def test_the_examples_are_real(tmp_path):
    text = DOCUMENT.read_text("utf-8")
    assert filled(text, examples(tmp_path)) == text, "mend: python -m tests.report.test_document"


def test_every_key_is_described():
    text = DOCUMENT.read_text("utf-8")
    schema = json.loads((REPOSITORY / "docs/schemas/report.json").read_text("utf-8"))
    parts = (schema, *schema["$defs"].values())
    keys = {key for part in parts for key in part.get("properties", {})}
    inner = {"origin", "size", "root", "check"}
    missing = [key for key in keys - inner if not re.search(rf"`{key}(\.<class>|\[\])?`", text)]
    assert missing == []


def main() -> int:
    """Write the examples into the document."""
    with tempfile.TemporaryDirectory() as parent:
        text = filled(DOCUMENT.read_text("utf-8"), examples(Path(parent)))
    DOCUMENT.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
