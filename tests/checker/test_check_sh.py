"""check.sh: the same answers in every shell, and never a yes where aztrust has none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aztrust.core.host.clients import CLIENT_DATABASES, CLIENT_HOMES, client_homes
from aztrust.core.policy.validate import REHEARSAL_KEYS
from aztrust.storage import hoststate
from tests.checker.homes import OTHER_CODES, STRICTER, homes
from tests.checker.malformed import malformed
from tests.checker.profiles import profiles
from tests.checker.situations import Host, Situation, situations
from tests.checker.thresholds import thresholds
from tests.patience import PATIENCE

SCRIPT = Path(__file__).resolve().parents[2] / "aztrust/storage/check.sh"
TOOLS = (
    *("sed", "grep", "tr", "cut", "od", "wc", "cat", "cp", "printf", "uname", "dirname", "sort"),
    *("sha256sum", "mktemp", "ls", "rm", "date", "openssl", "sh"),
)
FORMS = list(malformed())
HOMES = list(homes())
APART = {f"home_{name}" for name in (*STRICTER, *OTHER_CODES)}
ALL = [*situations(), *thresholds(), *profiles(), *HOMES, *FORMS]
IN_EVERY_SHELL = {situation.name for situation in ALL[::6]}
each = pytest.mark.parametrize("situation", ALL, ids=[s.name for s in ALL])


def shells() -> dict[str, list[str]]:
    """Every shell of this machine that can play `sh`, and `sh`; no program under two names."""
    known = {
        "sh": ["sh"],
        "dash": ["dash"],
        "bash": ["bash", "--posix"],
        "ksh": ["ksh"],
        "mksh": ["mksh"],
        "zsh": ["zsh", "--emulate", "sh"],
    }
    found: dict[Path, str] = {}
    for name, words in known.items():
        program = shutil.which(words[0])
        if program:
            found.setdefault(Path(program).resolve(), name)
    return {name: known[name] for name in found.values()}


def check(host: Host, shell: list[str], path: Path | None = None) -> subprocess.CompletedProcess:
    """One run, in the directory where the kit was unpacked."""
    return subprocess.run(
        [*shell, str(SCRIPT), *host.words()],
        cwd=host.kit,
        env=host.variables() | ({"PATH": str(path)} if path else {}),
        capture_output=True,
        timeout=PATIENCE,
    )


def answers(text: str) -> tuple[str, str]:
    """The two answers that programs compare."""
    found = dict(re.findall(r"^(binary|genesis) +(\S+)", text, re.MULTILINE))
    return found.get("binary", ""), found.get("genesis", "")


def made(situation: Situation, tmp_path: Path) -> Host:
    host = Host(tmp_path)
    situation.build(host)
    host.unpack()
    return host


@each
@pytest.mark.clause("AZ-6.2")
def test_the_answer_is_right(situation: Situation, tmp_path: Path):
    """By `sh` in every situation, and in each sixth one by every shell, with the same bytes."""
    host = made(situation, tmp_path)
    first = check(host, ["sh"])
    assert first.stderr == b""
    text = first.stdout.decode("ascii")
    assert first.returncode == situation.exit, text
    assert answers(text) == (situation.binary, situation.genesis), text
    assert situation.says in text
    assert all(c == "\n" or c.isprintable() for c in text)
    assert text.startswith("MATCH    ") == (situation.exit == 0)
    assert text.startswith("DO NOT START THIS HOST\n") == (situation.exit in (1, 10))
    assert ("\nask      aztrust" in text) >= (situation.exit == 11)
    assert sorted(os.listdir(host.kit)) == sorted(
        {"manifests", "keys", "records"} & set(os.listdir(host.kit))
    ) or ("elsewhere" in os.listdir(host.kit))
    if situation.name in IN_EVERY_SHELL:
        for name, words in shells().items():
            if name != "sh":
                run = check(host, words)
                assert (run.returncode, run.stdout) == (first.returncode, first.stdout), name
                assert run.stderr == b"", name


def test_more_than_one_shell_is_asked():
    found = filter(None, map(shutil.which, ("dash", "bash")))
    if len({Path(program).resolve() for program in found}) < 2:
        pytest.skip("dash and bash are not both here")
    assert "sh" in shells()
    assert len(shells()) > 1
    assert len(IN_EVERY_SHELL) > len(ALL) // 7


YES_OR_HOST = [
    *(s for s in ALL if s.exit == 0 or (s.binary, s.genesis) != ("ok", "ok")),
    # What aztrust refuses for its form, or holds at in a home, check.sh may not pass over.
    *(s for s in (*FORMS, *HOMES) if s.exit != 0 and s.name not in APART),
]


@pytest.mark.parametrize("situation", YES_OR_HOST, ids=[s.name for s in YES_OR_HOST])
def test_it_never_says_yes_where_aztrust_does_not(situation: Situation, tmp_path: Path):
    host = made(situation, tmp_path)
    words = ["preflight", *host.words(), "--format", "json"]
    run = subprocess.run(
        host.launch.command("-C", str(host.kit), *words),
        cwd=host.directory,
        env=host.launch.variables() | host.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert (run.returncode == 0) == (situation.exit == 0), run.stdout + run.stderr
    if situation.exit == 1:
        return
    document = json.loads(run.stdout)
    codes = {
        row["id"]: [f["code"] for f in row["findings"]] or ["ok"] for row in document["checks"]
    }
    for check_id, code in (("host-binary", situation.binary), ("host-genesis", situation.genesis)):
        # aztrust refuses some forged manifests whole; then it has no answer here.
        if code and check_id in codes and _answered(document, check_id):
            # check.sh knows no BLAKE3: what only that tells is not its to say.
            assert {code, "digest-conflict"} & set(codes[check_id]), (check_id, codes[check_id])


def _answered(document: dict, check_id: str) -> bool:
    return next(r for r in document["checks"] if r["id"] == check_id)["status"] in ("pass", "fail")


def test_the_names_are_unique():
    assert len({situation.name for situation in ALL}) == len(ALL)


# ---- without some tool -------------------------------------------------------------------------


@pytest.fixture
def right(tmp_path: Path) -> Host:
    return made(next(s for s in ALL if s.name == "right"), tmp_path)


def tools(directory: Path, *missing: str, **instead: str) -> Path:
    """A directory with nothing but the tools that check.sh may use."""
    path = directory / "tools"
    path.mkdir()
    for name in set(TOOLS) - set(missing):
        (path / name).symlink_to(shutil.which(name))
    for name, script in instead.items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    return path


def test_it_needs_no_other_tools(right: Host, tmp_path: Path):
    assert check(right, ["sh"], tools(tmp_path)).returncode == 0


def test_shasum_replaces_sha256sum(right: Host, tmp_path: Path):
    real = shutil.which("sha256sum")
    path = tools(tmp_path, "sha256sum", shasum=f'[ "$1 $2" = "-a 256" ] && exec {real}')
    assert check(right, ["sh"], path).returncode == 0


def test_without_openssl_it_says_so_and_not_yes(right: Host, tmp_path: Path):
    run = check(right, ["sh"], tools(tmp_path, "openssl"))
    assert run.returncode == 1
    assert b"no openssl" in run.stdout


def test_without_openssl_a_wrong_binary_is_still_wrong(right: Host, tmp_path: Path):
    right.put("atlasd", b"other")
    run = check(right, ["sh"], tools(tmp_path, "openssl"))
    assert (run.returncode, answers(run.stdout.decode())) == (10, ("binary-unknown", "ok"))


def test_without_a_sha256_it_cannot_check(right: Host, tmp_path: Path):
    assert check(right, ["sh"], tools(tmp_path, "sha256sum")).returncode == 1


@pytest.mark.parametrize(
    "tool",
    ["openssl", "grep", "sort", "sed", "tr", "cut", "sha256sum", "wc", "cat", "od", "date", "cp"],
)
@pytest.mark.parametrize("script", ["exit 0", "cat >/dev/null; exit 2"])
def test_a_tool_that_fails_is_never_a_yes(right: Host, tmp_path: Path, tool: str, script: str):
    if (tool, script) == ("date", "exit 0"):
        pytest.skip("this policy has no end, so the time is not read")
    path = tools(tmp_path, tool, **{tool: script.replace("cat", shutil.which("cat"))})
    run = check(right, ["sh"], path)
    if tool == "date":
        assert run.returncode == 0
    else:
        assert run.returncode != 0, run.stdout


@pytest.mark.parametrize("shell", shells().values(), ids=shells())
def test_without_any_tool_it_could_not_check(right: Host, tmp_path: Path, shell: list[str]):
    empty = tmp_path / "empty"
    empty.mkdir()
    run = check(right, [shutil.which(shell[0]), *shell[1:]], empty)
    assert (run.returncode, run.stdout) == (1, b"DO NOT START THIS HOST\n")


@pytest.mark.parametrize("tool", sorted(set(TOOLS) - {"sh", "date", "printf", "ls"}))
def test_without_one_tool_it_is_never_a_yes(right: Host, tmp_path: Path, tool: str):
    run = check(right, ["sh"], tools(tmp_path, tool))
    assert run.returncode in ({0} if tool in ("uname", "rm") else {1, 10, 11})


def test_an_openssl_without_ed25519_asks_aztrust(tmp_path: Path):
    host = made(next(s for s in ALL if s.name == "holder_with_ed25519"), tmp_path)
    real = shutil.which("openssl")
    old = f'case "$*" in *rawin*) exit 1 ;; esac; exec {real} "$@"'
    assert check(host, ["sh"], tools(tmp_path, "openssl", openssl=old)).returncode == 11


def test_busybox(right: Host, tmp_path: Path):
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.skip("no busybox here")
    own = ["sed", "grep", "tr", "cut", "od", "wc", "cat", "sort", "sha256sum", "sh", "printf", "cp"]
    path = tools(tmp_path, *own)
    for name in own:
        (path / name).symlink_to(busybox)
    assert check(right, [str(path / "sh")], path).returncode == 0


# ---- the command line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--binary"],
        ["--binary", ""],
        ["--scope", "1" * 64],
        ["--binary", "x", "--scope", "1" * 63],
        ["--binary", "x", "--scope", "z" * 64],
        ["--binary", "x", "--anchor", "sha256:"],
        ["--binary", "x", "--platform", "linux amd64"],
        ["--binary", "x", "--platform", ".*"],
        *(
            ["--binary", "x", "--platform", p]
            for p in ("linux", "linux/", "/amd64", "linux//amd64")
        ),
        ["--binary", "x", "--platform", "linux/arm/v6/x"],
        ["--binary", "x", "--scope", "1" * 64, "--scope", "1" * 64],
        ["--binary", "x", "--anchor", "1" * 64, "--anchor", "2" * 64],
        ["--binary", "x", "--platform", "linux/amd64", "--platform", "linux/arm64"],
        ["--unknown", "x"],
        ["--binary", "x", "--home", "/dev/null"],
        ["--binary", "x", "--home", "/", "--home", "/tmp"],
        ["x"],
    ],
)
def test_usage(right: Host, words: list[str]):
    run = subprocess.run(["sh", str(SCRIPT), *words], cwd=right.kit, capture_output=True)
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"usage: " in run.stderr


def test_it_finds_the_kit_by_its_own_path(right: Host, tmp_path: Path):
    shutil.copy(SCRIPT, right.kit / "check.sh")
    run = subprocess.run(
        ["sh", str(right.kit / "check.sh"), *right.words()],
        cwd=tmp_path,
        env=right.variables(),
        capture_output=True,
    )
    assert run.returncode == 0


def test_it_takes_its_own_kit_before_the_working_directorys(right: Host, tmp_path: Path):
    shutil.copy(SCRIPT, right.kit / "check.sh")
    other = tmp_path / "other"
    (other / "manifests").mkdir(parents=True)
    (other / "manifests/launch.toml").write_text("version = 1\n")
    words = ["sh", str(right.kit / "check.sh"), *right.words()]
    run = subprocess.run(words, cwd=other, env=right.variables(), capture_output=True)
    assert run.returncode == 0


def test_a_fifo_in_the_place_of_the_ledgers_head_is_asked_about(right: Host):
    (right.kit / "manifests/ledger").mkdir()
    os.mkfifo(right.kit / "manifests/ledger/checkpoint")
    run = check(right, ["sh"])
    assert run.returncode == 11
    assert b"ledger: not a file of a kit" in run.stdout


def test_it_leaves_nothing_behind(right: Host, tmp_path: Path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = right.variables() | {"TMPDIR": str(scratch)}
    subprocess.run(
        ["sh", str(SCRIPT), *right.words()],
        cwd=right.kit,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_binary(right: Host):
    right.binary.chmod(0)
    assert answers(check(right, ["sh"]).stdout.decode())[0] == "unreadable"


# ---- the text of the script --------------------------------------------------------------------


def test_it_names_every_rehearsal_key():
    text = SCRIPT.read_text("ascii").replace("\\\n", "")
    assert all(key.removeprefix("sha256:")[:16] in text for key in REHEARSAL_KEYS)


def test_it_looks_where_aztrust_does():
    text = SCRIPT.read_text("ascii")

    def listed(name: str) -> set[str]:
        found = re.search(rf"^{name}='([^']*)'", text, re.MULTILINE)
        assert found
        return {word.replace("Application_", "Application ") for word in found[1].split()}

    assert listed("CLIENTS") == {place for _, place in CLIENT_DATABASES}
    below = {home for _, home in CLIENT_HOMES} | {*client_homes(("solana",), "")}
    plain = {h.removeprefix("~/") for h in below if h.startswith("~/") and "{" not in h}
    assert listed("CLIENT_HOMES") == {home for home in plain if "*" not in home}
    assert listed("CONFIGS") == set(hoststate._ENDINGS)


def test_without_a_home_or_a_place_to_look_for_one_it_asks(right: Host):
    environment = {"PATH": os.environ["PATH"]}
    words = ["sh", str(SCRIPT), *right.words()]
    run = subprocess.run(words, cwd=right.kit, env=environment, capture_output=True)
    assert run.returncode == 11
    assert b"node-home-unknown: " in run.stdout
    (right.directory / "node").mkdir()
    words += ["--home", str(right.directory / "node")]
    run = subprocess.run(words, cwd=right.kit, env=environment, capture_output=True)
    assert run.returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root enters every directory")
@pytest.mark.parametrize("part", ["", "/data"])
def test_a_home_that_cannot_be_entered_asks(right: Host, part: str):
    closed = right.home / f".atlasd{part}"
    closed.mkdir(parents=True)
    closed.chmod(0)
    run = check(right, ["sh"])
    closed.chmod(0o700)
    assert (run.returncode, b"node-home-unknown: " in run.stdout) == (11, True)


def test_another_program_on_path_is_named(right: Host, tmp_path: Path):
    path = tools(tmp_path)
    (path / "atlasd").write_bytes(b"another build")
    (path / "atlasd").chmod(0o755)
    run = check(right, ["sh"], path)
    assert run.returncode == 0
    assert (
        f"others   another atlasd is on PATH, and was not compared: {path}" in run.stdout.decode()
    )
    (path / "atlasd").write_bytes(right.binary.read_bytes())
    assert b"others" not in check(right, ["sh"], path).stdout


def test_shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck here")
    run = subprocess.run(["shellcheck", "--shell=sh", str(SCRIPT)], capture_output=True, text=True)
    assert run.stdout == ""


def test_it_executes_nothing_it_reads():
    assert not re.search(r"\beval\b|^\s*\. ", SCRIPT.read_text("ascii"), re.MULTILINE)
