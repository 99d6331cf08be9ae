"""`-C https://…`: what only reads takes a kit from where it was published."""

from __future__ import annotations

import pytest

from aztrust.acts.pack import pack
from aztrust.storage.config import cache_dir
from tests import tls
from tests.command import run
from tests.disk_launch import make_launch
from tests.servers import answer

KIT = "/test-1.aztrust"
AT = ("--at", "1780315200")


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tls.Authority:
    return tls.Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


@pytest.fixture
def site(authority, launch, tmp_path, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    pack(launch.path, tmp_path / "k.aztrust")
    with tls.serving(authority.server()) as site:
        site.answers[KIT] = answer(200, (tmp_path / "k.aztrust").read_bytes())
        yield site


def kept():
    return list((cache_dir() / "kits").iterdir()) if (cache_dir() / "kits").is_dir() else []


def test_verify(site, launch, tmp_path):
    words = ("verify", "--anchor", launch.anchor, *AT)
    done = run("-C", site.url + KIT, *words, "-o", tmp_path / "out.json")
    assert done.exit_code == 11
    assert site.asked == [KIT]
    (path,) = kept()
    assert done.err.splitlines()[0].startswith("fetched  ")
    assert path.name in done.err
    from_file = run("-C", path, *words, "--format", "json")
    assert from_file.out == (tmp_path / "out.json").read_text()
    assert site.asked == [KIT]
    quiet = run("-C", site.url + KIT, *words, "-q")
    assert (quiet.exit_code, quiet.err) == (11, "")


@pytest.mark.parametrize("before", [True, False])
def test_preflight(site, launch, tmp_path, before):
    host = (
        "--binary", launch.file("release", "bin/atlasd"),
        "--genesis", launch.file("genesis", "genesis.json"),
    )  # fmt: skip
    where = ("-C", site.url + KIT, "preflight") if before else ("preflight", site.url + KIT)
    done = run(*where, *host, "--anchor", launch.anchor, *AT)
    assert done.exit_code == 11, done.err
    assert done.out.startswith("DO NOT START THIS HOST")
    assert "freeze-missing" in done.out
    assert site.asked == [KIT]
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("policy", "show"), "test launch"),
        (("anchor", "show"), ""),
        (("show", "sha256:"), ""),
    ],
)
def test_others_that_read(site, launch, words, told):
    if words[0] == "show":
        words = ("show", launch.package_id("release"))
    done = run("-C", site.url + KIT, *words)
    assert done.exit_code == 0, done.err
    assert told in done.out
    assert site.asked == [KIT]


@pytest.mark.parametrize(
    "words", [("seal", "release"), ("approve", "release"), ("pack",), ("restore",)]
)
def test_what_writes_takes_no_url(site, words):
    done = run("-C", site.url + KIT, *words)
    assert done.exit_code == 2
    assert "is for reading" in done.err
    assert site.asked == []


def test_only_an_option_leads_to_the_network(site, monkeypatch):
    monkeypatch.setenv("AZTRUST_LAUNCH", site.url + KIT)
    done = run("verify")
    assert done.exit_code == 2
    assert "only an option may" in done.err
    assert site.asked == []


def test_plain_http_is_refused(site):
    done = run("-C", site.url.replace("https:", "http:") + KIT, "verify", "--format", "json")
    assert done.exit_code == 2
    assert done.document["kind"] == "usage"
    assert "only https is" in done.document["message"]


def test_what_cannot_be_fetched_is_not_an_answer(site, tmp_path):
    site.answers[KIT] = answer(404)
    report = tmp_path / "out.xml"
    done = run("preflight", site.url + KIT, "--report", f"junit={report}")
    assert done.exit_code == 1
    assert done.out.splitlines() == ["DO NOT START THIS HOST"]
    first, *_ = done.err.splitlines()
    assert first.startswith(f"error    cannot fetch {site.url}{KIT}: the server answers")
    assert 'errors="1"' in report.read_text()
    assert kept() == []


def test_another_certificate_is_not_an_answer(site, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.Authority(tmp_path / "other").path))
    done = run("-C", site.url + KIT, "verify")
    assert done.exit_code == 1
    assert "certificate is not accepted" in done.err.replace("\n         ", " ")
    assert site.asked == []


def test_a_pin_holds_for_every_kit_of_the_launch(site, launch, tmp_path):
    assert run("-C", site.url + KIT, "anchor", "add", launch.anchor).exit_code == 0
    launch.revoke(launch.records[-1].record_id, "sonia")
    (tmp_path / "k.aztrust").unlink()
    pack(launch.path, tmp_path / "k.aztrust")
    site.answers[KIT] = answer(200, (tmp_path / "k.aztrust").read_bytes())
    done = run("-C", site.url + KIT, "verify", *AT, "--format", "json")
    assert done.document["anchor"] == "pinned"
    assert done.exit_code == 10  # the revocation is known at once
    assert len(kept()) == 2
