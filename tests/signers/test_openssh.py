"""Ed25519 keys of OpenSSH: the key file, a real ssh-agent, and agents that answer wrongly."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.formats.dsse import PAYLOAD_TYPE, pae
from aztrust.core.formats.ssh_keys import blob_of_key, parse_ssh_line, write_strings
from aztrust.signers.local import public_key
from aztrust.signers.openssh import AgentSigner, agent_keys, load_openssh, open_agent
from tests.patience import PATIENCE
from tests.ssh_agent import ssh_add, ssh_agent

MESSAGE = pae(PAYLOAD_TYPE, b'{"a":1}')
PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = public_key(PRIVATE)
OTHER = public_key(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
needs_ssh = pytest.mark.skipif(
    not all(map(shutil.which, ("ssh-keygen", "ssh-agent", "ssh-add"))), reason="needs OpenSSH"
)


def key_file(folder: Path, *, mode: int = 0o600, cut: int = 0) -> Path:
    path = folder / "id_ed25519"
    data = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.write_bytes(data[:-cut] if cut else data)
    path.chmod(mode)
    return path


def keygen(path: Path, *words: str) -> Path:
    command = ["ssh-keygen", "-q", "-C", "a comment", "-f", str(path), *words]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return path


def test_a_key_file_signs_what_every_reader_takes(tmp_path):
    signer = load_openssh(key_file(tmp_path), passphrase=None)
    assert signer.public == KEY
    assert KEY.verify(signer.sign(MESSAGE), MESSAGE)


@needs_ssh
def test_a_key_file_of_ssh_keygen_has_the_key_of_its_pub_file(tmp_path):
    path = keygen(tmp_path / "k", "-t", "ed25519", "-N", "")
    signer = load_openssh(path, passphrase=None)
    assert signer.public == parse_ssh_line((tmp_path / "k.pub").read_text(), name="k.pub")


@needs_ssh
def test_an_encrypted_key_file_opens_or_names_the_agent(tmp_path):
    path = keygen(tmp_path / "k", "-t", "ed25519", "-N", "a passphrase", "-a", "1")
    if importlib.util.find_spec("bcrypt") is None:
        # The library opens it with the package bcrypt alone, so that no one is asked in vain.
        asked: list[int] = []
        for passphrase in (None, lambda: asked.append(1) or b"a passphrase"):
            with pytest.raises(CouldNotCheck, match=r"has a passphrase, and .* bcrypt") as caught:
                load_openssh(path, passphrase=passphrase)
            assert "ssh-add" in caught.value.mend
            assert "pip install bcrypt" in caught.value.mend
        assert not asked
        return
    with pytest.raises(UsageError, match="encrypted, and there is no terminal"):
        load_openssh(path, passphrase=None)
    signer = load_openssh(path, passphrase=lambda: b"a passphrase")
    assert signer.public == parse_ssh_line((tmp_path / "k.pub").read_text(), name="k.pub")
    for wrong in (b"another one", b""):
        with pytest.raises(CouldNotCheck, match="does not open with this passphrase"):
            load_openssh(path, passphrase=lambda wrong=wrong: wrong)


@needs_ssh
@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_key_of_another_kind_is_refused(tmp_path, kind):
    path = keygen(tmp_path / "k", "-t", kind, "-N", "")
    with pytest.raises(Malformed, match="SSH key of another kind"):
        load_openssh(path, passphrase=None)
    with pytest.raises(Malformed, match="only ssh-ed25519 is taken"):
        parse_ssh_line((tmp_path / "k.pub").read_text(), name="k.pub")


def test_a_file_that_others_can_read_is_refused(tmp_path):
    with pytest.raises(Refused, match="others than you"):
        load_openssh(key_file(tmp_path, mode=0o640), passphrase=None)
    assert load_openssh(key_file(tmp_path, mode=0o400), passphrase=None).public == KEY


def test_what_is_not_such_a_file_is_refused(tmp_path):
    (tmp_path / "pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    wanted: list[tuple[Path, type[AztrustError], str]] = [
        (key_file(tmp_path, cut=60), Malformed, "not a well-formed"),
        (tmp_path / "pem", Malformed, "not a private key file of OpenSSH"),
        (tmp_path / "large", Malformed, "too large"),
        (tmp_path / "none", UsageError, "no such key file"),
        (tmp_path, UsageError, "not a regular file"),
    ]
    for path, kind, message in wanted:
        with pytest.raises(kind, match=message):
            load_openssh(path, passphrase=None)


# ---- the agent ----------------------------------------------------------------------------------


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real ssh-agent of this test's own."""
    with ssh_agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        yield path


@needs_ssh
def test_a_real_agent_signs_what_every_reader_takes(tmp_path, agent):
    ssh_add(keygen(tmp_path / "rsa", "-t", "rsa", "-N", ""))
    ssh_add(key_file(tmp_path))
    ssh_add(keygen(tmp_path / "second", "-t", "ed25519", "-N", ""))
    signer = open_agent({KEY.fingerprint})
    assert signer.public == KEY
    signature = signer.sign(MESSAGE)
    assert len(signature) == 64
    assert KEY.verify(signature, MESSAGE)
    # Ed25519 is deterministic: it is the signature of the key itself.
    assert signature == PRIVATE.sign(MESSAGE)
    assert len(agent_keys(agent)) == 2


