"""Lines of confirmations: any text gives lines that are read, or one sentence for each."""

from __future__ import annotations

from _harness import instrumented, main

with instrumented():
    from aztrust.core.base.errors import Malformed
    from aztrust.core.records.line.chat import Line, find_lines
    from aztrust.core.records.line.layout import LENGTH, MARK, written
    from aztrust.core.records.line.rebuild import Known, expand_line

LINE = (
    "AZ1DSJB24RUBNFUWS75CEGTAHLJNEVSAAABAAAAABQAAAAAAADZ4SE7PVAABJDPTJ6WVQGKOVZ6RIWYIV5FHT3Y5WQV2"
    "43WETEYE2DVS2LP7TCZFIC6RPHQC56QXXDWHGKON3EHRESWYHNUWITEPS5QJRIDW"
)
EMPTY = Known((), (), ())

SEEDS = [
    LINE.encode(),
    LINE.lower().encode(),
    f"[18:02] Ada: {LINE[:90]}\n> {LINE[90:]} ok".encode(),
    f"{LINE[:90]}\n{LINE}\n{LINE[:40]}Q{LINE[41:]}".encode(),
    "\u200b".join(LINE).encode(),
    b"AZ1 " * 40,
]


def target(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for line in find_lines(text):
        assert 1 <= line.number <= text.count("\n") + 1
        assert line.start.isascii()
        assert line.start.startswith(MARK)
        assert (line.printed is None) == (line.fault is not None), "what it carries, or why not"
        if line.fault is not None:
            assert line.fault.message.isprintable()
            continue
        assert line.printed is not None
        again = written(line.printed)
        assert len(again) == LENGTH
        (same,) = find_lines(again)
        assert (same.printed, same.misread) == (line.printed, None), "another line when written"
        assert _answer(line) == "approval-other-scope"


def _answer(line: Line) -> str:
    try:
        expand_line(line, EMPTY)
    except Malformed as error:
        return error.code
    return "expanded"


if __name__ == "__main__":
    main(
        target, SEEDS, (MARK, "az1", "AZI", "> ", "&gt; ", "\u200b", "\u00a0", LINE[:40], LINE[40:])
    )
