"""What a hostile client sends; after each attack the server answers others as before."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading

import pytest

from aztrust.server.limits import Limits
from tests.patience import PATIENCE
from tests.server.launches import made, records
from tests.server.processes import Running, received, running
from tests.tls import Authority

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


def is_well(server: Running) -> bool:
    """Whether others are answered, and no request ended in a fault of the server."""
    status, body = server.ask("GET", "/healthz")
    return status == 200 and json.loads(body)["ok"] and server.metric("aztrust_faults_total") == 0


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def send_for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b" " * 65_536)


def closed(reason: str) -> str:
    return f'aztrust_closed_total{{reason="{reason}"}}'


def test_a_client_that_never_ends_its_header_is_disconnected(launch):
    with running(launch.path, limits={"request_seconds": 0.3}) as server:
        assert server.raw(HEAD + b"X-Slow: ") == b""
        assert server.metric(closed("idle")) == 1
        assert is_well(server)


def test_a_client_that_sends_its_header_byte_by_byte_is_disconnected(launch):
    with running(launch.path, limits={"request_seconds": 0.3}) as server:
        with server.connect() as connection:
            connection.sendall(HEAD)
            # Until the server ends it, one more byte each time that nothing came.
            while not select.select([connection], [], [], 0.02)[0]:
                connection.sendall(b"x")
            assert received(connection) == b""
        assert is_well(server)


def test_a_second_request_has_the_deadline_of_the_first(launch):
    with running(launch.path, limits={"request_seconds": 0.3}) as server:
        answer = server.raw(HEAD + b"\r\n" + HEAD)
        assert answer.count(b"HTTP/1.1 200") == 1
        assert is_well(server)


def test_a_body_that_does_not_come_is_answered_408(launch):
    before = records(launch)
    with running(launch.path, limits={"body_seconds": 0.3}) as server:
        answer = server.raw(POST + b"Content-Length: 1000\r\n\r\n{")
        assert status_of(answer) == 408
        assert is_well(server)
    assert records(launch) == before


def test_a_client_that_reads_nothing_is_disconnected(launch):
    with running(launch.path, limits={"stall_seconds": 0.3}) as server:
        with server.connect() as connection:
            connection.sendall(b"GET /kit HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
            while not server.metric(closed("stalled")):
                pass
        assert is_well(server)


def test_300_connections_that_ask_nothing_keep_no_one_out(launch):
    assert Limits().connections == 300
    data = made(launch, 1)
    with running(launch.path) as server:
        busy = server.connect()
        busy.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(data))
        assert busy.recv(100).startswith(b"HTTP/1.1 100")
        idle = [server.connect() for _ in range(300)]
        try:
            assert is_well(server)
            assert server.metric("aztrust_connections") <= 300
            assert server.metric(closed("full")) >= 1
            # A request that is being answered is not ended for others.
            busy.sendall(data)
            assert status_of(received(busy)) == 202
        finally:
            for connection in (busy, *idle):
                connection.close()


def test_boards_that_stay_open_leave_connections_to_others(launch):
    assert Limits().streams == 200
    asked = b"GET /board/events HTTP/1.1\r\nHost: x\r\n\r\n"
    with running(launch.path, limits={"streams": 2, "connections": 4}) as server:
        first, second = server.connect(), server.connect()
        for board in (first, second):
            board.sendall(asked)
            assert status_of(board.recv(1000)) == 200
        assert server.metric("aztrust_streams") == 2
        for _ in range(3):
            assert status_of(server.raw(asked)) == 503
        assert is_well(server)
        first.close()
        while server.metric("aztrust_streams") == 2:
            pass
        with server.connect() as third:
            third.sendall(asked)
            assert status_of(third.recv(1000)) == 200
        second.close()


def test_a_record_of_5_mb_is_answered_413_and_not_kept(launch):
    before = records(launch)
    with running(launch.path) as server:
        status, body = server.ask("POST", "/records", b"{" + b" " * 5_000_000)
        assert status == 413
        assert "1,048,576 bytes" in json.loads(body)["cause"]
        # In parts, without a length, too.
        connection_body = iter([b" " * 100_000] * 50)
        status, _ = server.ask("POST", "/records", connection_body)
        assert status == 413
        # One byte too many, which is the last one: nothing is left to be dropped.
        status, _ = server.ask("POST", "/records", b" " * ((1 << 20) + 1))
        assert status == 413
        # As large as may be: this is read, and is not a record.
        status, _ = server.ask("POST", "/records", b" " * (1 << 20))
        assert status == 400
        assert is_well(server)
    assert records(launch) == before


def test_a_body_without_end_is_cut(launch):
    with running(launch.path, limits={"body": 10_000}) as server:
        with server.connect() as connection:
            connection.sendall(POST + b"Content-Length: 1000000000000\r\n\r\n")
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                send_for_ever(connection)
        assert is_well(server)


def test_bodies_together_have_a_bound(launch):
    with running(launch.path, limits={"bodies": 50_000}) as server:
        with server.connect() as one:
            one.sendall(POST + b"Content-Length: 60000\r\n\r\n" + b" " * 45_000)
            # The first one holds most of the room, however much was read already.
            while (status := server.ask("POST", "/records", b" " * 30_000)[0]) != 503:
                assert status == 400
        while server.ask("POST", "/records", b" " * 30_000)[0] != 400:
            pass
        assert is_well(server)


RAW = {
    "two lengths that differ": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "two lengths in one field": (POST + b"Content-Length: 1, 2\r\n\r\nab", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "an unknown transfer coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    "a compressed body": (
        POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
        415,
    ),
    # 431 where it came in one read, 400 where it was too large before it was whole.
    "a large header": (HEAD + b"X: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    "many header fields": (HEAD + b"X: a\r\n" * 10_000 + b"\r\n", 431),
    "a NUL in a header": (HEAD + b"X: a\0b\r\n\r\n", 400),
    "a bare carriage return": (HEAD + b"X: a\rb\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (HEAD + b"Host: y\r\n\r\n", 400),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n", 400),
    "another method": (b"DELETE /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
    "a proxy's request": (
        b"GET http://other.example/kit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        404,
    ),
    "a tunnel": (
        b"CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        404,
    ),
    "a websocket": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        200,
    ),
}


def test_what_is_not_a_valid_request_is_refused_and_harms_no_other(launch):
    before = records(launch)
    with running(launch.path, limits={"request_seconds": 2.0}) as server:
        for what, (data, status) in RAW.items():
            found = status_of(server.raw(data))
            assert found == status or (status, found) == (431, 400), what
            assert is_well(server), what
        # A body whose length is given twice is not taken, however good it is.
        data = made(launch, 1)
        chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)
        twice = POST + b"Content-Length: %d\r\n" % len(data) + chunked
        assert status_of(server.raw(twice)) == 400
        assert records(launch) == before
        assert status_of(server.raw(POST + chunked)) == 202
        before = records(launch)
        # One chunk that is not valid, after the request has begun.
        broken = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n\r\n"
        assert status_of(server.raw(broken)) in (0, 400)
        assert is_well(server)
        assert server.stop() == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""
    assert records(launch) == before


def test_a_line_end_in_a_path_begins_no_header_field(launch):
    with running(launch.path) as server:
        for path in (b"/kit%0d%0aX-Injected:%20yes", b"/%0d%0a%0d%0a<script>", b"/records/%0aX:y"):
            answer = server.raw(
                b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            assert status_of(answer) == 404
            assert b"injected" not in answer.lower()
            assert b"<script>" not in answer
        assert is_well(server)


def test_many_clients_at_once_are_all_answered(launch):
    """Junk, records and readers together; the junk is over its rate at some time."""
    bodies = [made(launch, number) for number in range(8)]
    found: list[int] = []
    with running(launch.path, limits={"burst": 30, "rate": 1000}) as server:

        def junk() -> None:
            bodies = (b"junk %d" % number for number in range(40))
            found.extend(server.ask("POST", "/records", body)[0] for body in bodies)

        threads = [threading.Thread(target=junk) for _ in range(4)]
        for thread in threads:
            thread.start()
        taken = 0
        for body in bodies:
            while (status := server.ask("POST", "/records", body)[0]) == 429:
                pass
            taken += status == 202
        for thread in threads:
            thread.join(PATIENCE)
        assert taken == len(bodies)
        assert len(found) == 160
        assert set(found) <= {400, 429}
        assert is_well(server)


def test_over_tls_only_tls_is_answered_and_a_handshake_has_a_deadline(launch, tmp_path):
    authority = Authority(tmp_path / "authority")
    authority.server("127.0.0.1")
    (pem,) = (p for p in (tmp_path / "authority").iterdir() if p.name.startswith("127"))
    limits = {"request_seconds": 0.5}
    with running(launch.path, limits=limits, tls=[str(pem), str(pem)]) as server:
        assert server.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(authority.path))

        def health() -> bytes:
            with trusting.wrap_socket(server.connect(), server_hostname="127.0.0.1") as connection:
                connection.sendall(HEAD + b"Connection: close\r\n\r\n")
                data = b""
                while part := connection.recv(65_536):
                    data += part
                return data

        assert status_of(health()) == 200
        assert not server.raw(HEAD + b"\r\n").startswith(b"HTTP")
        assert server.raw(b"") == b""
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(str(authority.path))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with old.wrap_socket(server.connect(), server_hostname="127.0.0.1") as connection:
            assert connection.version() == "TLSv1.2"
        assert status_of(health()) == 200
