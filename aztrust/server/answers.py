"""Answers: JSON on one line, with the cause and the mend where something is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from aztrust.core.base.canonical import dumps
from aztrust.core.base.errors import AztrustError
from aztrust.core.base.findings import Finding
from aztrust.report.escape import visible

JSON: Final = "application/json"

_STATUS: Final = {
    "": 503,
    "cause-missing": 409,
    "key-revoked": 403,
    "ledger-closed": 409,
    "record-malformed": 400,
    "signer-not-in-role": 403,
    "signer-unknown": 403,
}
"""The status of a refusal, by its finding code; of every other one 422. Without a code the record
is good, and there is no room for it now.
"""


def json_line(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON value on one line."""
    return Response(dumps(value) + b"\n", status, headers, JSON)


def refusal(
    status: int,
    cause: str,
    mend: str,
    code: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Why a request is not answered.

    Args:
        status: the HTTP status.
        cause: what is wrong, for a person.
        mend: what to do.
        code: the finding code, "" where there is none.
        headers: further header fields.
    """
    value = {"cause": visible(cause), "code": code, "mend": visible(mend)}
    return json_line(value, status, headers)


def status_of(finding: Finding) -> int:
    """The HTTP status of a record that the ledger would not take."""
    return _STATUS.get(finding.code, 422)


def unavailable(error: AztrustError, seconds: int = 10) -> Response:
    """The launch cannot be read, or the disk does not take a file: later perhaps."""
    retry = {"Retry-After": str(seconds)}
    return refusal(503, cause_of(error), error.mend or "ask again later", error.code, retry)


def cause_of(error: AztrustError) -> str:
    """What cannot be read, or written, and why."""
    return visible(f"{error.subject}: {error.message}" if error.subject else error.message)
