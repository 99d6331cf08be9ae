"""contrib/ansible/preflight.yml, run by a real ansible against this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.contrib import hosts
from tests.rehearsal import anchor
from tests.shared import REPOSITORY

PLAYBOOK = hosts.CONTRIB / "ansible" / "preflight.yml"
PROGRAM = REPOSITORY / ".venv-ansible" / "bin" / "ansible-playbook"


@pytest.fixture(scope="session")
def ansible() -> Path:
    """ansible-core as requirements/ansible.txt pins it, in an environment of its own."""
    if not PROGRAM.is_file():
        pytest.skip("ansible is not installed here: make .venv-ansible/.done")
    return PROGRAM


@pytest.fixture
def stand_in(tmp_path) -> hosts.StandIn:
    return hosts.StandIn(tmp_path / "bin" / "aztrust")


class Play:
    """One run of a copy of the playbook."""

    def __init__(self, program: Path, folder: Path, *options: str, **variables: object) -> None:
        (folder / "playbook").mkdir(exist_ok=True)
        shutil.copy(PLAYBOOK, folder / "playbook")
        (folder / "tmp").mkdir(exist_ok=True)
        if "aztrust_kit" not in variables:
            (folder / "launch.aztrust").write_bytes(b"a kit")
            variables["aztrust_kit"] = str(folder / "launch.aztrust")
        variables.setdefault("aztrust_anchor", "8f" * 32)
        extra = ("-e", json.dumps(variables))
        self.reports = folder / "playbook" / "preflight"
        self.left = folder / "tmp"
        done = subprocess.run(
            (str(program), "-i", "val-1,", "-c", "local", *options, *extra, "preflight.yml"),
            cwd=folder / "playbook",
            env=hosts.with_path(folder / "bin")
            | {
                "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
                "ANSIBLE_REMOTE_TEMP": str(folder / "ansible"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_PYTHON_INTERPRETER": str(program.with_name("python")),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "LC_ALL": "C.UTF-8",
                "TMPDIR": str(folder / "tmp"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.exit_code, self.out = done.returncode, done.stdout
        assert "PLAY RECAP" in self.out, self.out + done.stderr
        counts = re.findall(r"(\w+)=(\d+)", self.out.partition("PLAY RECAP")[2])
        self.stats = {name: int(count) for name, count in counts}
        parts = re.split(
            r"^TASK \[(.*?)\] \*+$", self.out.partition("PLAY RECAP")[0], flags=re.MULTILINE
        )
        self.tasks = dict(zip(parts[1::2], parts[2::2], strict=True))

    @property
    def said(self) -> str:
        """The verdict of the last task."""
        _, _, result = self.tasks["READY"].partition("=> ")
        return json.JSONDecoder().raw_decode(result)[0]["msg"]


def test_a_ready_host_passes_and_its_report_is_kept(ansible, stand_in, tmp_path):
    stand_in.answers(0, {"checks": [], "verdict": "pass"})
    home = ["--home", "/home/a b/.atlasd"]
    play = Play(ansible, tmp_path, aztrust_arguments=home)
    assert play.exit_code == 0, play.out
    assert play.stats["changed"] == 0
    assert play.said.startswith("exit 0")
    assert json.loads((play.reports / "val-1.json").read_text("utf-8"))["verdict"] == "pass"
    assert stand_in.asked[0] == "preflight"
    assert stand_in.asked[2:6] == ["--anchor", "8f" * 32, "--format", "json"]
    assert stand_in.asked[-2:] == home
    assert list(play.left.glob("aztrust.*")) == [], "the folder with the kit is gone"


FINDING = {"code": "binary-other-platform", "message": "is for {{ x }} arm64", "mend": "curl …"}


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_refused_host_fails_with_the_first_code_and_its_mend(
    ansible, stand_in, tmp_path, options
):
    early = {"code": "freeze-missing", "message": "a", "mend": "b"}
    checks = [
        {"class": "truth", "findings": []},
        {"class": "readiness", "findings": [early]},
        {"class": "truth", "findings": [FINDING]},
    ]
    stand_in.answers(10, {"checks": checks, "verdict": "fail"})
    play = Play(ansible, tmp_path, *options)
    assert play.exit_code == 2
    assert play.stats["failed"] == 1
    for text in ("(exit 10)", FINDING["code"], FINDING["message"], FINDING["mend"]):
        assert text in play.said
    assert early["code"] not in play.said
    assert (play.reports / "val-1.json").is_file(), "a dry run asks the same question"
    assert list(play.left.glob("aztrust.*")) == []


def test_too_early_fails_unless_it_is_accepted(ansible, stand_in, tmp_path):
    stand_in.answers(11, {"checks": [], "verdict": "hold"})
    play = Play(ansible, tmp_path)
    assert play.exit_code == 2
    assert "(exit 11): hold" in play.said
    assert Play(ansible, tmp_path, aztrust_accept=[0, 11]).exit_code == 0


def test_a_kit_that_cannot_be_read_is_shown_from_the_error_document(ansible, stand_in, tmp_path):
    error = {"schema": "aztrust/error", "code": "kit-malformed", "message": "m", "mend": "again"}
    stand_in.answers(10, error)
    play = Play(ansible, tmp_path)
    assert play.exit_code == 2
    assert "kit-malformed: m; mend: again" in play.said


def test_a_usage_error_stops_at_the_command(ansible, stand_in, tmp_path):
    stand_in.answers(2)
    play = Play(ansible, tmp_path)
    assert play.exit_code == 2
    assert '"rc": 2' in play.tasks["Run preflight"]
    assert "READY" not in play.tasks
    assert list(play.left.glob("aztrust.*")) == []


def test_a_host_without_aztrust_fails(ansible, tmp_path):
    play = Play(ansible, tmp_path, aztrust_command="/nowhere/aztrust")
    assert play.exit_code == 2
    assert "/nowhere/aztrust" in play.tasks["Run preflight"]
    assert "READY" not in play.tasks


def test_without_an_anchor_nothing_is_asked(ansible, stand_in, tmp_path):
    stand_in.answers(0)
    play = Play(ansible, tmp_path, aztrust_anchor="")
    assert play.exit_code == 2
    assert "name both" in play.out
    assert stand_in.asked == []


@pytest.mark.parametrize("platform", [hosts.PLATFORM, "linux/arm64"])
def test_a_rehearsal_host_is_asked_for_real(ansible, tmp_path, platform):
    kit = hosts.rehearsal_kit(tmp_path / "rehearsal.aztrust")
    home = hosts.node_home(tmp_path / "home", platform=platform)
    hosts.install(tmp_path / "bin")
    words = ["--home", str(home), "--platform", hosts.PLATFORM]
    play = Play(
        ansible, tmp_path, aztrust_kit=str(kit), aztrust_anchor=anchor(), aztrust_arguments=words
    )
    assert play.exit_code == 2
    if platform == hosts.PLATFORM:
        assert "(exit 11): freeze-missing" in play.said
    else:
        assert "(exit 10): binary-other-platform" in play.said


def test_every_module_comes_with_ansible_core():
    text = PLAYBOOK.read_text("utf-8")
    (play,) = yaml.safe_load(text)
    tasks = [task for top in play["tasks"] for task in (top, *top.get("block", ()))]
    modules = {name for task in tasks for name in task if "." in name}
    assert modules
    assert all(name.startswith("ansible.builtin.") for name in modules)
