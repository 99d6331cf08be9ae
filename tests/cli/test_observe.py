"""`aztrust observe`: looks at real sockets, their exit codes, and what is written."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.observe.launch import read_again, read_observed
from aztrust.acts.observe.run import Polling
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.times import format_rfc3339
from aztrust.core.base.value import replace
from aztrust.core.chain.agreement import SeenBlock, Sight
from aztrust.core.chain.bundle import read_bundle
from aztrust.core.chain.cometbft.hashes import header_hash
from aztrust.core.chain.node_list import MAX_NODES
from aztrust.report.observe.document import read_facts
from aztrust.report.observe.model import ObserveReport
from aztrust.storage.chainfacts import facts_path, read_kept_facts
from aztrust.storage.launch import open_launch
from aztrust.storage.nodes.limits import NodeLimits
from fixtures.signed_chain import SignedChain
from tests.chain_nodes import (
    AFTER,
    CALM,
    CHAIN,
    T0,
    ChainLaunch,
    chain_launch,
    chain_of,
    serving_nodes,
    words,
)
from tests.command import Done, run
from tests.core.chain.watched import BANDS
from tests.disk_launch import make_launch
from tests.patience import PATIENCE
from tests.raw_servers import Talk, http

DEAD = "d=http://127.0.0.1:1"


@pytest.fixture
def launch(tmp_path, monkeypatch) -> ChainLaunch:
    return chain_launch(tmp_path, monkeypatch)


def look(launch: ChainLaunch, nodes, *more: object) -> Done:
    return run("observe", *launch.common, *words(nodes), *more)


@pytest.mark.clause("AZ-10.2")
def test_a_healthy_network_is_proven_from_the_frozen_genesis(launch):
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes)
    assert done.exit_code == 0, done.out + done.err
    assert done.out.startswith("HEALTHY   bench-1")
    assert "10 of 10 signed block 1" in done.out
    assert "10 of 10 signed block 8" in done.out
    assert "4 of 4 nodes answer" in done.out
    assert max(map(len, done.out.split("next ")[0].splitlines())) <= 80
    assert "aztrust window status" in done.advised


def test_the_facts_as_a_document(launch):
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--json")
    document = done.document
    assert document["exit_code"] == done.exit_code == 0
    assert document["phase"] == "early"
    assert document["picture"]["height"] == 20
    assert document["expected"]["genesis_sha256"] == sha256_id(launch.chain.genesis)
    assert [node["genesis_altered"] for node in document["nodes"]] == [[]] * 4
    assert "127.0.0.1" not in done.out
    with serving_nodes(launch.chain) as nodes:
        shown = look(launch, nodes, "--json", "--addresses").document
    assert all(node["address"].startswith("http://127.0.0.1:") for node in shown["nodes"])


def test_facts_series_and_a_proof_are_written_where_they_are_asked_for(launch, tmp_path):
    facts, series, proof = (tmp_path / name for name in ("facts.json", "a.prom", "p.json"))
    with serving_nodes(launch.chain) as nodes:
        for _ in range(2):
            done = look(launch, nodes, "-o", facts, "--metrics", series, "--proof", proof)
            assert done.exit_code == 0, done.err
    assert read_facts(facts.read_bytes(), what="facts").picture.height == 20
    assert "aztrust_chain_height" in series.read_text()
    assert read_bundle(proof.read_bytes(), what="proof").height == 8
    assert not (launch.path / "manifests/observations").exists()


def test_proofs_are_written_into_the_launch_once(launch):
    with serving_nodes(launch.chain) as nodes:
        for _ in range(2):
            assert look(launch, nodes).exit_code == 0
    found = sorted((launch.path / "manifests/observations").iterdir())
    assert [path.name.split("-")[0] for path in found] == ["1", "8"]
    for path in found:
        bundle = read_bundle(path.read_bytes(), what=path.name)
        assert bundle.scope_hash is not None
        assert bundle.genesis_sha256 == sha256_id(launch.chain.genesis)


def test_the_state_is_kept_for_other_commands_of_this_user(launch):
    with serving_nodes(launch.chain) as nodes:
        look(launch, nodes)
    digest = launch.memory.anchor
    data = read_kept_facts(digest)
    assert data is not None
    assert read_facts(data, what="state").policy_digest == digest
    assert facts_path(digest).stat().st_mode & 0o777 == 0o600
    assert read_kept_facts("sha256:" + "0" * 64) is None


@pytest.mark.clause("AZ-10.2")
def test_a_node_with_another_genesis_is_broken_truth(launch):
    other = chain_of([3, 3, 2, 2], more={"app_state": {"a": 2}})
    with serving_nodes(launch.chain) as nodes:
        nodes["d"].chain = other
        done = look(launch, nodes)
        document = look(launch, nodes, "--json").document
    assert done.exit_code == 10
    assert done.out.startswith("BROKEN")
    assert document["nodes"][3]["genesis_altered"] == ["app_state"]
    (signal,) = [one for one in document["signals"] if one["code"] == "genesis-served-other"]
    assert (signal["subject"], signal["locus"], signal["power"]) == ("d", "host", "1/5")
    kept = {path.name for path in (launch.path / "observations").iterdir()}
    assert kept
    for name in kept:
        assert sha256_id((launch.path / "observations" / name).read_bytes()) == f"sha256:{name}"
    assert {one[7:] for one in signal["evidence"]} <= kept


@pytest.mark.clause("AZ-10.2")
def test_a_network_of_other_validators_is_not_proven(launch):
    """All nodes agree with one another, and none started from what was frozen."""
    imposter = chain_of([3, 3, 2, 2, 5])
    with serving_nodes(imposter) as nodes:
        done = look(launch, nodes, "-v")
    assert done.exit_code == 10
    assert "not proven by" in done.out
    assert "the header names another validator set than the genesis" in " ".join(done.out.split())
    assert "block 1 is not proven" in done.out
    assert not (launch.path / "manifests/observations").exists()


def test_too_few_signatures_are_not_a_proof(tmp_path, monkeypatch):
    launch = chain_launch(tmp_path, monkeypatch, chain_of([3, 3, 2, 2], absent=[2, 3]))
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes)
    assert done.exit_code == 11
    assert "6 of 10 signed block 1, not proven" in done.out


@pytest.mark.clause("AZ-26.2")
def test_a_node_that_does_not_answer_is_named_and_no_success(launch):
    with serving_nodes(launch.chain, "abc") as nodes:
        done = look(launch, nodes, DEAD)
    assert done.exit_code == 11
    assert "unknown  d does not answer: refused" in done.out
    assert "3 of 4 nodes answer" in done.out


def test_a_slow_node_delays_no_proof_and_no_other_node(launch, monkeypatch):
    limits = NodeLimits(connect_s=60, request_s=2, read_s=60, genesis_s=60)
    monkeypatch.setattr("aztrust.storage.nodes.limits.LIMITS", limits)
    with serving_nodes(launch.chain) as nodes:
        nodes["c"].answers["/status"] = Talk.hang
        done = look(launch, nodes)
    assert done.exit_code == 11
    assert "c does not answer: timeout" in done.out
    assert "10 of 10 signed block 1" in done.out


def test_before_the_genesis_time_silence_is_normal_and_no_success(tmp_path, monkeypatch):
    launch = chain_launch(tmp_path, monkeypatch, after_ms=-600_000)
    done = run("observe", *launch.common, "a=http://127.0.0.1:1")
    assert done.exit_code == 11
    assert "a does not answer before the genesis time, as is normal" in done.out
    assert "genesis time in " in done.out
    assert "signal" not in done.out


def test_the_band_is_that_of_the_phase(tmp_path, monkeypatch):
    launch = chain_launch(tmp_path, monkeypatch, tables=CHAIN + CALM)
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes)
    assert "asked, the policy has no limit" in done.out
    assert "node-unseen" in done.out


# ---- what is observed ------------------------------------------------------------------------


@pytest.mark.clause("AZ-10.2")
def test_a_genesis_that_is_not_the_sealed_one_is_never_used(launch):
    (launch.path / "genesis/genesis.json").write_bytes(launch.chain.genesis + b"\n")
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes)
        assert all(node.asked == 0 for node in nodes.values())
    assert done.exit_code not in (0, 11)
    assert "is not the genesis.json that was sealed" in done.err


def test_the_sealed_genesis_from_elsewhere(launch, tmp_path):
    (launch.path / "genesis/genesis.json").unlink()
    with serving_nodes(launch.chain) as nodes:
        assert "a kit has no packages" in look(launch, nodes).err
        published = tmp_path / "published.json"
        published.write_bytes(launch.chain.genesis)
        assert look(launch, nodes, "--genesis", published).exit_code == 0
        published.write_bytes(b"{}")
        assert (
            "is not the genesis.json that was sealed"
            in look(launch, nodes, "--genesis", published).err
        )


def test_a_launch_without_a_freeze_is_not_observed(tmp_path):
    made = make_launch(tmp_path / "made")
    done = run("observe", "-C", made.path, "--anchor", made.anchor, "http://127.0.0.1:1")
    assert done.exit_code not in (0, 10, 11)
    assert "no freeze of this scope is here" in done.err
    assert "aztrust status" in done.advised


def test_another_anchor_is_refused(launch):
    done = run("observe", "-C", launch.path, "--anchor", "0" * 64, "http://127.0.0.1:1")
    assert done.exit_code not in (0, 11)
    assert "anchor" in done.err


# ---- the list of nodes -----------------------------------------------------------------------


def listed(nodes) -> str:
    return "".join(
        f'[[node]]\nname = "{name}"\noperator = "op-{name}"\nrpc = "{node.url}"\n'
        for name, node in nodes.items()
    )


def test_the_list_next_to_the_policy(launch, tmp_path):
    with serving_nodes(launch.chain) as nodes:
        (launch.path / "nodes.toml").write_text(listed(nodes))
        done = run("observe", *launch.common, "--json")
        other = tmp_path / "other.toml"
        other.write_text(listed({"b": nodes["b"]}))
        one = run("observe", *launch.common, "--nodes", other, "--json")
    assert [node["operator"] for node in done.document["nodes"]] == [f"op-{n}" for n in "abcd"]
    assert [node["name"] for node in one.document["nodes"]] == ["b"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "no node is named"),
        (("ftp://a",), "is not an address"),
        (("--nodes", "none.toml"), "the list of nodes cannot be read"),
        (("--once", "--watch", DEAD), "exclude each other"),
        (("--exec", "true", DEAD), "--exec runs when signals change"),
        (("--metrics", "a.txt", DEAD), "does not end in .prom"),
        (("--nodes", "list.toml", DEAD), "nodes are named twice"),
    ],
)
def test_what_cannot_be_observed(launch, tmp_path, monkeypatch, more, why):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.toml").write_text('[[node]]\nname = "a"\nrpc = "http://a:1"\n')
    done = run("observe", *launch.common, *more)
    assert done.exit_code not in (0, 10, 11)
    assert why in " ".join(done.err.split())


def test_thousands_of_nodes_are_refused(launch, tmp_path):
    path = tmp_path / "list.toml"
    rows = (f'[[node]]\nname = "n{n}"\nrpc = "http://127.0.0.1:1"\n' for n in range(MAX_NODES + 1))
    path.write_text("".join(rows))
    done = run("observe", *launch.common, "--nodes", path)
    assert "at most 1,000 are observed" in " ".join(done.err.split())


@pytest.mark.parametrize("option", ["--metrics", "--proof", "-o"])
def test_nothing_that_is_judged_is_written_over(launch, option):
    name = "a.prom" if option == "--metrics" else "a.json"
    done = run("observe", *launch.common, DEAD, option, launch.path / "manifests" / name)
    assert "part of what is judged" in " ".join(done.err.split())


def test_a_listed_validator_is_that_of_a_sentry(launch, tmp_path):
    member = launch.chain.members(1)[3].id
    path = tmp_path / "list.toml"
    with serving_nodes(launch.chain) as nodes:
        own = {**nodes["d"].status(), "validator_info": {"address": "AB" * 20}}
        nodes["d"].status = lambda: own
        path.write_text(listed(nodes) + f'validator = "{member}"\n')
        report = run("observe", *launch.common, "--nodes", path, "--json").document
    assert report["nodes"][3]["validator"] == member


def test_a_node_cannot_report_the_validator_of_another(launch, tmp_path):
    mine, silent = (launch.chain.members(1)[index].id for index in (3, 0))
    path = tmp_path / "list.toml"
    with serving_nodes(launch.chain) as nodes:
        own = {**nodes["d"].status(), "validator_info": {"address": silent}}
        nodes["d"].status = lambda: own
        path.write_text(listed(nodes) + f'validator = "{mine}"\n')
        report = run("observe", *launch.common, "--nodes", path, "--json").document
    assert report["nodes"][3]["validator"] == mine


def test_one_node_under_two_names_is_unknown(launch):
    with serving_nodes(launch.chain) as nodes:
        own, other = nodes["d"].status(), nodes["c"].status()
        same = {**own, "node_info": {**own["node_info"], "id": other["node_info"]["id"]}}
        nodes["d"].status = lambda: same
        done = look(launch, nodes)
        del nodes["d"].status
        assert look(launch, nodes).exit_code == 0
    assert done.exit_code == 11
    assert "c and d report one node id" in " ".join(done.out.split())


# ---- the watch ---------------------------------------------------------------------------------


def go_through(monkeypatch, *steps: Callable[[], bool]) -> None:
    """Watch until each step in turn has returned true; then end it like Ctrl-C."""
    take, left, ends = Polling.take, list(steps), time.monotonic() + PATIENCE

    def stepped(polling: Polling, seconds: float):
        if left and left[0]():
            del left[0]
        if not left:
            raise KeyboardInterrupt
        assert time.monotonic() < ends, f"{len(left)} steps are left"
        return take(polling, seconds / 10)

    monkeypatch.setattr("aztrust.storage.nodes.polling.interval_of", lambda _nodes: 0.1)
    monkeypatch.setattr(Polling, "take", stepped)


def state_of(launch: ChainLaunch) -> ObserveReport | None:
    data = read_kept_facts(launch.memory.anchor)
    return read_facts(data, what="state") if data is not None else None


def proven(launch: ChainLaunch) -> Callable[[], bool]:
    """Whether both proofs were made and all nodes answer."""

    def ask() -> bool:
        state = state_of(launch)
        return state is not None and len(state.proofs) == 2 and state.picture.answering == 4

    return ask


def test_a_watch_goes_on_until_it_is_interrupted(launch, monkeypatch, tmp_path):
    facts = tmp_path / "facts.json"
    go_through(monkeypatch, proven(launch))
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch", "-o", facts)
    assert done.exit_code == 130
    assert "10 of 10 signed block 8" in done.out
    assert read_facts(facts.read_bytes(), what="facts").picture.height == 20
    found = sorted((launch.path / "manifests/observations").iterdir())
    assert [path.name.split("-")[0] for path in found] == ["1", "8"]


def test_a_watch_reports_what_changes_and_runs_the_command(launch, monkeypatch, tmp_path):
    """A node shows another genesis later: the command gets the facts with the new signal."""
    other = chain_of([3, 3, 2, 2], more={"app_state": {"a": 2}})
    taken = tmp_path / "given"
    script = tmp_path / "hook.sh"
    script.write_text(f"#!/bin/sh\ncat > {taken}.part\nmv {taken}.part {taken}\n")
    script.chmod(0o755)
    with serving_nodes(launch.chain) as nodes:
        unknown = http(b'{"error":{"data":"not yet"}}', "500 Internal Server Error")
        nodes["d"].answers["/genesis_chunked"] = unknown

        def change() -> bool:
            assert not taken.exists()
            nodes["d"].chain = other
            del nodes["d"].answers["/genesis_chunked"]
            return True

        go_through(monkeypatch, proven(launch), change, taken.exists, proven(launch))
        done = look(launch, nodes, "--watch", "--exec", script)
    assert done.exit_code == 130
    given = json.loads(taken.read_bytes())
    assert "genesis-served-other" in {one["code"] for one in given["signals"]}
    assert "HOLD  genesis-served-other  host d" in done.out
    assert "BROKEN, early" in done.out
    assert "ended with 0" in done.err


@pytest.mark.clause("AZ-11.2")
def test_what_another_observer_saw_is_compared_with_this_look(launch, monkeypatch):
    """A difference is shown, is not a success, and is named once in a watch."""
    ours, theirs = launch.chain.header(7)["height"], "AB" * 32
    others = (Sight("operator ada of atlas", None, (SeenBlock(int(ours), theirs),)),)
    monkeypatch.setattr("aztrust.acts.observe.launch.reported_sights", lambda *_: others)
    with serving_nodes(launch.chain) as nodes:
        for node in nodes.values():
            node.head = 8
        done = look(launch, nodes)
        document = look(launch, nodes, "--json").document
        facts_path(launch.memory.anchor).unlink()
        go_through(monkeypatch, proven(launch), lambda: True)
        watched = look(launch, nodes, "--watch")
    shown = " ".join(done.out.split())
    assert done.exit_code == 11
    assert done.out.startswith("DIFFERS")
    assert "DIFFERS block 7: " in shown
    assert "ABABABAB (operator ada of atlas)" in shown
    assert "(this observer)" in shown
    assert len(document["differs"]) == 1
    assert watched.out.count("(operator ada of atlas)") == 1


@pytest.mark.parametrize("height", [7, 19])
def test_an_observer_who_saw_the_same_or_something_not_seen_here_does_not_differ(
    launch, monkeypatch, height
):
    seen = header_hash(launch.chain.header(7))
    others = (Sight("operator ada of atlas", None, (SeenBlock(height, seen),)),)
    monkeypatch.setattr("aztrust.acts.observe.launch.reported_sights", lambda *_: others)
    with serving_nodes(launch.chain) as nodes:
        for node in nodes.values():
            node.head = 8
        done = look(launch, nodes, "--json")
    assert done.document["differs"] == []
    assert done.exit_code == 0


def test_a_look_is_compared_with_the_proofs_of_the_launch(launch, monkeypatch):
    with serving_nodes(launch.chain) as nodes:
        assert look(launch, nodes).exit_code == 0
        other = (Sight("the proofs", None, (SeenBlock(8, "CD" * 32),)),)
        monkeypatch.setattr(
            "aztrust.acts.observe.launch.proven_sights", lambda found: other if found else ()
        )
        for node in nodes.values():
            node.head = 8
        done = look(launch, nodes, "--json")
    assert ["CDCDCDCD (the proofs)" in text for text in done.document["differs"]] == [True]


def test_a_watch_as_json_gives_a_line_for_each_change(launch, monkeypatch):
    go_through(monkeypatch, proven(launch))
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch", "--json")
    reports = [read_facts(line.encode(), what="line") for line in done.out.splitlines()]
    assert len(reports[-1].proofs) == 2
    assert reports[0].exit_code == 11


def test_a_file_that_cannot_be_written_does_not_end_a_watch(launch, monkeypatch, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()

    def remove() -> bool:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        folder.write_text("a file")
        return True

    go_through(monkeypatch, proven(launch), remove, lambda: True, proven(launch))
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch", "--metrics", folder / "a.prom")
    assert done.exit_code == 130
    assert done.err.count("note     the metrics: cannot write") == 1


@pytest.mark.parametrize(("option", "name"), [("--metrics", "a.prom"), ("--proof", "p.json")])
def test_what_one_look_cannot_write_ends_in_one(launch, tmp_path, option, name):
    """The folder goes while the nodes are asked."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with serving_nodes(launch.chain) as nodes:
        assert look(launch, nodes, option, folder / name).exit_code == 0
        status = nodes["a"].status

        def gone() -> Any:
            shutil.rmtree(folder, ignore_errors=True)
            folder.write_text("a file")
            return status()

        nodes["a"].status = gone
        shutil.rmtree(folder)
        folder.mkdir()
        done = look(launch, nodes, option, folder / name)
        assert (done.exit_code, "note     the " in done.err) == (1, True), done.err
        # What is broken is the answer all the same.
        folder.unlink()
        folder.mkdir()
        nodes["d"].chain = chain_of([3, 3, 2, 2], more={"app_state": {"a": 2}})
        assert look(launch, nodes, option, folder / name).exit_code == 10


