"""Policies as `init --profile` writes them: holders on lines, a profile, and no freeze."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fixtures.forge.verdicts import freeze
from tests.checker.situations import Host, Situation

VERDICTS = "[verdicts]\nroles = { launch-coordinator = 1 }\n"
READINESS = """
[readiness]
registrar = "ops-lead"
min_power = "80%"
collapse = "66.67%"
min_notaries = 2
notary_role = "notary"
mandatory = ["acme", "bora"]
observers_may_wait = false
max_age = "1h"
"""
STATED = '[freeze]\nnot_applicable = "one person # approves and starts"\n'
NAMED = 'network_class = "devnet"'


def profiles() -> Iterator[Situation]:
    yield Situation("holders_on_lines", _lines(frozen=True), 0)
    yield Situation("holders_on_lines_keys_first", _lines(frozen=True, keys_first=True), 0)
    yield Situation("holders_on_lines_not_frozen", _lines(), 11, says="freeze-missing")
    yield Situation(
        "a_holder_on_a_line_and_in_a_table", _twice, 11, says="a way that only aztrust reads"
    )
    for name in ("solo", "testnet", "mainnet"):
        yield Situation(f"profile_{name}", _changed(NAMED, f'{NAMED}\nprofile = "{name}"'), 0)
    yield Situation("profile_other", _changed(NAMED, f'{NAMED}\nprofile = "duo"'), 11)
    yield Situation(
        "no_freeze", _changed(VERDICTS, STATED, frozen=False), 0, says="its policy has no freeze"
    )
    yield Situation("readiness", _changed(VERDICTS, f"{VERDICTS}{READINESS}"), 0)
    unheld = READINESS.replace("ops-lead", "clerk")
    yield Situation("readiness_without_a_registrar", _changed(VERDICTS, VERDICTS + unheld), 11)
    half = READINESS.replace("80%", "0.8")
    yield Situation("readiness_of_no_share", _changed(VERDICTS, VERDICTS + half), 11)
    yield Situation("no_verdicts", _changed(VERDICTS, "", frozen=False), 11, says="freeze-missing")
    yield Situation("no_freeze_without_a_reason", _changed(VERDICTS, "[freeze]\n"), 11)
    yield Situation("no_freeze_and_signers", _changed(VERDICTS, VERDICTS + STATED), 11)
    yield Situation("no_freeze_on_a_mainnet", _mainnet, 11)


def _changed(old: str, new: str, *, frozen: bool = True) -> Callable[[Host], None]:
    def build(host: Host) -> None:
        host.launch.policy(old, new)
        host.launch.sign_again()
        if frozen:
            freeze(host.launch)
        host.told()

    return build


def _lines(*, frozen: bool = False, keys_first: bool = False) -> Callable[[Host], None]:
    """The holders' tables as lines of one table."""

    def build(host: Host) -> None:
        text = host.launch.read("manifests/launch.toml").decode()
        tables = re.findall(r"\[holders\.([a-z]+)\]\nkeys = (.*)\nroles = (.*)\n", text)
        assert len(tables) == 6
        lines = "[holders]\n\n"
        for name, keys, roles in tables:
            parts = [f"roles = {roles}", f"keys = {keys}"]
            parts = parts[::-1] if keys_first else parts
            lines += f"# one comment for each\n{name} = {{ {', '.join(parts)} }}\n\n"
        start, end = text.index("[holders."), text.index("[approvals.release]")
        _changed(text[start:end], lines, frozen=frozen)(host)

    return build


def _twice(host: Host) -> None:
    _lines()(host)
    text = host.launch.read("manifests/launch.toml").decode()
    line = next(line for line in text.splitlines() if line.startswith("rita = "))
    keys = line.partition("keys = ")[2].removesuffix(" }")
    roles = 'roles = ["release-manager"]'
    # Not TOML: aztrust refuses it, and so must this.
    host.launch.add_to_policy(f"\n[holders.rita]\nkeys = {keys}\n{roles}\n")
    host.told()


def _mainnet(host: Host) -> None:
    for package_class in ("release", "genesis"):
        document = host.launch.manifest(package_class) | {"network_class": "mainnet"}
        host.launch.put_manifest(package_class, document)
    host.launch.refresh("genesis")
    host.launch.policy(NAMED, 'network_class = "mainnet"')
    _changed(VERDICTS, STATED, frozen=False)(host)
