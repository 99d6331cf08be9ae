"""`python -m aztrust` in a hostile working directory runs nothing of it (law 11)."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.shared import REPOSITORY


def test_files_in_the_working_directory_are_not_imported(tmp_path):
    for name in ("pydantic_core.py", "click.py", "jiter.py", "blake3.py", "tomli.py"):
        (tmp_path / name).write_text("print('PWNED')\n", "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = (sys.executable, "-m", "aztrust", "verify")
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "PWNED" not in done.stdout + done.stderr
    assert done.returncode == 3
