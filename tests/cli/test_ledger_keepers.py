"""`aztrust ledger keep|rebuild|take-over|close` as they are typed, by several people."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.history.bundle import Bundle, open_inclusion, parse_bundle
from aztrust.storage.config import config_dir
from aztrust.storage.kit import read_kit
from tests.command import run
from tests.disk_launch import Launch, make_launch, policy_text, signer
from tests.verdicts import ONE

ORIGIN = "ledger.example/test-1"
KEEPERS = "".join(
    f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{signer(name).public.fingerprint}"]\n'
    for name in ("luca", "gabi", "sonia")
)
KEPT = f'[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}'
REASON = ("--reason", "luca's laptop is lost")


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    made = make_launch(tmp_path, policy=policy_text(extra=ONE + KEPT))
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "launch.ledger"))
    monkeypatch.setenv("AZTRUST_ANCHOR", made.anchor)
    return made


@pytest.fixture
def store(launch, tmp_path) -> Path:
    assert run("ledger", "init").exit_code == 0
    return tmp_path / "launch.ledger"


def key(launch: Launch, name: str) -> tuple[str, str]:
    return ("--key", str(launch.key_file(name)))


def checkpoint(launch: Launch) -> list[str]:
    return (launch.path / "manifests/ledger/checkpoint").read_text("utf-8").splitlines()


def lost(store: Path) -> None:
    """The keeper's machine is gone, with all that it kept."""
    for path in store.parent.glob(f"{store.name}*"):
        path.unlink()
    shutil.rmtree(config_dir() / "heads", ignore_errors=True)


def test_the_keepers_round_publishes_and_says_what_to_push(launch, store):
    done = run("ledger", "keep", *key(launch, "luca"))
    assert done.exit_code == 0, done.err
    assert checkpoint(launch)[:2] == [ORIGIN, "7"]
    assert "git add manifests" in done.out
    assert "git push" in done.out
    again = run("ledger", "keep", *key(launch, "luca"))
    assert again.exit_code == 0
    assert "nothing: what is here is current" in again.out
    assert "git push" not in again.out


def test_a_refused_record_stops_no_other(launch, store):
    (launch.path / "manifests/records/strange.dsse.json").write_text("{}")
    done = run("ledger", "keep", *key(launch, "luca"), "--format", "json")
    assert done.exit_code == 10
    assert checkpoint(launch)[1] == "7"
    assert len(done.document["appended"]["refused"]) == 1


def test_a_watch_runs_its_command_after_each_publication(launch, store, tmp_path):
    seen = tmp_path / "seen.json"
    program = tmp_path / "hook.py"
    program.write_text("import sys; open(sys.argv[1], 'a').write(sys.stdin.read())")
    hook = f"{sys.executable} {program} {seen}"
    words = ("--watch", "--rounds", "2", "--exec", hook)
    done = run("ledger", "keep", *key(launch, "luca"), *words)
    assert done.exit_code == 0, done.err
    [line] = seen.read_text().splitlines()
    assert json.loads(line)["schema"] == "aztrust/ledger-kept"


@pytest.mark.parametrize("words", ["", "'open"])
def test_a_command_that_is_none_is_refused_before_anything_is_published(launch, store, words):
    before = sorted(launch.path.rglob("*"))
    done = run("ledger", "keep", *key(launch, "luca"), "--exec", words)
    assert done.exit_code == 2
    assert "--exec" in done.err
    assert sorted(launch.path.rglob("*")) == before


def test_a_push_that_fails_is_tried_again_and_reported(launch, store, tmp_path):
    count = tmp_path / "count"
    program = tmp_path / "hook.py"
    program.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "tried = len(path.read_text()) if path.exists() else 0\n"
        "path.write_text('x' * (tried + 1))\n"
        "sys.exit(tried < int(sys.argv[2]))\n"
    )
    words = [*key(launch, "luca"), "--exec", f"{sys.executable} {program} {count} 1"]
    done = run("ledger", "keep", *words, "--watch", "--rounds", "1")
    assert done.exit_code == 1
    assert "ended with 1" in done.err
    for path in (count, *(launch.path / "manifests/ledger").glob("checkpoint")):
        path.unlink()
    done = run("ledger", "keep", *words, "--watch", "--rounds", "3")
    assert done.exit_code == 0
    assert count.read_text() == "xx"
    (launch.path / "manifests/ledger/checkpoint").unlink()
    missing = run("ledger", "keep", *key(launch, "luca"), "--exec", str(tmp_path / "none.sh"))
    assert missing.exit_code == 1
    assert "it was not run" in missing.err


