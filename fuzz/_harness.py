"""What every fuzz target shares.

A target is a function from bytes to nothing in a file of its own:

    from _harness import instrumented, main

    with instrumented():
        from aztrust.core.base import canonical

    SEEDS = [b"{}"]

    def target(data: bytes) -> None:
        canonical.loads(data, what="f", code="c")

    if __name__ == "__main__":
        main(target, SEEDS)

It may raise `AztrustError`, with a message that cannot act on a terminal, and nothing else; an
assertion in it states what holds for input that was accepted.

    python fuzz/canonical.py -max_total_time=60        libFuzzer's options and corpus folders
    python fuzz/canonical.py crash-da39a3ee            one input again

`tests/property/test_fuzz_targets.py` runs every target over its seeds and their neighbours, so
that targets keep working where atheris is absent.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from aztrust.core.base.errors import AztrustError  # noqa: E402 - found through the line above

Target = Callable[[bytes], None]

JSON_TOKENS = (
    *("{}", "[]", '{"', '":', ",", '"', "null", "true", "false", "-0", "0", "1e400", "0.5", "NaN"),
    *("9007199254740991", "9007199254740992", "\\u0000", "\\ud800", "\\ud83d\\ude00", "\\n"),
)


def instrumented() -> AbstractContextManager[object]:
    """Instrument what is imported inside, if this process is here to fuzz."""
    if Path(sys.argv[0]).resolve().parent != HERE:
        return nullcontext()
    import atheris

    context: AbstractContextManager[object] = atheris.instrument_imports(include=["aztrust"])
    return context


def check(target: Target, data: bytes) -> None:
    """Run a target once. Only the project's own errors are expected, and fit for one line."""
    try:
        target(data)
    except AztrustError as error:
        for text in (error.message, error.subject, error.mend, *error.details):
            if not text.isprintable():
                raise AssertionError(f"a message could act on a terminal: {text!r}") from error
        if len(error.message) > 1000:
            raise AssertionError("a message repeats its input") from error


def main(target: Target, seeds: Iterable[bytes], tokens: Iterable[str] = JSON_TOKENS) -> None:
    """Fuzz until libFuzzer's options say stop; never returns."""
    import atheris

    scratch = HERE.parent / ".fuzz" / "harness" / Path(sys.argv[0]).stem
    corpus = scratch / "seeds"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    dictionary = scratch / "dictionary"
    dictionary.write_text("".join(f'"{_escaped(token)}"\n' for token in tokens), "ascii")
    arguments = [*sys.argv, f"-dict={dictionary}", "-timeout=10", "-rss_limit_mb=2048"]
    if not any(argument for argument in sys.argv[1:] if Path(argument).is_file()):
        # libFuzzer writes what it finds to the first folder: never to the seeds.
        if not any(Path(argument).is_dir() for argument in sys.argv[1:]):
            found = scratch / "found"
            found.mkdir(exist_ok=True)
            arguments.append(str(found))
        arguments.append(str(corpus))
    atheris.Setup(arguments, lambda data: check(target, data))
    atheris.Fuzz()


def _escaped(token: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token.encode())
