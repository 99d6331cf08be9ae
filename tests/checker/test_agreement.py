"""check.sh and `aztrust preflight` over every attack case that has a host: they answer alike."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from fixtures.forge import Launch
from fixtures.forge.case import CASES, Case, case_names, read_case

SHELL = "/bin/sh"
HOST_CODES = {"host-binary": "binary", "host-genesis": "genesis"}
# What aztrust finds and check.sh has no word for, or the reverse: none is an answer of yes.
UNSPOKEN = frozenset({"binary-self-built"})
# What rests on a head that this user kept from an earlier run: check.sh keeps nothing.
KEPT = frozenset({"kit_older_than_a_kept_head_fail", "kit_without_the_ledger_it_had_fail"})


def preflights() -> list[Case]:
    names = [name for name in case_names() if name.startswith(("host_", "kit"))]
    cases = (read_case(name) for name in names if name not in KEPT)
    apart = {"$NEWER", "--node-key"}  # questions that check.sh does not know
    return [c for c in cases if c.command[0] == "preflight" and apart.isdisjoint(c.command)]


def filled(case: Case, launch: Launch) -> list[str]:
    values = {"ANCHOR": launch.anchor, "ROOT": str(launch.root), **launch.values}
    words = list(case.command)
    for name, value in values.items():
        words = [word.replace(f"${name}", value) for word in words]
    return words


def ask_aztrust(launch: Launch, words: list[str]) -> tuple[int, dict]:
    done = subprocess.run(
        launch.command(*words), cwd=launch.root, env=launch.variables(), capture_output=True
    )
    return done.returncode, json.loads(done.stdout)


def ask_check_sh(launch: Launch, words: list[str], document: dict) -> tuple[int, dict[str, str]]:
    """Its exit code, and its answer for the binary and for the genesis."""
    kit = launch.home / "unpacked"
    kit.mkdir()
    subprocess.run(["tar", "-xf", launch.values["KIT"], "-C", kit], check=True)
    asked = [SHELL, str(kit / "check.sh")]
    for item in document["host"]["items"]:
        label = item["role"] or item["name"]
        option = "--genesis" if item["kind"] == "genesis" else "--binary"
        for file in item["files"]:
            path = re.sub("^~", str(launch.home), file["path"])
            asked += [option, f"{label}={path}"]
    for option in ("--anchor", "--scope", "--platform", "--role", "--home"):
        if option in words:
            asked += [option, words[words.index(option) + 1]]
    # Its tools are this machine's, also where a case leaves aztrust nothing to find on PATH.
    variables = launch.variables() | {"PATH": os.environ["PATH"]}
    done = subprocess.run(asked, cwd=launch.root, env=variables, capture_output=True, text=True)
    found = re.findall(r"^(binary|genesis)\s+(ok|[a-z]+(?:-[a-z]+)+)\b", done.stdout, re.MULTILINE)
    # Where several files are asked about, what is wrong with one of them is the answer.
    return done.returncode, dict(sorted(found, key=lambda answer: answer[1] != "ok"))


def answers(document: dict) -> dict[str, str]:
    """aztrust's word for the same two; nothing where it had no file to look at."""
    found = {}
    for check in document["checks"]:
        what = HOST_CODES.get(check["id"])
        if what is not None and check["status"] != "not_run":
            codes = [f["code"] for f in check["findings"]]
            found[what] = codes[0] if codes else "ok"
    return found


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize("case", preflights(), ids=lambda case: case.name)
def test_they_answer_alike(case: Case, tmp_path: Path):
    launch = Launch(tmp_path)
    runpy.run_path(str(CASES / case.name / "tamper.py"))["tamper"](launch)
    words = filled(case, launch)
    code, document = ask_aztrust(launch, words)
    if document["schema"] == "aztrust/error":
        pytest.skip("a kit that cannot be read has no two answers")
    exit_code, found = ask_check_sh(launch, words, document)
    ours = answers(document)
    if case.code not in UNSPOKEN:
        # Where aztrust found only some of the files, check.sh has an ok for those.
        assert {w: code for w, code in found.items() if w in ours or code != "ok"} == ours
    # It may know less, never promise more.
    assert exit_code != 0 or code == 0
