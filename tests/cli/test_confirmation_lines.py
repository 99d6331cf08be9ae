"""`aztrust ledger append -` with the text of a chat: the confirmations in it, and the rest."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.window.reading import read_launch_window
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.records.enrolment import Enrolment, OperatorConfirmation
from aztrust.core.records.line.rebuild import line_of
from aztrust.core.records.records import Unsigned
from aztrust.core.state.context import Context
from aztrust.core.state.known_scopes import known_here, present_scope
from tests.cli_launch import Clock, Desk, Template, copied, ticking_clock, window_policy
from tests.command import Done, run
from tests.operators import entry, operator

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)
REGISTRAR = '[readiness]\nregistrar = "launch-coordinator"\n'


def enrol(desk: Desk, at: int, *names: str) -> None:
    entries = [entry(name, operator(name, algorithm(name))) for name in names]
    fields: dict[str, Any] = {
        "enrolled_at_unix_ms": at,
        "gentx": "none",
        "operators": sorted(entries, key=lambda one: str(one["key"])),
        "policy_digest": desk.launch.anchor,
    }
    desk.launch.record("enrolment", Enrolment.model_validate(fields), "luca")
    desk.keep()


def algorithm(name: str) -> str:
    return "ecdsa-p256" if name == "bora" else "ed25519"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    def act(desk: Desk, clock: Clock) -> None:
        desk.freeze()
        enrol(desk, clock.now, "acme", "bora")

    return Template.of(tmp_path_factory.mktemp("lines"), window_policy(REGISTRAR), act)


@dataclass
class Made:
    """A confirmation: its file and its line."""

    file: bytes
    line: str


def context_of(desk: Desk, now: int) -> Context:
    inputs = TrustInputs(now, anchor=desk.anchor, ledger=str(desk.ledger))
    return read_launch_window(desk.launch.path, inputs)


def made(desk: Desk, clock: Clock, by: str = "acme", **changes: Any) -> Made:
    context = context_of(desk, clock.now)
    scope = present_scope(context)
    assert scope is not None
    (attempt,) = context.state.attempts
    ready = "reason" not in changes
    fields: dict[str, Any] = {
        **scope.contents("linux/amd64", ("node",), ready=ready),
        "aztrust_version": "0.1.0",
        "confirmed_at_unix_ms": clock.now // 1000 * 1000,
        "launch_window_id": attempt.launch_window_id,
        "status": "ready" if ready else "not-ready",
        **({"consensus_key": "not-asked", "signer": "not-asked"} if ready else {}),
        **changes,
    }
    who = operator(by, algorithm(by))
    payload = Unsigned("operator-confirmation", OperatorConfirmation.model_validate(fields)).payload
    file = encode_envelope(payload, who.public.keyid, who.sign(pae(PAYLOAD_TYPE, payload)))
    return Made(file, line_of(file, who.public, scope))


def append(desk: Desk, text: str, *more: object) -> Done:
    words = ("append", "-", "--ledger", desk.ledger, "--key", desk.launch.key_file("luca"))
    return run(
        "-C", desk.launch.path, "ledger", *words, "--anchor", desk.anchor, *more, answer=text
    )


def written(desk: Desk) -> list[bytes]:
    folder = desk.launch.path / "manifests/records"
    return [path.read_bytes() for path in sorted(folder.glob("*.operator-confirmation.*"))]


def size(desk: Desk) -> int:
    return int(desk.snapshot()["ledger"])  # type: ignore[call-overload]


CHAT = """\
[18:01] Ada: good evening
[18:02] Acme: {0}
[18:02] Bora: not yet, see https://status.example/az1
> {1}
[18:03] Ada: thanks, 2 of 2 in
"""


def test_the_confirmations_of_a_chat_are_appended_as_the_files_that_were_signed(desk, clock):
    acme = made(desk, clock)
    bora = made(desk, clock, "bora", reason="disk", found="0badcafe")
    wrapped = "\n> ".join(bora.line.lower()[start : start + 60] for start in (0, 60, 120))
    before = size(desk)
    done = append(desk, CHAT.format(acme.line, wrapped))
    assert done.exit_code == 0, done.out + done.err
    assert size(desk) == before + 2
    assert sorted(written(desk)) == sorted([acme.file, bora.file])
    assert "2 appended" in done.out
    context = context_of(desk, clock.now)
    found = {c.seat.operator: c.body.status for c in context.confirmations}
    assert found == {"acme": "ready", "bora": "not-ready"}


def test_a_line_that_comes_again_changes_nothing(desk, clock):
    line = made(desk, clock).line
    assert append(desk, line).exit_code == 0
    before = desk.snapshot()
    done = append(desk, f"{line}\n{line}")
    assert (done.exit_code, "0 appended" in done.out) == (0, True)
    assert size(desk) == before["ledger"]


def test_a_text_file_is_searched_like_standard_input(desk, clock, tmp_path):
    acme = made(desk, clock)
    chat = tmp_path / "chat.txt"
    for text in (acme.line, CHAT.format(acme.line, "").replace("\n", "\r\n")):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            chat.write_bytes(text.encode(encoding))
            done = desk.run("ledger", "append", chat, "--ledger", desk.ledger)
            assert done.exit_code == 0, done.out + done.err
            assert written(desk) == [acme.file]


def test_an_envelope_on_a_line_of_its_own_is_taken_with_the_text(desk, clock):
    acme, bora = made(desk, clock), made(desk, clock, "bora", reason="clock")
    done = append(desk, f"hello\n{bora.file.decode()}\nand {acme.line}\n")
    assert (done.exit_code, "2 appended" in done.out) == (0, True)
    assert sorted(written(desk)) == sorted([acme.file, bora.file])


def swapped(line: str) -> str:
    """With the first two neighbours after the fortieth that differ in each other's place."""
    place = next(n for n in range(40, 150) if line[n] != line[n + 1])
    return line[:place] + line[place + 1] + line[place] + line[place + 2 :]


