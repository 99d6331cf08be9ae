"""Signed heads: a C2SP tlog-checkpoint in a C2SP signed note.

    ledger.example/launch
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — ledger.example/launch Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

c2sp.org/tlog-checkpoint says what the first three lines are, c2sp.org/signed-note what the rest is.
`SignedNote` is a claim, `VerifiedHead` what `open_head` returns after the keeper's signature held.
Signatures by others (witnesses) are kept separately and do not count here.
"""  # noqa: E501 - a signature line is as long as it is

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from aztrust.core.base.base64_text import decode_base64, encode_base64
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.merkle import HASH_BYTES

NOTE_LIMIT: Final = 256 * 1024
SIGNATURES_LIMIT: Final = 64
ORIGIN_LIMIT: Final = 200
"""Characters of an origin."""
MAX_SIZE: Final = (1 << 53) - 1

_CODE: Final = "ledger-inconsistent"
_MEND: Final = "fetch the head again from the ledger's keeper; a head is never edited by hand"
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_LINE: Final = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/]+={0,2})")


@frozen
class Head:
    """A log at one size. `root` are the 32 bytes of `tree.root`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """What is signed: three lines, the last line feed included."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()


@frozen
class NoteSignature:
    """One signature line, not checked. `key_id` are four bytes."""

    name: str
    key_id: bytes
    signature: bytes


@frozen
class SignedNote:
    """A note whose shape is right and whose signatures are not checked."""

    text: bytes
    signatures: tuple[NoteSignature, ...]
    subject: str


@frozen
class VerifiedHead:
    """A head that `keeper` signed. `note` are its bytes, `others` the lines not checked here."""

    head: Head
    keeper: VerificationMaterial
    note: bytes
    others: tuple[NoteSignature, ...]

    @property
    def own_note(self) -> bytes:
        """The note with the lines of `keeper` alone, for readers that want to know every signer."""
        key_id = self.keeper.log_id(self.head.origin)[:4]
        own, _ = _apart(parse_note(self.note, name="").signatures, self.head.origin, key_id)
        return _note(self.head, own[:1])


def check_origin(origin: str) -> str:
    """Returns an origin that can also be the name of the key that signs, as C2SP recommends.

    Raises:
        Malformed: `policy-malformed`: empty, longer than 200 characters, with a space, a plus or a
            control character.
    """
    if not _is_name(origin) or not origin.isprintable() or len(origin) > ORIGIN_LIMIT:
        raise Malformed(
            f"the origin {escape(origin)[:80]!r} cannot be written in a signature line",
            subject="ledger.origin",
            code="policy-malformed",
            mend="name it like ledger.example/launch: no spaces, no plus, at most"
            f" {ORIGIN_LIMIT} characters",
        )
    return origin


def encode_head(
    head: Head,
    keeper: VerificationMaterial,
    signature: bytes,
    further: Iterable[tuple[VerificationMaterial, bytes]] = (),
) -> bytes:
    """The note of a head, from signatures over `head.text`.

    Args:
        head: what is signed.
        keeper: the key whose line readers require.
        signature: by it.
        further: other keys of the same keeper, and their signatures; their lines are carried.

    Raises:
        Malformed: as `open_head`: what could not be read back is not written.
    """
    signed = ((keeper, signature), *further)
    lines = [NoteSignature(head.origin, k.log_id(head.origin)[:4], data) for k, data in signed]
    note = _note(head, lines)
    for key, _ in signed:
        open_head(note, key, head.origin, name="the new head")
    return note


def _note(head: Head, signatures: Iterable[NoteSignature]) -> bytes:
    lines = (f"— {s.name} {encode_base64(s.key_id + s.signature)}\n" for s in signatures)
    return head.text + b"\n" + "".join(lines).encode()


