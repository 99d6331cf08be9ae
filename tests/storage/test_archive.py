"""Members of archives: hashed as streams, refused wherever two unpackers could disagree."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import pytest

from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.archives import archive, members, tarfiles
from aztrust.storage.archives.archive import Limits, hash_members, member_name
from aztrust.storage.tree import captures
from aztrust.storage.tree.tree import TreeRequest, read_tree
from tests.storage import hostile
from tests.storage.trees import entry, faults, make, read

BINARY = os.urandom(300_000)
FORMATS = {"tar": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}
PACK = {
    "tar": lambda data: data,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def tar(*members, form="tar"):
    """A tar of (name, bytes) files, or of TarInfo entries."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=FORMATS[form]) as made:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                made.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            made.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def zipped(*members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data, **options)
    return out.getvalue()


def answer(data, member="bin/atlasd", limits=None, name="archive"):
    """What hashing one member of an archive with these bytes gives."""
    import hashlib
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        digest = hashlib.sha256(data).digest()
        return hash_members(file.fileno(), name, [member], digest, limits)[member]


def digest(data):
    whole = entry("x", data)
    return MemberDigest(len(data), whole.sha256, whole.blake3)


def code(result):
    assert isinstance(result, Fault), result
    return result.code


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("form", FORMATS)
def test_a_member_of_a_tar(pack, form):
    data = tar(("README", b"x"), ("./bin/atlasd", BINARY), ("z", b""), form=form)
    assert answer(PACK[pack](data)) == digest(BINARY)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_member_of_a_zip(method):
    data = zipped(("README", b"x"), ("bin/atlasd", BINARY), compress_type=method)
    assert answer(data) == digest(BINARY)


@pytest.mark.parametrize("form", ["tar", "gnu"])
def test_long_names_and_names_outside_ascii(form):
    name = "d" * 150 + "/" + "ü" * 90
    assert answer(tar((name, b"x"), form=form), name) == digest(b"x")


def test_empty_and_odd_sized_members():
    for size in (0, 1, 511, 512, 513):
        data = tar(("a", b"1" * size), ("b", b"2" * size))
        assert answer(data, "a") == digest(b"1" * size)
        assert answer(data, "b") == digest(b"2" * size)


def test_concatenated_and_padded_gzip_streams_are_one():
    data = tar(("bin/atlasd", BINARY))
    assert answer(gzip.compress(data[:1000]) + gzip.compress(data[1000:])) == digest(BINARY)
    assert answer(gzip.compress(data) + bytes(700)) == digest(BINARY)


def test_a_tar_without_its_end_marker_is_complete_at_an_entrys_end():
    data = tar(("bin/atlasd", b"x" * 512))[:1024]
    assert answer(data) == digest(b"x" * 512)


@pytest.mark.parametrize("make_archive", [tar, zipped])
def test_a_missing_member(make_archive):
    result = answer(make_archive(("bin/other", b"")))
    assert code(result) == "artifact-missing"
    assert "bin/atlasd" in result.detail


@pytest.mark.parametrize(
    "other", ["bin/atlasd", "./bin/atlasd", "bin//atlasd", "/bin/atlasd", "x/../bin/atlasd"]
)
@pytest.mark.parametrize("make_archive", [tar, zipped])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_for_one_place_are_ambiguous(make_archive, other):
    assert code(answer(make_archive(("bin/atlasd", b"1"), (other, b"1")))) == "artifact-ambiguous"
    assert code(answer(make_archive((other, b"1"), ("bin/atlasd", b"1")))) == "artifact-ambiguous"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_a_member_that_is_not_a_regular_file(kind):
    info = tarfile.TarInfo("bin/atlasd")
    info.type, info.linkname = kind, "elsewhere"
    assert code(answer(tar(info))) == "artifact-unreadable"
    assert code(answer(tar(("bin/atlasd", b"1"), info))) == "artifact-ambiguous"


