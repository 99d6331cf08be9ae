"""What an id names in a launch, by its beginning: a policy, key, record, verdict or manifest."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.acts.ids import typed_digits
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.state.context import Context
from aztrust.storage.launch import KEYS, RECORDS, SEALED, VERDICTS, LaunchFiles


def find_id(text: str, context: Context, launch: LaunchFiles) -> tuple[str, bytes]:
    """Path and bytes of the one thing in the launch whose id begins with these hex digits.

    Raises:
        UsageError: nothing or several things do.
    """
    prefix = typed_digits(text)
    named = list(_ids(prefix, context, launch)) if prefix else []
    if not named:
        raise UsageError(
            f"there is no file and no id {escape(text)}",
            mend="name a file, or at least four hex digits of a record, package or key id",
        )
    if len({i for i, _, _ in named}) > 1:
        raise UsageError(
            f"{len(named)} ids begin with {prefix}",
            mend="give more digits",
            details=tuple(f"{i[:16]}  {escape(path)}" for i, path, _ in named),
        )
    return named[0][1:]


def is_id(text: str) -> bool:
    """Whether a text can be the beginning of an id; digits may be in groups."""
    return bool(typed_digits(text))


def _ids(start: str, context: Context, launch: LaunchFiles) -> Iterator[tuple[str, str, bytes]]:
    """Id, path and bytes of everything in the launch whose id begins with `start`."""
    evidence = context.evidence
    found = [(context.policy_digest[7:], POLICY_PATH, evidence.policy)]
    for name, data in evidence.keys.items():
        try:
            found.append((parse_public_key(data, name=name).keyid, f"{KEYS}/{name}", data))
        except Malformed:
            continue
    for name, data in evidence.records.items():
        try:
            payload = parse_envelope(data, name=name).payload
        except Malformed:
            continue
        found.append((sha256_id(payload)[7:], f"{RECORDS}/{name}", data))
    for name, data in evidence.verdicts.items():
        try:
            payload = parse_envelope(data, name=name).payload
        except Malformed:
            continue
        found.append((sha256_id(payload)[7:], f"{VERDICTS}/{name}", data))
    yield from (item for item in found if item[0].startswith(start))
    for name, data in launch.sealed(start):
        yield name, f"{SEALED}/{name}.json", data
