"""Where a fetched kit is kept: an own file with its bytes, whatever was there before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aztrust.acts.pack import pack
from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.fetch import FetchLimits, fetch_kit
from tests import tls
from tests.disk_launch import make_launch
from tests.servers import answer

KIT = "/kit.aztrust"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("kit")
    pack(make_launch(folder).path, folder / "k.aztrust")
    return (folder / "k.aztrust").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tls.Authority:
    return tls.Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, authority: tls.Authority, kit: bytes) -> Iterator[str]:
    """The address of the kit, on a server of this test's own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with tls.serving(authority.server()) as site:
        site.answers[KIT] = answer(200, kit)
        yield site.url + KIT


def test_a_link_in_the_place_of_a_kept_kit_is_replaced_though_its_bytes_are_right(
    url: str, kit: bytes, tmp_path: Path
):
    """Who owns what the link leads to could change it after it was looked at."""
    cache, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    kept = fetch_kit(url, cache)
    elsewhere.write_bytes(kit)
    kept.unlink()
    kept.symlink_to(elsewhere)
    assert fetch_kit(url, cache) == kept
    assert not kept.is_symlink()
    assert kept.read_bytes() == kit
    elsewhere.write_bytes(b"evil")
    assert kept.read_bytes() == kit


def test_a_kept_kit_with_the_same_bytes_stays_the_file_it_is(url: str, tmp_path: Path):
    kept = fetch_kit(url, tmp_path / "cache")
    before = kept.stat()
    assert fetch_kit(url, tmp_path / "cache") == kept
    after = kept.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("kind", ["link to nowhere", "fifo", "other bytes", "a byte more"])
def test_what_is_in_the_place_of_a_kit_is_replaced(url: str, kit: bytes, tmp_path: Path, kind: str):
    kept = fetch_kit(url, tmp_path / "cache")
    kept.unlink()
    if kind == "link to nowhere":
        kept.symlink_to(tmp_path / "nowhere")
    elif kind == "fifo":
        os.mkfifo(kept)
    else:
        kept.write_bytes(kit + b"x" if kind == "a byte more" else b"evil")
    assert fetch_kit(url, tmp_path / "cache").read_bytes() == kit
    assert kept.is_file()
    assert not kept.is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_a_kit_of_exactly_the_limit_is_fetched_and_one_byte_less_is_not_enough(
    url: str, kit: bytes, tmp_path: Path
):
    cache = tmp_path / "cache"
    assert fetch_kit(url, cache, limits=FetchLimits(size=len(kit))).read_bytes() == kit
    with pytest.raises(CouldNotCheck, match="more than") as caught:
        fetch_kit(url, tmp_path / "other", limits=FetchLimits(size=len(kit) - 1))
    assert caught.value.mend
    assert not (tmp_path / "other").exists()
