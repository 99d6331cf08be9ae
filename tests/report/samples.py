"""Reports of every kind for the forms made from them, and names that would forge things."""

from __future__ import annotations

from typing import Any

from aztrust.acts.verify import verify_launch
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.findings import CheckClass, Finding, Locus, Status
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.judge.verify import verify
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence
from aztrust.report.json import report_document
from tests.disk_launch import NOW, Launch, make_launch

ANCHOR = "sha256:" + "0" * 64

# File names: each tries to be something else in one of the forms.
HOSTILE = (
    "<script>alert(1)<",
    "]]><failure",
    "&lt;b&gt; &amp; &#0; &quot;",
    "\"/><testcase name='pass'",
    "[click](1)",
    "a\\](2) [b",
    "![image](x.png)",
    "{0} {1}{{2}}",
    "a\n## aztrust verify: PASS\n",
    "\r\n\r\n| check | pass |",
    "| pass |",
    "a\\|b|c",
    "`code` ``x``",
    "`",
    "\x1b[2J\x1b[32mPASS",
    "\u202ecod.exe",
    "*a* _b_ ~~c~~ **d**",
    "@everyone #1 GH-1",
    "www.example.com",
    "mail@example.com",
    "<!-- hidden",
    "<details open>",
    "- item",
    "1. item",
    "$x$",
    ":tada:",
    "%2e%2e%2f",
    " leading and trailing ",
    "---",
    "a\tb",
)


def findings_document(*texts: str, **changes: Any) -> dict[str, Any]:
    """A report in which each text is everything that a finding, a notice and a reason can say."""
    found = tuple(Finding("file-modified", t, t, t, t, t, t) for t in texts)
    host = tuple(Finding("binary-unknown", t, t, t, t, t, t, Locus.HOST) for t in texts)
    codes = (
        Code("file-modified", "It says.", "Mend."),
        Code("binary-unknown", "It says.", "Mend."),
    )
    open_code = Code("freeze-missing", "It says.", "Mend.", status=Status.ERROR)
    checks = [
        Check("integrity", "t", CheckClass.TRUTH, (), codes, lambda *_: Answer(found, found)),
        Check(
            "host-binary",
            "t",
            CheckClass.TRUTH,
            (),
            codes,
            lambda *_: Answer(host),
            locus=Locus.HOST,
        ),
        Check("good", "t", CheckClass.TRUTH, (), codes, lambda *_: Answer(detail="".join(texts))),
    ]
    checks += [
        Check(
            f"open-{n}",
            "t",
            CheckClass.READINESS,
            (),
            (open_code,),
            lambda *_, t=t: Answer(not_run=t),
        )
        for n, t in enumerate(texts)
    ]
    verdict = verify(Evidence(policy=b""), Request(NOW), Stage.FROZEN, tuple(checks))
    return {**report_document(verdict, command="verify"), **changes}


def hostile_launch(tmp_path) -> Launch:
    """A launch whose release has an unlisted file of every hostile name."""
    launch = make_launch(tmp_path)
    for name in HOSTILE:
        launch.file("release", name.replace("/", "_")).write_bytes(b"x")
    return launch


def launch_document(launch: Launch, required=Stage.APPROVED, **request: Any) -> dict[str, Any]:
    """The report of a launch, with its anchor given."""
    asked = Request(NOW, launch.anchor, "given", **request)
    return report_document(verify_launch(launch.path, asked, required), command="verify")


def failure() -> dict[str, Any]:
    """A failure whose every text is hostile."""
    from aztrust.cli.failure import failure_document

    text = "<b>&\"'`|[x](y)\n## {0}"
    error = CouldNotCheck(text, subject=text, mend=text, code="", details=(text, text))
    return failure_document(error, "verify")


def with_status(status: str, **check: Any) -> dict[str, Any]:
    """A report whose one check ended so."""
    document = findings_document()
    one = {
        "id": "freeze",
        "class": "readiness",
        "status": status,
        "owner": None,
        "detail": "the reason",
        "evidence": [],
        "timestamp_unix_ms": NOW,
        "findings": [],
        **check,
    }
    exit_code = {"pass": 0, "pending": 0, "not_applicable": 0, "fail": 10, "error": 1}
    verdict = {"fail": "fail", "error": "error", "not_run": "hold"}.get(status, "pass")
    return {
        **document,
        "checks": [one],
        "notices": [],
        "verdict": verdict,
        "exit_code": exit_code.get(status, 11),
    }