@dataclass
class Bad:
    change: Callable[[str], str]
    answer: str


BAD = {
    "cut": Bad(lambda line: line[:90], "it is cut: 90 of 156 characters"),
    "swapped": Bad(
        swapped,
        "two or more characters were read wrongly, or changed places",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_line_that_cannot_be_used_is_listed_and_stops_no_other(name, desk, clock):
    acme, bora = made(desk, clock), made(desk, clock, "bora", reason="clock")
    bad = BAD[name].change(acme.line)
    assert bad != acme.line
    done = append(desk, f"one {bad}\n\ntwo {bora.line}\n")
    assert done.exit_code == 10
    assert BAD[name].answer in done.advised
    assert f"standard input, line 1, {acme.line[:12]}…" in done.advised
    assert "1 appended" in done.advised
    assert written(desk) == [bora.file]


def test_a_wrong_character_is_corrected_and_reported(desk, clock):
    acme = made(desk, clock)
    wrong = "Q" if acme.line[40] != "Q" else "R"
    done = append(desk, acme.line[:40] + wrong + acme.line[41:], "--format", "json")
    assert done.exit_code == 0, done.err
    assert f"character 41 is {wrong} and is taken for {acme.line[40]}" in " ".join(done.err.split())
    assert written(desk) == [acme.file]
    assert done.document["records"][0]["file"].startswith("manifests/records/")


def test_a_line_of_another_launch_is_called_that(desk, clock, tmp_path):
    other = Template.of(tmp_path / "other", window_policy(REGISTRAR + "\n# another\n"), made_frozen)
    foreign = made(other.copy(tmp_path / "copy", clock), clock).line
    done = append(desk, foreign)
    assert (done.exit_code, "it is of another launch" in done.advised) == (10, True)
    assert "bad signature" not in done.advised
    assert written(desk) == []


def made_frozen(desk: Desk, clock: Clock) -> None:
    desk.freeze()
    enrol(desk, clock.now, "acme")


def test_an_operator_who_is_not_enrolled_here_makes_the_kit_too_old(desk, clock):
    line = made(desk, clock, "cato").line
    done = append(desk, line)
    assert (done.exit_code, "this kit is too old" in done.advised) == (10, True)
    assert written(desk) == []
    enrol(desk, clock.now, "cato")
    assert append(desk, line).exit_code == 0


def test_a_window_that_is_not_known_here_makes_the_kit_too_old(desk, clock):
    line = made(desk, clock, launch_window_id="sha256:" + "00" * 32).line
    done = append(desk, line)
    assert (done.exit_code, "this kit is too old: the window 0000000" in done.advised) == (10, True)


def test_a_bad_signature_is_called_that(desk, clock):
    from aztrust.core.base.value import replace
    from aztrust.core.records.line.layout import written as text_of
    from tests.core.test_line_rebuild import printed_of

    bent = replace(printed_of(made(desk, clock).line), roles=1, time=clock.now // 1000 - 5)
    done = append(desk, text_of(bent))
    assert (done.exit_code, "it has a bad signature" in done.advised) == (10, True)
    assert written(desk) == []


def test_a_scope_that_was_sealed_over_is_still_expanded(desk, clock):
    acme = made(desk, clock)
    before = known_here(context_of(desk, clock.now), pytest.fail)
    path = desk.launch.file("genesis", "genesis.json")
    path.write_bytes(path.read_bytes() + b"\n")
    desk.launch.write_manifest("genesis")
    sealed = [p.read_bytes() for p in (desk.launch.path / "manifests/sealed").iterdir()]
    known = known_here(context_of(desk, clock.now), lambda: [*sealed, b"damaged"])
    assert [s.scope.hash for s in known.scopes[1:]] == [before.scopes[0].scope.hash]
    assert known.windows == before.windows
    assert append(desk, acme.line).exit_code == 0
    assert written(desk) == [acme.file]


def test_text_without_a_line_or_a_record_says_so(desk):
    done = append(desk, "good evening\naz1 is down\n")
    assert done.exit_code == 10
    assert "standard input" in done.advised
    assert "no record and no line of a confirmation was found" in done.advised
    assert "the whole line that begins with AZ1" in done.advised


@pytest.mark.parametrize("between", ["", "\n", "  "])
def test_records_that_are_not_each_on_a_line_are_counted_as_several(desk, between):
    """What `cat a.json b.json` writes: files without a line end, or in a layout of many lines."""
    found = json.loads(next(iter(desk.files("records"))).read_bytes())
    text = json.dumps(found, indent=2 if between == "\n" else None)
    done = append(desk, f"{text}{between}{text}")
    assert done.exit_code == 10
    assert "several records follow one another" in done.advised
    assert "one on each line" in done.advised
    assert append(desk, text).exit_code == 0
    cut = append(desk, text[:-9])
    assert (cut.exit_code, "several records" in cut.advised) == (10, False)


def test_an_envelope_over_many_lines_is_not_taken_for_text(desk, clock):
    """Its base64 may have anything in it, also the mark of a line."""
    from aztrust.acts.ledger.intake import read_files

    payload = b"\x01\x9c\xd5" * 20
    base64 = binascii.b2a_base64(payload, newline=False).decode()
    assert base64.startswith("AZzV")
    text = '{\n "payload":\n "AZ1' + base64 + '"\n}\n'
    given = read_files(("-",), Path("/"), text.encode())
    assert (given.texts, list(given.data)) == ({}, ["standard input"])
