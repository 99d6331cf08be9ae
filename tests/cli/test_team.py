"""Five people with a laptop each, over one git repository: what they do, and what goes wrong.

Each person has an own home, clone and key. Nothing is shared but what was pushed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import Done, run
from tests.disk_launch import make_launch, policy_text, signer
from tests.verdicts import TWO

ORIGIN = "ledger.example/team"
KEEPERS = "".join(
    f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{signer(name).public.fingerprint}"]\n'
    for name in ("luca", "gabi")
)
POLICY = policy_text(extra=f'{TWO}[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}')
TEAM = ("rita", "gabi", "sonia", "cosmin", "luca")
APPROVALS = (
    ("rita", "release"),
    ("sonia", "release"),
    ("cosmin", "release"),
    ("gabi", "genesis"),
    ("cosmin", "genesis"),
)


class Person:
    """One of the team, at an own laptop: a home with one key, and a clone."""

    def __init__(self, team: Team, name: str) -> None:
        self.team, self.name = team, name
        self.home = team.path / name
        self.clone = self.home / "launch"

    def __call__(self, *words: object, ends_in: int = 0) -> Done:
        """`aztrust WORDS` in the clone."""
        with self._at():
            done = run(*words)
        assert done.exit_code == ends_in, f"{self.name}$ aztrust {words}\n{done.out}{done.err}"
        return done

    def git(self, *words: str) -> str:
        """`git WORDS` in the clone."""
        return git(self.clone, *words)

    def pull(self) -> None:
        self.git("pull", "--quiet", "--rebase")

    def push(self, message: str = "Add what I signed") -> None:
        """Commit and push everything, after others'."""
        self.git("add", "--all")
        if self.git("status", "--porcelain"):
            self.git("commit", "--quiet", "--message", message)
        self.pull()
        self.git("push", "--quiet")

    def block(self) -> None:
        """Open a blocker and push it."""
        self.pull()
        self("blocker", "open", "--severity", "critical", "peers do not connect")
        self.push()

    def gets_a_laptop(self) -> None:
        """A new home with the key from a backup, and a fresh clone."""
        shutil.rmtree(self.home, ignore_errors=True)
        keys = self.home / ".config/aztrust/keys"
        keys.mkdir(parents=True, mode=0o700)
        for part in (".config", ".config/aztrust"):
            (self.home / part).chmod(0o700)
        shutil.copy(self.team.launch.key_file(self.name), keys / f"{self.name}.key")
        (keys / f"{self.name}.key").chmod(0o600)
        (keys / f"{self.name}.pem").write_bytes(signer(self.name).public.pem)
        git(self.home, "clone", "--quiet", str(self.team.origin), "launch")
        self.git("config", "user.name", self.name)
        self.git("config", "user.email", f"{self.name}@example.org")

    @contextmanager
    def _at(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as here:
            here.setenv("HOME", str(self.home))
            for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "AZTRUST_LEDGER"):
                here.delenv(name, raising=False)
            here.setenv("AZTRUST_ANCHOR", self.team.launch.anchor)
            here.chdir(self.clone)
            yield


