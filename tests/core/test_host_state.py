"""What a node keeps on a host: another genesis fails, an unread one holds, before genesis time."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.digest import both
from aztrust.core.base.value import replace
from aztrust.core.host.reading import HostFile, HostItem, HostNote, HostReading, StoredGenesis
from tests.core.test_host_checks import (
    OTHER_ARCH,
    ask,
    finding,
    genesis_file,
    host_file,
    reading,
    status,
)
from tests.memory_launch import GENESIS, MEMBER, NOW, Launch, codes, file_entry, notices

DAY = 86_400_000
BEFORE = NOW - 2 * DAY
SEALED = json.dumps(
    {
        "chain_id": "bench-1",
        "genesis_time": "2026-01-15T16:00:00Z",
        "consensus_params": {"block": {"max_gas": "-1"}},
        "app_state": {"supply": "1"},
    }
).encode()
OLD = SEALED.replace(b'"supply": "1"', b'"supply": "2"')


@pytest.fixture
def launch() -> Launch:
    made = Launch()
    made.genesis = [file_entry("genesis.json", SEALED)]
    made.captured["genesis"] = {"genesis.json": SEALED}
    made.seal("release", "rita")
    made.seal("genesis", "gabi", genesis_time="2026-01-15T16:00:00Z")
    return made


def host(*stored: StoredGenesis, notes: tuple[HostNote, ...] = (), **changes: object):
    return reading(genesis=genesis_file(SEALED), stored=stored, notes=notes, **changes)


def at(launch: Launch, host: HostReading, now: int):
    return ask(launch, host, now_unix_ms=now)


DB = "~/.node/data/state.db"


@pytest.mark.parametrize("now", [BEFORE, NOW])
def test_another_stored_genesis_fails_before_and_after_genesis_time(launch: Launch, now: int):
    verdict = at(launch, host(StoredGenesis(DB, OLD)), now)
    wrong = finding(verdict, "genesis-stored-differs")
    assert wrong.subject == DB
    assert "app_state" in wrong.message
    assert "unsafe-reset-all" in wrong.mend
    assert verdict.exit_code == 10


def test_the_sealed_genesis_in_the_database_is_stated(launch: Launch):
    verdict = at(launch, host(StoredGenesis(DB, SEALED)), BEFORE)
    assert status(verdict, "host-state") == "pass"
    assert "genesis-stored" in notices(verdict)


def test_a_noted_digest_of_the_file_is_compared(launch: Launch):
    right, other = both(SEALED).sha256, both(OLD).sha256
    verdict = at(launch, host(StoredGenesis(DB, None, right)), BEFORE)
    assert status(verdict, "host-state") == "pass"
    wrong = finding(at(launch, host(StoredGenesis(DB, None, other)), BEFORE), STORED_DIFFERS)
    assert (wrong.expected, wrong.actual) == (right, other)
    # Both are there, and the digest is the older one's: the document does not hide it.
    both_there = at(launch, host(StoredGenesis(DB, SEALED, other)), BEFORE)
    assert STORED_DIFFERS in codes(both_there)


STORED_DIFFERS = "genesis-stored-differs"
UNREAD = (
    StoredGenesis(DB, unread="its log holds no genesis"),
    StoredGenesis(DB, b"{"),
    StoredGenesis(DB, SEALED.replace(b'"-1"', b'"-1", "max_bytes": "5"')),
)


@pytest.mark.parametrize("stored", UNREAD, ids=["no log", "no document", "more than the file"])
def test_what_cannot_be_read_holds_before_genesis_time(launch: Launch, stored: StoredGenesis):
    verdict = at(launch, host(stored), BEFORE)
    assert status(verdict, "host-state") == "not_run"
    assert "genesis-stored-unread" in notices(verdict)
    # Later, too, where nothing was read: a launch may be late, and the time shows no start.
    later = at(launch, host(stored), NOW)
    assert status(later, "host-state") == ("not_run" if stored.unread else "pass")
    assert "genesis-stored-unread" in notices(later)


def test_without_the_sealed_file_there_is_nothing_to_compare_with(launch: Launch):
    other = reading(genesis=genesis_file(GENESIS), stored=(StoredGenesis(DB, SEALED),))
    verdict = at(launch, other, BEFORE)
    assert status(verdict, "host-state") == "not_run"


def test_one_database_that_differs_decides_over_one_that_is_open(launch: Launch):
    verdict = at(launch, host(UNREAD[0], StoredGenesis(DB + "2", OLD)), BEFORE)
    assert status(verdict, "host-state") == "fail"
    assert "genesis-stored-unread" in notices(verdict)


def test_a_genesis_without_a_time_has_never_started():
    launch = Launch()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi", genesis_time=None)
    note = HostNote("client-database-present", "/x", "it is there", "look at it")
    verdict = at(launch, reading(notes=(note,)), NOW + 999 * DAY)
    assert status(verdict, "host-state") == "not_run"


@pytest.mark.parametrize(
    ("code", "later"),
    [
        ("genesis-file-elsewhere", "not_run"),
        ("node-home-elsewhere", "not_run"),
        ("node-config-unread", "not_run"),
        ("environment-overrides", "not_run"),
        ("upgrade-info-present", "pass"),
        ("client-database-present", "not_run"),
    ],
)
def test_what_a_node_would_use_instead_holds(launch: Launch, code: str, later: str):
    note = HostNote(code, "/x", "it is there", "look at it")
    for now, wanted in ((BEFORE, "not_run"), (NOW, later)):
        verdict = at(launch, host(notes=(note,)), now)
        assert status(verdict, "host-state") == wanted
        assert code in notices(verdict)


def test_a_node_without_a_home_is_listed_with_the_places_where_it_was_looked_for(launch: Launch):
    tried = ("~/.noded", "~/.node")
    verdict = at(launch, host(homes=(), homes_tried=tried), BEFORE)
    assert status(verdict, "host-state") == "pass"
    shown = [n for result in verdict.results for n in result.notices]
    (found,) = [n for n in shown if n.code == "node-home-unknown"]
    assert "there is no ~/.noded, no ~/.node" in found.message
    assert "node-home-unknown" not in notices(at(launch, host(homes_tried=tried), BEFORE))


@pytest.mark.parametrize("now", [BEFORE, NOW])
def test_where_no_home_could_be_looked_for_nothing_is_known(launch: Launch, now: int):
    verdict = at(launch, host(homes=()), now)
    assert status(verdict, "host-state") == "not_run"
    assert "node-home-unknown" in notices(verdict)
    assert status(at(launch, host(), now), "host-state") == "pass"


# ---- every role, every genesis file ------------------------------------------------------------


def two_roles() -> Launch:
    launch = Launch()
    artifacts = tuple(
        {"path": "node.tar.gz", "member": f"bin/{name}", "role": role, "platform": "linux/amd64"}
        | both(data)._asdict()
        for role, name, data in (("node", "node", MEMBER), ("signer", "signer", OTHER_ARCH))
    )
    launch.seal("release", "rita", artifacts=artifacts)
    launch.seal("genesis", "gabi")
    return launch


def items(node: bytes | None, signer: bytes | None) -> tuple[HostItem, ...]:
    return tuple(
        HostItem("program", role, role, (host_file(data),) if data is not None else ())
        for role, data in (("node", node), ("signer", signer))
    )


@pytest.mark.clause("AZ-6.2")
def test_every_role_is_looked_at():
    right = ask(two_roles(), reading(artifacts=items(MEMBER, OTHER_ARCH)))
    assert status(right, "host-binary") == "pass"
    for node, signer in ((MEMBER, None), (None, OTHER_ARCH), (None, None)):
        verdict = ask(two_roles(), reading(artifacts=items(node, signer)))
        assert status(verdict, "host-binary") == "not_run"
        assert "host-file-not-found" in notices(verdict)
    for node, signer in ((MEMBER, b"old"), (b"old", OTHER_ARCH), (None, b"old")):
        assert "binary-unknown" in codes(ask(two_roles(), reading(artifacts=items(node, signer))))


@pytest.mark.clause("AZ-6.2")
def test_an_artifact_counts_for_its_own_role_alone():
    verdict = ask(two_roles(), reading(artifacts=items(MEMBER, MEMBER)))
    wrong = finding(verdict, "binary-other-role")
    assert "role signer" in wrong.message
    assert wrong.expected == both(OTHER_ARCH).sha256
    assert verdict.exit_code == 10


def test_a_chosen_role_is_enough_and_the_others_are_named():
    host_ = reading(artifacts=items(MEMBER, None)[:1], roles=("node",))
    verdict = ask(two_roles(), host_)
    assert status(verdict, "host-binary") == "pass"
    left = next(n for r in verdict.results for n in r.notices if n.code == "roles-left-out")
    assert left.message.endswith("signer")
    both_roles = replace(host_, roles=("node", "signer"))
    assert status(ask(two_roles(), both_roles), "host-binary") == "not_run"


def test_a_second_file_in_a_place_has_to_be_right_too():
    files = (host_file(MEMBER), host_file(b"old", "/second"))
    first = HostItem("program", "node", "node", files)
    verdict = ask(Launch.approved(), reading(artifacts=(first,)))
    assert finding(verdict, "binary-unknown").subject == "/second"


def test_a_library_needs_no_execute_bit():
    launch = Launch()
    member = {"path": "node.tar.gz", "platform": "linux/amd64", "role": "node"}
    for name, wanted in (("libx.so", "pass"), ("node", "fail")):
        launch = Launch()
        artifacts = ({**member, "member": name, **both(MEMBER)._asdict()},)
        launch.seal("release", "rita", artifacts=artifacts)
        launch.seal("genesis", "gabi")
        file = host_file(MEMBER, executable=False)
        item = HostItem("library", "node", name, (file,))
        assert status(ask(launch, reading(artifacts=(item,))), "host-binary") == wanted


SSZ = b"two validators"


@pytest.fixture
def two_geneses() -> Launch:
    launch = Launch()
    launch.policy = launch.policy.replace(
        b'genesis_files = ["genesis.json"]', b'genesis_files = ["genesis.json", "genesis.ssz"]'
    )
    launch.genesis = [file_entry("genesis.json", GENESIS), file_entry("genesis.ssz", SSZ)]
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi", genesis_files=("genesis.json", "genesis.ssz"))
    return launch


def geneses(first: HostFile | None, second: HostFile | None) -> tuple[HostItem, ...]:
    return tuple(
        HostItem("genesis", "", name, (file,) if file else ())
        for name, file in (("genesis.json", first), ("genesis.ssz", second))
    )


@pytest.mark.clause("AZ-6.2")
def test_every_genesis_file_is_looked_at(two_geneses: Launch):
    json_file, ssz = genesis_file(GENESIS), host_file(SSZ, "/genesis.ssz")
    right = reading(geneses=geneses(json_file, ssz))
    assert status(ask(two_geneses, right), "host-genesis") == "pass"
    missing = ask(two_geneses, reading(geneses=geneses(json_file, None)))
    assert status(missing, "host-genesis") == "not_run"
    old = ask(two_geneses, reading(geneses=geneses(json_file, host_file(b"three", "/s"))))
    wrong = finding(old, "genesis-hash-mismatch")
    assert (wrong.subject, wrong.expected) == ("/s", both(SSZ).sha256)
    forged = replace(ssz, blake3=both(b"x").blake3)
    assert "digest-conflict" in codes(ask(two_geneses, reading(geneses=geneses(json_file, forged))))
    swapped = geneses(replace(ssz, data=SSZ), json_file)
    assert status(ask(two_geneses, reading(geneses=swapped)), "host-genesis") == "fail"
