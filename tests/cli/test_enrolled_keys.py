"""Enrolled keys at the terminal: in the ledger, in a kit, in `show`, and how one is revoked."""

from __future__ import annotations

import shutil

import pytest

from aztrust.acts.ledger.reading import with_ledger
from aztrust.acts.pack import pack
from aztrust.core.judge.merge import merge
from aztrust.core.state.context import Context, Request, read_context
from aztrust.storage.launch import open_launch
from tests.command import run
from tests.disk_launch import NOW, Launch, make_launch, policy_text
from tests.ledgers import TABLE
from tests.operators import confirm, enrol, entry, operator, sign
from tests.verdicts import ONE

READINESS = '[readiness]\nregistrar = "ops-lead"\n'


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    made = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE + READINESS))
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("AZTRUST_ANCHOR", made.anchor)
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "launch.ledger"))
    return made


@pytest.fixture
def begun(launch) -> Launch:
    """The launch with a ledger in which acme and bora are enrolled."""
    enrol(launch, "acme", "bora", by="dan", at=NOW)
    assert run("ledger", "init", "--key", launch.key_file("luca")).exit_code == 0
    assert keep(launch).exit_code == 0
    return launch


def keep(launch: Launch):
    return run("ledger", "keep", "--key", launch.key_file("luca"))


def key_of(name: str) -> str:
    return operator(name).public.fingerprint


def read(path) -> Context:
    request = Request(NOW)
    return read_context(request, with_ledger(open_launch(path).evidence(), request))


def confirmed(context: Context) -> dict[str, tuple[str, int | None]]:
    return {c.seat.operator: (c.body.status, c.place) for c in context.confirmations}


def test_a_confirmation_is_pending_until_the_keeper_appends_it(begun):
    confirm(begun, "acme", at=NOW)
    confirm(begun, "bora", reason="network", at=NOW)
    assert confirmed(read(begun.path)) == {"bora": ("not-ready", None)}
    shown = " ".join(run("status").out.split())
    # A line of the screen ends with the screen.
    assert "the operator-confirmation by operator acme: counts after luca" in shown
    assert "the operator-confirmation by operator bora: counts now; luca appends it" in shown
    done = keep(begun)
    assert done.exit_code == 0, done.out
    size = read(begun.path).evidence.ledger.size
    found = confirmed(read(begun.path))
    assert {name: status for name, (status, _) in found.items()} == {
        "acme": "ready",
        "bora": "not-ready",
    }
    assert {place for _, place in found.values()} == {size - 2, size - 1}
    assert "pending" not in run("status").out


def test_the_ledger_lists_verifies_and_proves_them(begun):
    confirm(begun, "acme", at=NOW)
    confirm(begun, "bora", reason="network", at=NOW)
    assert keep(begun).exit_code == 0
    listed = run("ledger", "list")
    lines = [" ".join(line.split()) for line in listed.out.splitlines()]
    assert any("enrolment" in line and "dan" in line for line in lines), listed.out
    assert any("operator-confirmation" in line and "operator acme" in line for line in lines)
    assert "node = not-ready, network" in lines
    assert "2 operators" in lines
    assert "signer-unknown" not in listed.out
    done = run("ledger", "verify")
    assert done.exit_code == 0, done.out
    place = confirmed(read(begun.path))["acme"][1]
    done = run("ledger", "prove", str(place))
    assert done.exit_code == 0, done.err
    done = run("verify")
    assert done.exit_code in (0, 11), done.out
    assert "signer-unknown" not in done.out