AGAIN = "aztrust.acts.observe.in_force.read_again"


def test_a_watch_ends_in_the_look_after_another_scope_is_frozen(launch, monkeypatch):
    """A proof of the scope before would be foreign to the launch."""
    records = launch.path / "manifests/records"
    frozen = records / "another.freeze"
    monkeypatch.setattr(AGAIN, lambda _f, _i, seen: None if frozen.exists() else seen)

    def freeze() -> bool:
        frozen.write_text("{}")
        return True

    def late() -> bool:
        pytest.fail("it goes on with the scope before")

    go_through(monkeypatch, proven(launch), freeze, late)
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch")
    assert done.exit_code == 10
    assert "another scope is frozen since this observer began" in " ".join(done.err.split())


def test_a_launch_whose_files_do_not_change_is_read_again_now_and_then(launch, monkeypatch):
    times: list[int] = []
    monkeypatch.setattr("aztrust.acts.observe.in_force.LOOKS", 3)
    monkeypatch.setattr(AGAIN, lambda _f, _i, seen: times.append(1) or seen)
    go_through(monkeypatch, *[lambda: True] * 9)
    with serving_nodes({}, "") as nodes:
        look(launch, nodes, DEAD, "--watch")
    assert 3 <= len(times) <= 4


@pytest.mark.parametrize("watch", [True, False])
def test_no_proof_of_the_scope_before_is_written(launch, monkeypatch, watch):
    """It is frozen anew between the look and the writing of what was proven in it."""
    left = [read_again] if watch else []

    def again(*given: Any) -> Any:
        return left.pop()(*given) if left else None

    monkeypatch.setattr(AGAIN, again)
    with serving_nodes(launch.chain) as nodes:
        if watch:
            go_through(monkeypatch, lambda: False)
        done = look(launch, nodes, *(["--watch"] if watch else []))
    assert done.exit_code == 10, done.err
    assert "another scope is frozen" in " ".join(done.err.split())
    assert not (launch.path / "manifests/observations").exists()


