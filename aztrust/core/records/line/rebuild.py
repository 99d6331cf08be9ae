"""A confirmation's line from its envelope, and the same envelope from the line.

A line has only what does not follow from its scope, and the signature. Anyone who has the scope and
the key rebuilds the record, and the signature shows that it is the signed one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    Envelope,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.statement import parse_statement
from aztrust.core.records.enrolment import (
    NOT_READY_REASONS,
    OPERATOR_CONFIRMATION,
    OperatorConfirmation,
)
from aztrust.core.records.line.chat import Line
from aztrust.core.records.line.frozen_scope import FrozenScope
from aztrust.core.records.line.layout import SIGNATURE, WIDTHS, Printed, written
from aztrust.core.records.records import Unsigned, read_body

CONSENSUS_KEY: Final = ("in-genesis", "not-in-genesis", "not-asked")
SIGNER: Final = ("answers", "silent", "not-asked")
"""What the two numbers of a line mean, in the order of their values."""

_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")
_HALF: Final = SIGNATURE // 2
_AGAIN: Final = "get the present kit, and take the text again"
_FILE: Final = "send the file of the confirmation instead"


@frozen
class Known:
    """What a kit knows of scopes, windows and keys.

    Args:
        scopes: with what each fixes.
        windows: (scope hash, `launch_window_id`) of each window.
        keys: the keys of the operators who are enrolled.
    """

    scopes: tuple[FrozenScope, ...]
    windows: tuple[tuple[str, str], ...]
    keys: tuple[VerificationMaterial, ...]


@frozen
class Expanded:
    """A confirmation that a line was expanded to; its signature holds.

    Args:
        record_id: `sha256:` of what was signed.
        envelope: the file, byte for byte as `confirm` writes it.
        key: who signed.
        body: the confirmation.
    """

    record_id: str
    envelope: bytes
    key: VerificationMaterial
    body: OperatorConfirmation


def line_of(envelope: bytes, key: VerificationMaterial, scope: FrozenScope) -> str:
    """The line of a signed confirmation.

    Args:
        envelope: the file of the confirmation.
        key: who signed it.
        scope: what it is for.

    Raises:
        Malformed: it is not a confirmation by this key.
        Refused: a line cannot have what is in it; the message names what.
    """
    what = "the confirmation"
    opened = parse_envelope(envelope, name=what)
    statement = parse_statement(open_envelope(opened, key))
    body = read_body(statement, what=what)
    if not isinstance(body, OperatorConfirmation):
        raise _cannot(f"it is a record of kind {statement.kind}")
    printed = _printed(body, key, scope, opened)
    known = Known((scope,), ((body.scope_hash, body.launch_window_id),), (key,))
    try:
        same = expand(printed, known).envelope == envelope
    except Malformed:
        same = False
    if not same:
        raise _cannot(_difference(body, scope))
    return written(printed)


def expand_line(line: Line, known: Known) -> Expanded:
    """The confirmation of a line that was found in a text. Raises as `expand`, or what it has."""
    if line.fault is not None or line.printed is None:
        raise line.fault or Malformed("it could not be read", code="record-malformed")
    return expand(line.printed, known)


def expand(printed: Printed, known: Known) -> Expanded:
    """The confirmation that a line carries, rebuilt and verified.

    Raises:
        Malformed: `approval-other-scope`: its scope is not known here; `signer-unknown`: its key or
            its window is not; `record-malformed`: the scope has not so many roles or platforms;
            `signature-invalid`: the signature is of other contents, or by another key.
    """
    scopes = _begin(known.scopes, lambda s: s.scope.hash, printed.scope, "scope")
    if not scopes:
        raise Malformed(
            f"it is of another launch: its scope {_hex(printed.scope, 'scope')} is not known here",
            code="approval-other-scope",
            mend="append it where that launch is kept; or get the present kit of this one",
        )
    keys = _begin(known.keys, lambda key: key.fingerprint, printed.key, "key")
    if not keys:
        raise Malformed(
            f"this kit is too old: the key {_hex(printed.key, 'key')} is not enrolled here",
            code="signer-unknown",
            mend=f"{_AGAIN}; if the key is not there either, the registrar enrols it",
        )
    own = {scope.scope.hash for scope in scopes}
    windows = [(s, w) for s, w in known.windows if s in own]
    windows = _begin(windows, lambda pair: pair[1], printed.window, "window")
    if not windows:
        raise Malformed(
            f"this kit is too old: the window {_hex(printed.window, 'window')} is not known here",
            code="signer-unknown",
            mend=_AGAIN,
        )
    fault = None
    for scope in scopes:
        # A window of another scope, which begins alike, fails at the signature.
        for _, window in windows:
            try:
                body = _rebuilt(printed, scope, window)
            except Malformed as error:
                fault = error
                continue
            for key in keys:
                found = _verified(body, printed, key)
                if found is not None:
                    return found
    raise fault or Malformed(
        "it has a bad signature: it is not by this key, or not of these contents",
        code="signature-invalid",
        mend="ask its operator for a new confirmation",
    )


def _begin(items: Iterable[Any], digest: Callable[[Any], str], value: int, field: str) -> list[Any]:
    """Those whose digest begins with these bits."""
    width = WIDTHS[field]
    return [item for item in items if _first_bits(digest(item), width) == value]


def _first_bits(digest: str, width: int) -> int:
    return int(digest.removeprefix("sha256:"), 16) >> 256 - width


def _hex(value: int, field: str) -> str:
    return f"{value:0{WIDTHS[field] // 4}x}…"


def _rebuilt(printed: Printed, scope: FrozenScope, window: str) -> OperatorConfirmation:
    """The record before its signature, from what is carried and what the scope fixes."""
    names, platforms = scope.roles, scope.platforms
    roles = [name for place, name in enumerate(names) if printed.roles >> place & 1]
    numbers = (
        (printed.platform, len(platforms)),
        (printed.roles.bit_length() - 1, len(names)),
        (printed.reason, len(NOT_READY_REASONS)),
        (printed.consensus_key, len(CONSENSUS_KEY)),
        (printed.signer, len(SIGNER)),
    )
    if not roles or any(number >= count for number, count in numbers):
        raise Malformed(
            "it has a number for which this scope or this aztrust has no name",
            code="record-malformed",
            mend="use the aztrust that made it, or ask for the file of the confirmation",
        )
    fields: dict[str, Any] = {
        **scope.contents(platforms[printed.platform], roles, ready=printed.ready),
        "aztrust_version": ".".join(map(str, printed.version)),
        "confirmed_at_unix_ms": printed.time * 1000,
        "launch_window_id": window,
        "status": "ready" if printed.ready else "not-ready",
    }
    if printed.ready:
        fields["consensus_key"] = CONSENSUS_KEY[printed.consensus_key]
        fields["signer"] = SIGNER[printed.signer]
    else:
        fields["reason"] = NOT_READY_REASONS[printed.reason]
        if printed.found is not None:
            fields["found"] = f"{printed.found:08x}"
    return OperatorConfirmation.model_validate(fields)


def _verified(
    body: OperatorConfirmation, printed: Printed, key: VerificationMaterial
) -> Expanded | None:
    """The confirmation by a key, None where the signature is not by it."""
    payload = Unsigned(OPERATOR_CONFIRMATION.name, body).payload
    signature = _signature(printed.signature, key)
    if not key.verify(signature, pae(PAYLOAD_TYPE, payload)):
        return None
    envelope = encode_envelope(payload, key.keyid, signature)
    return Expanded(sha256_id(payload), envelope, key, body)


def _signature(raw: bytes, key: VerificationMaterial) -> bytes:
    """The signature as an envelope has it: DER in its minimal form for ECDSA."""
    if not _is_ecdsa(key):
        return raw
    return encode_dss_signature(
        int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
    )


def _raw(signature: bytes, key: VerificationMaterial) -> bytes:
    """The 64 bytes of a signature that was verified."""
    if not _is_ecdsa(key):
        return signature
    r, s = decode_dss_signature(signature)
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def _is_ecdsa(key: VerificationMaterial) -> bool:
    # The raw value: an uncompressed point of P-256 has 65 bytes, a key of Ed25519 has 32.
    return len(key.material) != _HALF


def _printed(
    body: OperatorConfirmation, key: VerificationMaterial, scope: FrozenScope, opened: Envelope
) -> Printed:
    version = _VERSION.fullmatch(body.aztrust_version)
    numbers = tuple(map(int, version.groups())) if version else (256,)
    if max(numbers) > 255:
        raise _cannot(f"the version {body.aztrust_version} is not three numbers up to 255")
    major, minor, patch = numbers
    seconds, rest = divmod(body.confirmed_at_unix_ms, 1000)
    if rest or seconds >> WIDTHS["time"]:
        raise _cannot("its time is not a whole second before the year 2106")
    places = {role: place for place, role in enumerate(scope.roles)}
    bits = [places.get(role, WIDTHS["roles"]) for role in body.roles]
    if max(bits) >= WIDTHS["roles"]:
        raise _cannot(
            f"a role is not among the first {WIDTHS['roles']} of the scope: "
            + ", ".join(scope.roles[: WIDTHS["roles"]])
        )
    platforms = scope.platforms[: 1 << WIDTHS["platform"]]
    if body.platform not in platforms:
        raise _cannot(f"the platform {body.platform} is not one of the scope's")
    return Printed(
        scope=_first_bits(body.scope_hash, WIDTHS["scope"]),
        window=_first_bits(body.launch_window_id, WIDTHS["window"]),
        key=_first_bits(key.fingerprint, WIDTHS["key"]),
        time=seconds,
        version=(major, minor, patch),
        platform=platforms.index(body.platform),
        roles=sum(1 << place for place in bits),
        ready=body.status == "ready",
        consensus_key=CONSENSUS_KEY.index(body.consensus_key) if body.consensus_key else 0,
        signer=SIGNER.index(body.signer) if body.signer else 0,
        reason=NOT_READY_REASONS.index(body.reason) if body.reason else 0,
        found=int(body.found, 16) if body.found is not None else None,
        signature=_raw(opened.signature, key),
    )


def _difference(body: OperatorConfirmation, scope: FrozenScope) -> str:
    """Which field a line cannot carry."""
    fixed = scope.contents(body.platform, body.roles, ready=body.status == "ready")
    differing = [name for name, value in fixed.items() if getattr(body, name) != value]
    if differing:
        return f"it has another {differing[0]} than its scope"
    return "its file is not laid out as `confirm` writes it"


def _cannot(cause: str) -> Refused:
    return Refused(f"this confirmation cannot be printed: {cause}", mend=_FILE)
