"""What the cases advise is followed: each command is accepted where it is read, as it is typed.

A command may be refused, or find something else that is wrong. It must not be a usage error, and it
must not find nothing to work on. Placeholders are filled in as the reader would
(`core.base.advice.PLACEHOLDERS`).
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.forge import Impossible, Launch
from fixtures.forge.case import advised_commands, made_case, read_case, text_run
from fixtures.forge.ledgers import Ledger, in_folder, with_ledger
from fixtures.identities import HOLDERS

USAGE, NOTHING = 2, 3
# Every command that any case advises, at least once: `test_cases` holds each of them against the
# command line, and here they run.
FOLLOWED = (
    "advisories_blocking_fail",
    "approval_missing_fail",
    "approve_changed_package_fail",
    "attest_before_the_freeze_fail",
    "attestation_stale_fail",
    "blocker_after_the_review_fail",
    "blocker_open_fail",
    "built_again_by_too_few_fail",
    "deferred_window_fail",
    "drift_in_the_genesis_manifest_fail",
    "drift_in_the_policy_fail",
    "drift_of_a_mode_fail",
    "empty_directory_gone_fail",
    "final_check_unanswered_fail",
    "freeze_command_passes",
    "freeze_of_a_second_scope_fail",
    "freeze_over_an_open_row_fail",
    "freeze_without_an_anchor_fail",
    "gate_of_a_verdict_that_did_not_pass_fail",
    "gate_of_two_that_disagree_fail",
    "gate_under_a_policy_that_cannot_be_read_fail",
    "host_binary_not_found_fail",
    "host_by_the_anchor_alone_fail",
    "host_genesis_lfs_pointer_fail",
    "host_without_an_anchor_fail",
    "host_without_the_second_genesis_file_fail",
    "key_compressed_fail",
    "kit_older_than_a_kept_head_fail",
    "kit_with_a_duplicate_member_fail",
    "ledger_append_before_its_cause_fail",
    "ledger_head_over_a_changed_log_fail",
    "ledger_missing_though_named_fail",
    "ledger_proof_without_a_head_fail",
    "ledger_verify_holds",
    "manifests_swapped_fail",
    "monitoring_that_nobody_reaches_fail",
    "no_anchor_fail",
    "output_into_a_package_of_a_broken_policy_fail",
    "policy_changed_after_pinning_fail",
    "policy_empty_fail",
    "policy_missing_fail",
    "provenance_missing_fail",
    "provenance_root_of_somebody_else_fail",
    "records_stale_fail",
    "seal_again",
    "seal_reserved_directory_in_package_fail",
    "supersession_pending_fail",
)
QUICK = ("approval_missing_fail", "blocker_open_fail", "host_binary_not_found_fail")


def advised(text: str) -> list[str]:
    """The commands that a report advises, each once, without those that only explain."""
    return [command for command in advised_commands(text) if " explain " not in command]


class Reader:
    """Someone who types what is advised, in a copy of the situation each time."""

    def __init__(self, launch: Launch, where: Path, directory: Path) -> None:
        self.launch, self.where, self.directory = launch, where, directory
        self.kept = directory.with_name(f"{directory.name}-kept")
        copy(directory, self.kept)
        self.own = directory.with_name(f"{directory.name}-own")
        self.own.mkdir(exist_ok=True)
        (self.own / "FILE").write_text("a file of the reader\n")

    def problems(self, typed: str) -> Iterator[str]:
        """Why a command cannot be followed; nothing where it can."""
        done = self.run(typed)
        # An act needs the key of one of those who may do it: the reader who has it goes on.
        for holder in HOLDERS:
            if done.returncode != USAGE or "key" not in done.stderr:
                break
            done = self.run(typed, str(self.launch.path(f"fixtures/keys/{holder.name}.key")))
        shown = f"{typed}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        if done.returncode in (USAGE, NOTHING):
            yield shown
        if "Traceback" in done.stderr or "a defect in aztrust" in done.stderr:
            yield shown

    def run(self, typed: str, key: str = "") -> subprocess.CompletedProcess[str]:
        copy(self.kept, self.directory)
        words = [self.filled(word) for word in shlex.split(typed)[1:]]
        if "-o" in words:
            # What is written is a new file.
            words[words.index("-o") + 1] = str(self.own / "new")
        variables = self.launch.variables() | ({"AZTRUST_KEY": key} if key else {})
        return subprocess.run(
            self.launch.command(*words),
            cwd=self.where,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def filled(self, word: str) -> str:
        """The word, a placeholder as this reader fills it in."""
        if word.startswith("~/"):
            return f"{self.launch.home}{word[1:]}"
        name, equals, last = word.rpartition("=")
        values = {
            "FILE": str(self.own / "FILE"),
            "BUNDLE": str(self.own / "FILE"),
            "ROOT": str(self.own / "FILE"),
            "HEADFILE": str(self.own / "FILE"),
            "DIR": str(self.own),
            "KIT": str(self.where),
            "URL": "https://127.0.0.1:1/kit.aztrust",
            "HEX": self.launch.anchor,
            "K": str(self.launch.path("fixtures/keys/luca.key")),
            "NAME": "reader",
            "T": "a reason",
        }
        return f"{name}{equals}{values.get(last, last)}"


def copy(source: Path, target: Path) -> None:
    # Python's own copy stops at a device, and its rmtree recurses.
    subprocess.run(["rm", "-rf", str(target)], check=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _parameters(names: tuple[str, ...]):
    return [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in names]


@pytest.mark.parametrize("name", _parameters(FOLLOWED))
def test_what_a_case_advises_can_be_typed(name: str, tmp_path: Path):
    case, directory = read_case(name), tmp_path / "case"
    try:
        launch = made_case(case, directory)
        done = text_run(case, launch)
    except Impossible as reason:
        pytest.skip(str(reason))
    reader = Reader(launch, launch.root, directory)
    problems = [p for c in advised(done.stdout + done.stderr) for p in reader.problems(c)]
    assert not problems, "\n".join(problems)


PENDING = "a record that waits for the keeper"
ALONE = (
    "approval_missing_fail",
    "drift_in_the_genesis_manifest_fail",
    "frozen",
    "key_file_missing_fail",
    "policy_expired_fail",
    "seal_record_missing_fail",
    "blocker_open_fail",
)


@pytest.mark.parametrize("name", _parameters(ALONE))
@pytest.mark.parametrize("form", ["verify", "preflight", "preflight of a kit"])
def test_what_a_kit_alone_advises_can_be_typed_next_to_it(name: str, form: str, tmp_path: Path):
    launch = made_case(read_case(name), tmp_path / "case")
    alone = tmp_path / "alone"
    alone.mkdir()
    kit = "my kit.aztrust"
    launch.aztrust("pack", "--to", str(alone / kit))
    words = {"verify": ["-C", kit, "verify"], "preflight": ["preflight"]}
    done = Reader(launch, alone, alone).run(
        shlex.join(["aztrust", *words.get(form, ["preflight", kit])])
    )
    assert done.returncode not in (USAGE, NOTHING), done.stderr
    typed = advised(done.stdout + done.stderr)
    # What can only be done where the launch is says so, and is not typed next to a kit.
    inside = "in the launch directory, after which a new kit is needed" in " ".join(
        done.stdout.split()
    )
    here = [c for c in typed if kit in c or c.startswith("aztrust preflight")]
    assert here == typed or inside, typed
    reader = Reader(launch, alone, alone)
    problems = [p for c in here for p in reader.problems(c)]
    assert not problems, "\n".join(problems)


IN_A_CLONE = (
    "published_entry_withheld_fail",
    "published_head_by_another_key_fail",
    "published_head_in_a_merge_conflict_fail",
    "published_ledger_behind_a_kept_head_fail",
    "published_ledger_holds",
    "published_ledger_with_another_file",
    "published_record_signed_again",
    "published_tile_changed_fail",
    "published_tile_missing_fail",
)
"""A clone has what the keeper published, and not the keeper's store."""
LOOKS = (
    "verify",
    "status",
    "todo --for sonia",
    "todo --for luca",
    "ledger list",
    "ledger verify",
    "ledger show 1",
    "ledger prove 1",
    "anchor add $ANCHOR",
)


