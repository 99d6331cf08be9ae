"""contrib/systemd/aztrust-serve.service: it is valid, and its command is one that aztrust takes."""

from __future__ import annotations

import os
import shlex
import subprocess

from aztrust.cli.serve import serve
from tests.cli.test_option_given_twice import program_context
from tests.contrib import hosts
from tests.contrib.test_systemd import settings

SERVICE = hosts.CONTRIB / "systemd" / "aztrust-serve.service"


def test_systemd_accepts_the_unit_and_finds_it_confined(tmp_path):
    analyze = hosts.tool("systemd-analyze")
    text = SERVICE.read_text("utf-8").replace("/opt/aztrust/bin/aztrust", "/bin/true")
    text = text.replace("User=aztrust-serve", "User=daemon")
    unit = tmp_path / "aztrust-serve.service"

    def verify(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
        command = (analyze, *words, str(unit))
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    unit.write_text(text, "utf-8")
    done = verify("verify", "--man=no", "--generators=no")
    assert done.returncode == 0, done.stderr
    assert "aztrust-serve.service" not in done.stderr
    # 0 is confined in every way, 10 in none.
    assert verify("security", "--offline=true", "--threshold=20").returncode == 0
    unit.write_text(text.replace("ProtectSystem=strict", "ProtectSytem=strict"), "utf-8")
    assert "ProtectSytem" in verify("verify", "--man=no", "--generators=no").stderr


def test_the_command_of_the_unit_is_one_that_this_aztrust_takes():
    text = "\n".join(
        line
        for line in SERVICE.read_text("utf-8").splitlines()
        if not line.startswith(("SystemCallFilter=", "Environment="))
    )
    program, command, *words = shlex.split(settings(text)["Service.ExecStart"])
    assert (program, command) == ("/opt/aztrust/bin/aztrust", "serve")
    context = serve.make_context("serve", words, parent=program_context())
    assert context.params["listen"] == "127.0.0.1:8440"
    assert context.params["proxies"] == ("127.0.0.1",)


def test_the_unit_may_write_records_and_verdicts_and_nothing_else():
    text = SERVICE.read_text("utf-8")
    (line,) = [t for t in text.splitlines() if t.startswith("ReadWritePaths=")]
    paths = {word.lstrip("-") for word in line.partition("=")[2].split()}
    assert paths == {"/srv/launch/manifests/records", "/srv/launch/manifests/verdicts"}
    assert "ProtectSystem=strict" in text
