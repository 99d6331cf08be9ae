"""`aztrust publish`: a directory that hosts can check by, and public copies held against it."""

from __future__ import annotations

import gzip
import json
import subprocess

import pytest

from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.publication import plan_publication, write_publication
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.value import replace
from tests import tls
from tests.command import run
from tests.disk_launch import make_launch, policy_text
from tests.servers import answer
from tests.verdicts import ONE

KIT = "test-1.aztrust"


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path, policy=policy_text(extra=ONE))
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("AZTRUST_ANCHOR", made.anchor)
    return made


@pytest.fixture
def out(launch, tmp_path):
    """What this launch published."""
    assert run("publish", tmp_path / "public").exit_code == 0
    return tmp_path / "public"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A web server that certificates of this test are accepted of."""
    authority = tls.Authority(tmp_path / "ca")
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with tls.serving(authority.server()) as site:
        yield site


def upload(site, out, *without: str) -> list[str]:
    """Put every published file on the server; their URLs."""
    names = sorted(path.name for path in out.iterdir() if path.name not in without)
    for name in names:
        site.answers[f"/{name}"] = answer(200, (out / name).read_bytes())
    return [f"{site.url}/{name}" for name in names]


def checked(*urls: str) -> tuple[int, dict[str, str]]:
    done = run("publish", "--check", *urls, "--format", "json")
    return done.exit_code, {copy["name"]: copy["state"] for copy in done.document["copies"]}


def test_what_is_published_can_be_checked_without_aztrust(out, launch):
    names = {path.name for path in out.iterdir()}
    assert names == {
        KIT,
        "genesis.json",
        "check.sh",
        "SHA256SUMS",
        "B3SUMS",
        "announcement.txt",
        "publication.json",
    }
    listed = subprocess.run(
        ["sha256sum", "-c", "--ignore-missing", "--strict", "SHA256SUMS"],
        cwd=out,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "genesis.json: OK" in listed.stdout
    assert run("hash", "--check", out / "B3SUMS", "--ignore-missing").exit_code in (0, 2)
    text = (out / "announcement.txt").read_text()
    assert text.startswith("Post this text where the other files are NOT")
    assert launch.anchor.removeprefix("sha256:") in text


def test_the_same_state_gives_the_same_files(out, tmp_path):
    assert run("publish", tmp_path / "again").exit_code == 0
    for path in out.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    done = run("publish", out, "--format", "json")
    assert (done.exit_code, done.document["written"]) == (0, [])


def test_nothing_is_published_of_a_launch_that_does_not_pass(launch, tmp_path):
    genesis = launch.path / "packages/genesis/genesis.json"
    genesis.write_bytes(genesis.read_bytes() + b" ")
    done = run("publish", tmp_path / "public")
    assert done.exit_code == 10
    assert "nothing was written" in done.out
    assert not (tmp_path / "public").exists()


def test_a_file_that_aztrust_did_not_write_stays(launch, out):
    (out / "SHA256SUMS").write_text("mine\n")
    done = run("publish", out)
    assert done.exit_code == 10
    assert "SHA256SUMS" in done.err
    assert (out / "SHA256SUMS").read_text() == "mine\n"


def test_a_genesis_that_changes_while_it_is_copied_leaves_the_earlier_one(launch, out):
    wanted = plan_publication(launch.path, read_launch_context(launch.path))
    (out / "genesis.json").unlink()
    write_publication(wanted, out, launch.path)
    sealed = (out / "genesis.json").read_bytes()
    file = next(file for file in wanted.files if file.name == "genesis.json")
    other = replace(file, sha256="sha256:" + "5" * 64)
    changed = replace(wanted, files=tuple(other if f is file else f for f in wanted.files))
    with pytest.raises(CouldNotCheck):
        write_publication(changed, out, launch.path)
    assert (out / "genesis.json").read_bytes() == sealed
    assert not list(out.glob(".*"))


def test_a_directory_with_other_files_keeps_them(launch, tmp_path):
    (tmp_path / "public").mkdir()
    (tmp_path / "public/index.html").write_text("<p>")
    assert run("publish", tmp_path / "public").exit_code == 0
    assert (tmp_path / "public/index.html").read_text() == "<p>"


def test_an_index_of_someone_else_removes_nothing_that_differs(launch, out):
    index = json.loads((out / "publication.json").read_bytes())
    index["files"].append({**index["files"][0], "name": "precious.txt"})
    (out / "publication.json").write_bytes(
        json.dumps(index, sort_keys=True, separators=(",", ":")).encode()
    )
    (out / "precious.txt").write_text("keep me")
    run("publish", out)
    assert (out / "precious.txt").read_text() == "keep me"


def test_the_launch_directory_itself_is_not_published_into(launch):
    for place in ("manifests", "manifests/new", "keys/new", "packages/release/new"):
        assert run("publish", launch.path / place).exit_code == 2, place
        assert not (launch.path / place / "publication.json").exists()
    # Next to them there is room.
    assert run("publish", launch.path / "public").exit_code == 0


def test_copies_that_are_current(out, site):
    urls = upload(site, out)
    code, states = checked(*urls)
    assert (code, set(states.values())) == (0, {"current"})


def test_an_earlier_kit_is_stale(launch, out, site):
    urls = upload(site, out)
    launch.freeze()
    assert run("publish", out).exit_code == 0
    code, states = checked(*urls)
    assert (code, states[KIT]) == (10, "stale")


def test_a_cache_on_the_way_is_named(out, site):
    current = (out / "genesis.json").read_bytes()

    def cached(handler) -> None:
        fresh = "?" in handler.path and handler.headers.get("Cache-Control") == "no-cache"
        answer(200, current if fresh else b"{}")(handler)

    site.answers["/genesis.json"] = cached
    assert checked(f"{site.url}/genesis.json") == (10, {"genesis.json": "cached"})


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda data: data[:-10], "bytes"),
        (gzip.compress, "gzip"),
        (lambda _: b"<html>", "page"),
    ],
    ids=["cut off", "compressed", "a page"],
)
def test_a_different_genesis_is_named_for_what_it_is(out, site, change, cause):
    data = change((out / "genesis.json").read_bytes())
    site.answers["/genesis.json"] = answer(200, data)
    done = run("publish", "--check", f"{site.url}/genesis.json")
    assert done.exit_code == 10
    assert cause.casefold() in " ".join(done.out.split()).casefold()


def test_a_list_with_another_digest_names_the_file(out, site):
    text = (out / "SHA256SUMS").read_text()
    digest = next(line.split()[0] for line in text.splitlines() if line.endswith("genesis.json"))
    site.answers["/SHA256SUMS"] = answer(200, text.replace(digest, "0" * 64).encode())
    done = run("publish", "--check", f"{site.url}/SHA256SUMS")
    assert done.exit_code == 10
    assert "another digest for genesis.json" in " ".join(done.out.split())


def test_what_cannot_be_reached_is_not_a_pass(out, site):
    site.answers["/genesis.json"] = answer(503)
    assert checked(f"{site.url}/genesis.json") == (1, {"genesis.json": "unreachable"})
    site.answers["/other.json"] = answer(200, b"{}")
    assert checked(f"{site.url}/other.json") == (1, {"other.json": "unknown"})


def test_a_url_that_is_not_https_is_a_usage_error(launch):
    assert run("publish", "--check", "http://127.0.0.1/genesis.json").exit_code == 2
    assert run("publish", "--check").exit_code == 2
    assert run("publish").exit_code == 2