def parse_note(data: bytes, *, name: str) -> SignedNote:
    """Read a signed note strictly.

    Raises:
        Malformed: `ledger-inconsistent`: more than 256 KiB or 64 signatures, not UTF-8, a control
            character other than the line feed, no signature, a signature line of another form,
            base64 in any form but the canonical one.
    """
    if len(data) > NOTE_LIMIT:
        raise _malformed(name, f"is longer than {NOTE_LIMIT:,} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed(name, "is not UTF-8") from None
    if any(character < " " and character != "\n" for character in whole):
        raise _malformed(name, "has a control character")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise _malformed(name, "is not a text, an empty line, and lines with signatures")
    signatures = tuple(_signature(line, name) for line in lines[:-1].split("\n"))
    if len(signatures) > SIGNATURES_LIMIT:
        raise _malformed(name, f"has more than {SIGNATURES_LIMIT} signatures")
    return SignedNote(f"{text}\n".encode(), signatures, name)


def claimed_head(note: SignedNote) -> Head:
    """The head that the text of a note claims to be; only `open_head` says that it is one.

    Raises:
        Malformed: `ledger-inconsistent`: not exactly the three lines. Extension lines are refused:
            no auditor could say what they mean (law 15).
    """
    lines = note.text.decode("utf-8").split("\n")[:-1]
    if len(lines) < 3:
        raise _malformed(note.subject, "is not origin, size and root, a line each")
    if len(lines) > 3:
        raise _malformed(note.subject, "has an extension line; no aztrust ledger has one")
    origin, size, root_text = lines
    if len(origin) > ORIGIN_LIMIT:
        raise _malformed(note.subject, f"has an origin of more than {ORIGIN_LIMIT} characters")
    if not _is_name(origin):
        raise _malformed(note.subject, "has an origin that cannot name a key")
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise _malformed(note.subject, "has a size that is not a plain decimal number")
    root = decode_base64(root_text)
    if root is None or len(root) != HASH_BYTES:
        raise _malformed(note.subject, "has a root that is not 32 bytes in base64")
    return Head(origin, int(size), root)


def open_head(data: bytes, keeper: VerificationMaterial, origin: str, *, name: str) -> VerifiedHead:
    """The head in a note, once the keeper's signature held.

    Args:
        data: the note.
        keeper: the one key whose signature counts.
        origin: the log it must be a head of; also the name that the keeper signs with.
        name: the file, for messages.

    Raises:
        Malformed: `signature-invalid`: no signature by the keeper, or one that does not hold;
            `ledger-inconsistent`: as `parse_note` and `claimed_head`, and another origin.
    """
    note = parse_note(data, name=name)
    key_id = keeper.log_id(origin)[:4]
    own, others = _apart(note.signatures, origin, key_id)
    if not own:
        raise Malformed(
            f"is not signed as {escape(origin)} by the keeper, {keeper.fingerprint[7:15]}",
            subject=name,
            code="signature-invalid",
            mend=_MEND,
        )
    if not all(keeper.verify(line.signature, note.text) for line in own):
        raise Malformed(
            f"has a signature that the keeper, {keeper.fingerprint[7:15]}, did not make",
            subject=name,
            code="signature-invalid",
            mend=_MEND,
        )
    head = claimed_head(note)
    if head.origin != origin:
        raise _malformed(name, f"is a head of another log, {escape(head.origin)[:80]}")
    return VerifiedHead(head, keeper, data, others)


def refuse_wrong_lines(
    data: bytes, further: Iterable[VerificationMaterial], origin: str, *, name: str
) -> None:
    """Refuse a note with a line in the name of a known key that the key did not make.

    A note need have no line of these keys, and lines of unknown keys are carried.

    Args:
        data: the note.
        further: the keys that are known in addition to the one whose line counts.
        origin: the log; the name that they sign with.
        name: the file, for messages.

    Raises:
        Malformed: `signature-invalid`; as `parse_note`.
    """
    note = parse_note(data, name=name)
    for key in further:
        own, _ = _apart(note.signatures, origin, key.log_id(origin)[:4])
        if not all(key.verify(line.signature, note.text) for line in own):
            raise Malformed(
                f"has a signature that a further key of the keeper, {key.fingerprint[7:15]}, did"
                " not make",
                subject=name,
                code="signature-invalid",
                mend=_MEND,
            )


def signers_of(
    data: bytes, keepers: Sequence[VerificationMaterial], origin: str, *, name: str
) -> tuple[VerificationMaterial, ...]:
    """Those of several keepers who have a line in a note; the first keeper where none has.

    Nothing is verified: `open_head` verifies the line of each.

    Raises:
        Malformed: as `parse_note`.
    """
    if len(keepers) == 1:
        return tuple(keepers)
    named = {(line.name, line.key_id) for line in parse_note(data, name=name).signatures}
    found = tuple(key for key in keepers if (origin, key.log_id(origin)[:4]) in named)
    return found or tuple(keepers[:1])


def _apart(
    signatures: Iterable[NoteSignature], name: str, key_id: bytes
) -> tuple[tuple[NoteSignature, ...], tuple[NoteSignature, ...]]:
    own: list[NoteSignature] = []
    others: list[NoteSignature] = []
    for line in signatures:
        (own if (line.name, line.key_id) == (name, key_id) else others).append(line)
    return tuple(own), tuple(others)


def _signature(line: str, name: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    data = decode_base64(match[2]) if match else None
    if match is None or data is None or len(data) < 5 or not _is_name(match[1]):
        raise _malformed(name, "has a signature line that is not of a signed note's form")
    return NoteSignature(match[1], data[:4], data[4:])


def _is_name(text: str) -> bool:
    """Whether signed-note allows it as the name of a key."""
    return bool(text) and not any(c.isspace() or c == "+" for c in text)


def _malformed(name: str, reason: str) -> Malformed:
    return Malformed(reason, subject=name, code=_CODE, mend=_MEND)
