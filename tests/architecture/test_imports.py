"""Start-up: a verification loads what it needs and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.rehearsal import anchor
from tests.shared import REPOSITORY

# None of these serves the verification of a launch directory that is on a local disk.
UNNEEDED = frozenset(
    """
    asyncio bz2 concurrent.futures cryptography.hazmat.backends.openssl.backend csv ctypes.util
    curses doctest email email.parser ensurepip ftplib getpass hatchling http http.client
    http.server hypothesis id importlib.metadata importlib.resources jsonschema lzma markdown_it
    model_signing multiprocessing optparse pdb pip platformdirs pluggy pydoc pygments pytest
    readline requests rich ruamel secrets securesystemslib setuptools sigstore smtplib socket
    socketserver sqlite3 ssl tarfile tempfile tkinter tuf unittest urllib.request urllib3 uuid venv
    webbrowser xml yaml zipfile
    """.split()
)

# What the libraries load for themselves is theirs, and changes with their versions.
LIBRARIES = """
import blake3, click, cryptography.hazmat.primitives.asymmetric.ec, jiter, rfc8785, tomli
from pydantic import BaseModel
"""
SAY = "import json, sys; print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
RUN = f"""
import runpy, sys
sys.argv = ["aztrust", *sys.argv[1:]]
try:
    runpy.run_module("aztrust", run_name="__main__", alter_sys=True)
    code = 0
except SystemExit as stop:
    code = stop.code or 0
{SAY}
"""


def loaded(program: str, *arguments: str) -> tuple[int, frozenset[str]]:
    done = subprocess.run(
        (sys.executable, "-P", "-c", program, *arguments),
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, frozenset(modules)


@pytest.mark.parametrize("form", ["text", "json"])
def test_verify_loads_nothing_it_does_not_need(form):
    _, bare = loaded(f"{LIBRARIES}\ncode = 0\n{SAY}")
    code, modules = loaded(RUN, "-C", ".", "verify", "--anchor", anchor(), "--format", form)
    assert code == 0
    assert "aztrust.core.judge.verify" in modules
    assert modules & UNNEEDED <= bare & UNNEEDED
    # Where there is no ledger, nothing that reads one.
    assert not {
        m
        for m in modules
        if m.startswith(
            (
                "aztrust.core.state.ledger",
                "aztrust.core.history.bundle",
                "aztrust.core.history.leaf",
                "aztrust.core.history.replay",
            )
        )
    }
    assert not modules & {"aztrust.core.checks.ledger.ledger", "aztrust.acts.ledger.trusted_heads"}


def test_importing_the_package_loads_no_library():
    _, modules = loaded(f"import aztrust\ncode = 0\n{SAY}")
    assert not {m.partition(".")[0] for m in modules} & {"click", "cryptography", "pydantic"}
