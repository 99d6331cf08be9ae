"""Run the commands of one section of docs/install.md, so that what it promises stays true."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools import readme

PAGE = readme.REPOSITORY / "docs" / "install.md"


def section(title: str) -> list[readme.Command]:
    """The commands of a section.

    Raises:
        LookupError: the page has no such section, or no command in it.
    """
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    commands = readme.commands(found.get(title, ""))
    if not commands:
        raise LookupError(f"{PAGE} has no section {title!r} with commands")
    return commands


def run_section(title: str, folder: Path, *, offline: bool = False) -> str:
    """Run them in a folder with an empty home; returns what they print.

    Args:
        title: of the section.
        folder: where the files of the section are.
        offline: without any setting of this machine that leads to a package index.

    Raises:
        RuntimeError: a command ended otherwise than the page says.
    """
    home = folder / "home"
    home.mkdir()
    environment = readme.environment(home)
    if offline:
        ours = ("PIP_", "UV_", "PYTHON")
        environment = {n: v for n, v in environment.items() if not n.startswith(ours)}
        environment["PIP_CONFIG_FILE"] = os.devnull
    done = subprocess.run(
        ("bash", "-c", readme.script(section(title))),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{PAGE.name}, {title}:\n{done.stdout}{done.stderr}")
    return done.stdout
