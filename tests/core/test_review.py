"""The review document, and what it shows about the package approved before."""

from __future__ import annotations

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.package.changes import Changes, manifest_changes
from aztrust.core.package.entries import DirectoryEntry, SymlinkEntry
from aztrust.core.package.manifest import Manifest, content_root, parse_manifest
from aztrust.core.records.review import (
    LISTED_CHANGES,
    LISTED_DENOMINATIONS,
    Review,
    Warned,
    parse_review,
    review_of,
    reviewed_facts,
)
from tests.memory_launch import Launch, file_entry

POLICY = "sha256:" + "1" * 64
OLD = "sha256:" + "2" * 64
FACTS = {
    "format": "cosmos",
    "size": 3_411_902,
    "chain_id": "bench-1",
    "chain_id_type": "string",
    "genesis_time": "2026-06-01T14:00:00Z",
    "genesis_time_unix_ms": 1_780_322_400_000,
    "initial_height": "1",
    "accounts": 412,
    "notes": ["a gen_tx holds no MsgCreateValidator that can be read"],
    "power": {
        "unit": "uatlas staked",
        "total": "1000000",
        "third": 2,
        "two_thirds": 3,
        "gen_txs": 3,
        "validators": [
            {"moniker": "atlas-fnd", "power": "500000", "key": "k1", "operator": "op1"},
            {"moniker": "helix", "power": "300000", "key": "k2", "operator": "op2"},
            {"moniker": "or\x1b[2Jbit", "power": "200000", "key": "k3", "operator": "op3"},
        ],
    },
    "supply": {"source": "bank", "amounts": [{"denom": "uatlas", "amount": "1000000000"}]},
}


def manifest(package_class: str = "genesis", **changes: object) -> Manifest:
    launch = Launch()
    data = launch.manifest("release")
    if package_class == "genesis":
        data = launch.manifest("genesis")
    made = parse_manifest(data, what="x")
    return made.model_copy(update=changes)


def review(**changes: object) -> Review:
    made = manifest(facts=FACTS)
    arguments = {
        "package_id": OLD,
        "policy_digest": POLICY,
        "manifest_only": False,
        "facts": FACTS,
    }
    return review_of(made, **{**arguments, **changes})


@pytest.mark.clause("AZ-2.4")
def test_it_binds_package_policy_and_what_was_shown():
    one = review()
    document = one.document()
    assert document["package_class"] == "genesis"
    assert document["package_id"] == OLD
    assert document["policy_digest"] == POLICY
    assert document["release_package_id"] == manifest().release_package_id
    assert document["genesis_hash"] == manifest().genesis_hash.sha256
    assert (document["files"], document["bytes"]) == (1, 61)
    assert "differs_from" not in document
    assert one.hash == review().hash
    assert one.hash != review(policy_digest=OLD).hash
    assert one.hash != review(manifest_only=True).hash
    assert one.hash != review(warnings=[Warned(code="superseded", text="x")]).hash


def test_it_reads_back_from_its_canonical_form():
    one = review(
        since=(OLD, Changes(("+ a", "~ b"))),
        revocations=[POLICY, POLICY],
        warnings=[Warned(code="lint", text="one person can do it all")],
    )
    data = canonical.dumps(one.document())
    assert parse_review(canonical.loads_canonical(data, what="x", code="x"), what="x") == one
    assert one.revocations == (POLICY,)
    with pytest.raises(Malformed, match="unknown key"):
        parse_review({**one.document(), "surprise": 1}, what="x")


def test_it_holds_no_time_and_no_float():
    def values(value: object):
        if isinstance(value, dict):
            for key, inner in value.items():
                assert key not in ("now", "at_unix_ms")
                yield from values(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from values(inner)
        else:
            yield value

    assert all(isinstance(v, str | int) for v in values(review().document()))


def test_lists_are_bounded_and_their_length_is_shown():
    many = Changes(tuple(f"+ {i}" for i in range(500)))
    one = review(since=(OLD, many))
    assert len(one.differences) == LISTED_CHANGES
    assert one.differences_total == 500
    denominations = [{"denom": f"d{i}", "amount": "1"} for i in range(100)]
    facts = reviewed_facts({"supply": {"amounts": denominations}})
    assert len(facts["supply"]["amounts"]) == LISTED_DENOMINATIONS
    assert facts["supply"]["denominations"] == 100


def test_facts_are_counts_and_totals():
    facts = reviewed_facts(FACTS)
    assert facts["power"]["validators"] == 3
    assert facts["power"]["largest"] == {"moniker": "atlas-fnd", "power": "500000"}
    assert facts["accounts"] == 412
    assert facts["notes"] == FACTS["notes"]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"power": [], "supply": 1, "notes": "x", "accounts": None},
        {"power": {"validators": [1, {"moniker": 2}]}, "supply": {"amounts": [{"denom": 1}, 2]}},
        {"power": {"total": 1.5, "validators": {}}, "format": ["x"], "notes": [1, {}]},
    ],
)
def test_facts_of_any_shape_are_survived(facts):
    chosen = reviewed_facts(facts)
    canonical.dumps(chosen)
    assert "notes" not in chosen
    assert "supply" not in chosen


