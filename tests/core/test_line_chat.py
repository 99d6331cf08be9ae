"""Lines in pasted text: found, corrected, or listed with what is wrong with them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.records.line.chat import Line, find_lines, has_lines
from aztrust.core.records.line.code import ALPHABET
from aztrust.core.records.line.layout import LENGTH, Printed, written


def printed(number: int = 1, **changes: int) -> Printed:
    chance = random.Random(number)
    fields = {
        "scope": chance.getrandbits(40),
        "window": chance.getrandbits(28),
        "key": chance.getrandbits(40),
        "time": chance.getrandbits(32),
        "version": (0, 1, number % 256),
        "platform": 0,
        "roles": 1,
        "ready": True,
        "consensus_key": 0,
        "signer": 0,
        "reason": 0,
        "found": None,
        "signature": chance.randbytes(64),
        **changes,
    }
    return Printed(**fields)


FIRST, SECOND = printed(1), printed(2)
LINE, OTHER = written(FIRST), written(SECOND)


def found(text: str) -> list[Line]:
    return list(find_lines(text))


def read(text: str) -> list[Printed | None]:
    return [line.printed for line in found(text)]


def fault(text: str) -> str:
    (line,) = found(text)
    assert line.printed is None
    assert line.fault is not None
    assert line.fault.code == "record-malformed"
    return line.fault.message


def wrapped(text: str, width: int, between: str) -> str:
    return between.join(text[start : start + width] for start in range(0, len(text), width))


def test_a_line_alone_is_found():
    assert read(LINE) == [FIRST]
    assert found(LINE)[0].start == LINE[:12]


@pytest.mark.parametrize(
    "text",
    [
        LINE.lower(),
        LINE.swapcase(),
        wrapped(LINE, 40, "\n"),
        wrapped(LINE, 4, " "),
        wrapped(LINE, 1, " "),
        wrapped(LINE, 76, "\r\n"),
        wrapped(LINE, 2, "\n"),
        "> " + wrapped(LINE, 60, "\n> "),
        ">> " + wrapped(LINE, 60, "\n> > "),
        "| " + wrapped(LINE, 60, "\n| "),
        "&gt; " + wrapped(LINE, 60, "\n&gt; "),
        wrapped(LINE, 10, "\u200b"),
        wrapped(LINE, 10, "\u00a0"),
        wrapped(LINE, 7, "\u2060\u00a0\u200d"),
        wrapped(LINE, 30, "\u2028"),
        wrapped(LINE, 30, "\u202f\ufeff"),
        wrapped(LINE, 1, "\u00ad"),
        "\ufeff" + LINE,
        f"[30.11.26, 18:02] Ada: {LINE} ok?",
        f"Ada 18:02\n{LINE}\nBob 18:03\nthanks\n",
        f"`{LINE}`",
        f"*{LINE}*",
        f"<p>{LINE}</p>",
        f"ready:{LINE}",
        f"{LINE}thanks",
        LINE.replace("B", "8").replace("O", "0").replace("I", "1"),
    ],
    ids=lambda text: ascii(text[:20] + text[-8:]),
)
def test_what_chats_and_mails_make_of_a_line_is_read(text):
    assert read(text) == [FIRST]


def test_several_lines_in_one_text_come_in_its_order():
    text = f"Ada:\n{LINE}\nBob: same here {OTHER.lower()}\n> {wrapped(LINE, 50, chr(10) + '> ')}\n"
    assert read(text) == [FIRST, SECOND, FIRST]
    assert [line.number for line in found(text)] == [2, 3, 4]


def test_lines_without_anything_between_them_are_found():
    assert read(LINE + OTHER + LINE) == [FIRST, SECOND, FIRST]


@pytest.mark.parametrize("digit", ["I", "i", "1"])
def test_the_mark_within_a_line_does_not_end_it(digit):
    text = next(
        line
        for line in (written(printed(n)) for n in range(20_000))
        if "AZI" in line[3:150] and "AZI" not in line[150:]
    )
    place = text.index("AZI", 3)
    spelt = text[:place] + "AZ" + digit + text[place + 3 :]
    for text_with in (spelt, f"{spelt}\n{OTHER}", f"{OTHER}\n{spelt}", spelt + spelt):
        lines = found(text_with)
        assert {line.start for line in lines} <= {text[:12], OTHER[:12]}
        assert all(line.printed is not None for line in lines)
        assert len(lines) == (1 if text_with == spelt else 2)


def test_each_wrong_character_is_named_with_what_it_is_taken_for():
    for place in range(3, LENGTH):
        letter = ALPHABET[(ALPHABET.index(LINE[place]) + 5) % 32]
        (line,) = found(LINE[:place] + letter.lower() + LINE[place + 1 :])
        assert line.printed == FIRST
        expected = f"character {place + 1} is {letter} and is taken for {LINE[place]}"
        assert str(line.misread) == expected
    assert found(LINE)[0].misread is None


def test_a_digit_that_base32_lacks_is_named_as_it_was_written():
    place = LINE.index("Q", 3)
    (line,) = found(LINE[:place] + "0" + LINE[place + 1 :])
    assert str(line.misread) == f"character {place + 1} is 0 and is taken for Q"


def test_characters_that_changed_places_are_never_read():
    for place in range(3, LENGTH - 1):
        a, b = LINE[place : place + 2]
        if a != b:
            swapped = LINE[:place] + b + a + LINE[place + 2 :]
            assert "two or more characters were read wrongly" in fault(swapped)


def test_a_cut_line_says_how_much_is_there():
    for length in range(19, LENGTH):
        assert fault(LINE[:length]) == f"it is cut: {length} of 156 characters"


def test_the_text_after_a_cut_line_is_not_counted():
    cut = LINE[:100]
    for after in (
        "\nok thanks",
        " see you all at noon",
        "\n[18:02] Bob: hi",
        "\nBob: hi",
        "...",
        "\n" + "we are all so very ready to go " * 10,
    ):
        assert fault(cut + after) == "it is cut: 100 of 156 characters"


def test_a_line_that_is_cut_in_the_middle_does_not_swallow_the_next_one():
    cut, whole = found(f"{LINE[:70]}\n{OTHER}")
    assert (cut.fault is not None, whole.printed) == (True, SECOND)
    assert str(cut.fault) == "it is cut: 70 of 156 characters"


def test_a_character_that_is_missing_is_counted():
    for place in range(3, LENGTH):
        assert "cut: 155 of 156" in fault(LINE[:place] + LINE[place + 1 :])


def test_a_character_too_much_is_found():
    # Near the end it is one wrong character, and corrected.
    for place in range(3, LENGTH - 4):
        letter = ALPHABET[(ALPHABET.index(LINE[place]) + 1) % 32]
        assert "more than 156 characters" in fault(LINE[:place] + letter + LINE[place:])
    assert read(LINE[:-1] + "77") == [FIRST]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok, ready",
        "az1",
        "eu-az1b is down, the others in eu-az1 are not",
        "AZ1 is a zone and not a line",
        "az1 has been down since yesterday because of the network maintenance",
        "az1 is at 22 percent load now and so is the next one here",
        "AZ2" + LINE[3:],
        LINE[1:],
        LINE[3:],
        LINE[:18],
        "AZ1" + "\u0410" * 153,
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_other_text_is_ignored(text):
    assert found(text) == []
    assert not has_lines(text)


def test_a_line_with_a_foreign_letter_ends_there():
    assert "cut: 80 of 156" in fault(LINE[:80] + "\u0410" + LINE[81:])


JUNK = st.text(st.sampled_from('AZ1azI \n>|0289BQ\u200b\u00a0.:{}"')) | st.text()


@settings(deadline=None)
@given(JUNK, JUNK)
def test_any_text_around_a_line_leaves_it_whole(before, after):
    lines = read(f"{before}\n.\n{LINE}\n.{after}")
    assert FIRST in lines


@settings(deadline=None)
@given(JUNK)
def test_any_text_is_searched_without_an_error(text):
    for line in find_lines(text):
        assert (line.printed is None) == (line.fault is not None)


@pytest.mark.parametrize(
    "unit",
    ["AZ1", "AZ1 ", "A Z 1 ", "AZ1Q", "AZ", "> ", " ", "\n", "A", "A\u200b", LINE[:-1], "7 ",
     "AZ1" + " " * 4000, "&gt;", "\u200b", "az1\n> "],
    ids=lambda unit: ascii(unit[:12]),
)  # fmt: skip
def test_more_junk_costs_no_more_for_each_byte(unit, monkeypatch):
    """Counted in characters that are looked at, which no busy machine changes."""
    from aztrust.core.records.line import chat

    looked = 0
    words = chat._words

    def counted(text: str) -> list[str]:
        nonlocal looked
        looked += len(text)
        return words(text)

    monkeypatch.setattr(chat, "_words", counted)
    size = 200_000
    text = (unit * (size // len(unit) + 1))[:size]
    for _ in find_lines(text + LINE):
        pass
    assert looked <= 4 * (size + 5000)


@pytest.mark.parametrize("unit", ["AZ1 ", "AZ1" + "Q7" * 10 + " ", "> AZ\u200b1\n"], ids=ascii)
def test_five_megabytes_of_junk_end_with_the_line_after_them(unit):
    text = unit * (5_000_000 // len(unit)) + "\n" + LINE
    assert [line for line in read(text) if line is not None] == [FIRST]
