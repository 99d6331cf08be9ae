"""`aztrust serve`: its options, its refusals, and that it starts and ends as a service."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli_launch import home_at
from tests.command import run
from tests.disk_launch import Launch, make_launch
from tests.patience import PATIENCE
from tests.server.processes import environment
from tests.shared import REPOSITORY
from tests.tls import Authority
from tools.documents.check import check_document


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    home_at(monkeypatch, tmp_path / "home")
    return make_launch(tmp_path)


@contextmanager
def start(launch: Launch, *words: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "aztrust", "-C", launch.path, "serve", *words]
    with subprocess.Popen(
        list(map(str, command)),
        cwd=REPOSITORY,
        env=environment(launch.path.parent / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_it_prints_where_it_serves_and_ends_in_0(launch, number):
    with start(launch, "--listen", "0", "--access-log", "-", "--json") as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        check_document(document)
        assert document["url"].startswith("http://127.0.0.1:")
        assert (document["policy_digest"], document["read_only"]) == (launch.anchor, False)
        with urllib.request.urlopen(document["url"] + "/healthz", timeout=PATIENCE) as answer:
            assert json.load(answer)["ok"] is True
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert out.strip() == ""
        (line,) = err.splitlines()
        assert json.loads(line)["path"] == "/healthz"


def test_the_address_is_given_as_text_too(launch):
    with start(launch, "--listen", "127.0.0.1:0", "--read-only") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        assert lines[0].split()[0] == "serving"
        assert lines[1].split(None, 1) == ["takes", "nothing: it is read-only\n"]
        assert (process.returncode, out, err) == (0, "", "")


def test_plain_http_for_other_machines_is_remarked(launch):
    with start(launch, "--listen", "0.0.0.0:0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving  http://0.0.0.0:")
        assert process.stdout.readline().startswith("takes    ")
        assert process.stdout.readline().startswith("note     this is plain HTTP")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_without_an_address_only_this_machine_can_connect():
    from aztrust.server.run import is_local, listen_on

    for text, loopback in (("0", True), ("127.0.0.1:0", True), ("0.0.0.0:0", False)):
        with listen_on(text) as listener:
            assert is_local(listener) is loopback
    done = run("serve", "--help")
    assert "127.0.0.1:8440" in done.out


def test_the_absent_extra_is_one_line(launch, monkeypatch):
    monkeypatch.setattr("aztrust.cli.serve.LIBRARIES", ("uvicorn", "a_library_that_is_absent"))
    done = run("-C", launch.path, "serve", "--listen", "0")
    assert done.exit_code == 1
    assert "a_library_that_is_absent is not installed" in done.err
    assert "uvicorn" not in done.err.split("mend")[0]
    assert "pip install" in done.err
    assert "Traceback" not in done.err


def test_the_other_commands_do_not_load_the_extra():
    program = (
        "import sys; sys.argv = ['aztrust', '--help', '--all']\n"
        "try:\n    from aztrust.cli.main import run; run()\nexcept SystemExit: pass\n"
        "import aztrust.cli.serve\n"
        "print(sorted({'anyio', 'h11', 'starlette', 'uvicorn'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize(
    "address", ["", ":8440", "localhost", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "a:b:c"]
)
def test_what_is_not_an_address_is_a_usage_error(launch, address):
    done = run("-C", launch.path, "serve", "--listen", address)
    assert done.exit_code == 2, done.err
    assert "HOST:PORT" in done.err


def test_a_port_that_is_taken_is_named(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("-C", launch.path, "serve", "--listen", f"127.0.0.1:{port}")
    assert done.exit_code == 1
    assert f"127.0.0.1:{port}" in done.err
    assert "already in use" in done.err


def test_a_certificate_needs_its_key(launch, tmp_path):
    authority = Authority(tmp_path / "authority")
    authority.server("127.0.0.1")
    (pem,) = (tmp_path / "authority").glob("127*")
    serve = ("-C", launch.path, "serve", "--listen", "0")
    done = run(*serve, "--tls-cert", pem)
    assert done.exit_code == 2
    assert "--tls-key" in done.err
    done = run(*serve, "--tls-cert", pem, "--tls-key", tmp_path / "nothing.pem")
    assert done.exit_code == 1
    assert "No such file" in done.err
    # The key of another certificate.
    authority.server("localhost")
    (other,) = (tmp_path / "authority").glob("localhost*")
    done = run(*serve, "--tls-cert", pem, "--tls-key", other)
    assert done.exit_code == 1
    assert "do not load" in done.err


def test_another_policy_than_the_announced_one_is_not_served(launch):
    done = run("-C", launch.path, "serve", "--listen", "0", "--anchor", "0" * 64)
    assert done.exit_code == 10
    assert "anchor-mismatch" in done.err


def test_a_kit_is_not_served(launch, tmp_path):
    kit = tmp_path / "one.aztrust"
    assert run("-C", launch.path, "pack", kit).exit_code == 0
    done = run("-C", kit, "serve", "--listen", "0")
    assert done.exit_code in (2, 3)


def test_a_log_in_the_launch_or_beyond_reach_is_refused(launch, tmp_path):
    done = run("-C", launch.path, "serve", "--listen", "0", "--access-log", tmp_path / "no/log")
    assert done.exit_code == 1
    assert "no/log" in done.err
    assert not Path(tmp_path / "no").exists()


def test_a_proxy_is_an_address(launch):
    done = run("-C", launch.path, "serve", "--listen", "0", "--proxy", "proxy.example")
    assert done.exit_code == 2
    assert "IP address" in done.err
