"""contrib/webhook/chat.py: what it posts, what it keeps back, and that no one waits for it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aztrust.report.observe.document import observe_report
from tests.contrib.hosts import CONTRIB
from tests.core.chain.watched import silent
from tests.patience import PATIENCE
from tests.report.test_observe_document import ABOUT, looked
from tests.servers import closed, running

CHAT = CONTRIB / "webhook" / "chat.py"
SEEN = observe_report(looked(silent("d", 20, 40)), ABOUT).model_dump(mode="json")


@pytest.fixture(scope="module")
def chat() -> ModuleType:
    spec = importlib.util.spec_from_file_location("chat", CHAT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Chat:
    """A chat of this machine: what it was sent, and the statuses that it answers one by one."""

    def __init__(self, statuses: tuple[int, ...]) -> None:
        self.statuses, self.bodies = list(statuses), list[bytes]()
        self.arrived, self.url = threading.Event(), ""


@contextmanager
def listening(*statuses: int, **headers: str) -> Iterator[Chat]:
    made = Chat(statuses or (200,))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0])
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            made.arrived.set()

        def log_message(self, *_: object) -> None:
            pass

    with running(Handler) as url:
        made.url = f"{url}/services/SECRET"
        yield made


def secret(folder: Path, url: str, mode: int = 0o600) -> Path:
    path = folder / "webhook"
    path.write_text(url + "\n")
    path.chmod(mode)
    return path


def run(given: object, *words: str, file: Path | None = None, **more: str) -> Any:
    environment = {"PATH": os.environ["PATH"], **more}
    if file is not None:
        environment["AZTRUST_WEBHOOK_FILE"] = str(file)
    data = given if isinstance(given, bytes) else json.dumps(given).encode()
    return subprocess.run(
        [sys.executable, "-I", str(CHAT), *words],
        input=data,
        env=environment,
        capture_output=True,
        timeout=PATIENCE,
    )


def test_the_message_names_the_launch_and_each_signal() -> None:
    shown = run(SEEN, "--dry-run").stdout.decode()
    first, *others = shown.splitlines()
    assert first.startswith(f"Atlas (test-1): {len(SEEN['signals'])} signal")
    assert "UTC" in first
    (signal,) = SEEN["signals"]
    assert others == [
        f"{signal['code']} on d: {signal['anomaly']}, suggests {signal['guidance']}",
    ]


def test_no_signals_is_a_message_too() -> None:
    assert "no signals" in run({**SEEN, "signals": []}, "--dry-run").stdout.decode()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"", "aztrust reported nothing\n"),
        (b"one\x1b[2J\ntwo\n", "one??2J\ntwo\n"),
        (b'{"command":"guard","exit_code":10}', "aztrust guard, exit 10\n"),
        (b'{"command":"guard","verdict":"fail"}', "aztrust guard, verdict fail\n"),
        (b"[" * 100_000, "?" * 120 + "\n"),
        (b'{"signals":7,"at_unix_ms":1e99}', "a launch (): no signals, time unknown\n"),
    ],
    ids=["nothing", "text", "report", "verdict", "deep", "odd"],
)
def test_any_input_is_a_message(given: bytes, shown: str) -> None:
    assert run(given, "--dry-run").stdout.decode() == shown


def test_what_a_node_chose_mentions_no_one_and_links_to_nothing() -> None:
    evil = "<!channel> @everyone [x](https://evil.test) `a` \u202e\n" + "x" * 5000
    shown = run({**SEEN, "signals": [{**SEEN["signals"][0], "subject": evil}]}, "--dry-run")
    text = shown.stdout.decode()
    assert not set("<>@[]`\u202e") & set(text)
    assert "https://" not in text
    assert len(text) < 600


def test_a_message_is_bounded() -> None:
    text = run({**SEEN, "signals": SEEN["signals"] * 5000}, "--dry-run").stdout.decode()
    assert text.endswith("and 4992 more\n")
    assert len(text) <= 1801


def test_it_is_posted_while_no_one_waits(tmp_path: Path) -> None:
    with listening() as there:
        done = run(SEEN, file=secret(tmp_path, there.url))
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert there.arrived.wait(PATIENCE)
    assert json.loads(there.bodies[0])["text"].startswith("Atlas (test-1)")


def test_a_chat_that_never_answers_delays_no_one(tmp_path: Path) -> None:
    held = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.wait(PATIENCE)
            self.close_connection = True

    with running(Handler) as url:
        # It would not end before `held` is set: `run` fails when its time is over.
        assert run(SEEN, file=secret(tmp_path, url)).returncode == 0
        held.set()


def test_it_is_posted_again_after_a_fault_and_once_after_a_success(
    chat: ModuleType, tmp_path: Path
) -> None:
    pauses: list[float] = []
    with listening(503, 429, 200) as there:
        file = secret(tmp_path, there.url)
        why = chat.deliver(there.url, "content", "hello", file, sleep=pauses.append)
    assert (why, pauses) == ("", [2.0, 4.0])
    assert there.bodies == [b'{"content": "hello"}'] * 3


def test_the_pause_is_what_the_chat_asks_for_up_to_a_minute(
    chat: ModuleType, tmp_path: Path
) -> None:
    pauses: list[float] = []
    with listening(429, 429, 200, Retry_After="40") as there:
        file = secret(tmp_path, there.url)
        assert chat.deliver(there.url, "text", "x", file, sleep=pauses.append) == ""
    assert pauses == [40, 60]


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_what_another_attempt_does_not_change_is_not_repeated(
    chat: ModuleType, tmp_path: Path, status: int
) -> None:
    with listening(status, Location="http://127.0.0.1:1/") as there:
        file = secret(tmp_path, there.url)
        why = chat.deliver(there.url, "text", "x", file, sleep=lambda _: None)
    assert (why, len(there.bodies)) == (f"HTTP status {status}", 1)


def test_it_gives_up_at_its_deadline(chat: ModuleType, tmp_path: Path) -> None:
    with closed() as port:
        url = f"http://127.0.0.1:{port}/SECRET"
        why = chat.deliver(url, "text", "x", secret(tmp_path, url), deadline=0)
    assert why == "ConnectionRefusedError"


def test_messages_of_one_webhook_wait_for_one_another(chat: ModuleType, tmp_path: Path) -> None:
    import fcntl

    with listening() as there:
        file = secret(tmp_path, there.url)
        with file.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            why = chat.deliver(there.url, "text", "x", file, deadline=0, sleep=lambda _: None)
        assert (why, there.bodies) == ("an earlier message is still being posted", [])
        assert chat.deliver(there.url, "text", "x", file) == ""


@pytest.mark.parametrize(
    ("url", "mode", "why"),
    [
        ("https://chat.test/SECRET", 0o640, "can be read by others"),
        ("https://chat.test/SECRET", 0o604, "can be read by others"),
        ("http://chat.test/SECRET", 0o600, "without TLS"),
        ("ftp://chat.test/SECRET", 0o600, "does not have an address"),
        ("https:///SECRET", 0o600, "does not have an address"),
        ("https://chat.test/SECRET more", 0o600, "does not have an address"),
        ("https://chat.test:port/SECRET", 0o600, "does not have an address"),
        ("", 0o600, "does not have an address"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_refused(
    tmp_path: Path, url: str, mode: int, why: str
) -> None:
    done = run(SEEN, file=secret(tmp_path, url, mode))
    assert done.returncode == 2
    assert why in done.stderr.decode()
    assert b"SECRET" not in done.stderr


def test_no_file_is_refused(tmp_path: Path) -> None:
    assert b"does not name a file" in run(SEEN).stderr
    assert run(SEEN, file=tmp_path / "absent").returncode == 2


def test_the_address_is_in_no_message_and_no_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with listening(404) as there:
        file = secret(tmp_path, there.url)
        done = run(SEEN, "--wait", file=file, AZTRUST_WEBHOOK_LOG=str(log))
    assert (done.returncode, done.stderr) == (1, b"chat.py: not posted: HTTP status 404\n")
    assert log.read_text().endswith(" not posted: HTTP status 404\n")
    assert b"SECRET" not in done.stdout + done.stderr + log.read_bytes() + there.bodies[0]


def test_it_needs_no_package_of_ours() -> None:
    assert "import aztrust" not in CHAT.read_text()
