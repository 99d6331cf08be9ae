"""Hostile nodes: `observe` stays within its bounds, names node and cause, and sees the others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from tests.chain_nodes import ChainLaunch, chain_launch, serving_nodes, words
from tests.command import run
from tests.raw_servers import Script, Talk, http, raw_server
from tests.tls import Authority

MIB = 1024 * 1024
# Long enough for honest nodes of a busy machine, and an end for what has none.
REQUEST_S = 3


@pytest.fixture
def launch(tmp_path, monkeypatch) -> ChainLaunch:
    from aztrust.core.base.value import replace
    from aztrust.storage.nodes import limits

    shorter = replace(limits.LIMITS, request_s=REQUEST_S, genesis_s=REQUEST_S)
    monkeypatch.setattr(limits, "LIMITS", shorter)
    return chain_launch(tmp_path, monkeypatch)


def flood(head: bytes, piece: bytes) -> Script:
    """Bytes without an end."""

    def script(talk: Talk) -> None:
        talk.send(head)
        while not talk.closing.is_set():
            talk.send(piece)

    return script


def drip(talk: Talk) -> None:
    """One byte at a time, for ever: each restarts the timeout of a socket."""
    talk.send(http(b"", Content_Length=""))
    while not talk.closing.wait(0.05):
        talk.send(b" ")


def moved(talk: Talk) -> bool:
    talk.send(http(status="302 Found", Location="http://169.254.169.254/latest"))
    return True


def sends(data: bytes) -> Script:
    def script(talk: Talk) -> bool:
        talk.send(data)
        return True

    return script


BOMB = gzip.compress(bytes(64 * MIB))
HOSTILE: dict[str, tuple[Script, str, str]] = {
    "endless": (flood(http(b"", Content_Length=""), b" " * 65_536), "malformed", "more than"),
    "drip": (drip, "timeout", "/status: it does not answer in time"),
    "silent": (Talk.hang, "timeout", "/status: it does not answer in time"),
    "huge": (sends(http(b"", Content_Length=str(10**15))), "malformed", "bytes, and may have"),
    "deep": (sends(http(b"[" * 100_000)), "malformed", "nested deeper"),
    "many": (sends(http(b"[" + b"0," * 500_000 + b"0]")), "malformed", "status"),
    "bomb": (sends(http(BOMB, Content_Encoding="gzip")), "http", "compresses its answer"),
    "redirect": (moved, "http", "it redirects (HTTP status 302)"),
    "page": (sends(http(b"<html>", Content_Type="text/html")), "http", "its answer is text/html"),
    "headers": (flood(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 999), "malformed", "headers without"),
    "http/0.9": (lambda talk: talk.send(b"<html>garbage" * 99), "http", "HTTP/1.1"),
    "garbage": (sends(http(b"\xff\xfe\x00")), "malformed", "status"),
    "other": (sends(http(b'{"result":{"node_info":3}}')), "malformed", "status"),
}


@pytest.mark.clause("AZ-26.2")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_status_is_named_and_the_others_are_seen(launch, name):
    script, reach, why = HOSTILE[name]
    with serving_nodes(launch.chain) as nodes:
        nodes["d"].answers["/status"] = script
        document = run("observe", *launch.common, *words(nodes), "--json").document
    assert document["exit_code"] == 11
    assert [node["reach"] for node in document["nodes"]] == ["ok", "ok", "ok", reach]
    assert document["picture"]["height"] == 20
    assert [proof["holds"] for proof in document["proofs"]] == [True, True]
    (about,) = [text for text in document["unknown"] if text.startswith("d ")]
    assert reach in about
    assert why in about


PARTS: dict[str, tuple[str, Callable[[], Script]]] = {
    "endless genesis": ("/genesis_chunked", lambda: HOSTILE["endless"][0]),
    "deep genesis": ("/genesis_chunked", lambda: HOSTILE["deep"][0]),
    "endless block": ("/block", lambda: HOSTILE["endless"][0]),
    "dripping votes": ("/consensus_state", lambda: drip),
    "redirected results": ("/block_results", lambda: moved),
    "garbage commit": ("/commit", lambda: HOSTILE["garbage"][0]),
    "deep peers": ("/net_info", lambda: HOSTILE["deep"][0]),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_hostile_part_leaves_the_rest_and_is_named(launch, name):
    path, script = PARTS[name]
    with serving_nodes(launch.chain) as nodes:
        nodes["d"].answers[path] = script()
        document = run("observe", *launch.common, *words(nodes), "--json").document
    assert document["exit_code"] == 11
    node = document["nodes"][3]
    assert (node["reach"], node["head"]) == ("partial", 20)
    assert path in node["trouble"]
    assert any(text.startswith("d") and path in text for text in document["unknown"])
    assert [one["reach"] for one in document["nodes"][:3]] == ["ok"] * 3


def test_a_hostile_node_cannot_prevent_a_proof(launch):
    """The node that answers first serves garbage as a commit: the next one is asked."""
    with serving_nodes(launch.chain) as nodes:
        for name in "ab":
            nodes[name].answers["/commit"] = sends(http(b'{"result":{}}'))
        document = run("observe", *launch.common, *words(nodes), "--json").document
    assert {proof["node"] for proof in document["proofs"] if proof["holds"]} <= {"c", "d"}
    assert document["proofs"]


def test_a_node_with_a_certificate_for_another_name(launch, tmp_path, monkeypatch):
    authority = Authority(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    body = json.dumps({"result": {}}).encode()
    with (
        serving_nodes(launch.chain, "abc") as nodes,
        raw_server(sends(http(body)), authority.server("other.test")) as server,
    ):
        url = f"d=https://127.0.0.1:{server.port}"
        document = run("observe", *launch.common, *words(nodes), url, "--json").document
    assert document["nodes"][3]["reach"] == "tls"
    assert any(
        "d does not answer: tls, /status: its certificate is not accepted" in text
        for text in document["unknown"]
    )
    assert not server.heads


def test_what_a_node_names_itself_cannot_move_the_cursor(launch):
    with serving_nodes(launch.chain) as nodes:
        status = nodes["d"].status()
        status["node_info"]["version"] = "\x1b[2J\u202e"
        status["node_info"]["network"] = "\x1b]0;x\x07"
        nodes["d"].status = lambda: status
        done = run("observe", *launch.common, *words(nodes), "-v")
    assert done.exit_code == 10
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_a_thousand_blocks_at_once_are_not_read_at_once(launch):
    """A node that claims a height far ahead is asked for a few blocks, and the rest later."""
    with serving_nodes(launch.chain) as nodes:
        status = nodes["d"].status()
        status["sync_info"]["latest_block_height"] = str(2**63 - 1)
        nodes["d"].status = lambda: status
        document = run("observe", *launch.common, *words(nodes), "--json").document
        assert nodes["d"].asked < 40
    assert document["exit_code"] == 11
    assert document["picture"]["height"] == 20
