"""Time: eight times the input takes about eight times as long, never sixty-four times.

An input is a reader, a start, a piece that repeats, and an end, separated by zero bytes; a stranger
can place a file of that shape in a launch. Each is tried at two sizes. Only this thread's own CPU
time counts, only work above a floor is judged, and what grows too fast has to do so three times.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from _harness import instrumented, main

with instrumented():
    from aztrust.core.base import canonical
    from aztrust.core.base.errors import AztrustError
    from aztrust.core.formats.checkpoint_note import parse_note
    from aztrust.core.formats.dsse import parse_envelope
    from aztrust.core.formats.keys import parse_public_key
    from aztrust.core.formats.private_keys import private_key_form
    from aztrust.core.genesis.facts import genesis_facts
    from aztrust.core.package.manifest import parse_manifest
    from aztrust.core.policy.lint import lint_policy
    from aztrust.storage.checksums import parse_list

SMALL = 4 * 1024
TIMES = 8
WORST = 3 * TIMES
"""How much longer the large input may take; a quadratic reader takes TIMES * TIMES."""
FLOOR_NS = 100_000_000
"""CPU time below which nothing is judged: a linear reader takes far less for 32 KiB."""

READERS: tuple[Callable[[bytes], object], ...] = (
    lambda data: canonical.loads(data, what="f", code="c"),
    lambda data: parse_envelope(data, name="f"),
    lambda data: parse_public_key(data, name="f"),
    lambda data: parse_manifest(data, what="f"),
    lambda data: parse_note(data, name="f"),
    lambda data: genesis_facts(data, "#/chain_id", "f"),
    private_key_form,
    lambda data: list(parse_list(data, None)),
    lint_policy,
)

PIECES = (b"a", b'"', b"\\", b'{"a":', b"[", b"\n", b"0", b" ", b'"d":"AAAA",', b"a = 1\n", b"- ")
SEEDS = [
    bytes([reader]) + b"{\0" + piece + b"\0}" for reader in range(len(READERS)) for piece in PIECES
]


def target(data: bytes) -> None:
    if not data:
        return
    reader = READERS[data[0] % len(READERS)]
    start, _, rest = data[1:].partition(b"\0")
    piece, _, end = rest.partition(b"\0")
    if not piece:
        return
    small, large = (
        start + piece * (size // len(piece) + 1) + end for size in (SMALL, SMALL * TIMES)
    )
    assert any(not _grows_too_fast(reader, small, large) for _ in range(3)), (
        f"reader {data[0] % len(READERS)}: the time grows faster than the input"
    )


def _grows_too_fast(reader: Callable[[bytes], object], small: bytes, large: bytes) -> bool:
    needed = _cpu_ns(reader, large)
    return needed > FLOOR_NS and needed > WORST * _cpu_ns(reader, small)


def _cpu_ns(reader: Callable[[bytes], object], data: bytes) -> int:
    before = time.thread_time_ns()
    with contextlib.suppress(AztrustError):
        reader(data)
    return time.thread_time_ns() - before


if __name__ == "__main__":
    main(target, SEEDS)
