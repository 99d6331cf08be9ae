"""Kits from https URLs: real servers on the loopback that do everything wrong."""

from __future__ import annotations

import socket
import stat
import threading

import pytest

from aztrust.acts.pack import pack
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.storage.fetch import LIMITS, FetchLimits, fetch_kit, shown_url
from tests import tls
from tests.disk_launch import make_launch
from tests.patience import PATIENCE
from tests.servers import answer, closed

KIT = "/atlas-zero-1.aztrust"


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("kit")
    launch = make_launch(folder)
    pack(launch.path, folder / "k.aztrust")
    return (folder / "k.aztrust").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tls.Authority:
    return tls.Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(autouse=True)
def _own_network(monkeypatch, authority):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture
def site(authority, kit):
    with tls.serving(authority.server()) as site:
        site.answers[KIT] = answer(200, kit)
        yield site


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "kits"


def refused(site, cache, path=KIT, limits=LIMITS) -> CouldNotCheck:
    with pytest.raises(CouldNotCheck) as caught:
        fetch_kit(site.url + path, cache, limits=limits)
    assert caught.value.exit_code == 1
    assert "\n" not in caught.value.message
    assert caught.value.mend
    assert not cache.exists() or list(cache.iterdir()) == []
    return caught.value


def test_kept_under_its_digest(site, cache, kit):
    path = fetch_kit(site.url + KIT, cache)
    assert path.read_bytes() == kit
    assert path.name == f"atlas-zero-1-{sha256_id(kit)[7:23]}.aztrust"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert site.asked == [KIT]


def test_every_run_fetches_anew_and_a_changed_copy_is_replaced(site, cache, kit):
    path = fetch_kit(site.url + KIT, cache)
    path.write_bytes(b"other")
    assert fetch_kit(site.url + KIT, cache) == path
    assert path.read_bytes() == kit
    assert site.asked == [KIT, KIT]
    before = path.stat().st_mtime_ns, path.stat().st_ino
    fetch_kit(site.url + KIT, cache)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/k.aztrust",
        "ftp://127.0.0.1/k.aztrust",
        "file:///etc/passwd",
        "HTTPS+x://127.0.0.1/k",
        "https:///k.aztrust",
        "https://127.0.0.1:port/k",
        "https://127.0.0.1:99999/k",
        "https://[::1/k",
        "https://u:secret@127.0.0.1/k",
        "https://token@127.0.0.1/k",
        "https://127.0.0.1/a b",
        "https://127.0.0.1/a\r\nHost: x",
        "https://127.0.0.1/\x1b[2J",
        "https://ex\u00e4mple/k",
    ],
)
def test_urls_that_are_not_fetched(cache, url):
    with pytest.raises(UsageError) as caught:
        fetch_kit(url, cache)
    message = f"{caught.value.message} {caught.value.subject}"
    assert message.isprintable()
    assert "secret" not in message
    assert "token" not in message
    assert not cache.exists()


def test_a_query_is_sent_and_not_shown(site, cache):
    site.answers["/k"] = answer(403)
    error = refused(site, cache, "/k?token=secret")
    assert site.asked == ["/k?token=secret"]
    assert error.message == f"cannot fetch {site.url}/k: the server answers 403 Forbidden"
    assert shown_url("https://u:p@h:1/a?b#c") == "https://h:1/a"


@pytest.mark.parametrize("code", [404, 500, 204, 206])
def test_another_status(site, cache, kit, code):
    site.answers[KIT] = answer(code, b"" if code == 204 else kit)
    assert f"the server answers {code}" in refused(site, cache).message


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_by_https(site, cache, kit, code):
    site.answers["/old"] = answer(code, Location=KIT)
    assert fetch_kit(f"{site.url}/old", cache).read_bytes() == kit
    assert site.asked == ["/old", KIT]


@pytest.mark.parametrize("target", ["http", "file:///etc/passwd", "ftp://127.0.0.1/k", "u"])
def test_a_redirect_to_another_scheme_is_refused(site, cache, kit, target):
    with tls.serving(None) as plain:
        plain.answers[KIT] = answer(200, kit)
        location = {"http": plain.url + KIT, "u": site.url.replace("//", "//u:p@") + KIT}
        site.answers["/old"] = answer(302, Location=location.get(target, target))
        error = refused(site, cache, "/old")
        assert plain.asked == []
    assert "leads elsewhere" in error.message or "no place that is followed" in error.message
    assert site.asked == ["/old"]


def test_redirects_end(site, cache):
    site.answers["/loop"] = answer(302, Location="/loop")
    assert "redirects (302)" in refused(site, cache, "/loop").message
    for number in range(20):
        site.answers[f"/{number}"] = answer(302, Location=f"/{number + 1}")
    assert "redirects (302)" in refused(site, cache, "/0").message
    assert "/7" not in site.asked


def test_the_body_of_a_redirect_is_not_read(site, cache, kit):
    def endless(handler):
        handler.send_response(302)
        handler.send_header("Location", KIT)
        handler.end_headers()
        while not site.closing.is_set():
            handler.wfile.write(b"x" * 65536)

    site.answers["/old"] = endless
    assert fetch_kit(f"{site.url}/old", cache).read_bytes() == kit


