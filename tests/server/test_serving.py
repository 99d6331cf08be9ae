"""What is served: the kit, health, metrics, the log; the end of the server, and its changes."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.kit.archive import parse_kit
from aztrust.server.limits import Limits, Rate, Uploads, client_of
from aztrust.server.metrics import Metrics
from aztrust.server.service import Service
from aztrust.server.state import Place
from tests.command import run
from tests.patience import PATIENCE
from tests.server.asgi import LATER, Asked, Site, ask
from tests.server.launches import made, records, revocation
from tests.server.processes import received, running

MARKUP = '<script src="//x"></script>\u202e"\n'


def test_the_kit_is_that_of_pack_and_is_packed_again_after_a_change(launch, monkeypatch):
    monkeypatch.setattr("aztrust.server.kit.PACK_SECONDS", 1e9)
    site = Site(launch.path)
    first = site.get("/kit")
    assert first.status == 200
    assert first.headers["content-type"] == "application/octet-stream"
    assert first.headers["content-disposition"] == 'attachment; filename="test-1.aztrust"'
    assert first.headers["content-length"] == str(len(first.body))
    packed = launch.path.parent / "packed.aztrust"
    assert run("-C", launch.path, "pack", packed).exit_code == 0
    assert first.body == packed.read_bytes()
    tag = first.headers["etag"]
    assert tag == f'"{sha256_id(first.body)[7:]}"'
    assert site.get("/kit", if_none_match=tag).status == 304
    head = site.ask(Asked("HEAD", "/kit"))
    assert (head.body, head.headers["content-length"]) == (b"", str(len(first.body)))
    # It changes with the launch, though not while it is young.
    assert site.post(made(launch, 1)).status == 202
    site.read_again()
    assert site.get("/kit").headers["etag"] == tag
    monkeypatch.setattr("aztrust.server.kit.PACK_SECONDS", 0.0)
    second = site.get("/kit", if_none_match=tag)
    assert second.status == 200
    (name,) = (
        parse_kit(second.body, what="kit").files.keys()
        - parse_kit(first.body, what="kit").files.keys()
    )
    assert name.startswith("manifests/records/")


def test_a_kit_that_must_not_leave_is_answered_503(launch):
    site = Site(launch.path)
    (launch.path / "keys/secret.pem").write_bytes(launch.key_file("luca").read_bytes())
    site.read_again()
    answer = site.get("/kit")
    assert answer.status == 503
    assert "secret.pem" in answer.json["cause"]
    (launch.path / "keys/secret.pem").unlink()
    site.read_again()
    assert site.get("/kit").status == 200


OUTSIDE = [
    *("/ledger/../records/x", "/ledger/..%2f..%2fsecret", "/ledger/%2e%2e/%2e%2e/secret"),
    *("/ledger//etc/passwd", "/ledger/%2fetc%2fpasswd", "//etc/passwd", "/../secret"),
    *("/ledger/checkpoint%00", "/ledger/checkpoint%00.txt", "/ledger/", "/ledger/tile"),
    *("/ledger/tile/0/000.p/9", "/ledger/tile/0/0", "/ledger/.git", "/ledger/secret"),
    *("/records/..%2f..%2fsecret", "/records/", "/proof/../secret", "/kit/../secret", "/ledger"),
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leaves_the_files_of_the_ledger(launch, keep, path):
    (launch.path / "secret").write_bytes(b"secret")
    folder = launch.path / "manifests/ledger"
    (folder / "secret").write_bytes(b"secret")
    tile = next(p for p in (folder / "tile/0").rglob("*") if p.is_file())
    name = tile.relative_to(folder).as_posix()
    site = Site(launch.path)
    assert site.get(f"/ledger/{name}").status == 200
    answer = site.get(path)
    assert answer.status == 404
    assert b"secret" not in answer.body
    # A link in the place of a tile is not followed.
    tile.unlink()
    tile.symlink_to(launch.path / "secret")
    site.read_again()
    assert site.get(f"/ledger/{name}").status == 404


def test_whole_tiles_may_be_kept_and_the_head_may_not(launch, keep):
    site = Site(launch.path)
    head = site.get("/ledger/checkpoint")
    assert head.headers["cache-control"] == "no-cache"
    assert head.headers["content-type"] == "text/plain; charset=utf-8"
    folder = launch.path / "manifests/ledger"
    partial = next(p for p in (folder / "tile/0").rglob("*") if p.is_file())
    answer = site.get(f"/ledger/{partial.relative_to(folder).as_posix()}")
    assert answer.headers["cache-control"] == "no-cache"
    part = site.service.state.published
    assert part is not None
    whole = replace(part, files={**part.files, "tile/0/000": b"0" * 8192})
    context = site.service.state.context
    evidence = replace(context.evidence, published=(whole,))
    reading = replace(site.service.state.reading, context=replace(context, evidence=evidence))
    site.service._state = replace(site.service.state, reading=reading)
    assert "immutable" in site.get("/ledger/tile/0/000").headers["cache-control"]


def test_what_several_holders_signed_is_one_envelope_on_each_line(launch):
    site = Site(launch.path)
    body = json.loads(made(launch, 1))
    other = json.loads(made(launch, 1, "cosmin"))
    assert body["payload"] == other["payload"]
    both = [json.dumps(each).encode() for each in (body, other)]
    answer = site.post(b"\n".join(both))
    assert answer.status == 202
    record_id = answer.json["records"][0]["record_id"]
    for _ in range(2):
        site.read_again()
        got = site.get(f"/records/{record_id}")
        assert got.headers["content-type"] == "application/jsonl"
        lines = [json.loads(line) for line in got.body.splitlines()]
        assert {line["signatures"][0]["keyid"] for line in lines} == {
            each["signatures"][0]["keyid"] for each in (body, other)
        }


def test_every_answer_has_the_header_fields_that_keep_browsers_from_running_it(launch):
    site = Site(launch.path)
    for path in ("/healthz", "/kit", "/head", "/nowhere", "/metrics"):
        headers = site.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_markup_in_a_record_is_answered_as_json_and_logged_on_one_line(launch, tmp_path):
    log = tmp_path / "access.log"
    site = Site(launch.path, access_log=log)
    body = revocation(launch, "sonia", reason=MARKUP)
    answer = site.post(body, user_agent=f"{'<b>' * 100}\x1b[31m")
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/json"
    assert site.get("/records/" + "%0a%22%3cb%3e").status == 404
    lines = log.read_bytes().splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.isascii()
        assert all(32 <= byte < 127 for byte in line)
        assert len(line) < 1200
    first, second = map(json.loads, lines)
    assert first["records"] == [answer.json["records"][0]["record_id"]]
    assert len(first["agent"]) <= 210
    assert (second["status"], second["client"], second["method"]) == (404, "192.0.2.1", "GET")


def test_metrics_are_read_by_prometheus(launch):
    site = Site(launch.path)
    assert site.post(b"junk").status == 400
    assert site.post(made(launch, 1)).status == 202
    assert site.get("/" + '"\\\n{x}').status == 404
    answer = site.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["aztrust_records_total", (("result", "queued"),)] == 1
    assert samples["aztrust_records_total", (("result", "refused"),)] == 1
    assert samples["aztrust_refused_total", (("code", "record-malformed"),)] == 1
    posted = (("method", "POST"), ("route", "/records"), ("status", "202"))
    assert samples["aztrust_requests_total", posted] == 1
    other = (("method", "GET"), ("route", "other"), ("status", "404"))
    assert samples["aztrust_requests_total", other] == 1
    assert samples["aztrust_up", ()] == 1
    if promtool := shutil.which("promtool"):
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_board_more_than_the_bound_is_refused_and_the_others_go_on(launch):
    site = Site(launch.path, limits=Limits(streams=2))

    async def test() -> None:
        opened = [asyncio.Event(), asyncio.Event()]
        page = Asked(path="/board/events", stays=True)

        def sent(event: asyncio.Event) -> Callable[[str], None]:
            return lambda kind: event.set() if kind == "http.response.body" else None

        pages = [asyncio.create_task(ask(site.app, page, sent(event))) for event in opened]
        for event in opened:
            await event.wait()
        metrics = await ask(site.app, Asked(path="/metrics"))
        assert b"aztrust_streams 2\n" in metrics.body
        refused = await ask(site.app, Asked(path="/board/events"))
        assert (refused.status, refused.json["cause"]) == (503, "2 boards are open already")
        site.service.stop()
        assert [(await task).status for task in pages] == [200, 200]
        assert site.service.streams == 0

    asyncio.run(asyncio.wait_for(test(), PATIENCE))


def test_no_client_makes_a_label_of_its_own(launch):
    site = Site(launch.path)
    before = len(site.get("/metrics").body.splitlines())
    for number in range(50):
        site.get(f"/path-{number}")
        site.ask(Asked(f"METHOD{number}", "/kit"))
        site.get(f"/records/{number}")
    # One series for other paths, one for other methods, one for records.
    assert len(site.get("/metrics").body.splitlines()) <= before + 4


def test_a_label_value_cannot_end_its_text():
    metrics = Metrics()
    metrics.count("refused", 'a"} 1\nb\\')
    (line,) = [t for t in metrics.text(()).splitlines() if t.startswith("aztrust_refused_total{")]
    assert line == 'aztrust_refused_total{code="a\\"} 1\\nb\\\\"} 1'


def test_health_is_lost_where_nothing_is_read_any_more(launch):
    site = Site(launch.path)
    assert site.get("/healthz").json["ok"] is True
    site.now += 60_000
    assert site.get("/healthz").status == 200
    site.now += 1
    answer = site.get("/healthz")
    assert (answer.status, answer.json["ok"]) == (503, False)
    site.read_again()
    assert site.get("/healthz").status == 200


# ---- limits --------------------------------------------------------------------------------------


def test_a_client_may_send_a_burst_and_then_its_rate():
    now = 100.0
    rate = Rate(Limits(rate=2, burst=3), lambda: now)
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 0]
    assert rate.wait("a") == pytest.approx(0.5)
    # Refused requests cost nothing, and another client has its own.
    assert rate.wait("a") == pytest.approx(0.5)
    assert rate.wait("b") == 0
    now += 0.5
    assert [rate.wait("a") == 0 for _ in range(2)] == [True, False]
    now += 100
    assert [rate.wait("a") == 0 for _ in range(4)] == [True, True, True, False]


def test_only_so_many_clients_are_remembered():
    rate = Rate(Limits(rate=1, burst=1), lambda: 0.0, clients=2)
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0
    assert [rate.wait(name) for name in ("b", "c")] == [0, 0]
    assert rate.wait("a") == 0
    assert len(rate._whole) == 2


def test_a_flood_of_junk_is_answered_429_and_others_are_answered(launch):
    site = Site(launch.path, limits=replace(Limits(), rate=1, burst=5))
    site.service.rate = Rate(site.service.limits, lambda: 0.0)
    answers = [site.post(b"junk") for _ in range(200)]
    assert [a.status for a in answers] == [400] * 5 + [429] * 195
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json["mend"] == "send it again in 1 s"
    assert site.post(made(launch, 1), client="192.0.2.2").status == 202
    assert site.get("/kit").status == 200


def test_what_strangers_send_is_not_kept_in_memory(launch):
    site = Site(launch.path)
    opener = site.service.state.context.evidence.opener
    before = len(opener._results)
    for number in range(3):
        assert site.post(b'{"junk": %d}' % number).status == 400
        assert site.post(made(launch, number, "mallory")).status == 403
    assert len(opener._results) == before


def test_a_client_has_so_many_uploads_at_one_time_and_all_have_so_many_bytes():
    uploads = Uploads(Limits(uploads=2, bodies=100))
    with uploads.one("a") as first, uploads.one("a") as second, uploads.one("a") as third:
        assert (first, second, third) == (True, True, False)
        with uploads.one("b") as other:
            assert other
    with uploads.one("a") as again:
        assert again
    assert [uploads.take(60), uploads.take(41), uploads.take(40)] == [True, False, True]
    uploads.give_back(60)
    assert uploads.take(60)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
        ("2001:db8:0:1::9", "2001:db8:0:1::"),
        ("2001:db8:0:2::9", "2001:db8:0:2::"),
        ("unix", ""),
    ],
)
def test_a_client_is_its_address_or_its_network(address, client):
    assert client_of(address) == client


FORWARDED = {
    "not by the proxy": ("198.51.100.1", "203.0.113.5", "198.51.100.1"),
    "by the proxy": ("192.0.2.9", "203.0.113.5", "203.0.113.5"),
    "invented by the client": ("192.0.2.9", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
    "by two proxies": ("192.0.2.9", "203.0.113.5, 192.0.2.8", "203.0.113.5"),
    "no address": ("192.0.2.9", "203.0.113.5, <b>", "192.0.2.9"),
    "empty": ("192.0.2.9", "", "192.0.2.9"),
}


@pytest.mark.parametrize("case", FORWARDED)
def test_the_client_behind_a_proxy_is_named_by_the_proxy_alone(launch, case):
    peer, field, expected = FORWARDED[case]
    site = Site(launch.path, proxies=("192.0.2.8", "192.0.2.9"))
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", field.encode())]}
    assert site.service.client(scope) == expected


# ---- changes, and the end ------------------------------------------------------------------------


def test_a_change_of_the_launch_wakes_who_waits_for_it(launch):
    data = made(launch, 1)

    async def changed() -> tuple[int, int, int]:
        service = Service(Place(launch.path), lambda: LATER)
        service.start()
        try:
            first = service.state.number
            waiting = asyncio.create_task(service.changed(first))
            await asyncio.sleep(0)
            assert not waiting.done()
            (launch.path / "manifests/records/new.dsse.json").write_bytes(data)
            second = await asyncio.wait_for(waiting, PATIENCE)
            held = sum(map(len, second.held.values()))
            at_end = asyncio.create_task(service.changed(second.number))
            await asyncio.sleep(0)
            service.stop()
            last = await asyncio.wait_for(at_end, PATIENCE)
            return second.number - first, held, last.number - second.number
        finally:
            service.stop()
            service.join()

    before = len(records(launch))
    assert asyncio.run(changed()) == (1, before + 1, 0)


def test_a_reading_without_a_change_keeps_its_number(launch):
    site = Site(launch.path)
    site.now += 5
    site.read_again()
    assert (site.service.state.number, site.service.state.read_at_unix_ms) == (1, LATER + 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_server_that_is_ended_answers_what_it_began(launch, number):
    data = made(launch, 1)
    with running(launch.path, limits={"stop_seconds": PATIENCE}) as server:
        with server.connect() as connection:
            connection.sendall(
                b"POST /records HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: %d\r\n\r\n" % len(data)
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 100")
            server.process.send_signal(number)
            connection.sendall(data)
            assert received(connection).startswith(b"HTTP/1.1 202")
        assert server.process.wait(PATIENCE) == 0


def test_the_log_is_opened_again_after_a_hang_up(launch, tmp_path):
    log = tmp_path / "access.log"
    with running(launch.path, log=str(log)) as server:
        assert server.ask("GET", "/healthz")[0] == 200
        log.rename(tmp_path / "old.log")
        server.process.send_signal(signal.SIGHUP)
        while not log.exists():
            server.ask("GET", "/healthz")
        server.ask("GET", "/nowhere")
        assert server.stop() == 0
    assert json.loads(log.read_bytes().splitlines()[-1])["path"] == "/nowhere"
    assert json.loads((tmp_path / "old.log").read_bytes().splitlines()[0])["path"] == "/healthz"


def test_a_log_that_takes_no_line_ends_no_service(launch):
    site = Site(launch.path, access_log=Path("/dev/full"))
    assert site.get("/healthz").status == 200
    assert b"aztrust_log_failures_total 1" in site.get("/metrics").body


def test_what_no_file_has_any_more_is_forgotten_by_the_server(launch, monkeypatch):
    monkeypatch.setattr("aztrust.server.state.SPARE", 2)
    site = Site(launch.path)
    first = site.service.state
    opener = first.context.evidence.opener
    assert opener.size >= first.opened > 2

    def grow(size: int) -> None:
        for number in range(opener.size, size):
            opener.result(lambda: None, "gone", number)

    grow(2 * first.opened + 2)
    site.read_again()
    assert site.service.state.context.evidence.opener is opener
    grow(2 * first.opened + 3)
    site.read_again()
    last = site.service.state
    assert last.context.evidence.opener is not opener
    assert last.context.evidence.opener.size == last.opened == first.opened
    # What the launch is did not change.
    assert (last.number, last.held) == (first.number, first.held)
