"""Ours and other unpackers: equal on what honest tools pack, silent where they disagree."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.archives.archive import hash_members
from tests.storage import hostile
from tests.storage.unpackers import build_go, run, unpacked

MEMBER = "bin/atlasd"
REFUSALS = {"artifact-ambiguous", "artifact-unreadable"}


TAR, ZIP = hostile.G + hostile.END, hostile.archive(hostile.g)


def answers(data, *wanted, name="archive"):
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return hash_members(file.fileno(), name, wanted, hashlib.sha256(data).digest())


def sha256(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture(scope="session")
def go(pytestconfig, tmp_path_factory):
    cache = Path(pytestconfig.cache.mkdir("go-build"))
    return build_go(cache, tmp_path_factory.mktemp("go"))


# ---- what honest tools pack ---------------------------------------------------------------------

DEEP = "/".join("def" * 40 for _ in range(3))
FILES = {
    MEMBER: b"\x7fELF" + bytes(range(256)) * 5000,
    "bin/atlasd-extra": b"not it",
    "README": b"",
    "n" * 99: b"99",
    "n" * 100: b"100",
    "m" * 101: b"101",
    "d" * 120 + "/leaf": b"a prefix takes it",
    f"{DEEP}/leaf": b"only an extension takes it",
    f"{DEEP}/other": b"the same first hundred bytes",
    "d" * 98 + "/" + "e" * 90: b"cut at the slash",
    "caf\u00e9/atl\u00e4s": b"not ASCII",
    "\u00fc" * 80: b"not ASCII and long",
}


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / MEMBER).chmod(0o755)
    (root / "latest").symlink_to("bin/atlasd")
    (root / f"{DEEP}/link").symlink_to("leaf")
    (root / "empty").mkdir()
    return root


def python_tar(form):
    def pack(root, _out):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as made:
            made.add(root, arcname=".")
        return out.getvalue()

    return pack


class Pipe(io.RawIOBase):
    """A file that cannot seek: writers leave descriptors behind what they write."""

    def __init__(self):
        self.written = b""

    def writable(self):
        return True

    def write(self, data):
        self.written += bytes(data)
        return len(data)


def python_zip(method, *, pipe=False):
    def pack(root, _out):
        out = Pipe() if pipe else io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as made:
            for name in FILES:
                made.write(root / name, name)
        return out.written if pipe else out.getvalue()

    return pack


def tool(words):
    """A command that packs the current directory into the file `OUT`, or to its output."""

    def pack(root, out):
        if not shutil.which(words.split()[0]):
            pytest.skip(f"there is no {words.split()[0]} here")
        done = run([str(out) if word == "OUT" else word for word in words.split()], root)
        assert done.returncode == 0, done.stderr
        return out.read_bytes() if "OUT" in words else done.stdout

    return pack


# ustar has no place for the longest names.
SHORT = "--exclude=d* --exclude=\u00fc* --exclude=mmm*"
TARS = {
    **{f"gnu tar {f}": tool(f"tar --format={f} -cf - .") for f in ("gnu", "oldgnu", "pax")},
    "gnu tar ustar": tool(f"tar --format=ustar {SHORT} -cf - ."),
    "gnu tar v7": tool(f"tar --format=v7 {SHORT} --exclude=nnn* -czf - ."),
    "gnu tar in order": tool("tar --sort=name --mtime=@0 --owner=0 --numeric-owner -cf - ."),
    "gnu tar gzip": tool("tar -czf - ."),
    "gnu tar xz": tool("tar -cJf - ."),
    "gnu tar attributes": tool("tar --format=pax --xattrs --acls --selinux -cf - ."),
    "gnu tar one by one": tool("tar --format=pax -cf - bin latest README"),
    **{f"bsdtar {f}": tool(f"bsdtar --format {f} -cf - .") for f in ("gnutar", "pax", "paxr")},
    "bsdtar ustar": tool(f"bsdtar --format ustar {SHORT} -cf - ."),
    "busybox": tool("busybox tar -cf - ."),
    "python gnu": python_tar(tarfile.GNU_FORMAT),
    "python pax": python_tar(tarfile.PAX_FORMAT),
}
ZIPS = {
    "python stored": python_zip(zipfile.ZIP_STORED),
    "python deflated": python_zip(zipfile.ZIP_DEFLATED),
    "python bzip2": python_zip(zipfile.ZIP_BZIP2),
    "python stored to a pipe": python_zip(zipfile.ZIP_STORED, pipe=True),
    "python deflated to a pipe": python_zip(zipfile.ZIP_DEFLATED, pipe=True),
    "zip": tool("zip -qry OUT ."),
    "zip to a pipe": tool("zip -qr - ."),
    "zip of 64 bits": tool("zip -qr -fz OUT ."),
    "7z": tool("7z a -bso0 -bse0 -tzip -snl OUT ."),
    "jar": tool("jar --create --no-manifest --file OUT ."),
    "jar with manifest": tool("jar --create --file OUT ."),
    "bsdtar": tool("bsdtar --format zip -cf OUT ."),
    "bsdtar stored": tool("bsdtar --format zip --options zip:compression=store -cf OUT ."),
}
GO = {"go auto": "auto", "go pax": "pax", "go gnu": "gnu", "go zip": "pack-zip"}


def check_agreement(kind, data, scratch, go):
    ours = answers(data, *FILES)
    packed = {n: a for n, a in ours.items() if getattr(a, "code", "") != "artifact-missing"}
    assert MEMBER in packed
    for name, answer in packed.items():
        assert isinstance(answer, MemberDigest), (name, answer)
        assert answer.sha256 == sha256(FILES[name])
    for name in (MEMBER, max(packed, key=len)):
        theirs = unpacked(kind, data, name, scratch, go)
        assert theirs
        assert {tool: sha256(found) for tool, found in theirs.items()} == dict.fromkeys(
            theirs, ours[name].sha256
        )
    return packed


@pytest.mark.parametrize("packer", TARS)
def test_a_tar_that_an_honest_tool_packs(packer, tree, tmp_path, go):
    data = TARS[packer](tree, tmp_path / "packed")
    packed = check_agreement("tar", data, tmp_path, go)
    few = {"gnu tar v7", "gnu tar ustar", "bsdtar ustar", "gnu tar one by one"}
    assert packer in few or len(packed) == len(FILES)


@pytest.mark.parametrize("packer", ZIPS)
def test_a_zip_that_an_honest_tool_packs(packer, tree, tmp_path, go):
    data = ZIPS[packer](tree, tmp_path / "packed.zip")
    assert len(check_agreement("zip", data, tmp_path, go)) == len(FILES)


@pytest.mark.parametrize("packer", GO)
def test_an_archive_that_go_packs(packer, tree, tmp_path, go):
    if go is None:
        pytest.skip("there is no Go here")
    done = run([go, GO[packer], tree], tmp_path)
    assert done.returncode == 0, done.stderr
    kind = "zip" if "zip" in packer else "tar"
    assert len(check_agreement(kind, done.stdout, tmp_path, go)) == len(FILES)


# ---- what hostile hands pack --------------------------------------------------------------------

HOSTILE = {
    **{f"tar: {what}": ("tar", data) for what, data in hostile.TARS.items()},
    **{f"zip: {what}": ("zip", data) for what, data in hostile.ZIPS.items()},
    **{f"both: {what}": ("zip tar", data) for what, data in hostile.BOTH.items()},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_where_unpackers_disagree_there_is_no_digest(what, tmp_path, go):
    kinds, data = HOSTILE[what]
    ours = answers(data, MEMBER)[MEMBER]
    theirs = {}
    for kind in kinds.split():
        theirs |= {(kind, k): v for k, v in unpacked(kind, data, MEMBER, tmp_path, go).items()}
    if isinstance(ours, Fault):
        assert ours.code in REFUSALS
    else:
        assert {sha256(found) for found in theirs.values()} <= {ours.sha256}, theirs


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused(what):
    """Whatever unpackers this machine has."""
    ours = answers(HOSTILE[what][1], MEMBER)[MEMBER]
    assert isinstance(ours, Fault)
    assert ours.code in REFUSALS
    assert ours.detail.isprintable()


@pytest.mark.parametrize("seed", range(400))
def test_pieces_in_any_order(seed, tmp_path, go):
    """Names, links and headers of all formats strung together in random order."""
    data = b"".join(hostile.pieces(random.Random(seed))) + hostile.END
    ours = answers(data, MEMBER)[MEMBER]
    if isinstance(ours, MemberDigest):
        theirs = unpacked("tar", data, MEMBER, tmp_path, go)
        assert {sha256(found) for found in theirs.values()} == {ours.sha256}, theirs


COMMENT = hostile.pax((b"comment", b"x"), kind=b"g")
EMPTY = hostile.entry(b"a")
TAR_SAYS = {
    "both a pax and a GNU name": hostile.pax((b"linkpath", b"x"))
    + hostile.long(b"y", b"K")
    + hostile.link(b"b", b"x"),
    "two pax headers": hostile.pax() * 2 + EMPTY,
    "two values for 'path'": hostile.pax((b"path", b"a"), (b"path", b"b")) + EMPTY,
    "an empty or cut 'path'": hostile.path(b"") + EMPTY,
    "an empty or cut 'linkpath'": hostile.pax((b"linkpath", b"a\0")) + EMPTY,
    "long names is empty or cut": hostile.long(b"") + EMPTY,
    "the pax keyword 'SUN.x'": hostile.pax((b"SUN.x", b"")) + EMPTY,
    "a kind that not all": hostile.entry(b"a", b"x", kind=b"7"),
    "a file to some": hostile.entry(b"a/", b"x"),
    "has a '..'": hostile.entry(b"a/../b"),
    "is a hard link to it": hostile.pax((b"linkpath", b"c"))
    + hostile.link(b"b", hostile.NAME, b"1"),
    "two long names": hostile.long(b"x", b"K") * 2 + hostile.link(b"b", b"x"),
    "parts it in two": hostile.pax() + COMMENT + EMPTY,
    " or parts it in two": hostile.long(b"a") + COMMENT + EMPTY,
}
FIELD = b"\x99\x99\0\0"
MORE = hostile.archive(hostile.g, hostile.readme)
LIST = len(MORE) - 22 - MORE.index(b"PK\1\2")
START = len(MORE) - 22 - LIST
ZIP_SAYS = {
    "the entries that its end record counts": MORE[:-22] + hostile.end(1, LIST, START),
    "has several parts": MORE[:-22] + hostile.end(2, LIST, START, disk=1),
    "or an unknown end record": hostile.with_long_end(MORE).replace(
        b"\x2c" + bytes(7), b"\x2d" + bytes(7)
    ),
    "points to another": MORE[:-22] + hostile.end(2, LIST, 0xFFFFFFFF),
    "are not in their places": hostile.with_long_end(MORE, located=1),
    "end records of the zip archive contradict": hostile.with_long_end(MORE, count=1),
    "before the end record": MORE[:-22] + hostile.end(2, LIST, START - 1),
    "not the UTF-8 that it says": hostile.archive(
        hostile.g, hostile.stored(b"caf\xe9", b"", flags=0x800)
    ),
    "extra fields are damaged": hostile.archive(
        hostile.g, hostile.stored(b"a", b"", extra=FIELD + FIELD)
    ),
    "its extra fields are damaged": hostile.archive(
        hostile.g, hostile.stored(b"a", b"", extra=FIELD + b"xyz")
    ),
    "sizes that contradict": hostile.archive(
        hostile.g, hostile.stored(b"a", b"", extra=b"\1\0\x08\0" + bytes(8))
    ),
}


@pytest.mark.parametrize("says", [*TAR_SAYS, *ZIP_SAYS])
def test_what_is_odd_is_refused_also_next_to_the_member(says):
    """Each of these has one flaw, and one rule that says so."""
    data = TAR_SAYS[says] + TAR if says in TAR_SAYS else ZIP_SAYS[says]
    ours = answers(data, MEMBER)[MEMBER]
    assert ours.code in REFUSALS
    assert says in ours.detail


@pytest.mark.parametrize(
    "data",
    [
        TAR,
        COMMENT + TAR,
        hostile.pax((b"SCHILY.xattr.user.a", b"b"), (b"SCHILY.dev", b"1")) + TAR,
        hostile.path(b"d" * 99 + b"/x") + hostile.link(b"d" * 99 + b"/", b"y") + TAR,
        ZIP,
        MORE,
        hostile.archive(hostile.g, comment=b"said"),
        hostile.with_long_end(MORE),
        hostile.with_long_end(MORE, count=0xFFFF, size=0xFFFFFFFF, start=0xFFFFFFFF),
        hostile.archive(hostile.g, hostile.stored(b"a", b"", extra=FIELD + bytes(3))),
        hostile.archive(hostile.stored(hostile.NAME, hostile.GOOD, extra=FIELD)),
    ],
)
def test_what_looks_odd_and_is_not_is_read(data):
    assert answers(data, MEMBER)[MEMBER].sha256 == sha256(hostile.GOOD)


# ---- what a name says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "accepted"),
    [
        ("a.tar", TAR, True),
        ("a.tar.gz", gzip.compress(TAR), True),
        ("d/A.TGZ", gzip.compress(TAR), True),
        ("a.zip", ZIP, True),
        ("a.jar", ZIP, True),
        ("a", ZIP, True),
        ("a.release", TAR, True),
        ("d.zip/a", TAR, True),
        ("a.tar.gz", ZIP, False),
        ("a.TGZ", ZIP, False),
        ("a.tar", ZIP, False),
        ("a.zip", TAR, False),
        ("a.zip", gzip.compress(TAR), False),
        ("a.tar.gz", TAR, False),
        ("a.tar", gzip.compress(TAR), False),
        ("a.tar.xz", gzip.compress(TAR), False),
        ("a.tbz2", gzip.compress(TAR), False),
    ],
)
def test_a_name_that_says_another_format_is_ambiguous(name, data, accepted):
    answer = answers(data, MEMBER, name=name)[MEMBER]
    assert isinstance(answer, MemberDigest) is accepted
    if not accepted:
        assert answer.code == "artifact-ambiguous"
        assert "its name says" in answer.detail