@needs_ssh
def test_a_real_agent_without_the_key(tmp_path, agent):
    with pytest.raises(UsageError, match="no key in the ssh-agent") as caught:
        open_agent({KEY.fingerprint})
    assert caught.value.details == ("in the agent: no Ed25519 key",)
    ssh_add(key_file(tmp_path))
    with pytest.raises(UsageError) as caught:
        open_agent({OTHER.fingerprint})
    assert caught.value.details == (f"in the agent: {KEY.fingerprint}",)
    signer = open_agent({KEY.fingerprint})
    ssh_add(tmp_path / "id_ed25519", "-d")
    with pytest.raises(CouldNotCheck, match="refuses to sign"):
        signer.sign(MESSAGE)


def test_without_an_agent(monkeypatch, tmp_path):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(UsageError, match="SSH_AUTH_SOCK is not set"):
        open_agent({KEY.fingerprint})
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "none"))
    with pytest.raises(CouldNotCheck, match="cannot be asked"):
        open_agent({KEY.fingerprint})
    monkeypatch.setenv("SSH_AUTH_SOCK", "x" * 300)
    with pytest.raises(CouldNotCheck, match="cannot be asked"):
        open_agent({KEY.fingerprint})


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Callable[[bytes], str]]:
    """An agent that gives one answer to everything; b"" is silence."""
    ends: list[Callable[[], None]] = []

    def start(answer: bytes) -> str:
        path = str(tmp_path / f"agent{len(ends)}")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    held.append(connection)
                    connection.recv(65536)
                    if answer:
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        def end() -> None:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(PATIENCE)
            for connection in held:
                connection.close()

        ends.append(end)
        return path

    yield start
    for end in ends:
        end()


def signed(*parts: bytes) -> bytes:
    return write_strings(b"\x0e" + write_strings(write_strings(*parts)))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (write_strings(b"\x05"), "refuses to sign"),
        (write_strings(b"\x0e"), "not an Ed25519 signature"),
        (write_strings(b"\x0e" + b"\xff" * 8), "not an Ed25519 signature"),
        (signed(b"ssh-ed25519", bytes(63)), "not an Ed25519 signature"),
        (signed(b"ssh-rsa", bytes(64)), "not an Ed25519 signature"),
        (signed(b"ssh-ed25519", bytes(64)), "not over what was asked"),
        (signed(b"ssh-ed25519", PRIVATE.sign(b"another")), "not over what was asked"),
        (signed(b"ssh-ed25519", PRIVATE.sign(MESSAGE))[:-1], "ended the connection"),
        (b"\x00\x00\x00\x00", "no size that an answer can have"),
        (b"\xff\xff\xff\xff" + b"x" * 100, "no size that an answer can have"),
        (b"\x00", "ended the connection"),
    ],
    ids=list(map(str, range(11))),
)
def test_an_agent_that_answers_something_else(stand_in, answer, message):
    with pytest.raises(CouldNotCheck, match=message):
        AgentSigner(KEY, stand_in(answer), PATIENCE).sign(MESSAGE)


def test_an_agent_that_answers_right(stand_in):
    answer = signed(b"ssh-ed25519", PRIVATE.sign(MESSAGE))
    assert AgentSigner(KEY, stand_in(answer), PATIENCE).sign(MESSAGE) == PRIVATE.sign(MESSAGE)


def test_an_agent_that_is_silent(stand_in):
    with pytest.raises(CouldNotCheck, match=r"no answer within 0\.01 s"):
        AgentSigner(KEY, stand_in(b""), 0.01).sign(MESSAGE)


def test_lists_that_an_agent_gives(stand_in):
    def listed(count: int, *strings: bytes) -> bytes:
        return write_strings(b"\x0c" + count.to_bytes(4) + write_strings(*strings))

    good = blob_of_key(KEY), b"comment"
    wrong = [
        listed(2, *good),
        listed(0, *good),
        listed(4000, *good * 4000)[:100],
        listed(1, *good)[:-1],
        write_strings(b"\x0c\x00\x00"),
        write_strings(b"\x05"),
        listed(3000, *[b"", b""] * 3000),
    ]
    for answer in wrong:
        with pytest.raises(CouldNotCheck, match="ssh-agent"):
            agent_keys(stand_in(answer), wait_s=PATIENCE)
    # A blob of another kind, one that is cut, and one twice.
    answer = listed(4, b"ssh-rsa", b"", *good, *good, blob_of_key(KEY)[:-1], b"")
    assert agent_keys(stand_in(answer), wait_s=PATIENCE) == (KEY,)
    assert agent_keys(stand_in(listed(0)), wait_s=PATIENCE) == ()


def test_several_keys_of_one_operator(stand_in, monkeypatch):
    keys = write_strings(blob_of_key(KEY), b"", blob_of_key(OTHER), b"")
    path = stand_in(write_strings(b"\x0c\x00\x00\x00\x02" + keys))
    monkeypatch.setitem(os.environ, "SSH_AUTH_SOCK", path)
    with pytest.raises(UsageError, match="several keys"):
        open_agent({KEY.fingerprint, OTHER.fingerprint}, wait_s=PATIENCE)
    assert open_agent({OTHER.fingerprint}, wait_s=PATIENCE).public == OTHER
