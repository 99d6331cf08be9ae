"""What "genesis hash" means in the field, one name per meaning (design 4, `published_hash`).

`raw`       SHA-256 of the file's bytes. Primary: the only one that fixes the bytes.
`jq-S-c`    SHA-256 of what `jq -S -c .` prints, its final line feed included.
`jq-S`      SHA-256 of what `jq -S .` prints, its final line feed included.
`declared`  a value of the chain's own tool, stated by holders; nothing here can recompute it.

jq is not run. Its output is reproduced for the documents where every version of jq prints the
same; where versions differ, or one of them rounds, two different files could share a hash, so
the answer is `CouldNotCheck` and never a match.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Final, NoReturn

from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.text import cut
from aztrust.core.linkage.jsondoc import JsonValue, parse_json

CONVENTIONS: Final = ("raw", "jq-S-c", "jq-S", "declared")
WITHOUT_FINAL_NEWLINE: Final = "raw without its final newline"
WITH_FINAL_NEWLINE: Final = "raw with a final newline added"

_LARGEST: Final = 2**53 - 1
_CONTAINERS: Final = (dict, list)
# Compiled at their first use, which most launches never come to.
# Each begins with a literal, which the regex engine finds at memory speed; what only looks like
# the number because it is in a string is recognised by a slow second look.
_PERHAPS_BIG: Final = tuple(
    re.escape(before) + sign + "[0-9]{16}" for before in ":[, " for sign in ("", "-")
)
_PERHAPS_MINUS_ZERO: Final = rb"-0(?:[\s\]},]|\Z)"
_STRING_OR_MINUS_ZERO: Final = rb'(?s:"(?:[^"\\]|\\.)*+"|(-0)(?![0-9.eE]))'
# Array elements encoded at once and pieces joined at once: bounds the text held in memory
# without leaving the C encoder.
_BATCH: Final = 512
_PIECES: Final = 4096


def genesis_hash(convention: str, data: bytes, *, path: str = "genesis") -> str:
    """The genesis hash of `data` under a named convention, as "sha256:<64 hex>".

    Raises:
        UsageError: no such convention.
        CouldNotCheck: `declared`, or a jq convention on a document that jq versions print
            differently; names `path` and the reason.
    """
    if convention == "raw":
        return f"sha256:{hashlib.sha256(data).hexdigest()}"
    if convention == "declared":
        raise CouldNotCheck(
            "a declared hash is a value of the chain's own tool; aztrust cannot recompute it",
            subject=path,
            mend="Publish the raw SHA-256 as well, or let two holders state the value.",
        )
    if convention not in CONVENTIONS:
        raise UsageError(
            f'unknown genesis hash convention "{cut(convention)}"',
            subject=path,
            mend=f"Use one of {', '.join(CONVENTIONS)}.",
        )
    return jq_hash(convention, data, _parse(data, convention, path), path=path)


def matching_conventions(data: bytes, sha256: str) -> tuple[str, ...]:
    """Every meaning under which `data` has this hash: what to report with a mismatch.

    Names of `CONVENTIONS`, then `WITHOUT_FINAL_NEWLINE` and `WITH_FINAL_NEWLINE`, the two ways a
    value pasted from a shell goes wrong. A meaning that cannot be computed is left out.
    """
    found = [] if genesis_hash("raw", data) != sha256 else ["raw"]
    try:
        value = _parse(data, "jq-S-c", "genesis")
        found += [c for c in ("jq-S-c", "jq-S") if jq_hash(c, data, value) == sha256]
    except CouldNotCheck:
        pass
    stripped = data.removesuffix(b"\n").removesuffix(b"\r")
    if stripped != data and genesis_hash("raw", stripped) == sha256:
        found.append(WITHOUT_FINAL_NEWLINE)
    if genesis_hash("raw", data + b"\n") == sha256:
        found.append(WITH_FINAL_NEWLINE)
    return tuple(found)


def _ambiguous(convention: str, path: str, reason: str) -> NoReturn:
    raise CouldNotCheck(
        f"the {convention} hash is not defined here: {reason}",
        subject=path,
        mend='Publish and check the SHA-256 of the file itself (convention "raw").',
    )


def _parse(data: bytes, convention: str, path: str) -> JsonValue:
    try:
        return parse_json(data, what=path)
    except Malformed as error:
        _ambiguous(convention, path, error.message)


def jq_hash(convention: str, data: bytes, value: JsonValue, *, path: str = "genesis") -> str:
    """`genesis_hash` for a jq convention where `data` has already been parsed to `value`."""
    refuse = partial(_ambiguous, convention, path)
    if re.search(_PERHAPS_MINUS_ZERO, data) and any(
        match[1] for match in re.finditer(_STRING_OR_MINUS_ZERO, data)
    ):
        refuse("it holds the number -0, which jq versions print differently")
    output = _Output(value, refuse)
    if convention == "jq-S-c":
        _write_compact(value, output)
    else:
        _write_indented(value, output, 0)
    output.write("\n")
    return output.finish()


class _Output:
    """Hashes text as it is written, and refuses what jq versions print differently."""

    def __init__(self, document: JsonValue, refuse: Callable[[str], NoReturn]) -> None:
        self.refuse = refuse
        self._document = document
        self._integers_are_small = False
        self._pieces: list[str] = [" "]
        self._digest = hashlib.sha256()
        self._encoders: dict[int, JSONEncoder] = {}
        self.write = self._pieces.append

    def encoder(self, level: int) -> JSONEncoder:
        """The C encoder; at a level above 0 with separators that indent to it."""
        if level not in self._encoders:
            self._encoders[level] = JSONEncoder(
                ensure_ascii=False,
                check_circular=False,
                allow_nan=False,
                sort_keys=True,
                separators=(",\n" + "  " * level, ": ") if level else (",", ":"),
                default=self._refuse_float,
            )
        return self._encoders[level]

    def _refuse_float(self, number: object) -> NoReturn:
        self.refuse(
            f"it holds the number {cut(str(number))}, and jq versions print fractions differently"
        )

    def flush(self) -> None:
        """`take`, once there are many pieces."""
        if len(self._pieces) >= _PIECES:
            self.take()

    def finish(self) -> str:
        """Check and hash the rest; "sha256:<64 hex>" of everything written."""
        self.take()
        return f"sha256:{self._digest.hexdigest()}"

    def take(self) -> None:
        """Check and hash what was written so far."""
        # A leading space replaces what was written before: it makes a number visible that
        # begins the text. It is not hashed.
        text = "".join(self._pieces)
        if "\x7f" in text:
            self.refuse("a string holds U+007F, which jq 1.6 escapes and later versions do not")
        if not self._integers_are_small and any(re.search(p, text) for p in _PERHAPS_BIG):
            self._integers_are_small = True
            if (big := _integer_beyond_2_53(self._document)) is not None:
                shown = str(big) if abs(big) < 10**40 else "of more than 40 digits"
                self.refuse(f"it holds the integer {shown}, beyond 2^53, which jq 1.6 rounds")
        self._digest.update(text[1:].encode())
        self._pieces[:] = " "


def _integer_beyond_2_53(value: JsonValue) -> int | None:
    waiting = [value]
    while waiting:
        this = waiting.pop()
        if isinstance(this, dict):
            waiting.extend(this.values())
        elif isinstance(this, list):
            waiting.extend(this)
        elif isinstance(this, int) and abs(this) > _LARGEST:
            return this
    return None


def _write_compact(value: JsonValue, output: _Output, levels: int = 5) -> None:
    """`jq -S -c .`; only the upper levels are taken apart here, the rest is one call each."""
    if levels and isinstance(value, dict) and value:
        opening = "{"
        for key in sorted(value):
            output.write(f"{opening}{encode_basestring(key)}:")
            _write_compact(value[key], output, levels - 1)
            opening = ","
        output.write("}")
    elif isinstance(value, list) and len(value) > _BATCH:
        opening = "["
        for start in range(0, len(value), _BATCH):
            output.write(opening + output.encoder(0).encode(value[start : start + _BATCH])[1:-1])
            output.take()
            opening = ","
        output.write("]")
    else:
        output.write(output.encoder(0).encode(value))
    output.flush()


def _write_indented(value: JsonValue, output: _Output, level: int) -> None:
    """`jq -S .`: two spaces a level, `[]` and `{}` when empty.

    The C encoder cannot indent, but it takes any separator: a container that holds only scalars
    is encoded with a separator that ends in the line feed and the indentation of its level.
    """
    if isinstance(value, str):
        output.write(encode_basestring(value))
        return
    if not isinstance(value, _CONTAINERS) or not value:
        output.write(output.encoder(level).encode(value))
        return
    pad, outer = "\n" + "  " * (level + 1), "\n" + "  " * level
    children = value.values() if isinstance(value, dict) else value
    if not any([isinstance(child, _CONTAINERS) for child in children]):  # noqa: C419 - faster
        text = output.encoder(level + 1).encode(value)
        output.write(f"{text[0]}{pad}{text[1:-1]}{outer}{text[-1]}")
    elif isinstance(value, dict):
        opening = "{"
        for key in sorted(value):
            output.write(f"{opening}{pad}{encode_basestring(key)}: ")
            _write_indented(value[key], output, level + 1)
            opening = ","
        output.write(outer + "}")
    else:
        opening = "["
        for item in value:
            output.write(opening + pad)
            _write_indented(item, output, level + 1)
            opening = ","
        output.write(outer + "]")
    output.flush()
