"""A host's binary where the policy names the module, and where the release names no file."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Status
from tests.core.test_host_checks import ask, finding, readiness, reading, self_built
from tests.memory_launch import Launch, codes


@pytest.mark.parametrize(
    ("module", "allowed"), [("example.org/node", True), ("other.org/x", False)]
)
def test_only_builds_of_the_module_that_the_policy_names_are_allowed(module, allowed):
    rule = f'self_built = "allow"\nmodule = "{module}"'
    verdict = ask(readiness(rule), reading(binary=self_built()))
    assert ("binary-unknown" in codes(verdict)) == (not allowed)
    if not allowed:
        assert module in finding(verdict, "binary-unknown").message


def test_a_release_without_artifacts_leaves_the_question_open():
    launch = Launch()
    launch.seal("release", "rita", artifacts=())
    launch.seal("genesis", "gabi")
    (result,) = (r for r in ask(launch, reading()).results if r.id == "host-binary")
    assert result.status is Status.NOT_RUN
    assert result.findings == ()
