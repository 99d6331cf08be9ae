"""Names: what is refused, how it is shown, what collides, which links leave (law 6)."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.foreign import is_lfs_pointer
from aztrust.core.base.paths import (
    MAX_PATH_BYTES,
    check_path,
    collision_key,
    escape,
    find_collisions,
    find_escaping_links,
    link_escapes,
)


@pytest.mark.parametrize(
    "path", ["a", "a/b", "..a", "a..", "...", "a\\b", "a b", "new\nline", "ü", "-", "x" * 4096]
)
def test_safe_paths_pass_unchanged(path):
    assert check_path(path) == path


@pytest.mark.parametrize(
    ("path", "flaw"),
    [
        ("", "is empty"),
        ("/a", "is absolute"),
        ("a//b", "has an empty part"),
        ("a/", "has an empty part"),
        (".", "has the part '.'"),
        ("a/./b", "has the part '.'"),
        ("..", "has the part '..'"),
        ("dir/../foo", "has the part '..'"),
        ("a\0b", "contains a NUL"),
        ("\udcff", "is not valid UTF-8"),
        ("x" * (MAX_PATH_BYTES + 1), "is longer than"),
        ("ü" * (MAX_PATH_BYTES // 2 + 1), "is longer than"),
    ],
)
def test_unsafe_paths_are_refused_with_the_reason(path, flaw):
    with pytest.raises(Malformed, match=flaw) as caught:
        check_path(path)
    assert caught.value.code == "path-unsafe"
    assert caught.value.subject == escape(path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 名", "plain ü 名"),
        ("a\nPASS", r"a\nPASS"),
        ("a\r\tb", r"a\r\tb"),
        ("\x1b[2J\x7f", r"\x1b[2J\x7f"),
        ("\\n", r"\\n"),
        ("\x85", r"\u0085"),
        (b"\x85\xff", r"\x85\xff"),
        ("\udc85", r"\x85"),
        ("\ud800", r"\ud800"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u2028b\u00a0c", r"a\u2028b\u00a0c"),
        ("a\ufe0f\U000e0101\u3164", r"a\ufe0f\U000e0101\u3164"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_escape_shows_what_would_hide(text, shown):
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [("README", "readme"), ("\u00e9", "e\u0301"), ("\u00c9", "e\u0301"), ("straße", "STRASSE")],
)
def test_names_that_some_file_systems_cannot_tell_apart(one, other):
    assert collision_key(one) == collision_key(other)


def test_names_that_only_look_alike_do_not_collide():
    assert collision_key("a") != collision_key("\u0430")


@pytest.mark.parametrize(
    ("paths", "groups"),
    [
        (["a", "b", "a/c"], ()),
        (["a", "a"], ()),
        (["b", "B", "c"], (("B", "b"),)),
        (["x/A", "x/a", "y/a"], (("x/A", "x/a"),)),
        (["A/x", "a/y"], (("A", "a"),)),
        (["A/x", "a/x"], (("A", "a"),)),
        (["d/Sub/1", "d/sub/2", "d-e", "d/sub"], (("d/Sub", "d/sub"),)),
        (["a", "A/b"], (("A", "a"),)),
    ],
)
def test_collisions_are_found_at_every_depth_and_reported_once(paths, groups):
    assert find_collisions(paths) == groups
    assert find_collisions(reversed(paths)) == groups


@pytest.mark.parametrize(
    ("path", "target", "escapes"),
    [
        ("l", "a", False),
        ("l", "./a/../b", False),
        ("d/l", "..", False),
        ("d/l", "../x", False),
        ("l", "..", True),
        ("d/l", "../../x", True),
        ("l", "/etc/passwd", True),
        ("d/l", "../d/../../x", True),
        ("d/e/l", "../../x", False),
        ("l", ".../x", False),
    ],
)
def test_links_that_leave_the_root(path, target, escapes):
    assert link_escapes(path, target) is escapes


@pytest.mark.parametrize(
    ("links", "escaping"),
    [
        ({"d/l": "..", "x": "d/l/../.."}, ("x",)),
        ({"d": "e/f", "x": "d/../../.."}, ("x",)),
        ({"a": "b", "b": "a"}, ()),
        ({"a": "a/../../x"}, ("a",)),
        ({"a": "b/c", "b": "/tmp"}, ("a", "b")),
        ({"a": "missing/file"}, ()),
    ],
)
def test_links_are_also_read_through_each_other(links, escaping):
    assert find_escaping_links(links) == escaping


def test_lfs_pointers_are_recognised():
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    assert is_lfs_pointer(pointer)
    assert is_lfs_pointer(b"version https://hawser.github.com/spec/v1\n")
    assert not is_lfs_pointer(b"\x7fELF version https://git-lfs.github.com/spec/")
    assert not is_lfs_pointer(b"")