def test_a_proof_waits_while_the_launch_cannot_be_read(launch, monkeypatch):
    away, policy = launch.path / "away.toml", launch.path / "manifests/launch.toml"

    def hide() -> bool:
        policy.rename(away)
        return True

    def back() -> bool:
        assert not (launch.path / "manifests/observations").exists()
        away.rename(policy)
        return True

    def written() -> bool:
        folder = launch.path / "manifests/observations"
        return folder.exists() and len(list(folder.iterdir())) == 2

    go_through(monkeypatch, hide, proven(launch), back, written)
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch")
    assert done.exit_code == 130
    assert done.err.count("note     the proof:") == 1


def test_a_proof_that_could_not_be_written_is_written_later(launch, monkeypatch):
    """A full disk, in the look in which the block is proven."""
    folder = launch.path / "manifests/observations"
    folder.write_text("a file is in the way")

    def room() -> bool:
        folder.unlink()
        return True

    def written() -> bool:
        return folder.is_dir() and len(list(folder.iterdir())) == 2

    go_through(monkeypatch, proven(launch), proven(launch), room, written)
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes, "--watch")
    assert done.exit_code == 130
    assert done.err.count("note     the proof:") == 1


def test_the_scope_that_is_in_force_is_compared_with_the_observed_one(launch):
    files = [open_launch(launch.path)]
    inputs = TrustInputs(T0 + AFTER, launch.memory.anchor)
    seen = read_observed(files, inputs)
    assert read_again(files, inputs, seen) == seen
    assert read_again(files, inputs, replace(seen, scope_hash="sha256:" + "ab" * 32)) is None
    assert read_again(files, inputs, replace(seen, policy_digest="sha256:" + "ab" * 32)) is None