@pytest.mark.parametrize("name", _parameters((*IN_A_CLONE, PENDING)))
def test_what_a_clone_without_the_store_advises_can_be_typed_in_it(name: str, tmp_path: Path):
    directory = tmp_path / "case"
    launch = Launch(directory) if name == PENDING else made_case(read_case(name), directory)
    if name == PENDING:
        with_ledger(launch)
        approval = launch.records.find("approval", "cosmin")[0]
        files = [path for path in in_folder(launch) if path != approval]
        Ledger(launch, files=files).publish()
    assert not list(launch.home.rglob("*.ledger"))
    reader = Reader(launch, launch.root, directory)
    typed: dict[str, str] = {}
    for look in LOOKS:
        anchor = "" if "anchor" in look else f" --anchor {launch.anchor}"
        done = reader.run(f"aztrust {look.replace('$ANCHOR', launch.anchor)}{anchor}")
        assert done.returncode not in (USAGE, NOTHING), done.stderr
        typed |= dict.fromkeys(advised(done.stdout + done.stderr), look)
    problems = [f"{look}: {p}" for c, look in typed.items() for p in reader.problems(c)]
    assert not problems, "\n".join(problems)
    assert name != PENDING or any("ledger keep" in command for command in typed)


def test_placeholders_are_found_in_a_report():
    assert advised("next   mend it, then: aztrust attest x pass \\\n   --role R; then go") == [
        "aztrust attest x pass --role R"
    ]
