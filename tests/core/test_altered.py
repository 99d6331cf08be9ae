"""What happened to a file on its way is reported only where its bytes prove it."""

from __future__ import annotations

import gzip
import zlib

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.foreign import foreign
from aztrust.core.history.opener import Opener
from aztrust.core.package.altered import altered
from aztrust.core.package.compare import compare
from aztrust.core.package.entries import Tree
from aztrust.core.package.manifest import Manifest, parse_manifest
from aztrust.core.package.transport_loss import losses
from tests.core.test_manifest import manifest
from tests.storage.trees import entry

SEALED = b"one = 1\ntwo = 2\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def test_each_thing_that_carriers_do_is_named():
    sealed = entry("app.toml", SEALED)
    for data, what in (
        (SEALED.replace(b"\n", b"\r\n"), "CRLF line ends"),
        (b"\xef\xbb\xbf" + SEALED, "byte order mark"),
        (SEALED + b"more", "further bytes"),
        (SEALED[:-1], "without its last line end"),
        (gzip.compress(SEALED), "gzip -d"),
        (POINTER, "Git-LFS pointer"),
    ):
        assert what in altered(data, sealed)
    crlf = entry("app.toml", SEALED.replace(b"\n", b"\r\n"))
    assert "LF line ends, sealed with CRLF" in altered(SEALED, crlf)


def test_nothing_is_guessed():
    sealed = entry("app.toml", SEALED)
    for data in (
        SEALED.replace(b"1", b"3").replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + SEALED.replace(b"1", b"3"),
        b"",
        b"\x7fELF",
        gzip.compress(SEALED)[:-12] + b"\0" * 40,
    ):
        assert "the sealed file" not in altered(data, sealed)


def test_a_compressed_bomb_is_not_unpacked():
    packer = zlib.compressobj(wbits=31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()
    assert "the sealed file" not in altered(bomb, entry("app.toml", SEALED))


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        (POINTER, "Git-LFS pointer", "git lfs pull"),
        (b"[ZoneTransfer]\r\nZoneId=3\r\n", "download", "remove it"),
        (b"<<<<<<< HEAD\n{}", "git conflict", "git status"),
        (b"<!DOCTYPE html>", "page", "again"),
        (b"\xff\xfe{\0", "UTF-16", "again"),
    ],
)
def test_every_kind_of_file_is_recognised_when_it_is_opened(data, what, mend):
    opener = Opener()
    for read in (
        lambda: opener.policy(data),
        lambda: opener.manifest(data, what="manifests/release.json"),
        lambda: opener.key(data, name="keys/rita.pem"),
        lambda: opener.envelope(data, name="manifests/records/r.json"),
    ):
        with pytest.raises(Malformed) as error:
            read()
        assert what in error.value.message
        assert mend in error.value.mend
    found = foreign(data)
    assert found is not None
    with pytest.raises(Malformed) as error:
        opener.envelope(b"{}", name="r")
    assert what not in error.value.message


def test_names_that_look_alike_are_distinguished():
    nfc, nfd = "f\u00fcr.txt", "fu\u0308r.txt"
    for sealed, here, form in ((nfc, nfd, "NFD"), (nfd, nfc, "NFC")):
        found = list(compare("release", _manifest(sealed), Tree((entry(here, b"x"),))))
        assert [f.code for f in found] == ["file-missing", "file-unlisted"]
        assert all("in another Unicode form" in f.this for f in found)
        assert f"({form})" in found[0].this
    found = list(compare("release", _manifest("a.txt"), Tree((entry("b.txt", b"x"),))))
    assert all("Unicode" not in f.this for f in found)


def _manifest(name: str) -> Manifest:
    return parse_manifest(manifest((entry(name, b"x"),)), what="m")


def test_names_that_windows_refuses_are_reported_when_sealing():
    refused = ("a:b", "x/con.txt", "end.", "q?", "d /f")
    kept = ("a.b", "x/console.txt", "con-fig", "ü")
    found = losses(tuple(entry(name, b"x") for name in sorted((*refused, *kept))))
    (loss,) = [loss for loss in found if "Windows" in loss.says]
    assert set(loss.paths) == set(refused)
