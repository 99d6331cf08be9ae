"""Names that only old unpackers see, and lines of a zip's directory that are none."""

from __future__ import annotations

import pytest

from aztrust.core.package.entries import Fault, MemberDigest
from tests.storage.hostile import END, GOOD, NAME, archive, entry, header, path, stored
from tests.storage.test_archive_edges import answer


@pytest.mark.parametrize(("kind", "one_answer"), [(b"5", True), (b"2", False)])
def test_an_old_name_above_the_member_harms_where_it_is_a_link(kind, one_answer):
    # To who ignores the pax name, the second entry is `bin`, above the member.
    second = path(b"elsewhere") + header(b"bin", kind=kind, link=b"lib" if kind == b"2" else b"")
    found = answer(entry(NAME, GOOD) + second + END)
    assert isinstance(found, MemberDigest) == one_answer
    if not one_answer:
        assert isinstance(found, Fault)
        assert found.code == "artifact-ambiguous"


@pytest.mark.parametrize("damage", [b"PK\1\2", b"PK\1\3"])
def test_each_line_of_a_directory_begins_as_one(damage):
    data = archive(stored(NAME, GOOD), stored(b"other", b"x"))
    last = data.rindex(b"PK\1\2")
    found = answer(data[:last] + damage + data[last + 4 :])
    if damage == b"PK\1\2":
        assert isinstance(found, MemberDigest)
    else:
        assert isinstance(found, Fault)
        assert found.code == "artifact-unreadable"