def test_nothing_waits_for_the_command(launch, monkeypatch, tmp_path):
    """It gets the facts, and looks go on while it runs."""
    go, taken, began = (tmp_path / name for name in ("go", "taken", "began"))
    script = tmp_path / "hook.sh"
    script.write_text(
        f"#!/bin/sh\ntouch {began}\nwhile [ ! -e {go} ]; do sleep 0.05; done\n"
        f"cat > {taken}.part\nmv {taken}.part {taken}\n"
    )
    script.chmod(0o755)
    seen: list[int] = []

    def looked() -> bool:
        """Several looks after it began, and before it may end."""
        state = state_of(launch)
        assert not taken.exists()
        if state is not None and state.at_unix_ms not in seen:
            seen.append(state.at_unix_ms)
        return len(seen) > 3

    def let() -> bool:
        go.touch()
        return True

    with serving_nodes(launch.chain) as nodes:
        nodes["d"].chain = chain_of([3, 3, 2, 2], more={"app_state": {"a": 2}})
        go_through(monkeypatch, began.exists, looked, let, taken.exists)
        done = look(launch, nodes, "--watch", "--exec", script)
    assert done.exit_code == 130
    assert f"{script} ended with 0" in " ".join(done.err.split()).replace("exec ", "")


def test_a_genesis_of_another_chain_than_the_policys_is_refused(tmp_path, monkeypatch):
    chain = SignedChain([3, 3, 2, 2], chain_id="bench-2", t0=format_rfc3339(T0 * 1_000_000))
    launch = chain_launch(tmp_path, monkeypatch, chain)
    with serving_nodes(launch.chain) as nodes:
        done = look(launch, nodes)
        assert all(node.asked == 0 for node in nodes.values())
    assert done.exit_code == 10
    assert "chain-id-mismatch" in done.err
    assert "bench-1" in done.err
    assert "bench-2" in done.err


def test_the_genesis_time_of_the_fixture_is_the_chains(launch):
    assert launch.chain.expected.genesis.time_ms == T0
    assert BANDS
