"""One node asked over real sockets: what is read, and what a hostile node cannot do."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib

import pytest

from aztrust.core.chain.adapter import Reply, Unreachable
from aztrust.core.chain.facts import Reach
from aztrust.core.chain.node_list import ListedNode, parse_address
from aztrust.storage.nodes.client import Network, NodeClient
from aztrust.storage.nodes.limits import KIB, MIB, NodeLimits
from tests.raw_servers import RawServer, Script, Talk, http, raw_server
from tests.tls import LONG_AGO, Authority

# Times so long that no machine is too slow: what ends is ended by a rule, not by the clock.
PATIENT = NodeLimits(connect_s=60, request_s=60, read_s=120)
# Times so short that what never ends is ended soon.
SHORT = NodeLimits(connect_s=60, request_s=0.4, genesis_s=0.4, read_s=60)


_OPEN: list[NodeClient] = []


@pytest.fixture(autouse=True)
def closing():
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(node: ListedNode, network: Network, keep=None) -> NodeClient:
    """A client that is closed at the end of the test."""
    _OPEN.append(NodeClient(node, network, keep))
    return _OPEN[-1]


def client(
    server: RawServer,
    limits: NodeLimits = PATIENT,
    *,
    url: str = "",
    metrics: str = "",
    find=None,
    tls=None,
    keep=None,
) -> NodeClient:
    address = parse_address(metrics) if metrics else None
    node = ListedNode("a", parse_address(url or server.url), metrics=address)
    return opened(node, Network(limits, find, tls), keep)


def refused(
    script: Script, limits: NodeLimits = PATIENT, path: str = "/status", **more
) -> Unreachable:
    with raw_server(script) as server, pytest.raises(Unreachable) as caught:
        client(server, limits, **more)(path, None)
    return caught.value


def sends(data: bytes) -> Script:
    def script(talk: Talk) -> bool:
        talk.send(data)
        return True

    return script


def ask(script: Script, path: str = "/status", **more) -> Reply:
    with raw_server(script) as server:
        return client(server, **more)(path, None)


def test_an_answer():
    reply = ask(sends(http(b'{"a":1}', Date="Mon, 01 Jun 2026 14:00:00 GMT")))
    assert (reply.status, reply.body, reply.date_ms) == (200, b'{"a":1}', 1_780_322_400_000)


def test_an_answer_of_an_error_has_its_status():
    assert ask(sends(http(b'{"error":1}', "500 Internal"))).status == 500


def test_a_date_that_is_none_is_unknown():
    for date in ("soon", "Mon, 99 Jun 99999 14:00:00 GMT", "x" * 5000):
        assert ask(sends(http(Date=date))).date_ms is None


def test_only_what_is_needed_is_sent():
    with raw_server(sends(http())) as server:
        client(server, url=f"{server.url}/base")("/block?height=3", None)
    (head,) = server.heads
    assert head.startswith(b"GET /base/block?height=3 HTTP/1.1\r\n")
    assert b"Accept-Encoding: identity\r\n" in head
    assert b"Cache-Control: no-cache\r\n" in head
    for unwanted in (b"Cookie", b"Authorization", b"Referer", b"Proxy"):
        assert unwanted not in head


def test_a_post_has_its_body():
    with raw_server(sends(http())) as server:
        client(server)("/", b'{"method":"m"}')
    assert server.heads[0].startswith(b"POST / HTTP/1.1\r\n")
    assert server.heads[0].endswith(b'\r\n\r\n{"method":"m"}')


def test_a_connection_is_kept():
    with raw_server(sends(http())) as server:
        asked = client(server)
        for _ in range(3):
            asked("/status", None)
    assert (server.connections, len(server.heads)) == (1, 3)


def test_a_connection_that_ended_meanwhile_is_made_again():
    def script(talk: Talk) -> bool:
        talk.send(http())
        return False

    with raw_server(script) as server:
        asked = client(server)
        for _ in range(3):
            assert asked("/status", None).status == 200
    assert server.connections == 3


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    with raw_server(sends(http(b'{"proxy":1}'))) as proxy, raw_server(sends(http())) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert client(server)("/status", None).body == b"{}"
    assert proxy.connections == 0


def test_a_chunked_answer_and_one_that_ends_with_the_connection():
    chunked = http(b"", Content_Length="", Transfer_Encoding="chunked") + b"3\r\n[1,\r\n2\r\n2]\r\n"
    assert ask(sends(chunked + b"0\r\n\r\n")).body == b"[1,2]"

    def script(talk: Talk) -> bool:
        talk.send(http(b"[3]", Content_Length=""))
        return False

    assert ask(script).body == b"[3]"


def test_every_body_is_kept():
    kept: list[bytes] = []
    ask(sends(http(b"[7]")), keep=kept.append)
    assert kept == [b"[7]"]


# ---- how far a node answers -----------------------------------------------------------------


def test_a_port_on_which_nothing_listens_refuses():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    node = ListedNode("a", parse_address(url))
    with pytest.raises(Unreachable) as caught:
        opened(node, Network(PATIENT))("/status", None)
    assert caught.value.reach is Reach.REFUSED
    assert caught.value.message == "/status: it refuses connections"


@pytest.mark.clause("AZ-26.2")
def test_a_node_that_takes_the_request_and_says_nothing():
    error = refused(Talk.hang, SHORT)
    assert (error.reach, error.message) == (
        Reach.TIMEOUT,
        "/status: it does not answer in time",
    )


def test_a_node_that_ends_the_connection():
    assert refused(lambda _: None).reach is Reach.RESET


def test_an_answer_that_is_cut_off():
    error = refused(lambda talk: talk.send(http(b"[1", Content_Length="9")))
    assert (error.reach, error.message) == (Reach.RESET, "/status: its answer was cut off")
    chunked = http(b"", Content_Length="", Transfer_Encoding="chunked") + b"9\r\n[1"
    assert refused(lambda talk: talk.send(chunked)).reach is Reach.RESET


@pytest.mark.parametrize(
    "data",
    [b"[]", b"ICY 200 OK\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"\0" * 99],
    ids=["http/0.9", "other protocol", "other version", "tls", "zeros"],
)
def test_what_is_not_http(data):
    assert refused(lambda talk: talk.send(data)).reach in (Reach.HTTP, Reach.RESET)


# ---- what a hostile node sends ---------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(status):
    with raw_server(sends(http())) as other:
        error = refused(sends(http(status=status, Location=f"{other.url}/status")))
    assert error.reach is Reach.HTTP
    assert error.message == (
        f"/status: it redirects (HTTP status {status[:3]}), which is not followed"
    )
    assert other.connections == 0


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "application/jsonp", ""])
def test_another_type_is_refused(kind):
    error = refused(sends(http(Content_Type=kind)))
    assert error.reach is Reach.HTTP
    assert (
        error.message == f"/status: its answer is {kind or 'no type'}, and must be application/json"
    )


def test_an_error_page_is_its_status():
    error = refused(sends(http(b"<html>", "502 Bad", Content_Type="text/html")))
    assert (error.reach, error.message) == (Reach.HTTP, "/status: HTTP status 502")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_answer_is_refused_before_it_is_read(coding):
    bomb = gzip.compress(bytes(MIB)) if coding != "deflate" else zlib.compress(bytes(MIB))
    error = refused(sends(http(bomb, Content_Encoding=coding)))
    assert error.reach is Reach.HTTP
    assert "compresses its answer" in error.message
    assert ask(sends(http(b"[]", Content_Encoding="identity"))).body == b"[]"


def flood(talk: Talk, head: bytes, piece: bytes) -> None:
    """Send until the other side has had enough."""
    talk.send(head)
    while not talk.closing.is_set():
        talk.send(piece)


def test_an_endless_body_ends_at_its_limit():
    sent = 0

    def script(talk: Talk) -> None:
        nonlocal sent
        talk.send(http(b"", Content_Length=""))
        while not talk.closing.is_set():
            talk.send(b" " * 65_536)
            sent += 65_536

    error = refused(script)
    assert (error.reach, error.message) == (
        Reach.MALFORMED,
        "/status: its answer has more than 1,048,576 bytes",
    )
    # What was sent and not read is in the buffers of the two sockets.
    assert sent < 64 * MIB


def test_endless_chunks_end_at_the_limit():
    head = http(b"", Content_Length="", Transfer_Encoding="chunked")
    error = refused(lambda talk: flood(talk, head, b"1000\r\n" + bytes(4096) + b"\r\n"))
    assert error.reach is Reach.MALFORMED


def test_tiny_chunks_end_at_the_limit_of_the_wire():
    head = http(b"", Content_Length="", Transfer_Encoding="chunked")
    error = refused(lambda talk: flood(talk, head, b"1;" + b"x" * 60_000 + b"\r\n \r\n"))
    assert error.reach is Reach.MALFORMED
    assert "an answer without an end" in error.message


def test_a_body_that_is_announced_too_large_is_not_read():
    error = refused(sends(http(b"", Content_Length="99999999999")))
    assert error.message == "/status: its answer has 99,999,999,999 bytes, and may have 1,048,576"


@pytest.mark.parametrize(
    ("path", "most"),
    [("/status", "small"), ("/block?height=1", "body"), ("/genesis_chunked?chunk=0", "genesis")],
)
def test_each_path_has_its_limit(path, most):
    limits = NodeLimits(
        small=100, body=200, genesis=300, connect_s=60, request_s=60, genesis_s=60, read_s=60
    )
    size = getattr(limits, most)
    fits = b" " * size
    assert ask(sends(http(fits)), path, limits=limits).body == fits
    assert refused(sends(http(fits + b" ")), limits, path).reach is Reach.MALFORMED


def test_headers_without_an_end():
    error = refused(lambda talk: flood(talk, b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 900 + b"\r\n"))
    assert (error.reach, error.message) == (
        Reach.MALFORMED,
        "/status: its answer has headers without an end",
    )


def test_one_header_without_an_end():
    error = refused(lambda talk: flood(talk, b"HTTP/1.1 200 OK\r\nA: ", b"b" * 900))
    assert error.reach is Reach.MALFORMED


def test_interim_answers_without_an_end():
    error = refused(lambda talk: flood(talk, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40))
    assert error.reach is Reach.MALFORMED


def test_a_few_headers_and_not_many():
    many = {f"X_{number}": "y" for number in range(62)}
    assert ask(sends(http(**many))).status == 200
    error = refused(sends(http(**many, X_62="y")))
    assert error.message == "/status: its answer has 65 headers, and may have 64"


@pytest.mark.parametrize("part", ["head", "body"])
def test_one_byte_at_a_time_ends_at_the_deadline(part):
    """Every byte restarts the timeout of a socket; the deadline of the request stays."""
    whole = http(b" " * KIB)
    start = whole.index(b"\r\n\r\n") + 4 if part == "body" else 0

    def script(talk: Talk) -> None:
        talk.send(whole[:start])
        for byte in whole[start:]:
            talk.send(bytes([byte]))
            if talk.closing.wait(0.02):
                return

    error = refused(script, SHORT)
    assert (error.reach, error.message) == (Reach.TIMEOUT, "/status: it does not answer in time")


def test_all_that_one_read_asks_has_a_deadline_together():
    limits = NodeLimits(connect_s=60, request_s=60, read_s=0, genesis_read_s=60)
    with raw_server(sends(http())) as server:
        asked = client(server, limits)
        with pytest.raises(Unreachable, match="all that is asked in one read takes too long"):
            asked("/status", None)
        assert asked("/genesis_chunked?chunk=0", None).status == 200


def test_many_values_are_refused_before_they_are_made():
    limits = NodeLimits(values=1000, connect_s=60, request_s=60, read_s=60)
    assert ask(sends(http(b"[" + b"0," * 999 + b"0]")), limits=limits).status == 200
    error = refused(sends(http(b"[" * 2000)), limits)
    assert error.message == "/status: its answer has more than 1,000 values"
    # Metrics are text, and have commas.
    with raw_server(sends(http(b"a,b" * 2000, Content_Type="text/plain"))) as server:
        assert client(server, limits, metrics=server.url)("/metrics", None).status == 200


def test_a_path_that_broke_a_limit_is_not_asked_again_for_a_while():
    limits = NodeLimits(small=10, connect_s=60, request_s=60, read_s=60, again_s=600)
    with raw_server(sends(http(b" " * 11))) as server:
        asked = client(server, limits)
        for _ in range(3):
            with pytest.raises(Unreachable, match="may have 10"):
                asked("/status", None)
        assert len(server.heads) == 1
        assert asked("/block?height=1", None).status == 200


def test_a_path_that_broke_a_limit_is_asked_again_after_it():
    limits = NodeLimits(small=10, connect_s=60, request_s=60, read_s=60, again_s=0)
    with raw_server(sends(http(b" " * 11))) as server:
        asked = client(server, limits)
        for _ in range(2):
            with pytest.raises(Unreachable):
                asked("/status", None)
    assert len(server.heads) == 2


def test_large_answers_of_all_nodes_have_one_bound():
    limits = NodeLimits(
        small=10, body=4 * MIB, together=MIB, connect_s=60, request_s=60, read_s=600
    )
    entered, go_on = threading.Event(), threading.Event()

    def half(talk: Talk) -> bool:
        data = http(b" " * (MIB * 3 // 4))
        talk.send(data[: MIB // 2 + 200_000])
        entered.set()
        go_on.wait(60)
        talk.send(data[MIB // 2 + 200_000 :])
        return True

    network = Network(limits)
    with raw_server(half) as slow, raw_server(sends(http(b" " * (MIB * 3 // 4)))) as quick:
        first, second = (
            opened(ListedNode(name, parse_address(server.url)), network)
            for name, server in (("a", slow), ("b", quick))
        )
        replies: list[Reply] = []
        thread = threading.Thread(target=lambda: replies.append(first("/block", None)))
        thread.start()
        entered.wait(60)
        while network.shared.left > MIB // 2:
            threading.Event().wait(0.01)
        with pytest.raises(Unreachable, match="large answers of all nodes are too many"):
            second("/block", None)
        go_on.set()
        thread.join(60)
        assert len(replies[0].body) == MIB * 3 // 4
        # What was taken is given back.
        assert network.shared.left == MIB
        assert second("/block", None).status == 200


# ---- metrics ------------------------------------------------------------------------------


def test_metrics_are_asked_at_their_own_address():
    text = sends(http(b"up 1", Content_Type="text/plain; version=0.0.4"))
    with raw_server(sends(http())) as server, raw_server(text) as metrics:
        asked = client(server, metrics=metrics.url)
        assert asked("/metrics", None).body == b"up 1"
        other = client(server, metrics=f"{metrics.url}/all/m")
        assert other("/metrics", None).body == b"up 1"
    assert [head.split(b" ")[1] for head in metrics.heads] == [b"/metrics", b"/all/m"]
    assert server.connections == 0


def test_metrics_that_are_not_listed_are_not_asked_for():
    error = refused(sends(http()), path="/metrics")
    assert "no address of its metrics" in error.message


# ---- TLS ---------------------------------------------------------------------------------------


def secured(tmp_path, host: str, when=None) -> tuple[Authority, object]:
    import ssl

    authority = Authority(tmp_path / "ca")
    context = authority.server(host, when) if when else authority.server(host)
    return context, ssl.create_default_context(cafile=str(authority.path))


def over_tls(tmp_path, host: str, **more) -> Reply:
    context, trusted = secured(tmp_path, host, **more)
    with raw_server(sends(http()), context) as server:
        url = f"https://127.0.0.1:{server.port}"
        return client(server, url=url, tls=trusted)("/status", None)


def test_a_certificate_of_this_address(tmp_path):
    assert over_tls(tmp_path, "127.0.0.1").status == 200


@pytest.mark.parametrize(
    ("host", "more"), [("127.0.0.2", {}), ("node.test", {}), ("127.0.0.1", {"when": LONG_AGO})]
)
def test_a_certificate_for_another_name_or_time(tmp_path, host, more):
    with pytest.raises(Unreachable, match="its certificate is not accepted") as caught:
        over_tls(tmp_path, host, **more)
    assert caught.value.reach is Reach.TLS


def test_a_server_without_tls():
    with raw_server(sends(http())) as server, pytest.raises(Unreachable) as caught:
        client(server, url=f"https://127.0.0.1:{server.port}")("/status", None)
    assert caught.value.reach in (Reach.TLS, Reach.RESET, Reach.TIMEOUT)


# ---- names ---------------------------------------------------------------------------------


def test_a_name_that_moved_to_this_machine_is_not_connected_to(monkeypatch):
    """A name that was public leads to this machine now: nothing is asked there."""

    def lost(*_: object) -> socket.socket:
        raise Unreachable(Reach.TIMEOUT, "no way to it")

    answers = [["192.0.2.1", "93.184.216.34"], ["127.0.0.1"]]

    def find(_host: str, port: int):
        now = answers[0] if len(answers) == 1 else answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in now]

    with raw_server(sends(http())) as server:
        asked = client(server, url=f"http://node.test:{server.port}", find=find)
        with monkeypatch.context() as patch:
            # Nothing outside of this machine is connected to.
            patch.setattr("aztrust.storage.nodes.connection._connected", lost)
            with pytest.raises(Unreachable, match="no way to it"):
                asked("/status", None)
        with pytest.raises(Unreachable) as caught:
            asked("/status", None)
    assert caught.value.reach is Reach.DNS
    assert caught.value.message == (
        "/status: its name leads to an address of this machine or link now, and led to a public"
        " address before"
    )
    assert server.connections == 0


def test_a_name_of_this_machine_from_the_start_is_asked():
    def find(_host: str, port: int):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with raw_server(sends(http())) as server:
        asked = client(server, url=f"http://node.test:{server.port}", find=find)
        assert asked("/status", None).status == 200
    assert b"Host: node.test:" in server.heads[0]