def test_too_large_by_its_own_word(site, cache, kit):
    limits = FetchLimits(size=len(kit) - 1)
    assert "more than the" in refused(site, cache, limits=limits).message
    assert fetch_kit(site.url + KIT, cache, limits=FetchLimits(size=len(kit)))


def test_too_large_without_a_word(site, cache):
    written = []

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while not site.closing.is_set():
            handler.wfile.write(b"x" * 65536)
            written.append(65536)

    site.answers[KIT] = endless
    error = refused(site, cache, limits=FetchLimits(size=100_000))
    assert "more than the 100,000 bytes" in error.message
    assert sum(written) < 50_000_000


@pytest.mark.parametrize("chunked", [False, True])
def test_cut_off(site, cache, kit, chunked):
    def short(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"%x\r\n%s" % (len(kit), kit[:100]))
        else:
            handler.send_header("Content-Length", str(len(kit)))
            handler.end_headers()
            handler.wfile.write(kit[:-1])
        handler.close_connection = True

    site.answers[KIT] = short
    assert "cut off" in refused(site, cache).message


def test_cut_off_where_no_length_was_announced(site, cache, kit):
    def short(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(kit[:-1000])

    site.answers[KIT] = short
    with pytest.raises(Malformed) as caught:
        fetch_kit(site.url + KIT, cache)
    assert caught.value.code == "kit-malformed"
    assert not cache.exists()


def test_a_web_page_is_not_a_kit_and_not_kept(site, cache):
    site.answers[KIT] = answer(200, b"<!doctype html><title>Log in</title>")
    with pytest.raises(Malformed) as caught:
        fetch_kit(site.url + KIT, cache)
    assert caught.value.code == "kit-malformed"
    assert not cache.exists()


def test_compressed_on_the_way(site, cache, kit):
    site.answers[KIT] = answer(200, kit, **{"Content-Encoding": "gzip"})
    assert "compresses" in refused(site, cache).message


def test_a_certificate_of_another_authority(tmp_path, authority, cache, kit):
    other = tls.Authority(tmp_path / "other", "another authority")
    with tls.serving(other.server()) as site:
        site.answers[KIT] = answer(200, kit)
        error = refused(site, cache)
        assert "certificate is not accepted" in error.message
        assert site.asked == []


@pytest.mark.parametrize(
    ("host", "when"), [("example.test", tls.ALWAYS), ("127.0.0.1", tls.LONG_AGO)]
)
def test_a_certificate_for_another_host_or_time(authority, cache, kit, host, when):
    with tls.serving(authority.server(host, when)) as site:
        site.answers[KIT] = answer(200, kit)
        assert "certificate is not accepted" in refused(site, cache).message
        assert site.asked == []


def test_a_server_without_tls(cache, kit):
    with tls.serving(None) as plain:
        plain.answers[KIT] = answer(200, kit)
        plain.url = plain.url.replace("http:", "https:")
        assert "no safe connection" in refused(plain, cache).message
        assert plain.asked == []


def test_no_server_there(cache, monkeypatch):
    with closed() as port, pytest.raises(CouldNotCheck, match="Connection refused"):
        fetch_kit(f"https://127.0.0.1:{port}/k", cache)

    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CouldNotCheck, match="no host of that name"):
        fetch_kit("https://nowhere.invalid/k", cache)


def test_a_server_that_says_nothing(site, cache):
    site.answers[KIT] = lambda _: site.closing.wait()
    error = refused(site, cache, limits=FetchLimits(idle_s=0.1))
    assert "sent nothing for 0.1 s" in error.message


@pytest.mark.parametrize("header", [True, False])
def test_a_server_that_says_a_little_all_the_time(site, cache, header):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: " if header else b"HTTP/1.0 200 OK\r\n\r\n")
        while not site.closing.wait(0.01):
            handler.wfile.write(b"x")

    site.answers[KIT] = drip
    error = refused(site, cache, limits=FetchLimits(total_s=0.3))
    assert "did not arrive within 0.3 s" in error.message


def test_by_the_proxy_of_the_environment(site, cache, kit, monkeypatch):
    """The proxy is asked for a tunnel, and the certificate is checked through it."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]

        def proxy():
            ours, _ = listener.accept()
            with ours, ours.makefile("rb") as request:
                # The whole request: a connection that is closed with bytes unread is reset.
                asked.append(request.readline().rstrip())
                while request.readline().rstrip():
                    pass
                ours.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        thread = threading.Thread(target=proxy, daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        error = refused(site, cache)
        thread.join()
    assert asked == [f"CONNECT {site.url.removeprefix('https://')} HTTP/1.0".encode()]
    assert "403" in error.message
    assert site.asked == []
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert fetch_kit(site.url + KIT, cache).read_bytes() == kit


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("/", "kit"),
        ("/a/..%2f..%2fx.aztrust", "x"),
        ("/.hidden", "hidden"),
        ("/a%0ab%1b.aztrust", "a_b_"),
        ("/" + "n" * 300, "n" * 60),
    ],
)
def test_names_in_the_cache_are_harmless(site, cache, kit, path, stem):
    site.answers[path] = answer(200, kit)
    kept = fetch_kit(site.url + path, cache)
    assert kept.parent == cache
    assert kept.name.startswith(f"{stem}-")


def test_a_cache_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CouldNotCheck) as caught:
        fetch_kit(site.url + KIT, tmp_path / "file" / "kits")
    assert caught.value.mend
