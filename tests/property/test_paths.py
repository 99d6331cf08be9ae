"""Properties of names that hold for every text, not for a list of examples."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import (
    check_path,
    collision_key,
    escape,
    find_collisions,
    find_escaping_links,
    link_escapes,
)

anything = st.text(st.characters())
part = st.text(st.sampled_from("aAbB\u00e9\u0301.-\n"), min_size=1, max_size=4)
paths = st.lists(part, min_size=1, max_size=4).map("/".join)


@given(anything)
def test_escape_is_one_printable_line(text):
    assert escape(text).isprintable()


@given(anything, anything)
def test_escape_keeps_different_names_different(one, other):
    assert (escape(one) == escape(other)) == (one == other)


@given(st.binary())
def test_escape_of_bytes_is_that_of_the_name_they_are(data):
    assert escape(data) == escape(data.decode("utf-8", "surrogateescape"))


@given(anything)
def test_a_checked_path_stays_inside(text):
    try:
        path = check_path(text)
    except Malformed:
        return
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/"))
    assert not link_escapes("l", path)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_key_ignores_unicode_form(text):
    for form in ("NFC", "NFD"):
        assert collision_key(unicodedata.normalize(form, text)) == collision_key(text)


@given(st.lists(paths, max_size=8))
def test_collisions_are_those_of_an_exhaustive_search(names):
    prefixes = {
        "/".join(parts[: i + 1])
        for parts in (n.split("/") for n in names)
        for i in range(len(parts))
    }
    expected = {
        (a, b)
        for a in prefixes
        for b in prefixes
        if a < b
        and a.rpartition("/")[0] == b.rpartition("/")[0]
        and collision_key(a) == collision_key(b)
    }
    found = {(a, b) for group in find_collisions(names) for a in group for b in group if a < b}
    assert found == expected


@given(st.dictionaries(paths, st.lists(st.sampled_from(["a", "b", "..", "."])).map("/".join)))
def test_a_link_that_leaves_lexically_always_leaves(links):
    escaping = set(find_escaping_links(links))
    assert {path for path, target in links.items() if link_escapes(path, target)} <= escaping
