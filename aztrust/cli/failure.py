"""How a failure reaches the user: one clear block on stderr, or one JSON object; never a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aztrust.cli.terminal import print_bytes, print_lines
from aztrust.core.base.errors import (
    AztrustError,
    CouldNotCheck,
    Declined,
    Malformed,
    NothingToVerify,
    Refused,
    UsageError,
)
from aztrust.report.escape import visible
from aztrust.report.output_format import Form

EXIT_INTERRUPTED = 130
_LABELS: tuple[tuple[type[AztrustError], str], ...] = (
    (UsageError, "usage"),
    (NothingToVerify, "nothing"),
    (Declined, "declined"),
    (Malformed, "malformed"),
    (Refused, "refused"),
    (CouldNotCheck, "error"),
)


def report_failure(
    error: AztrustError, *, form: Form, output: Path | None = None, command: str = ""
) -> int:
    """Show the error where its reader looks, and return the exit code.

    With an output file the failure replaces the result of an earlier run, so an old pass is
    not read as the present one.
    """
    if form != "text":
        from aztrust.report.output_format import render

        data = render(form, failure_document(error, command))
        if output is None:
            print_bytes(data)
    else:
        data = "".join(f"{line}\n" for line in failure_lines(error)).encode()
    if output is not None:
        from aztrust.storage.output import write_output

        try:
            write_output(output, data)
        except AztrustError as second:
            print_lines(failure_lines(second), err=True)
    print_lines(failure_lines(error), err=True)
    return error.exit_code


def failure_document(error: AztrustError, command: str = "") -> dict[str, Any]:
    """The error as `--format json` gives it."""
    return {
        "schema": "aztrust/error",
        "version_major": 1,
        "version_minor": 0,
        "command": command,
        "exit_code": error.exit_code,
        "kind": _label(error),
        "code": error.code,
        "message": visible(error.message),
        "subject": visible(error.subject),
        "mend": visible(error.mend),
        "details": [visible(line) for line in error.details],
    }


def failure_lines(error: AztrustError) -> list[str]:
    """The error for a person: cause, what it is about, details, mend."""
    from aztrust.core.base.advice import command
    from aztrust.report.advice import advice_lines
    from aztrust.report.lines import labelled

    lines = labelled(_label(error), visible(_sentence(error)))
    details = [line for line in error.details if line != error.message]
    for line in details:
        lines += labelled("", visible(line))
    if error.mend:
        lines += advice_lines("mend", error.mend)
    if error.code:
        lines += advice_lines("why", command("explain", error.code))
    return lines


def _sentence(error: AztrustError) -> str:
    """The message with its subject: many messages are the rest of a sentence about it."""
    if not error.subject or error.subject in error.message:
        return error.message
    colon = "" if error.message.startswith(("is ", "has ", "names ")) else ":"
    return f"{error.subject}{colon} {error.message}"


def unexpected(error: BaseException) -> AztrustError:
    """A defect of aztrust itself, without a trace: the error, and where in the code."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("aztrust."):
            place = f" at {name}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, OSError):
        name = f" {error.filename}" if error.filename else ""
        return CouldNotCheck(
            visible(f"the system refused{name}: {error.strerror or error}"),
            mend="check the file and the space left, then run the command again",
        )
    if isinstance(error, MemoryError):
        return CouldNotCheck("out of memory", mend="run it on a machine with more memory")
    return CouldNotCheck(
        f"a defect in aztrust: {type(error).__name__}{place}: {visible(str(error))[:200]}",
        mend="nothing was decided; report this line (AZTRUST_DEBUG=1 shows more)",
    )


def _label(error: AztrustError) -> str:
    return next((label for kind, label in _LABELS if isinstance(error, kind)), "error")
