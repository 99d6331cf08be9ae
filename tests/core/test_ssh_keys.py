"""The line of an SSH public key, parsed strictly."""

from __future__ import annotations

import base64

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.formats.ssh_keys import (
    blob_of_key,
    key_of_blob,
    looks_like_ssh,
    parse_ssh_line,
    read_strings,
    write_strings,
)
from tests.people import PEOPLE

RAW = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
BLOB = write_strings(b"ssh-ed25519", RAW)
LINE = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"


def test_a_line_is_the_key_of_its_32_bytes():
    key = parse_ssh_line(LINE, name="k")
    assert (key.algorithm, key.material) == ("ed25519", RAW)
    # The same key in PEM has the same fingerprint.
    assert parse_public_key(key.pem, name="k").fingerprint == key.fingerprint
    assert blob_of_key(key) == BLOB
    assert key_of_blob(BLOB, name="k") == key


@pytest.mark.parametrize("line", [f"{LINE} a@b", f"{LINE} two words é\n", f"{LINE}\r\n"])
def test_comment_and_line_end_are_ignored(line):
    assert parse_ssh_line(line, name="k").material == RAW


def changed(blob: bytes) -> str:
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (changed(write_strings(b"ssh-ed25519", RAW[:-1])), "not a usable Ed25519 point"),
        (changed(write_strings(b"ssh-ed25519", RAW + b"\0")), "not a usable Ed25519 point"),
        (changed(write_strings(b"ssh-ed25519", bytes(32))), "not a usable Ed25519 point"),
        (changed(write_strings(b"ssh-rsa", RAW)), "not the blob of an ssh-ed25519 key"),
        (changed(write_strings(b"ssh-ed25519", RAW, b"")), "not the blob"),
        (changed(BLOB[:-1]), "not the blob"),
        (changed(BLOB + b"\0"), "not the blob"),
        (changed(b"\xff\xff\xff\xff"), "not the blob"),
        ("ssh-ed25519", "base64"),
        ("ssh-ed25519 ", "base64"),
        (LINE.replace(" ", "  "), "base64"),
        (LINE + "=", "base64"),
        (LINE[:-1], "base64"),
        (LINE.replace("ssh-ed25519", "ssh-rsa"), "is ssh-rsa"),
        (LINE.replace("ssh-ed25519", "sk-ssh-ed25519@openssh.com"), "only ssh-ed25519"),
        (LINE.removeprefix("ssh-ed25519 "), "something else"),
        (f" {LINE}", "something else"),
        (f'command="x" {LINE}', "something else"),
        (f"{LINE}\n{LINE}", "not one line"),
        (f"{LINE}\x07", "not one line"),
        (f"{LINE} {'x' * 5000}", "not one line"),
        ("", "something else"),
    ],
    ids=list(map(str, range(22))),
)
def test_every_other_spelling_is_refused(line, message):
    with pytest.raises(Malformed, match=message) as caught:
        parse_ssh_line(line, name="k")
    assert caught.value.code == "key-malformed"


def test_what_looks_like_an_ssh_key():
    assert looks_like_ssh(LINE)
    assert looks_like_ssh("ecdsa-sha2-nistp256 AAAA")
    assert not looks_like_ssh("keys/alpha.pub")
    assert not looks_like_ssh(PEOPLE["rita"].public().pem.decode())


def test_strings_that_are_cut_are_none():
    assert read_strings(b"") == []
    assert read_strings(write_strings(b"", b"ab")) == [b"", b"ab"]
    for data in (b"\0", b"\0\0\0\1", b"\0\0\0\2a", write_strings(b"a") + b"\0\0\0"):
        assert read_strings(data) is None