def linked(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


WANTED = ("bin/atlasd", b"1")
LONG = "d" * 200


@pytest.mark.parametrize("form", ["tar", "gnu"])
@pytest.mark.parametrize(
    "members",
    [
        (WANTED, linked("bin2", "bin"), ("bin2/atlasd", b"2")),
        (linked("BIN2", "bin"), WANTED, ("bin2/deep/er", b"2")),
        (WANTED, ("bin2/atlasd", b"2"), linked("bin2", "bin")),
        (WANTED, linked("x", "bin/atlasd", tarfile.LNKTYPE)),
        (WANTED, linked("x", "./bin//atlasd", tarfile.LNKTYPE), ("x", b"2")),
        (WANTED, linked("x", "bin", tarfile.LNKTYPE)),
        (WANTED, linked("x", f"{LONG}/../bin/atlasd", tarfile.LNKTYPE)),
        (WANTED, linked("x", "bin/atlasd"), ("x", b"2")),
        (WANTED, ("x", b"2"), linked("x", "bin/atlasd")),
        (WANTED, linked("x", "bin/atlasd"), linked("x", "elsewhere")),
        (WANTED, ("bin/Atlasd", b"2")),
        (("BIN/atlasd", b"2"), WANTED),
        (WANTED, ("bin\\atlasd", b"2")),
    ],
)
def test_what_may_be_written_at_the_member_is_ambiguous(members, form):
    assert code(answer(tar(*members, form=form))) == "artifact-ambiguous"


def test_links_that_nothing_is_written_through_are_harmless():
    members = (WANTED, linked("latest", "bin/atlasd"), linked("y", "z", tarfile.LNKTYPE))
    assert answer(tar(*members, ("binary/atlasd", b"2"), ("bin/x", b""))) == digest(b"1")


def test_names_in_another_unicode_form_are_ambiguous():
    both = tar(("caf\u00e9", b"1"), ("cafe\u0301", b"2"))
    assert code(answer(both, "caf\u00e9")) == "artifact-ambiguous"


def test_a_zip_can_alias_its_member_too():
    link = zipfile.ZipInfo("bin2")
    link.external_attr = 0o120777 << 16
    for others in (((link, b"bin"), ("bin2/atlasd", b"2")), (("bin\\atlasd", b"2"),)):
        assert code(answer(zipped(WANTED, *others))) == "artifact-ambiguous"


def test_names_that_are_held_in_memory_have_a_limit(monkeypatch):
    long = tar(("a", b""), ("b", b""), ("c/d/e", b""))
    for limit, value in (("MAX_NAMES", 450), ("MAX_ENTRIES", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(members, limit, value)
            assert code(answer(long)) == "artifact-unreadable"
    assert code(answer(long)) == "artifact-missing"
    assert code(answer(tar(("a/" * 2100 + "b", b""), WANTED))) == "artifact-unreadable"


def test_a_link_in_a_zip_is_not_a_regular_file():
    info = zipfile.ZipInfo("bin/atlasd")
    info.external_attr = 0o120777 << 16
    assert code(answer(zipped((info, b"elsewhere")))) == "artifact-unreadable"
    assert code(answer(zipped(("bin/atlasd/", b"")))) == "artifact-unreadable"


@pytest.mark.parametrize("pack", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("damage", ["cut", "flip", "trailing"])
def test_damaged_compression(pack, damage):
    data = PACK[pack](tar(("bin/atlasd", BINARY)))
    middle = len(data) // 2
    damaged = {
        "cut": data[:-20],
        "flip": data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :],
        "trailing": data + b"more",
    }[damage]
    assert code(answer(damaged)) == "artifact-unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ not an archive",
        bytes(1024),
        gzip.compress(b"just a file"),
        tar(("bin/atlasd", BINARY))[:-12_000],
        tar(("a", b"x")) + tar(("bin/atlasd", b"x")),
        tar(("bin/atlasd", b"x"))[:1024] + b"junk" * 128 + tar(("bin/atlasd", b"y")),
        zipped(("bin/atlasd", BINARY))[:-30],
        zipped(("bin/atlasd", BINARY)).replace(BINARY[:50], BINARY[1:51]),
        b"PK\x05\x06",
    ],
    ids=["empty", "other", "zeros", "gz", "cut", "joined", "junk", "zip cut", "zip crc", "zip end"],
)
def test_what_is_not_a_complete_archive_is_unreadable_or_lacks_the_member(data):
    assert code(answer(data)) in {"artifact-unreadable", "artifact-missing"}
    if b"junk" in data or data.count(b"ustar") > 1:
        assert code(answer(data)) == "artifact-unreadable"


def test_an_encrypted_zip_member():
    data = bytearray(zipped(("bin/atlasd", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    result = answer(bytes(data))
    assert code(result) == "artifact-unreadable"
    assert "encrypted" in result.detail


def test_two_zips_in_one_file_are_refused():
    data = zipped(("bin/atlasd", b"first")) + zipped(("bin/atlasd", b"last"))
    assert code(answer(data)) == "artifact-ambiguous"


def test_a_zip_member_with_a_wrong_checksum():
    data = zipped(("bin/atlasd", b"hello world"), compress_type=zipfile.ZIP_STORED)
    assert code(answer(data.replace(b"hello", b"hullo"))) == "artifact-unreadable"


@pytest.mark.parametrize("make_archive", [lambda *m: gzip.compress(tar(*m)), zipped])
def test_a_bomb_stops_at_the_limit(make_archive):
    data = make_archive(("bin/atlasd", bytes(3 << 20)))
    assert len(data) < 20_000
    result = answer(data, limits=Limits(member=1 << 20))
    assert code(result) == "artifact-unreadable"
    assert "limit" in result.detail


def test_everything_together_has_a_limit_too():
    data = gzip.compress(tar(("padding", bytes(3 << 20)), ("bin/atlasd", b"x")))
    assert code(answer(data, limits=Limits(total=1 << 20))) == "artifact-unreadable"
    data = zipped(("padding", bytes(3 << 20)), ("bin/atlasd", b"x"))
    assert code(answer(data, limits=Limits(total=1 << 20))) == "artifact-unreadable"


def test_headers_that_are_read_into_memory_have_a_limit():
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2 << 20
    block = info.tobuf(tarfile.USTAR_FORMAT)
    result = answer(block + bytes(3 << 20))
    assert code(result) == "artifact-unreadable"
    assert "longer than" in result.detail


def test_all_of_them_together_have_one_too(monkeypatch):
    data = (hostile.pax((b"comment", b"x" * 600)) + hostile.entry(b"a")) * 4
    # The header, the record, and what a line counts.
    total = 4 * (512 + 613 + tarfiles.PER_LINE)
    for limit, expected in ((total, "missing"), (total - 1, "unreadable")):
        monkeypatch.setattr(tarfiles, "MAX_EXTENSIONS", limit)
        assert code(answer(data + hostile.END)) == f"artifact-{expected}"


@pytest.mark.parametrize(
    "payload",
    [
        b"nonsense",
        b"9999 path=x\n",
        b"11 path=xyz",
        b"13 size=-100\n",
        b"0 a=b\n",
        b"17 GNU.sparse.a=1\n",
    ],
)
def test_malformed_pax_headers(payload):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(payload)
    block = info.tobuf(tarfile.USTAR_FORMAT) + payload + bytes(-len(payload) % 512)
    assert code(answer(block + tar(("bin/atlasd", b"x")))) == "artifact-unreadable"


def test_a_global_header_may_comment_but_not_rename():
    def with_global(record):
        info = tarfile.TarInfo("g")
        info.type, info.size = tarfile.XGLTYPE, len(record)
        head = info.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512)
        return head + tar(("bin/atlasd", b"x"))

    assert answer(with_global(b"16 comment=abcd\n")) == digest(b"x")
    assert code(answer(with_global(b"10 path=a\n"))) == "artifact-ambiguous"


def test_a_link_that_declares_contents_is_refused():
    info = tarfile.TarInfo("l")
    info.type, info.size, info.linkname = tarfile.SYMTYPE, 512, "x"
    block = info.tobuf(tarfile.USTAR_FORMAT)
    result = answer(block + bytes(512) + tar(("bin/atlasd", b"x")))
    assert code(result) == "artifact-unreadable"
    assert "declares contents" in result.detail


def test_a_damaged_header_hides_nothing():
    first, second = tar(("a", b"x"))[:1024], tar(("bin/atlasd", b"y"))
    assert code(answer(first + b"\1" * 512 + second)) == "artifact-unreadable"


def test_bytes_that_differ_between_the_two_passes():
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(tar(("bin/atlasd", b"x")))
        file.flush()
        result = hash_members(file.fileno(), "a.tar", ["bin/atlasd"], b"\0" * 32)
    assert code(result["bin/atlasd"]) == "changed-while-reading"


def test_an_archive_that_is_replaced_between_the_passes(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"a.tar": tar(("bin/atlasd", b"good"))})
    real = archive.hash_members

    def replace_first(*args, **options):
        (root / "a.tar").write_bytes(tar(("bin/atlasd", b"evil")))
        return real(*args, **options)

    monkeypatch.setattr(archive, "hash_members", replace_first)
    result = read(root, members=(("a.tar", "bin/atlasd"),))
    assert faults(result) == [("changed-while-reading", "a.tar")]
    assert code(result.members["a.tar", "bin/atlasd"]) == "changed-while-reading"


@pytest.mark.parametrize("jobs", [1, 2])
def test_members_are_part_of_a_reading(tmp_path, jobs):
    one, other = (
        gzip.compress(tar(("bin/atlasd", BINARY), ("x", b"x"))),
        zipped(("atlasd.exe", b"e")),
    )
    make(tmp_path / "p", {"l.tar.gz": one, "d/w.zip": other, "f": b""})
    wanted = (
        ("l.tar.gz", "bin/atlasd"),
        ("l.tar.gz", "x"),
        ("l.tar.gz", "y"),
        ("d/w.zip", "atlasd.exe"),
        ("gone.zip", "a"),
        ("f", "a"),
    )
    result = read_tree(tmp_path, "p", TreeRequest(members=wanted), jobs=jobs)
    assert result.tree.entries == (entry("d/w.zip", other), entry("f", b""), entry("l.tar.gz", one))
    assert tuple(result.members) == wanted
    assert result.members["l.tar.gz", "bin/atlasd"] == digest(BINARY)
    assert result.members["l.tar.gz", "x"] == digest(b"x")
    assert result.members["d/w.zip", "atlasd.exe"] == digest(b"e")
    codes = [code(result.members[pair]) for pair in (wanted[2], wanted[4], wanted[5])]
    assert codes == ["artifact-missing", "artifact-missing", "artifact-unreadable"]


def test_an_archive_that_cannot_be_read_answers_for_its_members(tmp_path, monkeypatch):
    root = make(tmp_path / "p", {"a.tar": tar(("x", b""))})

    def fail(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(captures, "digest_whole", fail)
    result = read(root, members=(("a.tar", "x"),))
    assert faults(result) == [("unreadable", "a.tar")]
    assert code(result.members["a.tar", "x"]) == "unreadable"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("./a", "a"),
        ("a//b", "a/b"),
        ("/a", "a"),
        ("a/../b", "b"),
        ("../a", "a"),
        ("a/", "a"),
        (".", ""),
    ],
)
def test_where_an_entry_lands(name, place):
    assert member_name(name) == place
