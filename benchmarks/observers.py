"""What observing costs: a second of many nodes, an hour of traffic, and all recordings.

    python -m benchmarks.observers                  200 nodes for 40 s, an hour, the recordings
    python -m benchmarks.observers --nodes 20 --seconds 10 --only live

`live`: `aztrust observe --watch` in a process of its own, against a server of another process that
is all nodes of one network: a port each, a block every two seconds, every validator signs. `hour`:
a recorded minute, read again and again at full speed for an hour of its own time; each answer has
other bytes each time. `replay`: every recording once, with its signals.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aztrust.core.base.times import format_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aztrust.acts.observe.launch import ObservedLaunch
    from aztrust.core.chain.node_list import ListedNode
    from fixtures.signed_chain import SignedChain

BLOCK_S = 2.0
WARM_S = 12.0
"""The first seconds, in which every node shows its genesis, are not counted."""
TABLES = """
[early]
block_interval = "3s"
max_error_rate = "1%"
min_participation = "80%"
startup_delay = "60s"
max_no_finality = "30s"
[steady]
block_interval = "3s"
max_error_rate = "2%"
min_participation = "67%"
startup_delay = "60s"
max_no_finality = "60s"
[chain]
kind = "cometbft"
epoch_blocks = 10
"""


def made_chain(validators: int, t0_ms: int) -> SignedChain:
    """A chain that starts at a time."""
    from fixtures.signed_chain import SignedChain

    t0 = format_rfc3339(t0_ms // 60_000 * 60_000 * 1_000_000)
    return SignedChain([10] * validators, chain_id="bench-1", t0=t0)


class Network:
    """All nodes of one chain: what each answers at a moment."""

    def __init__(self, validators: int, t0_ms: int) -> None:
        from aztrust.core.chain.cometbft.hashes import header_hash

        self.chain = made_chain(validators, t0_ms)
        self.addresses = [member.id for member in self.chain.members(1)]
        self.began = time.time()
        self.header = cache(self.chain.header)
        self.chain.header = self.header  # type: ignore[method-assign]
        self.commit = cache(self.chain.commit)
        self.hash = cache(lambda height: header_hash(self.header(height)))
        self.body = cache(self._body)

    @property
    def head(self) -> int:
        return 1 + int((time.time() - self.began) / BLOCK_S)

    def answer(self, node: int, path: str) -> bytes:
        head = self.head
        name = path.partition("?")[0]
        if name == "/status":
            return self.body(f"/status {node} {head}")
        if name in ("/consensus_state", "/net_info"):
            return self.body(f"{name} {head}")
        return self.body(path)

    def _body(self, key: str) -> bytes:
        document = json.dumps({"jsonrpc": "2.0", "id": -1, "result": self._result(key)}).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Date: Mon, 30 Nov 2026 22:00:00 GMT\r\nContent-Length: {len(document)}\r\n\r\n"
        )
        return head.encode() + document

    def _result(self, key: str) -> object:
        path, *more = key.split(" ")
        name, _, query = path.partition("?")
        arguments = dict(item.partition("=")[::2] for item in query.split("&") if item)
        if name == "/status":
            return self._status(*map(int, more))
        if name == "/consensus_state":
            votes = {"round": 0, "prevotes_bit_array": "BA{4:xxxx} 4/4 = 1.00"}
            votes["precommits_bit_array"] = "BA{4:____} 0/4 = 0.00"
            state = {"height/round/step": f"{int(more[0]) + 1}/0/4", "height_vote_set": [votes]}
            return {"round_state": state}
        if name == "/net_info":
            return {"peers": [{"node_info": {"id": f"{n:040x}"}} for n in range(40)]}
        if name == "/genesis_chunked":
            data = base64.b64encode(self.chain.genesis).decode()
            return {"chunk": arguments["chunk"], "total": "1", "data": data}
        if name == "/validators":
            return self.chain.set_at(**{key: int(value) for key, value in arguments.items()})
        height = int(arguments["height"])
        if name == "/commit":
            return self.commit(height)
        if name == "/header":
            return {"header": self.header(height)}
        if name == "/block_results":
            app_hash = base64.b64encode(b"\x11" * 32).decode()
            return {"height": str(height), "app_hash": app_hash}
        before = self.commit(height - 1)["signed_header"]["commit"] if height > 1 else None
        block = {"header": self.header(height), "last_commit": before, "evidence": {}}
        return {"block_id": {"hash": self.hash(height)}, "block": block}

    def _status(self, node: int, head: int) -> object:
        return {
            "node_info": {"id": f"{node:040x}", "network": "bench-1", "version": "0.38.26"},
            "sync_info": {
                "latest_block_height": str(head),
                "earliest_block_height": "1",
                "catching_up": False,
            },
            "validator_info": {"address": self.addresses[node % len(self.addresses)]},
        }


async def serve(nodes: int, validators: int, t0_ms: int) -> None:
    """Serve all nodes, each on a port; the ports are printed."""
    network = Network(validators, t0_ms)

    def protocol(node: int) -> type[asyncio.Protocol]:
        class Node(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                self.transport.write(network.answer(node, data.split(b" ", 2)[1].decode()))

        return Node

    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(protocol(n), "127.0.0.1", 0) for n in range(nodes)]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


@contextlib.contextmanager
def serving(nodes: int, validators: int, t0_ms: int) -> Iterator[list[int]]:
    """The server, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.observers", "serve"]
    process = subprocess.Popen(
        [*words, str(nodes), str(validators), str(t0_ms)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def live(given: argparse.Namespace) -> list[str]:
    """The processor that watching so many nodes takes."""
    from tests.readiness import staffed, written

    t0_ms = time.time_ns() // 1_000_000 - 60_000
    chain = made_chain(given.validators, t0_ms)
    folder = Path(tempfile.mkdtemp(prefix="aztrust-bench-"))
    launch = staffed({}, checks=TABLES, data=chain.genesis, enrolled=False)
    path = written(launch, folder / "launch")
    environ = {**os.environ, "HOME": str(folder), "PYTHONPATH": str(Path.cwd())}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        environ.pop(name, None)
    facts = folder / "facts.json"
    try:
        with serving(given.nodes, given.validators, t0_ms) as ports:
            rows = (
                f'[[node]]\nname = "n{n}"\nrpc = "http://127.0.0.1:{port}"\n'
                for n, port in enumerate(ports)
            )
            (path / "nodes.toml").write_text("".join(rows))
            words = [sys.executable, "-P", "-m", "aztrust", "observe", "-C", str(path)]
            words += ["--anchor", launch.anchor, "--watch", "-o", str(facts)]
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environ)
            time.sleep(WARM_S)
            before, began = _cpu(process.pid), time.monotonic()
            time.sleep(given.seconds)
            used, took = _cpu(process.pid) - before, time.monotonic() - began
            peak = _resident(process.pid)
            process.send_signal(signal.SIGINT)
            process.wait()
        seen = json.loads(facts.read_bytes())
    finally:
        shutil.rmtree(folder)
    answering, ages = seen["picture"]["answering"], [n["age_ms"] for n in seen["nodes"]]
    return [
        f"| {given.nodes} nodes each second, {given.validators} validators, a block every"
        f" {BLOCK_S:g} s | {used / took:.2f} processors, {answering} answer, the oldest answer"
        f" {max(ages) / 1000:.1f} s | at most 0.5: {_met(used / took <= 0.5)} |",
        f"| its memory after {given.seconds + WARM_S:g} s | {peak >> 20} MiB | |",
    ]


def hour(given: argparse.Namespace) -> list[str]:
    """Whether memory grows over an hour of traffic."""
    from aztrust.acts.observe.run import Observer
    from aztrust.core.base.value import replace
    from aztrust.core.chain.adapter import Reply, Unreachable
    from aztrust.storage.nodes.recent import Recent
    from tests.core.chain.recordings import recording

    found = recording("healthy-t0-60s")
    launch = _launch_of(found.genesis)
    names = found.nodes()
    # A room for answers that is full soon: what grows after that is something else.
    observer, recent = Observer(launch, _listed(names)), Recent(most=4 << 20)
    memos = {name: launch.adapter.fresh() for name in names}
    kept: dict[str, dict[str, Any]] = defaultdict(dict)
    span = found.polls[-1].at_ms - found.polls[0].at_ms + 1000
    sizes, reads = [], 0
    for lap in range(given.minutes * 60_000 // span + 1):
        shift = lap * span
        for poll in found.polls:
            kept[poll.node] |= poll.answers

            def ask(path: str, _body: bytes | None, node: str = poll.node) -> Reply:
                reply = kept[node].get(path) or found.sets[path]
                if not isinstance(reply, Reply):
                    # A new one: an error that is raised again holds on to each place where it was.
                    raise Unreachable(reply.reach, reply.message, reply.at_ms + shift)  # noqa: B023
                body = reply.body + b" " * lap  # noqa: B023 - asked within this lap
                recent(body)
                return replace(reply, body=body, at_ms=reply.at_ms + shift)  # noqa: B023

            facts, memos[poll.node] = launch.adapter.read(poll.node, ask, memos[poll.node])
            reads += 1
            seen = observer.look([facts], (), poll.at_ms + shift)
        sizes.append(_resident())
    settled = sizes[len(sizes) // 2 :]
    growth = (settled[-1] - settled[0]) / settled[0]
    assert seen.picture.nodes
    return [
        f"| {given.minutes} minutes of {len(names)} nodes, {reads:,} reads | {settled[0] >> 20} MiB"
        f" after half the time, {settled[-1] >> 20} MiB at its end, {recent.size >> 20} MiB of them"
        f" answers | does not grow: {_met(growth < 0.03)} |"
    ]


def replay(_: argparse.Namespace) -> list[str]:
    """How long all recordings take."""
    from aztrust.acts.observe.run import Observer
    from tests.core.chain.recordings import recording
    from tests.shared import shared_path

    cases = sorted(p.name for p in shared_path("data/live").iterdir() if p.is_dir())
    began, reads = time.process_time(), 0
    for case in cases:
        found = recording(case)
        launch = _launch_of(found.genesis)
        observer = Observer(launch, _listed(found.nodes()))
        for facts in found.facts(launch.adapter):
            observer.look([facts], (), facts.at_ms)
            reads += 1
    took = time.process_time() - began
    return [
        f"| {len(cases)} recordings, {reads:,} reads, a look after each | {took:.1f} s of the"
        f" processor | less than 10 s: {_met(took < 10)} |"
    ]


def _launch_of(genesis: bytes) -> ObservedLaunch:
    from aztrust.acts.observe.launch import ObservedLaunch
    from aztrust.core.chain.kinds import adapter_of, chain_options
    from tests.policies import policy

    rules = policy(TABLES)
    options = chain_options(rules)
    adapter = adapter_of("cometbft", options)
    digest = "sha256:" + "0" * 64
    expected = adapter.expected(genesis, options)
    return ObservedLaunch(
        Path(), True, rules, digest, digest, digest, "cometbft", adapter, expected, "early"
    )


def _listed(names: list[str]) -> tuple[ListedNode, ...]:
    from aztrust.core.chain.node_list import nodes_of

    return nodes_of([f"{name}=http://{name}.test" for name in names])


def _met(good: bool) -> str:
    return "met" if good else "missed"


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int | str = "self") -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


CASES = {"live": live, "hour": hour, "replay": replay}


def main() -> int:
    """Print the table."""
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(*map(int, sys.argv[2:5])))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    for name, default in (("nodes", 200), ("validators", 100), ("seconds", 40), ("minutes", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", choices=sorted(CASES))
    given = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print("| case | found | goal |\n| --- | --- | --- |")
    for name, case in CASES.items():
        if given.only in (None, name):
            for row in case(given):
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