class Team:
    """The five, and the repository they push to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = path / "origin.git"
        self.launch = make_launch(path, name="first", policy=POLICY, approve=False)
        for name in TEAM:
            setattr(self, name, Person(self, name))
        git(path, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        git(self.launch.path, "init", "--quiet", "--initial-branch=main")
        git(self.launch.path, "config", "user.name", "first")
        git(self.launch.path, "config", "user.email", "first@example.org")
        git(self.launch.path, "add", "--all")
        git(self.launch.path, "commit", "--quiet", "--message", "Seal both packages")
        git(self.launch.path, "remote", "add", "origin", str(self.origin))
        git(self.launch.path, "push", "--quiet", "--set-upstream", "origin", "main")
        for person in self.people:
            person.gets_a_laptop()

    def copied(self, path: Path) -> Team:
        """The same team as it is now: the repository, and every laptop."""
        shutil.copytree(self.path, path, symlinks=True)
        copy = object.__new__(Team)
        copy.path, copy.origin, copy.launch = path, path / "origin.git", self.launch
        for person in self.people:
            setattr(copy, person.name, Person(copy, person.name))
            git(path / person.name / "launch", "remote", "set-url", "origin", str(copy.origin))
        return copy

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(getattr(self, name) for name in TEAM)

    def approve(self) -> None:
        """All approve from their own clones, and push at the same time."""
        for name, package_class in APPROVALS:
            getattr(self, name)("approve", package_class, "--yes")
        for person in self.people:
            person.push()

    def keep(self) -> Done:
        """The keeper's round: pull, append, push."""
        self.luca.pull()
        done = self.luca("ledger", "keep")
        self.luca.push("Ledger")
        return done

    def everyone_verifies(self, *words: object, ends_in: int = 0) -> None:
        for person in self.people:
            person.pull()
            person("verify", *words, ends_in=ends_in)

    def freeze(self) -> None:
        """Two freeze, each with what the other pushed, and the keeper publishes that."""
        self.luca("freeze", "--yes", ends_in=11)
        self.luca.push()
        self.sonia.pull()
        self.sonia("freeze", "--yes", ends_in=11)
        self.sonia.push()
        self.keep()


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def team(tmp_path) -> Team:
    """Everyone approved, and the keeper's ledger is public."""
    team = Team(tmp_path)
    team.approve()
    team.luca.pull()
    team.luca("ledger", "init")
    team.keep()
    return team


def words_of(done: Done) -> str:
    return re.sub(r"\s+", " ", done.out + done.err)


def test_all_approve_the_keeper_publishes_and_two_freeze(team):
    team.everyone_verifies()
    team.freeze()
    team.everyone_verifies("--require", "frozen")
    listed = team.rita("ledger", "list")
    assert "freeze_confirmed" in listed.out or "verdict" in listed.out


def test_a_blocker_counts_while_the_keeper_is_away(team):
    team.freeze()
    team.rita.block()
    team.cosmin.pull()
    done = team.cosmin("final-check", "--dry-run", ends_in=11)
    assert "peers do not connect" in words_of(done)


def test_a_lost_laptop_is_replaced_and_its_ledger_rebuilt(team):
    team.freeze()
    team.luca.gets_a_laptop()
    done = team.luca("ledger", "rebuild")
    assert "git push" in done.out or "ledger keep" in done.out
    team.luca.push("Rebuild the ledger")
    team.everyone_verifies("--require", "frozen")
    # And life goes on.
    team.rita.block()
    team.keep()


def test_a_head_in_a_kit_that_no_clone_has_is_honoured(team, tmp_path):
    team.freeze()
    # The keeper appends, packs a kit for a validator, and loses the laptop before the push.
    team.rita("revoke", *_own_approval(team.rita), "--reason", "wrong file", "--yes")
    team.rita.push()
    team.luca.pull()
    team.luca("ledger", "keep")
    team.luca("pack", "--to", tmp_path / "atlas.aztrust")
    head = (team.luca.clone / "manifests/ledger/checkpoint").read_bytes()
    (tmp_path / "head.note").write_bytes(head)
    team.luca.gets_a_laptop()
    # With the head alone the log is not continued; the kit has the entries, too.
    refused = team.luca("ledger", "rebuild", tmp_path / "head.note", ends_in=10)
    assert "the log is not continued" in words_of(refused)
    team.luca("ledger", "rebuild", tmp_path / "atlas.aztrust")
    team.luca.push("Rebuild the ledger")
    done = team.cosmin.pull() or team.cosmin("verify", ends_in=10)
    assert "revoked" in words_of(done)


def test_a_deputy_takes_over_and_the_former_keeper_comes_back(team):
    team.freeze()
    team.gabi.pull()
    team.gabi("ledger", "take-over", "--reason", "luca is on a plane")
    team.gabi.push("Take the ledger over")
    team.everyone_verifies("--require", "frozen")
    # The former keeper returns with the store of then, pulls what is new and keeps on.
    team.rita.block()
    team.luca.pull()
    done = team.luca("ledger", "keep", ends_in=10)
    assert "gabi took this ledger over" in words_of(done)
    assert not team.luca.git("status", "--porcelain")
    team.gabi.pull()
    team.gabi("ledger", "keep")
    team.gabi.push("Ledger")
    team.everyone_verifies("--require", "frozen")