# ---- since the last one -------------------------------------------------------------------------


def lines(old: Manifest, new: Manifest) -> tuple[str, ...]:
    return manifest_changes(old, new).lines


def entries(*listed: object, **changes: object) -> Manifest:
    made = tuple(sorted(listed, key=lambda e: e.path))
    return manifest(entries=made, content_root=content_root(made), **changes)


def test_equal_manifests_differ_in_nothing():
    assert not manifest_changes(manifest(), manifest())
    assert lines(manifest(facts=FACTS), manifest(facts=FACTS)) == ()


def test_files_are_shown_by_path():
    a, b = file_entry("a", b"1"), file_entry("b", b"2")
    assert lines(entries(a), entries(a, b)) == ("+ b",)
    assert lines(entries(a, b), entries(a)) == ("- b",)
    assert lines(entries(a), entries(file_entry("a", b"9"))) == ("~ a  other bytes",)
    assert lines(entries(a), entries(replace(a, executable=True))) == ("~ a  execute bit",)
    assert lines(entries(a), entries(replace(a, path="z"))) == (
        "~ a -> z  the same under another name",
    )
    link, directory = SymlinkEntry("c", "a"), DirectoryEntry("c")
    assert lines(entries(a, link), entries(a, replace(link, target="b"))) == (
        "~ c  another target",
    )
    assert lines(entries(a, link), entries(a, directory)) == ("~ c  another kind of entry",)
    forged = replace(a, sha256=b.sha256)
    assert lines(entries(a), entries(forged)) == ("~ a  one digest equal, one not",)


def test_a_genesis_is_described_in_the_chains_terms():
    after = {
        **FACTS,
        "genesis_time": "2026-06-01T15:00:00Z",
        "power": {
            **FACTS["power"],
            "validators": [
                {"moniker": "atlas-fnd", "power": "500000", "key": "k1", "operator": "op1"},
                {"moniker": "helix2", "power": "310000", "key": "k2", "operator": "op2"},
                {"moniker": "nodeworks", "power": "19000", "key": "k4", "operator": "op4"},
            ],
        },
        "supply": {"amounts": [{"denom": "uatlas", "amount": "1000000001"}]},
    }
    assert lines(manifest(facts=FACTS), manifest(facts=after)) == (
        "~ genesis_time  2026-06-01T14:00:00Z -> 2026-06-01T15:00:00Z",
        "~ validator helix2 (was helix)  300,000 -> 310,000  37.3%",
        "- validator or\\x1b[2Jbit  200,000",
        "+ validator nodeworks  19,000  2.2%",
        "~ supply uatlas  1,000,000,000 -> 1,000,000,001",
    )


def test_the_release_it_is_for_and_other_fields_are_shown():
    other = manifest(release_package_id=OLD, chain_id="bench\n2")
    assert lines(manifest(), other)[0] == "~ chain_id  bench-1 -> bench\\n2"
    assert lines(manifest(), other)[1].endswith("-> 22222222")
    left_out = lines(manifest(), manifest(excluded=("a", "b")))
    assert left_out == ("~ left out  nothing -> a, b",)
    assert lines(manifest(), manifest(genesis_files=("genesis.json", "b"))) == (
        "~ genesis_files  genesis.json -> genesis.json, b",
    )


def test_artifacts_are_shown_by_platform():
    old = manifest("release")
    (artifact,) = old.artifacts
    other = artifact.model_copy(update={"sha256": OLD})
    new = old.model_copy(update={"artifacts": (other,)})
    assert lines(old, new) == ("~ installs node linux/amd64 node.tar.gz / bin/node",)
    assert lines(old, old.model_copy(update={"artifacts": ()}))[0].startswith("- installs")
    assert lines(old.model_copy(update={"artifacts": ()}), old)[0].startswith("+ installs")


@pytest.mark.parametrize(
    "facts",
    [
        {"power": {"validators": [{"moniker": "x", "power": "9" * 5000}, 1, {"power": "1"}]}},
        {"power": {"validators": [{"moniker": "x", "power": "-1"}]}, "supply": {"amounts": [1]}},
        {"power": 1, "supply": {"amounts": 2}, "genesis_time": {"a": [1]}},
        {"power": {"validators": [{"moniker": "x", "power": "1"}, {"moniker": "x", "power": "1"}]}},
        {"supply": {"amounts": [{"denom": "a\nb", "amount": "many"}]}},
    ],
)
def test_facts_that_someone_made_up_are_survived(facts):
    told = lines(manifest(facts=FACTS), manifest(facts=facts))
    assert told
    assert all(line.isprintable() for line in told)