def test_a_revoked_keeper_signs_no_head_while_a_deputy_is_left(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    launch.revoke(signer("luca").public.fingerprint, "sonia", kind="key", reason="compromised")
    done = run("ledger", "keep", *key(launch, "luca"))
    assert done.exit_code == 10
    assert "key-revoked" in done.err
    assert "gabi: aztrust ledger take-over" in done.advised
    assert checkpoint(launch)[1] == "7"
    lost(store)
    taken = run("ledger", "take-over", *REASON, *key(launch, "gabi"))
    assert taken.exit_code == 0, taken.err
    kept = run("ledger", "keep", *key(launch, "gabi"))
    assert kept.exit_code == 0, kept.err
    assert checkpoint(launch)[1] == "9"


def test_without_a_store_the_keeper_is_pointed_to_making_or_rebuilding_one(launch):
    done = run("ledger", "keep", *key(launch, "luca"))
    assert done.exit_code == 1
    assert "aztrust ledger init" in done.err
    assert "aztrust ledger rebuild" in " ".join(done.err.split())


def test_a_published_ledger_is_not_begun_again(launch, store):
    """An empty store in its place would stop the rebuilding that helps."""
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    lost(store)
    done = run("ledger", "keep", *key(launch, "luca"))
    assert done.exit_code == 1
    assert "aztrust ledger rebuild" in done.advised
    assert "ledger init" not in done.advised
    for words in ((), key(launch, "luca")):
        refused = run("ledger", "init", *words)
        assert refused.exit_code == 10
        assert "ledger-inconsistent" in refused.err
        assert not store.exists()
    assert run("ledger", "rebuild", *key(launch, "luca")).exit_code == 0


def test_only_the_keeper_keeps(launch, store):
    done = run("ledger", "keep", *key(launch, "gabi"))
    assert done.exit_code != 0
    assert not (launch.path / "manifests/ledger").exists()


def test_a_merge_conflict_is_not_published_over(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    path = launch.path / "manifests/ledger/checkpoint"
    whole = path.read_bytes()
    conflict = b"<<<<<<< HEAD\n" + whole + b"=======\n" + whole + b">>>>>>> theirs\n"
    path.write_bytes(conflict)
    for words in (("keep",), ("append",), ("head", "--heartbeat")):
        done = run("ledger", *words, *key(launch, "luca"))
        assert done.exit_code == 10, words
        assert "has a merge conflict of git at line 1" in " ".join(done.err.split())
        assert path.read_bytes() == conflict
    # What is not a head at all is written again.
    path.write_bytes(b"spoilt\n")
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    assert path.read_bytes() == whole


def test_a_lost_store_is_rebuilt_from_the_clone(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    lost(store)
    done = run("ledger", "rebuild", *key(launch, "luca"))
    assert done.exit_code == 0, done.err
    assert "7 entries" in done.out
    # The head is over the note that it was rebuilt, too.
    assert checkpoint(launch)[1] == "8"
    assert run("ledger", "verify").exit_code == 0
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0


def test_a_deputy_does_not_rebuild_as_the_keeper(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    lost(store)
    done = run("ledger", "rebuild", *key(launch, "gabi"))
    assert done.exit_code == 10
    assert "aztrust ledger take-over" in " ".join(done.err.split())
    assert not store.exists()


def test_a_deputy_takes_over_and_the_former_keeper_is_stopped(launch, store, tmp_path):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    former = tmp_path / "former.ledger"
    shutil.copy(store, former)
    lost(store)
    done = run("ledger", "take-over", *REASON, *key(launch, "gabi"))
    assert done.exit_code == 0, done.err
    assert checkpoint(launch)[1] == "8"
    assert run("ledger", "keep", *key(launch, "gabi")).exit_code == 0
    # The former keeper comes back with the store of then, and pulls.
    back = run("ledger", "keep", "--ledger", former, *key(launch, "luca"))
    assert back.exit_code == 10
    assert checkpoint(launch)[1] == "8"
    # What is shown is the ledger as it was published since; the store of then where it is named.
    shutil.copy(former, store)
    assert "8 entries" in run("ledger", "list").out
    assert "7 entries" in run("ledger", "list", "--ledger", former).out
    assert run("ledger", "show", "7").exit_code == 0


def test_the_keeper_does_not_take_over(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    done = run("ledger", "take-over", *REASON, *key(launch, "luca"))
    assert done.exit_code == 10
    assert "keeps the ledger already" in done.err


def test_a_closed_ledger_says_so(launch, store):
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    done = run("ledger", "close", "--reason", "the launch is over", *key(launch, "luca"))
    assert done.exit_code == 0, done.err
    assert "by entry 7" in done.out
    assert checkpoint(launch)[1] == "8"
    twice = run("ledger", "close", "--reason", "again", *key(launch, "luca"))
    assert (twice.exit_code, "closed by entry 7" in twice.err) == (10, True)


def test_what_an_earlier_act_wrote_is_still_to_be_committed_in_a_work_tree(launch, store):
    """An act of the keeper published; nothing is new in the next round, and no one has it yet."""
    run("ledger", "keep", *key(launch, "luca"))
    assert "next" not in run("ledger", "keep", *key(launch, "luca")).out
    (launch.path.parent / ".git").mkdir()
    again = run("ledger", "keep", *key(launch, "luca"))
    assert "nothing: what is here is current" in again.out
    assert "git add manifests && git commit -m 'Ledger: 7 entries' && git push\n" in again.out


def test_a_take_over_and_a_closing_are_pushed(launch, store):
    run("ledger", "keep", *key(launch, "luca"))
    lost(store)
    taken = run("ledger", "take-over", *REASON, *key(launch, "gabi"))
    assert (
        "git add manifests && git commit -m 'Ledger: taken by entry 7' && git push\n" in taken.out
    )
    closed = run("ledger", "close", "--reason", "it is over", *key(launch, "gabi"))
    assert "'Ledger: closed by entry 8' && git push\n" in closed.out


def test_a_withheld_entry_is_named_and_the_others_are_shown(launch, store):
    run("ledger", "keep", *key(launch, "luca"))
    lost(store)
    files = {path.name[:16]: path for path in (launch.path / "manifests/records").iterdir()}
    taken = run("ledger", "show", "2", "--format", "json").document["id"]
    files[taken[7:23]].unlink()
    done = run("ledger", "list")
    assert done.exit_code == 1, done.out
    assert "ledger-entry-withheld" in done.out
    assert "entry 2 of the ledger" in done.advised
    assert taken[7:] in done.out.replace("\n", "").replace(" ", "")
    assert "CANNOT BE READ" not in done.out
    for command in ("show", "prove"):
        withheld = run("ledger", command, "2")
        assert withheld.exit_code == 1
        assert "ledger-entry-withheld" in withheld.err
        assert run("ledger", command, "3").exit_code == 0
    (launch.path / "manifests/ledger/checkpoint").unlink()
    for words in (["list"], ["show", "3"], ["prove", "3"]):
        headless = run("ledger", *words)
        assert headless.exit_code == 10
        assert "ledger-inconsistent" in headless.err


def bundles(launch: Launch) -> dict[str, Bundle]:
    """The bundles of the launch's verdicts, by file name."""
    found = sorted((launch.path / "manifests/verdicts").glob("*.sigstore.json"))
    return {path.name: parse_bundle(path.read_bytes(), name=path.name) for path in found}


def covered(bundle: Bundle) -> int:
    """How many entries the head of a proof is over."""
    assert bundle.inclusion is not None
    return claimed_head(parse_note(bundle.inclusion.note, name="")).size


def test_the_keeper_adds_the_proof_of_a_verdict_once_and_a_kit_has_the_newest(launch, store):
    assert run("freeze", "--yes", *key(launch, "luca")).exit_code == 0
    ((name, first),) = bundles(launch).items()
    size = covered(first)
    path = launch.path / "manifests/verdicts" / name
    before = path.read_bytes()
    # The folder of another signer has no bundle with a proof; two heads later it is the first.
    path.unlink()
    for _ in range(2):
        done = run("ledger", "head", "--heartbeat", *key(launch, "luca"))
        assert done.exit_code == 0, done.err
    assert path.read_bytes() == before
    assert run("ledger", "keep", *key(launch, "luca")).exit_code == 0
    assert path.read_bytes() == before
    kit = launch.path.parent / "launch.aztrust"
    assert run("pack", "--to", kit).exit_code == 0
    packed = read_kit(kit).files
    newest = parse_bundle(packed[f"manifests/verdicts/{name}"], name=name)
    assert (covered(newest), newest.envelope) == (size + 2, first.envelope)
    assert path.read_bytes() == before
    open_inclusion(newest.inclusion, [signer("luca").public], ORIGIN, name=name)


def test_a_round_gives_a_verdict_of_someone_else_its_proof(launch, store):
    run("ledger", "keep", *key(launch, "luca"))
    launch.freeze()
    assert bundles(launch) == {}
    done = run("ledger", "keep", *key(launch, "luca"), "--format", "json")
    assert done.exit_code == 0
    ((name, bundle),) = bundles(launch).items()
    assert f"manifests/verdicts/{name}" in done.document["written"]
    assert covered(bundle) == done.document["appended"]["size"]
