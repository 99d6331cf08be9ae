"""What a host has to have, and which of its files count for what."""

from __future__ import annotations

import pytest

from aztrust.core.base.digest import both
from aztrust.core.base.errors import UsageError
from aztrust.core.host.assign import Given, assign_binaries
from aztrust.core.host.reading import HostFile
from aztrust.core.host.required import alternatives, is_library, required, roles_left_out
from aztrust.core.package.manifest import Artifact

HOST = "linux/amd64"


def artifact(role: str, member: str, platform: str = HOST, data: bytes | None = None) -> Artifact:
    digests = both(data if data is not None else f"{role} {member} {platform}".encode())
    return Artifact(
        path="all.tar.gz", member=member, role=role, platform=platform, **digests._asdict()
    )


NODE, SIGNER = artifact("node", "bin/noded"), artifact("signer", "bin/signerd")
LIBRARY = artifact("library", "lib/libwasm.so.1")
ARM = artifact("node", "bin/noded", "linux/arm64")
ONLY_ARM = artifact("relayer", "bin/hermes", "linux/arm64")
ALL = (NODE, SIGNER, LIBRARY, ARM, ONLY_ARM)


def names(*artifacts: Artifact, platform: str = HOST, roles: tuple[str, ...] = ()):
    return [(r.role, r.name, len(r.wanted)) for r in required(artifacts, platform, roles)]


def test_each_role_and_each_library_for_the_platform_is_needed():
    assert names(*ALL) == [("node", "noded", 1), ("signer", "signerd", 1), ("library", LIB, 1)]
    assert names(*ALL, platform="linux/arm64") == [("node", "noded", 1), ("relayer", "hermes", 1)]
    assert names(*ALL, platform="plan9/mips") == [
        ("node", "noded", 0),
        ("signer", "signerd", 0),
        ("library", LIB, 0),
        ("relayer", "hermes", 0),
    ]


LIB = "libwasm.so.1"


def test_a_chosen_role_leaves_others_out_and_no_library():
    assert names(*ALL, roles=("signer",)) == [("signer", "signerd", 1), ("library", LIB, 1)]
    assert roles_left_out(ALL, HOST, ("signer",)) == ("node",)
    assert roles_left_out(ALL, HOST, ()) == ()
    # The program of the same role next to it makes a library that role's own.
    ours = artifact("node", "lib/libnode.so")
    assert names(NODE, SIGNER, ours, roles=("signer",)) == [("signer", "signerd", 1)]
    assert names(NODE, SIGNER, ours, roles=("node",)) == [
        ("node", "noded", 1),
        ("node", "libnode.so", 1),
    ]


def test_a_chosen_role_without_a_file_for_the_platform_stays_a_question():
    assert names(*ALL, roles=("relayer", "node")) == [
        ("node", "noded", 1),
        ("library", LIB, 1),
        ("relayer", "hermes", 0),
    ]


def test_two_libraries_of_one_name_are_two_files():
    one, two = (
        Artifact(path=f"plug/{n}/p.so", role="node", platform=HOST, **both(n.encode())._asdict())
        for n in ("a", "b")
    )
    assert [r.name for r in required([NODE, one, two], HOST)] == [
        "noded",
        "plug/a/p.so",
        "plug/b/p.so",
    ]
    assert [r.name for r in required([NODE, one], HOST)] == ["noded", "p.so"]


def test_two_libraries_of_one_name_in_an_archive_are_two_files():
    one, two = (
        Artifact(
            path="plug.tar.gz",
            member=f"plug/{n}/p.so",
            role="node",
            platform=HOST,
            **both(n.encode())._asdict(),
        )
        for n in ("a", "b")
    )
    found = required([NODE, one, two], HOST)
    assert [r.name for r in found] == [
        "noded",
        "plug.tar.gz!plug/a/p.so",
        "plug.tar.gz!plug/b/p.so",
    ]
    assert [r.library for r in found] == [False, True, True]
    assert [r.name for r in required([NODE, one], HOST)] == ["noded", "p.so"]
    given = [Given("node", "p.so", HostFile("/x/p.so", "--binary", sha256=one.sha256))]
    items = assign_binaries(given, found, [NODE, one, two])
    assert [len(item.files) for item in items] == [0, 1, 0]


