"""Names in archives that are odd and still mean one thing to every unpacker: they are read."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
import zipfile

import pytest

from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.archives.archive import hash_members
from tests.storage.hostile import END, EVIL, GOOD, NAME, entry, link, long, path

GOOD_SHA256 = "sha256:" + hashlib.sha256(GOOD).hexdigest()


def answer(data: bytes, member: str = NAME.decode()) -> MemberDigest | Fault:
    """The answer about a member of an archive with these bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        first_pass = hashlib.sha256(data).digest()
        return hash_members(file.fileno(), "archive", [member], first_pass)[member]


def is_good(found: MemberDigest | Fault) -> bool:
    assert isinstance(found, MemberDigest), found
    return found.sha256 == GOOD_SHA256


def refused(found: MemberDigest | Fault, says: str) -> None:
    assert isinstance(found, Fault), found
    assert (found.code, says in found.detail) == ("artifact-ambiguous", True), found


def tar(name: str, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar as Python writes it, with one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        info = tarfile.TarInfo(name)
        info.size = len(GOOD)
        made.addfile(info, io.BytesIO(GOOD))
    return out.getvalue()


# ---- a name that is in two places ---------------------------------------------------------------


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
@pytest.mark.parametrize("name", ["d" * 120 + "/atlasd", "d" * 90 + "/" + "e" * 60])
def test_a_long_name_in_ascii_has_a_short_form_too(name: str, form: int):
    assert is_good(answer(tar(name, form), name))


def test_a_short_name_outside_ascii_has_another_form_too():
    """Writers of pax put something else into the header's own field."""
    for raw in (b"bin/?tlasd", b"bin/atlasd"):
        data = path("bin/\u00e4tlasd".encode()) + entry(raw, GOOD) + END
        assert is_good(answer(data, "bin/\u00e4tlasd"))


@pytest.mark.parametrize("about", [path, long], ids=["pax", "gnu"])
def test_below_a_hundred_characters_of_ascii_no_writer_has_two_names(about):
    for size, one in ((99, False), (100, True), (101, True)):
        name = b"d" * (size - 7) + b"/atlasd"
        found = answer(about(name) + entry(b"another", GOOD) + END, name.decode())
        if one:
            assert is_good(found)
        else:
            refused(found, "for some of them its name is 'another'")


# ---- two entries at one place --------------------------------------------------------------------


def test_two_links_with_long_names_that_are_cut_to_one():
    """An unpacker that cuts long names replaces the first link and writes through none."""
    start = b"share/" + b"s" * 100
    links = [path(start + end) + link(start[:100], b"x") for end in (b"/one", b"/two")]
    assert is_good(answer(b"".join(links) + entry(NAME, GOOD) + END))
    longer = [long(start + end) + link(start[:100], b"x") for end in (b"-one", b"-two")]
    assert is_good(answer(b"".join(longer) + entry(NAME, GOOD) + END))


def test_two_links_of_one_name_and_a_file_where_a_link_is():
    for second in (link(b"share", b"y"), entry(b"share", EVIL)):
        data = link(b"share", b"x") + second + entry(NAME, GOOD) + END
        refused(answer(data), "stored at or below the link 'share'")


def test_two_files_and_a_directory_of_one_name_that_are_not_asked_for():
    twice = entry(b"README", b"one") + entry(b"README", b"two")
    directories = entry(b"share/", kind=b"5") * 2
    assert is_good(answer(twice + directories + entry(NAME, GOOD) + END))


# ---- two dots ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bin/a..b", "..bin/atlasd", "bin/atlasd..", "bin/.../atlasd"])
def test_two_dots_inside_a_name_lead_nowhere(name: str):
    """As the member that is asked for, and as another entry; in a tar and in a zip."""
    assert is_good(answer(tar(name), name))
    assert is_good(answer(entry(name.encode(), EVIL) + entry(NAME, GOOD) + END))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, GOOD)
    assert is_good(answer(out.getvalue(), name))


@pytest.mark.parametrize("name", [b"../bin/x", b"bin/../x", b"bin/x/..", b".."])
def test_two_dots_that_are_a_name_lead_somewhere(name: bytes):
    refused(answer(entry(NAME, GOOD) + entry(name, EVIL) + END), "it has a '..'")
