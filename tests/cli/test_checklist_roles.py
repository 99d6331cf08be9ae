"""A role that only the checklist asks for gets its holder by a command."""

from __future__ import annotations

import pytest

from tests.cli_launch import home_at
from tests.command import run


@pytest.fixture
def launch(tmp_path, monkeypatch):
    home_at(monkeypatch, tmp_path / "home")
    done = run("init", tmp_path / "launch", "--profile", "mainnet", "--chain-id", "test-1")
    assert done.exit_code == 0, done.out + done.err
    return tmp_path / "launch"


def generate(launch, name: str, role: str):
    words = ("key", "generate", name, "--role", role, "--no-passphrase")
    return run("-C", launch, *words)


def test_a_role_of_the_checklist_alone_gets_a_holder_by_key_generate(launch):
    assert generate(launch, "petra", "product-lead").exit_code == 2
    assert generate(launch, "rita", "release-manager").exit_code == 0
    assert run("-C", launch, "checklist", "init").exit_code in (0, 11)
    done = generate(launch, "petra", "product-lead")
    assert done.exit_code == 0, done.out + done.err
    assert 'petra = { roles = ["product-lead"]' in (launch / "manifests/launch.toml").read_text()
    refused = generate(launch, "paul", "produkt-lead")
    assert refused.exit_code == 2
    assert "product-lead" in refused.advised


def test_lint_is_not_clean_while_the_policy_cannot_be_read(launch):
    assert run("-C", launch, "checklist", "init").exit_code in (0, 11)
    done = run("-C", launch, "checklist", "lint")
    assert done.exit_code == 11
    assert "roles and digest were not looked at" in done.advised
    file = launch / "manifests/checklist.toml"
    # Definitions that are named are looked at alone.
    assert run("-C", launch, "checklist", "lint", file).exit_code == 0
    generate(launch, "rita", "release-manager")
    (launch / "manifests/launch.toml").write_text("version = 1\n")
    assert run("-C", launch, "checklist", "lint").exit_code == 11