def test_a_conflict_of_two_keepers_is_not_published_over(team):
    """The keeper has a head that was not pushed, a deputy takes over, and the pull conflicts."""
    team.freeze()
    team.luca("ledger", "head", "--heartbeat", "--key", "luca")
    team.luca.git("add", "--all")
    team.luca.git("commit", "--quiet", "--message", "A head that was not pushed")
    team.gabi.pull()
    team.gabi("ledger", "take-over", "--reason", "luca does not answer")
    team.gabi.push("Take the ledger over")
    head = (team.gabi.clone / "manifests/ledger/checkpoint").read_bytes()
    team.luca.git("fetch", "--quiet")
    with pytest.raises(AssertionError, match="CONFLICT"):
        team.luca.git("pull", "--no-rebase")
    before = (team.luca.clone / "manifests/ledger/checkpoint").read_bytes()
    done = team.luca("ledger", "keep", ends_in=10)
    assert "gabi took this ledger over" in words_of(done)
    assert (team.luca.clone / "manifests/ledger/checkpoint").read_bytes() == before
    # What verify advises: what was pulled is taken, and the merge is finished.
    done = team.luca("verify", ends_in=10)
    command = "git restore --source=FETCH_HEAD --staged --worktree manifests/ledger"
    assert command in words_of(done)
    team.luca.git(*command.split()[1:])
    team.luca.git("commit", "--quiet", "--all", "--message", "Merge")
    assert (team.luca.clone / "manifests/ledger/checkpoint").read_bytes() == head
    team.luca("ledger", "keep", ends_in=10)


def test_a_ledger_that_goes_on_without_a_take_over_does_not_pass(team):
    """Someone puts the former keeper's ledger back; the record of the take-over is there."""
    team.freeze()
    team.luca("ledger", "head", "--heartbeat", "--key", "luca")
    team.gabi.pull()
    team.gabi("ledger", "take-over", "--reason", "luca does not answer")
    team.gabi.push("Take the ledger over")
    team.cosmin.pull()
    team.cosmin("verify", "--require", "frozen")
    theirs = team.luca.clone / "manifests"
    shutil.rmtree(team.cosmin.clone / "manifests/ledger")
    shutil.copytree(theirs / "ledger", team.cosmin.clone / "manifests/ledger")
    for path in (theirs / "records").iterdir():
        shutil.copy(path, team.cosmin.clone / "manifests/records")
    shutil.rmtree(team.cosmin.home / ".config/aztrust/heads")
    done = team.cosmin("verify", ends_in=10)
    assert "gabi took this ledger over after" in words_of(done)
    assert "ledger-equivocation" in words_of(done)
    # The deputy's own store stops at the head that the former keeper signed since.
    shutil.rmtree(team.gabi.clone / "manifests/ledger")
    shutil.copytree(theirs / "ledger", team.gabi.clone / "manifests/ledger")
    done = team.gabi("ledger", "keep", ends_in=10)
    assert "ledger-equivocation" in words_of(done)
    assert list((team.gabi.home / ".local/share/aztrust/ledgers").glob("*.fork-*.note"))


def test_without_the_ledger_that_a_freeze_considered_nothing_passes(team, tmp_path):
    """A revocation is taken out, and the whole ledger with it; a newcomer has seen no head."""
    team.freeze()
    team.everyone_verifies("--require", "frozen")
    team.rita("revoke", *_own_approval(team.rita), "--reason", "wrong file", "--yes")
    team.rita.push()
    team.keep()
    team.cosmin.gets_a_laptop()
    team.cosmin("verify", ends_in=10)
    shutil.rmtree(team.cosmin.home / ".config/aztrust/heads")
    (record,) = (team.cosmin.clone / "manifests/records").glob("*.revocation.*")
    record.unlink()
    shutil.rmtree(team.cosmin.clone / "manifests/ledger")
    done = team.cosmin("verify", ends_in=11)
    assert "there is no ledger here" in words_of(done)
    team.cosmin("pack", "--to", tmp_path / "x.aztrust", ends_in=1)