def test_builds_of_one_name_are_alternatives():
    v6, v7 = artifact("node", "noded", "linux/arm/v6"), artifact("node", "noded", "linux/arm/v7")
    assert names(v6, v7, ARM, platform="linux/arm") == [("node", "noded", 2)]


def test_alternatives_are_what_no_file_is_once_one_is_matched():
    one, two, three = (
        Artifact(path=f"{n}/noded", role="node", platform=HOST, **both(n.encode())._asdict())
        for n in ("a", "b", "c")
    )
    (needed,) = required([one, two, three], HOST)
    files = [HostFile(f"/x/{n}", "--binary", sha256=both(n.encode()).sha256) for n in ("b", "c")]
    other = HostFile("/x/other", "--binary", sha256=both(b"other").sha256)
    assert alternatives(needed, files[:1]) == (one, three)
    assert alternatives(needed, files) == (one,)
    assert alternatives(needed, [*files, other]) == (one,)
    assert alternatives(needed, [other]) == alternatives(needed, []) == ()
    (alone,) = required([two], HOST)
    assert alternatives(alone, files[:1]) == ()


@pytest.mark.parametrize(
    ("name", "library"),
    [
        *((name, True) for name in ("libx.so", "libx.so.1.2", "x.dylib", "x.DLL")),
        *((name, False) for name in ("sold", "x.so.d", "noded", "so")),
    ],
)
def test_a_library_is_known_by_its_name(name: str, library: bool):
    assert is_library(name) is library


def given(name: str, data: bytes, label: str = "") -> Given:
    return Given(label, name, HostFile(f"/x/{name}", "--binary", sha256=both(data).sha256))


def data_of(found: Artifact) -> bytes:
    return f"{found.role} {found.member} {found.platform}".encode()


def assigned(*files: Given, artifacts: tuple[Artifact, ...] = ALL):
    items = assign_binaries(files, required(artifacts, HOST), artifacts)
    return {item.role: [f.path for f in item.files] for item in items}


def test_a_file_is_assigned_by_its_digest_whatever_it_is_called():
    files = (
        given("a", data_of(LIBRARY)),
        given("noded", data_of(SIGNER)),
        given("b", b"x", "node"),
    )
    assert assigned(*files) == {"node": ["/x/b"], "signer": ["/x/noded"], "library": ["/x/a"]}


def test_another_platforms_build_and_an_unknown_file_of_that_name_take_their_place():
    assert assigned(given("a", data_of(ARM)), given("signerd", b"old")) == {
        "node": ["/x/a"],
        "signer": ["/x/signerd"],
        "library": [],
    }


def test_two_files_for_one_place_are_both_looked_at():
    files = (given("noded", b"old"), given("noded", data_of(NODE)))
    assert assigned(*files)["node"] == ["/x/noded", "/x/noded"]


def test_one_file_of_two_roles_counts_for_both():
    twins = (artifact("node", "noded", data=b"x"), artifact("full", "fulld", data=b"x"))
    assert assigned(given("a", b"x"), artifacts=twins) == {"node": ["/x/a"], "full": ["/x/a"]}
    assert assigned(given("a", b"x", "full"), artifacts=twins) == {"node": [], "full": ["/x/a"]}


def test_the_only_place_takes_any_file():
    assert assigned(given("a", b"x"), artifacts=(NODE, ARM)) == {"node": ["/x/a"]}


def test_a_file_that_could_be_one_of_several_is_a_usage_error_with_the_forms():
    with pytest.raises(UsageError, match="could be any of 3 files") as caught:
        assigned(given("a", b"x"))
    assert "--binary node=FILE or --binary signer=FILE" in caught.value.mend
    with pytest.raises(UsageError, match="not asked for that role") as caught:
        assigned(given("a", b"x", "relayer"))
    assert "node, signer, library" in caught.value.mend


def test_two_places_of_one_name_are_not_guessed_between():
    full = artifact("full", "x/noded")
    with pytest.raises(UsageError, match="could be any of 2 files"):
        assigned(given("noded", b"old"), artifacts=(NODE, full))
    assert assigned(given("noded", b"old", "full"), artifacts=(NODE, full)) == {
        "node": [],
        "full": ["/x/noded"],
    }
