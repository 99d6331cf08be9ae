"""The wheel, in a clean environment outside this repository, with an empty home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aztrust.cli.commands import COMMANDS
from tests.contrib import hosts
from tests.rehearsal import anchor
from tests.shared import REPOSITORY
from tools import from_wheel


@pytest.fixture
def aztrust(installed: Path, tmp_path: Path):
    """Run a program of the environment in an empty folder."""
    (tmp_path / "work").mkdir()

    def run(*words: object, program: str = "aztrust") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (str(installed / program), *map(str, words)),
            cwd=tmp_path / "work",
            env={name: value for name, value in os.environ.items() if "PYTHON" not in name},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def rehearsal(tmp_path: Path) -> Path:
    """A copy of the rehearsal launch, packages included, and of nothing else."""
    launch = tmp_path / "launch"
    for name in ("manifests", "keys", "fixtures/release", "fixtures/genesis"):
        shutil.copytree(REPOSITORY / name, launch / name, symlinks=True)
    return launch


def test_the_version_names_the_bytes_of_the_wheel(aztrust, built):
    done = aztrust("--version")
    assert done.returncode == 0, done.stderr
    version, code = done.stdout.splitlines()
    assert version == f"aztrust {next(built.glob('*.whl')).name.split('-')[1]}"
    assert code.split()[-1] in (built / "said").read_text("utf-8").split()


def test_it_verifies_a_launch(aztrust, rehearsal):
    done = aztrust("-C", rehearsal, "verify", "--anchor", anchor())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("PASS")


def test_it_packs_a_kit_and_a_host_is_checked_with_that_alone(aztrust, rehearsal, tmp_path):
    hosts.needs("pack", "preflight")
    kit = tmp_path / "launch.aztrust"
    packed = aztrust("-C", rehearsal, "pack", "--to", kit)
    assert packed.returncode == 0, packed.stderr
    shutil.rmtree(rehearsal)
    home = hosts.node_home(tmp_path / "node")
    words = ("preflight", kit, "--home", home, "--platform", hosts.PLATFORM)
    assert aztrust(*words, "--anchor", anchor()).returncode == 11, "the rehearsal has no freeze"
    (home / "config" / "genesis.json").write_bytes(b'{"chain_id":"aztrust-rehearsal-1"}\n')
    wrong = aztrust(*words, "--anchor", anchor())
    assert wrong.returncode == 10
    assert "genesis-hash-mismatch" in wrong.stdout


def test_a_ready_host_is_ready(aztrust, tmp_path):
    ready = hosts.ready_host(tmp_path / "forged")
    words = ("preflight", ready.kit, "--home", ready.home, "--platform", hosts.PLATFORM)
    done = aztrust(*words, "--anchor", ready.anchor, "--scope", ready.scope)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("READY")
    assert aztrust(*words).returncode == 12, "without an anchor it may be another launch"


def test_the_package_is_imported_from_the_environment(aztrust, installed):
    done = aztrust("-c", "import aztrust; print(aztrust.__file__)", program="python")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed.parent)


def test_it_runs_as_a_module_and_imports_nothing_of_the_working_directory(aztrust, tmp_path):
    for name in ("click.py", "pydantic_core.py", "jiter.py", "blake3.py", "tomli.py", "aztrust.py"):
        (tmp_path / "work" / name).write_text("print('PWNED')\n", "utf-8")
    program = aztrust("--version")
    assert program.returncode == 0
    assert "PWNED" not in program.stdout
    assert aztrust("-P", "-m", "aztrust", "--version", program="python").stdout == program.stdout
    (tmp_path / "work" / "aztrust.py").unlink()
    unsafe = aztrust("-m", "aztrust", "--version", program="python")
    assert (unsafe.returncode, unsafe.stdout) == (2, "")
    assert "python -P -m aztrust" in unsafe.stderr


def test_it_installs_one_package_and_one_program(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = archive.read(next(n for n in names if n.endswith("entry_points.txt")))
    assert {name.split("/")[0].split("-")[0] for name in names} == {"aztrust"}
    assert entry_points == b"[console_scripts]\naztrust = aztrust.cli.main:run\n"


def test_uv_gets_the_same_settings_as_pip(tmp_path):
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://one.invalid/simple\n"
        "trusted-host =\n  a.invalid\n  b.invalid\n"
        "[install]\nextra-index-url = https://two.invalid/simple\n",
        "utf-8",
    )
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("PIP_", "UV_"))}
    clean["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    told = from_wheel.uv_settings(clean)
    assert told["UV_DEFAULT_INDEX"] == "https://one.invalid/simple"
    assert told["UV_INDEX"] == "https://two.invalid/simple"
    assert told["UV_INSECURE_HOST"] == "a.invalid b.invalid"
    told = from_wheel.uv_settings({**clean, "PIP_INDEX_URL": "https://three.invalid/simple"})
    assert told["UV_DEFAULT_INDEX"] == "https://three.invalid/simple"


def test_the_trial_needs_exactly_one_wheel(tmp_path):
    with pytest.raises(from_wheel.TrialError, match="make dist"):
        from_wheel.only_wheel(tmp_path)
    done = subprocess.run(
        (sys.executable, REPOSITORY / "tools" / "from_wheel.py", tmp_path / "no.whl"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0


def test_manual_pages_are_installed_and_render_without_a_warning(installed, tmp_path):
    folder = installed.parent / "share" / "man" / "man1"
    found = sorted(path.name for path in folder.iterdir())
    assert found == sorted(["aztrust.1", *(f"aztrust-{name}.1" for name in COMMANDS)])
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not on this machine")
    for name in found:
        words = (groff, "-man", "-ww", "-rLL=78n", "-Tutf8", "-P-cbou", str(folder / name))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), name
        assert "NAME" in done.stdout
    man = shutil.which("man")
    if man is not None:
        words = (man, "-l", str(folder / "aztrust-verify.1"))
        done = subprocess.run(
            words, env={**os.environ, "MANPAGER": "cat"}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "aztrust verify [OPTIONS]" in done.stdout


def test_the_schemas_are_installed(installed):
    folder = installed.parent / "share" / "aztrust" / "schemas"
    ours = REPOSITORY / "docs" / "schemas"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in ours.iterdir()
    }


def test_the_long_description_has_no_link_that_dies_on_an_index(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("dist-info/METADATA"))
        text = archive.read(name).decode("utf-8")
    head, _, body = text.partition("\n\n")
    assert "Description-Content-Type: text/markdown" in head
    assert "aztrust preflight" in body
    links = [*re.findall(r"\]\(([^)]*)\)", body), *re.findall(r"^\[[^]]+\]: *(\S+)", body, re.M)]
    links += re.findall(r"(?:href|src)=[\"']([^\"']*)", body)
    assert [link for link in links if not link.startswith("https://")] == []
    for line in head.splitlines():
        if line.startswith("Project-URL:"):
            assert " https://" in line
