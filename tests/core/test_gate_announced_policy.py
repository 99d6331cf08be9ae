"""A gate with a launch whose policy is not the announced one."""

from __future__ import annotations

from tests.disk_launch import make_launch, policy_text
from tests.gates import ask, handed
from tests.verdicts import ONE

OTHER = "sha256:" + "7" * 64


def test_the_policy_of_the_launch_must_be_the_announced_one(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    # The verdict itself agrees with the anchor: only the policy next to it does not.
    answer = ask(handed(launch, policy_digest=OTHER), "-C", launch.path, "--anchor", OTHER)
    assert answer.exit_code == 10
    assert answer.codes("gate-anchor") == ["anchor-mismatch"]
    (finding,) = answer.findings("gate-anchor")
    assert (finding["expected"], finding["actual"]) == (OTHER, launch.anchor)
    answer = ask(handed(launch), "-C", launch.path, "--anchor", launch.anchor)
    assert (answer.exit_code, answer.status("gate-anchor")) == (0, "pass")