def test_the_enrolment_and_the_confirmation_are_appended_together(launch):
    confirm(launch, "acme", at=NOW)
    assert run("ledger", "init", "--key", launch.key_file("luca")).exit_code == 0
    done = run("ledger", "append", "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.out
    assert "is not enrolled here: append the enrolment first" in " ".join(done.out.split())
    assert not confirmed(read(launch.path))
    # The enrolment is dated after the confirmation, and is put before it.
    enrol(launch, "acme", by="dan", at=NOW + 1000)
    done = run("ledger", "append", "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.out
    assert "operator acme" in done.out
    assert confirmed(read(launch.path))["acme"][0] == "ready"
    assert run("ledger", "verify").exit_code == 0


def test_a_named_file_by_a_key_that_is_not_enrolled_is_refused(begun):
    confirm(begun, "cora", at=NOW)
    (path,) = (begun.path / "manifests/records").glob("*.operator-confirmation.*")
    done = run("ledger", "append", path, "--key", begun.key_file("luca"))
    assert done.exit_code == 10, done.out
    text = " ".join((done.out + done.err).split())
    assert (
        f"the key {key_of('cora')[7:15]} is not enrolled here: append the enrolment first" in text
    )


@pytest.mark.parametrize("kind", ["note", "enrolment"])
def test_the_ledger_takes_nothing_else_by_an_enrolled_key(begun, kind):
    fields = {
        "note": {"said_at_unix_ms": NOW, "text": "all is well"},
        "enrolment": {"enrolled_at_unix_ms": NOW, "gentx": "none", "operators": (entry("mole"),)},
    }[kind]
    sign(begun, kind, operator("acme"), fields)
    (path,) = (begun.path / "manifests/records").glob(f"*.{kind}.{key_of('acme')[7:15]}.*")
    done = run("ledger", "append", path, "--key", begun.key_file("luca"))
    assert done.exit_code == 10, done.out
    text = " ".join((done.out + done.err).split())
    assert (
        f"is a {kind} by the key of operator acme, which signs confirmations and facts only" in text
    )


def test_a_kit_and_a_clone_have_the_roster_and_what_it_confirmed(begun, tmp_path):
    confirm(begun, "acme", at=NOW)
    confirm(begun, "bora", reason="network", at=NOW)
    assert keep(begun).exit_code == 0
    here = read(begun.path)
    confirm(begun, "acme", reason="disk", at=NOW + 1000)
    kit = pack(begun.path, tmp_path / "kit.aztrust", str(tmp_path / "launch.ledger")).path
    store = tmp_path / "launch.ledger"
    store.rename(tmp_path / "moved.ledger")
    for path in (kit, shutil.copytree(begun.path, tmp_path / "clone")):
        context = read(path)
        assert context.evidence.ledger.holds, context.evidence.ledger.findings
        assert context.roster == here.roster
        entered = [c for c in context.confirmations if c.place is not None]
        assert entered == list(here.confirmations)
        assert [c.body.reason for c in context.confirmations if c.place is None] == ["disk"]
    assert "operator-confirmation" in run("show", kit).out


def test_a_lost_store_is_made_again_with_them(begun, tmp_path):
    confirm(begun, "acme", at=NOW)
    assert keep(begun).exit_code == 0
    before = confirmed(read(begun.path))
    (tmp_path / "launch.ledger").rename(tmp_path / "lost.ledger")
    done = run("ledger", "rebuild", "--key", begun.key_file("luca"))
    assert done.exit_code == 0, done.out + done.err
    assert run("ledger", "verify").exit_code == 0
    assert confirmed(read(begun.path)) == before


def test_show_names_the_operator_and_what_is_not_verified(begun):
    enrolled = run("ledger", "list").out
    assert "enrolment" in enrolled
    ready = confirm(begun, "acme", at=NOW)
    text = " ".join(run("show", ready[7:23]).out.split())
    assert "the signature, by operator acme, whose key dan enrolled" in text
    assert "counts after luca appends it" in text
    assert keep(begun).exit_code == 0
    text = " ".join(run("show", ready[7:23]).out.split())
    assert "that nothing here revokes the key" in text
    assert "aztrust readiness" in text
    begun.revoke(key_of("acme"), "dan", kind="key", reason="compromised")
    text = " ".join(run("show", ready[7:23]).out.split())
    assert "it counts nowhere: dan revoked its key: compromised" in text


def test_show_of_an_enrolment_has_a_row_for_each_operator(launch):
    record = enrol(launch, "acme", entry("bora", validators=("v1", "v2")), by="dan", at=NOW)
    out = run("show", record[7:23]).out
    assert f"acme: key {key_of('acme')[7:15]}, node (1 validator)" in out
    assert f"bora: key {key_of('bora')[7:15]}, node (2 validators)" in out
    assert "the signature, by dan under this launch's policy" in out


def test_show_of_an_enrolled_public_key_names_its_operator(launch, tmp_path):
    enrol(launch, "acme", by="dan", at=NOW)
    pem = tmp_path / "acme.pem"
    pem.write_bytes(operator("acme").public.pem)
    assert "that dan enrolled it for operator acme" in run("show", pem).out


@pytest.mark.parametrize(("by", "exit_code"), [("dan", 0), ("sonia", 0), ("rita", 10)])
def test_the_registrar_or_a_revocation_role_revokes_an_enrolled_key(begun, by, exit_code):
    confirm(begun, "acme", at=NOW)
    confirm(begun, "bora", at=NOW)
    assert keep(begun).exit_code == 0
    words = ("revoke", key_of("acme")[7:23], "--reason", "compromised", "--yes")
    done = run(*words, "--key", begun.key_file(by))
    assert done.exit_code == exit_code, done.out + done.err
    left = {c.seat.operator for c in read(begun.path).confirmations if not c.seat.revoked}
    assert left == ({"bora"} if exit_code == 0 else {"acme", "bora"})
    if exit_code == 0:
        text = " ".join(done.out.split())
        assert "key of operator acme" in text
        assert f"1 confirmation by the key {key_of('acme')[7:15]} of operator acme" in text
        assert "its validators are unconfirmed: val-acme" in text


def test_a_confirmation_is_not_revoked_by_its_id(begun):
    ready = confirm(begun, "acme", at=NOW)
    done = run("revoke", ready[7:23], "--reason", "x", "--yes", "--key", begun.key_file("dan"))
    assert done.exit_code == 10, done.out + done.err
    text = " ".join(done.err.split())
    assert "the confirmation by operator acme is not revoked by its id" in text
    assert f"aztrust revoke {key_of('acme')[7:23]} --reason compromised" in text


def test_two_kits_together_have_the_confirmations_of_both(begun, tmp_path):
    ledger = str(tmp_path / "launch.ledger")
    confirm(begun, "acme", reason="disk", at=NOW)
    first = pack(begun.path, tmp_path / "a.aztrust", ledger).path
    for path in (begun.path / "manifests/records").glob("*.operator-confirmation.*"):
        path.unlink()
    confirm(begun, "bora", reason="network", at=NOW)
    second = pack(begun.path, tmp_path / "b.aztrust", ledger).path
    request = Request(NOW, anchor=begun.anchor)
    kits = [(path.name, open_launch(path).evidence()) for path in (first, second)]
    merged = merge(kits, request)

    context = read_context(request, with_ledger(merged.evidence, request))
    assert confirmed(context) == {"acme": ("not-ready", None), "bora": ("not-ready", None)}