def test_an_old_clone_holds_until_it_is_pulled(team, tmp_path):
    team.freeze()
    team.cosmin.pull()
    old = shutil.copytree(team.cosmin.clone, tmp_path / "old")
    team.rita.block()
    team.keep()
    team.cosmin.pull()
    team.cosmin("verify", "--require", "frozen")
    done = team.cosmin("-C", old, "verify", "--require", "frozen", ends_in=11)
    assert "git pull" in words_of(done)
    git(Path(old), "pull", "--quiet")
    team.cosmin("-C", old, "verify", "--require", "frozen")


def test_a_kit_looked_at_in_between_does_not_stop_a_clone(team, tmp_path):
    team.freeze()
    team.cosmin.pull()
    team.luca("pack", "--to", tmp_path / "atlas.aztrust")
    team.cosmin("-C", tmp_path / "atlas.aztrust", "verify", ends_in=11)
    team.cosmin("verify", "--require", "frozen")
    # Also where the kit is newer than the clone: then a pull is all it takes.
    team.rita.block()
    team.keep()
    team.luca("pack", "--to", tmp_path / "atlas.aztrust")
    team.cosmin("-C", tmp_path / "atlas.aztrust", "verify", ends_in=11)
    assert "git pull" in words_of(team.cosmin("verify", "--require", "frozen", ends_in=11))
    team.cosmin.pull()
    team.cosmin("verify", "--require", "frozen")


def test_a_rewritten_history_is_found_and_the_keeper_restores_it(team):
    team.rita.pull()
    before = team.rita.git("rev-parse", "HEAD").strip()
    team.freeze()
    team.everyone_verifies("--require", "frozen")
    # Someone resets the branch to before the freeze, and forces it.
    team.rita.git("reset", "--quiet", "--hard", before)
    team.rita.git("push", "--quiet", "--force")
    team.cosmin.git("fetch", "--quiet")
    team.cosmin.git("reset", "--quiet", "--hard", "origin/main")
    done = team.cosmin("verify", ends_in=11)
    assert "git pull" in words_of(done)
    # The keeper's store is the source: the next round writes everything again.
    team.luca.git("fetch", "--quiet")
    team.luca.git("reset", "--quiet", "--hard", "origin/main")
    team.luca("ledger", "keep")
    team.luca.push("Ledger")
    team.cosmin.pull()
    team.cosmin("verify", "--require", "frozen")


def test_a_dropped_branch_on_which_the_keeper_appended_loses_nothing(team):
    team.luca.git("checkout", "--quiet", "-b", "side")
    team.luca("freeze", "--yes", ends_in=11)
    team.luca.git("add", "--all")
    team.luca.git("commit", "--quiet", "--message", "Freeze on a side branch")
    team.luca.git("checkout", "--quiet", "main")
    team.luca.git("branch", "--quiet", "-D", "side")
    team.luca("ledger", "keep")
    team.luca.push("Ledger")
    team.sonia.pull()
    team.sonia("freeze", "--yes", ends_in=11)
    team.sonia.push()
    team.keep()
    team.everyone_verifies("--require", "frozen")


def test_a_revocation_whose_file_is_removed_is_missed(team):
    team.rita("revoke", *_own_approval(team.rita), "--reason", "wrong file", "--yes")
    team.rita.push()
    team.keep()
    team.cosmin.pull()
    team.cosmin("verify", ends_in=10)
    # Someone with write access removes the file.
    (record,) = (team.cosmin.clone / "manifests/records").glob("*.revocation.*")
    record.unlink()
    done = team.cosmin("verify", ends_in=1)
    assert "withheld" in words_of(done)
    team.cosmin("pack", "--to", team.path / "x.aztrust", ends_in=1)


def _own_approval(person: Person) -> list[str]:
    keyid = signer(person.name).public.keyid[:8]
    names = (person.clone / "manifests/records").glob(f"*.approval.{keyid}*")
    return [min(path.name.partition(".")[0] for path in names)]
