"""Layouts: where hosts keep their files, as data; and what the programs are called."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.host.layouts import (
    LAYOUTS,
    Layout,
    binary_names,
    current_entries,
    expand,
    parse_layouts,
)
from aztrust.core.policy.model import ArtifactRule

ENVIRON = {"HOME": "/home/op", "DAEMON_HOME": "/srv/atlas/", "EMPTY": "", "RELATIVE": "srv"}


def binaries(layout: Layout, *names: str, home: str | None = None, **environ: str) -> list[str]:
    return list(expand(layout, layout.binaries, names, environ=ENVIRON | environ, home=home))


def geneses(layout: Layout, *names: str, home: str | None = None, **environ: str) -> list[str]:
    return list(expand(layout, layout.geneses, names, environ=ENVIRON | environ, home=home))


def built_in(name: str) -> Layout:
    return next(layout for layout in LAYOUTS if layout.name == name)


def test_cosmovisor_starts_what_current_names_and_else_genesis():
    assert binaries(built_in("cosmovisor"), "atlasd") == [
        "/srv/atlas/cosmovisor/current/bin/atlasd",
        "/srv/atlas/cosmovisor/genesis/bin/atlasd",
        "/home/op/.atlasd/cosmovisor/current/bin/atlasd",
        "/home/op/.atlasd/cosmovisor/genesis/bin/atlasd",
        "/home/op/.atlas/cosmovisor/current/bin/atlasd",
        "/home/op/.atlas/cosmovisor/genesis/bin/atlasd",
    ]


@pytest.mark.parametrize(
    ("template", "entries"),
    [
        ("{home}/cosmovisor/current/bin/{name}", ("{home}/cosmovisor/current",)),
        ("/opt/{stem}/current/{name}", ("/opt/{stem}/current",)),
        ("/a/current/b/current/{name}", ("/a/current",)),
        ("{home}/cosmovisor/genesis/bin/{name}", ()),
        ("{home}/bin/current", ()),
        ("{home}/current-2/{name}", ()),
        ("{home}/not-current/{name}", ()),
        ("{name}", ()),
    ],
)
def test_only_a_directory_called_current_decides(template, entries):
    assert current_entries((template,)) == entries


def test_a_node_home_has_the_genesis_and_path_the_binary():
    assert geneses(built_in("node home"), "atlasd", DAEMON_HOME="") == [
        "/home/op/.atlasd/config/genesis.json",
        "/home/op/.atlas/config/genesis.json",
    ]
    assert binaries(built_in("PATH"), "atlasd", "relayer") == ["atlasd", "relayer"]
    # No "d" to remove: the same home is tried once.
    assert geneses(built_in("node home"), "akash", DAEMON_HOME="") == [
        "/home/op/.akash/config/genesis.json"
    ]


def test_a_home_that_was_given_is_the_only_one_and_no_template():
    assert geneses(built_in("node home"), "atlasd", home="/x/{name}$HOME") == [
        "/x/{name}$HOME/config/genesis.json"
    ]
    assert binaries(built_in("PATH"), "atlasd", home="/x") == ["atlasd"]


def test_variables_that_are_unset_or_relative_are_passed_over():
    layout = Layout("x", homes=("$UNSET", "$EMPTY", "$RELATIVE", "~/.x"), geneses=("{home}/g",))
    assert geneses(layout, "atlasd") == ["/home/op/.x/g"]
    assert geneses(layout, "atlasd", HOME="") == []
    assert geneses(Layout("x", geneses=("{home}/g", "/etc/{name}/g")), "a") == ["/etc/a/g"]


def test_values_are_not_read_as_templates_again():
    layout = Layout("x", homes=("$DAEMON_HOME",), geneses=("{home}/{name}/g",))
    assert geneses(layout, "{home}", DAEMON_HOME="/{unset}") == ["/{unset}/{home}/g"]


# ---- names ---------------------------------------------------------------------------------------


def rule(path: str, member: str | None = None) -> ArtifactRule:
    return ArtifactRule(path=path, member=member, role="node", platform="linux/amd64")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("atlasd", "atlasd"),
        ("bin/atlasd", "atlasd"),
        ("atlasd-1.0.0-linux-amd64.tar.gz", "atlasd"),
        ("atlasd-v1.0.0-rc.1-linux-amd64", "atlasd"),
        ("atlasd_linux_arm64", "atlasd"),
        ("atlasd-linux-x86_64.zip", "atlasd"),
        ("akash_2.0.1_darwin_all.zip", "akash"),
        ("akash_linux_amd64.zip", "akash"),
        ("gaiad-v15.2.0-darwin-arm64", "gaiad"),
        ("lighthouse-v4.5.0-x86_64-unknown-linux-gnu.tar.gz", "lighthouse"),
        ("atlasd_Linux_aarch64_v2.1", "atlasd"),
        ("erigon3", "erigon3"),
        ("op-node", "op-node"),
        ("linux-amd64", "linux"),
    ],
)
def test_a_files_name_loses_platform_version_and_archive(path, name):
    assert binary_names([rule(path)]) == (name,)


def test_a_members_name_is_the_name_and_each_occurs_once():
    artifacts = [
        rule("a-linux-amd64.tar.gz", "bin/atlasd"),
        rule("a-linux-arm64.tar.gz", "bin/atlasd"),
        rule("x.zip", "v1/atlasd-1.0.0"),
        rule("relayer_linux_amd64"),
    ]
    assert binary_names(artifacts) == ("atlasd", "atlasd-1.0.0", "relayer")


@pytest.mark.parametrize("member", ["bin/", "..", "a/.", "a\nb", "a\x00b"])
def test_a_name_that_no_program_has_is_passed_over(member):
    assert binary_names([rule("x.tar", member)]) == ()


# ---- the user's own ------------------------------------------------------------------------------

EXAMPLE = b"""
[[layout]]
name = "our ansible role"
homes = ["/srv/{name}"]
binaries = ["{home}/bin/{name}", "{name}"]
geneses = ["{home}/genesis.json", "$ATLAS_ETC/genesis.json", "~/g.json", "/etc/{stem}/g.json"]
"""


def test_a_users_layouts_are_read():
    assert parse_layouts(EXAMPLE, what="f") == (
        Layout(
            name="our ansible role",
            homes=("/srv/{name}",),
            binaries=("{home}/bin/{name}", "{name}"),
            geneses=(
                "{home}/genesis.json",
                "$ATLAS_ETC/genesis.json",
                "~/g.json",
                "/etc/{stem}/g.json",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "layout is missing"),
        ("layout = []", "layout"),
        ("[[layouts]]", "unknown key layouts; did you mean layout?"),
        ('[[layout]]\nname="x"\nbinary=["/x"]', "did you mean binaries?"),
        ("[[layout]]\nbinaries=['/x']", "name is missing"),
        ("[[layout]]\nname=''\nbinaries=['/x']", "name"),
        ("[[layout]]\nname='a\\nb'\nbinaries=['/x']", "name"),
        ("[[layout]]\nname='x'", "neither binaries nor geneses"),
        ("[[layout]]\nname='x'\nbinaries=['bin/x']", "must begin with"),
        ("[[layout]]\nname='x'\ngeneses=['genesis.json']", "must begin with"),
        ("[[layout]]\nname='x'\nbinaries=['/{chain}/x']", "placeholders are"),
        ("[[layout]]\nname='x'\nhomes=['{home}/x']\nbinaries=['/x']", "cannot be made"),
        ("[[layout]]\nname='x'\nhomes=['x']\nbinaries=['/x']", "must begin with"),
        ('[[layout]]\nname="x"\nbinaries=["/x\\u202e"]', "cannot be seen"),
        ("[[layout]]\nname='x'\nbinaries='/x'", "binaries"),
        ("[[layout]]\nname='x'\nbinaries=['']", "binaries"),
        ("[[layout", "not TOML"),
    ],
)
def test_what_is_wrong_is_reported(text, says):
    with pytest.raises(Malformed) as caught:
        parse_layouts(text.encode(), what="layouts.toml")
    assert says in "\n".join((caught.value.message, *caught.value.details))
    assert caught.value.code == "layouts-malformed"
    assert caught.value.subject == "layouts.toml"
