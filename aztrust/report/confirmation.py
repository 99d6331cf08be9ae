"""A confirmation for the operator who signs it, and as a document."""

from __future__ import annotations

from typing import Any

from aztrust.core.history.operators import Seat
from aztrust.core.policy.describe import plural
from aztrust.core.records.enrolment import OperatorConfirmation
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled
from aztrust.report.text import utc

_KEYS = {
    "in-genesis": "the consensus key of this host is in the genesis",
    "not-in-genesis": "the consensus key of this host is not in the genesis",
    "not-asked": "its consensus key was not asked about: --node-key FILE",
}
_SIGNERS = {
    "answers": "its remote signer answers",
    "silent": "its remote signer does not answer",
    "not-asked": "its signer was not asked about",
}


def signer_lines(seat: Seat) -> list[str]:
    """Who signs as an operator, and by which key."""
    lines = labelled("you", f"{seat.operator}, enrolled by {seat.registrar}")
    return [*lines, *labelled("key", seat.key.fingerprint)]


def confirmation_lines(body: OperatorConfirmation, seat: Seat) -> list[str]:
    """What is signed, for a person."""
    lines = signer_lines(seat)
    if body.status == "ready":
        lines += labelled("ready", f"{joined(body.roles)} on {body.platform}")
        frozen = plural(len(body.programs or ()), "program")
        lines += labelled("", f"{frozen} as frozen, and the genesis")
        lines += labelled("", _KEYS[body.consensus_key or "not-asked"])
        lines += labelled("", _SIGNERS[body.signer or "not-asked"])
    else:
        found = f", found {body.found}…" if body.found else ""
        lines += labelled("not", f"ready: {body.reason}{found}")
        lines += labelled("", f"{joined(body.roles)} on {body.platform}")
    lines += labelled("at", utc(body.confirmed_at_unix_ms))
    lines += [*labelled("scope", ""), f"  {body.scope_hash}"]
    return [*lines, *labelled("window", ""), f"  {visible(body.launch_window_id)}"]


def confirmed_document(
    record_id: str,
    body: OperatorConfirmation,
    seat: Seat,
    *,
    path: str,
    line: str | None,
    submitted: bool,
) -> dict[str, Any]:
    """The result as `--format json` gives it."""
    return {
        "schema": "aztrust/confirmed",
        "version_major": 1,
        "version_minor": 0,
        "record_id": record_id,
        "path": visible(path),
        "operator": seat.operator,
        "key": seat.key.fingerprint,
        "line": line,
        "submitted": submitted,
        "confirmation": body.model_dump(mode="json", exclude_none=True),
    }
