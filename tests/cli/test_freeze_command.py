"""`aztrust freeze` and `aztrust window`, end to end through the command line."""

from __future__ import annotations

import json
import shutil

import pytest

from aztrust.acts.ledger import handle
from aztrust.cli.session import Session
from aztrust.core.base.digest import groups
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.history.bundle import parse_bundle
from aztrust.storage.config import config_dir
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.localkeys import keys_dir
from aztrust.storage.publishedfiles import read_published_files
from tests.command import run
from tests.disk_launch import MINUTE, NOW, PEOPLE, ended, make_launch, policy_text
from tests.ledgers import LedgerFile
from tests.rehearsal import anchor as rehearsal_anchor
from tests.shared import REPOSITORY
from tests.verdicts import ONE, TWO

DAY = 24 * 60 * MINUTE


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that goes a minute further each time it is looked at, from the day after `NOW`."""
    now = [NOW + DAY]

    def read(_session):
        now[0] += MINUTE
        return now[0]

    monkeypatch.setattr(Session, "now_unix_ms", read)
    return now


class Desk:
    """A coordinator's desk: a launch, its keys, its anchor."""

    def __init__(self, launch):
        self.launch = launch

    def run(self, *words, by="luca", anchor=True, key=True):
        signs = words[0] in ("freeze", "approve", "revoke") or words[:2] in (
            ("window", "defer"),
            ("window", "abort"),
        )
        more = []
        if signs and key:
            more += ["--key", self.launch.key_file(by), "--yes"]
        if anchor and words[0] in ("freeze", "verify", "preflight"):
            more += ["--anchor", self.launch.anchor]
        return run("-C", self.launch.path, *words, *more)

    def json(self, *words, **more):
        done = self.run(*words, "--format", "json", **more)
        return done.exit_code, json.loads(done.out)

    def verify(self):
        exit_code, document = self.json("verify")
        found = [f["code"] for check in document["checks"] for f in check["findings"]]
        return exit_code, document["guidance"], sorted(set(found))

    def keep(self, by="luca"):
        """The keeper appends what waits in the folder; the entries that are new."""
        key = ("--key", self.launch.key_file(by))
        done = run("-C", self.launch.path, "ledger", "append", *key, "--format", "json")
        return done.exit_code, [r["index"] for r in done.document["records"] if r["new"]]

    def statement_of(self, document):
        """The checkpoint of the verdict that was recorded."""
        path = self.launch.path / document["recorded"]["path"]
        payload = json.loads(parse_envelope(path.read_bytes(), name="it").payload)
        return payload["predicate"]["urn:aztrust:launch-checkpoint:v1"]

    @property
    def ledger(self):
        return find_ledger(None, "test-1", self.launch.anchor)


@pytest.fixture
def desk(tmp_path):
    return Desk(make_launch(tmp_path, policy=policy_text(extra=ONE)))


@pytest.mark.clause("AZ-5.2", "AZ-16.1", "AZ-36")
def test_freeze(desk):
    done = desk.run("freeze")
    assert (done.exit_code, done.err) == (0, "")
    scope = desk.json("verify")[1]["scope_hash"]
    spoken = groups(scope)
    assert done.out.startswith("PASS")
    assert "6 of 6" in done.out
    assert scope in done.out
    assert spoken[:39] in done.out
    assert spoken[40:] in done.out
    assert "say      checkpoint freeze_confirmed = pass" in done.out
    verdicts = desk.launch.path / "manifests/verdicts"
    assert sorted(path.name.partition(".")[2][17:] for path in verdicts.iterdir()) == [
        "f14aec86.dsse.json",
        "f14aec86.sigstore.json",
    ]
    windows = list((desk.launch.path / "manifests/records").glob("*.launch-window.*"))
    assert len(windows) == 1
    kept = desk.launch.path / f"manifests/policies/{desk.launch.anchor[7:]}.toml"
    assert kept.read_bytes() == desk.launch.policy_bytes
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-17.2")
def test_what_the_verdict_says(desk):
    exit_code, document = desk.json("freeze")
    assert exit_code == 0
    recorded = document["recorded"]
    assert document["schema"] == "aztrust/report"
    assert document["verdict"] == "pass"
    assert recorded["verdict"] == "pass"
    assert document["signatures"] == {"have": 1, "missing": [], "need": 1, "pending": []}
    assert document["say"] == ["checkpoint freeze_confirmed = pass"]
    assert [row["id"] for row in document["matrix"]] == [
        "release-package",
        "genesis-package",
        "release-manifest",
        "approvals",
        "scope",
        "supersession",
    ]
    assert {row["status"] for row in document["matrix"]} == {"pass"}
    assert all(row["evidence"] for row in document["matrix"])
    path = desk.launch.path / recorded["path"]
    data = run("-C", desk.launch.path, "show", path, "--format", "json").document
    assert recorded["record_id"][7:] in json.dumps(data)
    # Everything it was concluded from is in the ledger, and it comes after all those entries.
    assert recorded["ledger_entry"] == len(desk.launch.records) + 1
    assert document["ledger"]["made"] is True
    assert document["ledger"]["keeper"] == PEOPLE["luca"].public().fingerprint
    assert document["ledger"]["origin"] == f"test-1.{desk.launch.anchor[7:23]}"
    bundle = parse_bundle((desk.launch.path / recorded["bundle_path"]).read_bytes(), name="it")
    assert recorded["proved"] is True
    assert bundle.inclusion is not None
    assert bundle.inclusion.index == recorded["ledger_entry"]
    assert bundle.envelope == path.read_bytes()


def test_show_reads_the_bundle_and_its_proof(desk):
    recorded = desk.json("freeze")[1]["recorded"]
    bundle = desk.launch.path / recorded["bundle_path"]
    shown = " ".join(run("-C", desk.launch.path, "show", bundle).out.split())
    assert "verdict: freeze_confirmed = pass, in a Sigstore bundle" in shown
    assert f"that it is entry {recorded['ledger_entry']} of the ledger test-1." in shown
    moved = bundle.read_bytes().replace(b'"logIndex":"8"', b'"logIndex":"7"')
    bundle.write_bytes(moved)
    assert run("-C", desk.launch.path, "show", bundle).exit_code == 10


def test_the_scope_is_an_anchor(desk):
    scope = desk.json("verify")[1]["scope_hash"]
    assert desk.run("freeze", "--scope", groups(scope), anchor=False).exit_code == 0
    assert desk.run("verify", "--scope", scope, anchor=False).exit_code == 0


def test_a_freeze_again_signs_nothing(desk):
    first = desk.json("freeze")[1]["recorded"]
    before = sorted(path.name for path in (desk.launch.path / "manifests").rglob("*"))
    done = desk.run("freeze")
    assert done.exit_code == 0
    assert "luca has frozen this scope already; checked again: still valid" in " ".join(
        done.out.split()
    )
    document = desk.json("freeze")[1]
    assert (document["already"], document["say"]) == (True, [])
    assert document["recorded"] == first
    assert sorted(path.name for path in (desk.launch.path / "manifests").rglob("*")) == before


def test_a_freeze_again_finishes_what_was_interrupted(desk):
    first = desk.json("freeze")[1]["recorded"]
    (desk.launch.path / first["bundle_path"]).unlink()
    (desk.launch.path / first["path"]).unlink()
    assert desk.json("freeze")[1]["recorded"] == first
    assert (desk.launch.path / first["path"]).exists()
    bundle = parse_bundle((desk.launch.path / first["bundle_path"]).read_bytes(), name="it")
    assert bundle.inclusion is not None


def test_quiet_and_output(desk, tmp_path):
    report = tmp_path / "freeze.json"
    done = desk.run("freeze", "-q", "-o", report)
    assert (done.exit_code, done.out) == (0, "")
    assert json.loads(report.read_bytes())["recorded"]["verdict"] == "pass"
    done = desk.run("freeze", "-q")
    assert len(done.out.splitlines()) == 1
    assert done.out.startswith("PASS")


@pytest.mark.parametrize("form", ["markdown", "sarif", "junit"])
def test_in_the_forms_that_ci_reads(desk, form):
    done = desk.run("freeze", "--format", form)
    assert done.exit_code == 0
    assert done.out
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    done = desk.run("freeze", "--format", form)
    assert (done.exit_code, "file-modified" in done.out) == (10, True)


def test_no_terminal_to_answer_at(desk):
    done = desk.run("freeze", "--key", desk.launch.key_file("luca"), key=False)
    assert done.exit_code == 4
    # A verdict's line would report a freeze that did not happen.
    assert done.out.splitlines()[0] == "freeze   test-1  would be PASS"
    assert "exit 0" not in done.out
    assert not (desk.launch.path / "manifests/verdicts").exists()
    assert not desk.ledger.exists()


def test_what_a_person_sees_who_says_yes(desk, monkeypatch):
    monkeypatch.setattr("aztrust.cli.session.is_terminal", lambda _: True)
    words = ("freeze", "--key", desk.launch.key_file("luca"), "--anchor", desk.launch.anchor)
    done = run("-C", desk.launch.path, *words, answer="y\n")
    assert done.exit_code == 0
    review, _, result = done.out.partition("PASS     test launch")
    assert review.startswith("freeze   test-1  would be PASS\nconfirms 6 of 6")
    assert result.splitlines()[1].startswith("window   opened, record ")
    assert done.out.count("sha256:") == 1


def test_a_freeze_that_cannot_be_written_shows_no_verdict(desk):
    (desk.launch.path / "manifests/verdicts").write_bytes(b"in the way")
    done = desk.run("freeze")
    assert (done.exit_code, done.out) == (1, "")


def test_quiet_says_the_same_word(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=TWO)))
    done = desk.run("freeze", "-q")
    assert (done.exit_code, done.out.partition(" ")[0]) == (11, "PARTIAL")


def test_refused_without_an_anchor(desk):
    done = desk.run("freeze", anchor=False)
    assert done.exit_code == 10
    assert "aztrust explain anchor-unpinned" in done.err
    assert not (desk.launch.path / "manifests/verdicts").exists()


def test_refused_under_another_policy_than_announced(desk):
    done = desk.run("freeze", "--anchor", "sha256:" + "0" * 64, anchor=False)
    assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True)


def test_refused_for_another_scope_than_given(desk):
    done = desk.run("freeze", "--scope", "sha256:" + "0" * 64)
    assert (done.exit_code, "scope-mismatch" in done.err) == (10, True)


def test_refused_under_an_expired_policy(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=ended(policy_text(extra=ONE))))
    done = desk.run("freeze")
    assert (done.exit_code, "policy-expired" in done.err) == (10, True)


def test_refused_without_a_rule_for_freezes(tmp_path):
    desk = Desk(make_launch(tmp_path))
    done = desk.run("freeze")
    assert (done.exit_code, "freeze-missing" in done.err) == (10, True)


def test_refused_to_whom_has_no_role(desk):
    done = desk.run("freeze", by="sonia")
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)


def test_refused_with_a_revoked_key(desk):
    luca = PEOPLE["luca"].public().fingerprint
    desk.launch.revoke(luca, "sonia", kind="key", reason="compromised")
    done = desk.run("freeze")
    assert (done.exit_code, "key-revoked" in done.err) == (10, True)


def test_nothing_to_freeze(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=ONE), seal=False))
    assert desk.run("freeze").exit_code == 3


@pytest.mark.clause("AZ-5.2", "AZ-17.2")
def test_a_freeze_that_fails_is_recorded_too(desk):
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    done = desk.run("freeze")
    assert done.exit_code == 10
    assert done.out.startswith("FAIL")
    assert "file-modified" in done.out
    assert "fail: release-package (release-integrity)" in done.out
    assert "say      checkpoint freeze_confirmed = fail" in done.out
    assert "  sha256:" in done.out
    # It is a negative verdict: it names nothing that reads as good, and it freezes nothing.
    name = next((desk.launch.path / "manifests/verdicts").glob("*.dsse.json"))
    payload = run("-C", desk.launch.path, "show", name, "--format", "json").out
    assert '"PASSED"' not in payload
    assert not (desk.launch.path / "manifests/policies").exists()
    assert not desk.ledger.exists()
    assert desk.verify()[2] == ["file-modified"]
    # Cured, it can be frozen; the failing one goes into the ledger with everything else.
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.0\n")
    exit_code, document = desk.json("freeze")
    assert exit_code == 0
    assert document["recorded"]["ledger_entry"] == len(desk.launch.records) + 2
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-5.2")
@pytest.mark.parametrize(
    ("without", "row"), [("approval", "approvals"), ("packages", "release-package")]
)
def test_what_lacks_is_not_confirmed(tmp_path, without, row):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE), approve=without != "approval")
    if without == "packages":
        shutil.rmtree(launch.path / "packages")
    exit_code, document = Desk(launch).json("freeze")
    assert exit_code in (1, 10, 11)
    assert document["recorded"]["verdict"] in ("fail", "hold")
    status = {found["id"]: found["status"] for found in document["matrix"]}
    assert status[row] != "pass"


@pytest.mark.clause("AZ-5.2")
def test_a_pending_supersession_is_not_confirmed(desk):
    desk.launch.supersede("release", "sha256:" + "5" * 64, "rita")
    exit_code, document = desk.json("freeze")
    assert exit_code in (10, 11)
    status = {found["id"]: found["status"] for found in document["matrix"]}
    assert status["supersession"] != "pass"
    assert document["recorded"]["verdict"] != "pass"


def test_what_breaks_no_truth_is_not_answered_with_the_end_of_the_scope(desk):
    assert desk.run("freeze").exit_code == 0
    stray = desk.launch.file("release", "README").parent / "stray"
    stray.write_bytes(b"x")
    done = desk.run("freeze")
    assert (done.exit_code, "NOT VALID" in done.out) == (10, True)
    assert "ends the scope" not in done.out
    assert "mend what failed, then: aztrust freeze" in done.advised


@pytest.mark.clause("AZ-2.4", "AZ-25.1", "AZ-25.2", "AZ-25.3", "AZ-36")
def test_from_freeze_to_the_end_of_a_scope(desk):
    assert desk.run("freeze").exit_code == 0
    readme = desk.launch.file("release", "README")
    before = readme.read_bytes()
    readme.write_bytes(b"atlasd 1.0.1\n")
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance, "drift-after-freeze" in codes) == (10, "ABORT", True)
    done = desk.run("freeze")
    assert done.exit_code == 10
    assert "NOT VALID" in done.out
    assert "if it cannot be, this ends the scope: aztrust final-check" in done.advised
    # Put back before anyone signed, it holds again.
    readme.write_bytes(before)
    assert desk.verify() == (0, "CONTINUE", [])
    done = desk.run("window", "abort", "--trigger", "binary-hash-mismatch", "--reason", "other tag")
    assert done.exit_code == 0
    said = "".join(done.out.split())
    assert f"abortissuedforrelease_package_id{desk.launch.package_id('release')}" in said
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance, "scope-invalidated" in codes) == (10, "ABORT", True)
    refused = desk.run("freeze")
    assert (refused.exit_code, "scope-invalidated" in refused.err) == (10, True)
    again = desk.run("window", "abort", "--trigger", "other", "--reason", "once more")
    assert "has ended it already" in again.out
    # A changed package makes a new scope, which may be frozen.
    readme.write_bytes(b"atlasd 1.0.1\n")
    desk.launch.seal("release", "rita", prior=(desk.launch.records[0].record_id,))
    desk.launch.seal("genesis", "gabi", prior=(desk.launch.records[1].record_id,))
    for who in ("rita", "sonia", "cosmin"):
        desk.launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        desk.launch.approve("genesis", who)
    done = desk.run("freeze")
    assert done.exit_code == 0, done.out + done.err
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-28", "AZ-16.3")
def test_a_deferred_scope_is_frozen_again(desk):
    first = desk.json("freeze")[1]
    done = desk.run("window", "defer", "--reason", "two operators are not ready")
    assert done.exit_code == 0
    assert "defer issued for launch_window_id" in done.out
    assert desk.verify() == (11, "HOLD", ["freeze-missing"])
    assert "has ended it already" in desk.run("window", "defer", "--reason", "again").out
    second = desk.json("freeze")[1]
    assert second["already"] is False
    assert second["scope_hash"] == first["scope_hash"]
    window = "launch_window_id"
    assert second["recorded"][window] != first["recorded"][window]
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-2.3", "AZ-28")
def test_a_deferred_scope_can_still_be_aborted(desk):
    desk.run("freeze")
    desk.run("window", "defer", "--reason", "wait")
    done = desk.run("window", "abort", "--trigger", "vulnerability-disclosed", "--reason", "x")
    assert done.exit_code == 0, done.err
    assert "scope-invalidated" in desk.verify()[2]


@pytest.mark.clause("AZ-16.3", "AZ-25.2")
def test_refused_while_another_scope_is_frozen(desk):
    desk.run("freeze")
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    desk.launch.seal("release", "rita", prior=(desk.launch.records[0].record_id,))
    desk.launch.seal("genesis", "gabi", prior=(desk.launch.records[1].record_id,))
    for who in ("rita", "sonia", "cosmin"):
        desk.launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        desk.launch.approve("genesis", who)
    refused = desk.run("freeze")
    assert (refused.exit_code, "freeze-other-scope" in refused.err) == (10, True)
    assert desk.run("window", "defer", "--reason", "a newer release").exit_code == 0
    done = desk.run("freeze")
    assert done.exit_code == 0, done.err + done.out


@pytest.mark.clause("AZ-25.2")
def test_refused_while_a_scope_is_frozen_under_an_older_policy(desk):
    desk.run("freeze")
    policy = desk.launch.path / "manifests/launch.toml"
    policy.write_text(policy_text(extra=ONE) + "# newer\n")
    for kind in ("release", "genesis"):
        desk.launch.seal(kind, "rita" if kind == "release" else "gabi")
    refused = desk.run("freeze")
    assert (refused.exit_code, "freeze-other-scope" in refused.err) == (10, True)


@pytest.mark.clause("AZ-25.2")
def test_a_freeze_that_only_an_older_policys_ledger_has(desk):
    """Deleting the verdict does not end the scope; the user's own ledger knows."""
    desk.run("freeze")
    for file in (desk.launch.path / "manifests/verdicts").iterdir():
        file.unlink()
    policy = desk.launch.path / "manifests/launch.toml"
    policy.write_text(policy_text(extra=ONE) + "# newer\n")
    for kind, sealer, people in (
        ("release", "rita", ("rita", "sonia", "cosmin")),
        ("genesis", "gabi", ("gabi", "cosmin")),
    ):
        desk.launch.seal(kind, sealer)
        for who in people:
            desk.launch.approve(kind, who)
    refused = desk.run("freeze")
    assert (refused.exit_code, "freeze-other-scope" in refused.err) == (10, True)
    assert ".ledger" in refused.err
    # Without its policy it cannot be judged, and a rehearsal leaves such ledgers.
    for file in (desk.launch.path / "manifests/policies").iterdir():
        file.unlink()
    refused = desk.run("freeze")
    assert (refused.exit_code, "it is not begun again" in " ".join(refused.err.split())) == (
        10,
        True,
    )
    shutil.rmtree(desk.launch.path / "manifests/ledger")
    done = desk.run("freeze")
    assert done.exit_code == 0, done.err + done.out
    assert "holds a freeze of this chain under another policy" in " ".join(done.out.split())


@pytest.mark.clause("AZ-5.2")
def test_a_revoked_approval_blocks_and_is_cured(desk):
    desk.run("freeze")
    approval = next(r for r in desk.launch.records if ".approval." in r.path)
    desk.launch.revoke(approval.record_id, "sonia")
    exit_code, guidance, codes = desk.verify()
    assert (exit_code, guidance) == (10, "HOLD")
    assert "approval-revoked" in codes
    assert desk.run("freeze").exit_code == 10
    assert (
        run(
            *("-C", desk.launch.path, "approve", "release", "--key", desk.launch.key_file("rita")),
            "--yes",
        ).exit_code
        == 0
    )
    # The folder is the in-tray: freeze takes from it what the ledger has not.
    assert "already" in desk.run("freeze").out
    assert desk.verify() == (0, "CONTINUE", [])


def test_a_record_after_a_freeze_enters_the_ledger_with_the_keepers_next_act(desk):
    """`verify` sends a revoked approver to `approve`, and its keeper to `append`."""
    last = desk.json("freeze")[1]["recorded"]["ledger_entry"]
    approval = next(r for r in desk.launch.records if ".approval." in r.path)
    exit_code, revoked = desk.json(
        "revoke", approval.record_id, "--reason", "second look", by="rita"
    )
    # A negative record counts at once, a positive one once it is appended.
    assert (exit_code, revoked["ledger_entry"]) == (0, None)
    assert desk.verify()[0] == 10
    done = desk.run("approve", "release", by="rita")
    assert (done.exit_code, done.err, "ledger   entry" in done.out) == (0, "", False)
    assert desk.verify()[0] == 10
    assert desk.keep() == (0, [last + 1, last + 2])
    assert desk.verify() == (0, "CONTINUE", [])
    # Each of the others, too; a package is sealed anew once the window is deferred.
    assert desk.run("window", "defer", "--reason", "a fix").exit_code == 0
    custodian, manager = (desk.launch.key_file(name) for name in ("gabi", "rita"))
    published = desk.launch.manifest("genesis").genesis_hash.sha256
    readme = desk.launch.file("release", "README")
    for number, words in enumerate(
        (
            ("announce", "genesis-hash", published, "--key", custodian),
            ("supersede", "release", "--with", "5" * 64, "--reason", "a fix", "--key", manager),
            ("seal", "release", "--replace", "--key", manager),
            ("seal", "genesis", "--replace", "--key", custodian),
        ),
        last + 4,
    ):
        if words[0] == "seal":
            readme.write_bytes(b"atlasd 1.0.1\n")
        found = run("-C", desk.launch.path, *words, "--format", "json")
        assert found.exit_code == 0, found.out
        assert found.document["ledger_entry"] is None
        assert desk.keep() == (0, [number])


@pytest.mark.parametrize("why", ["damaged", "elsewhere"])
def test_no_ledger_stops_an_approval_or_a_revocation(desk, monkeypatch, tmp_path, why):
    desk.run("freeze")
    approval = next(r for r in desk.launch.records if ".approval." in r.path)
    if why == "damaged":
        desk.ledger.write_bytes(b"no database")
        told = "did not take it: "
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
        told = "not here; "
    done = desk.run("revoke", approval.record_id, "--reason", "x", by="rita")
    assert (done.exit_code, done.err) == (0, "")
    assert f"ledger   {told}" in done.out
    assert "pending: counts now; " in " ".join(done.out.split())
    who = "the keeper: " if why == "elsewhere" else ""
    assert f" next {who}aztrust ledger keep next git " in done.advised
    done = desk.run("approve", "release", by="rita")
    assert (done.exit_code, done.err) == (0, "")
    assert f"ledger   {told}" in done.out
    assert "pending: counts after " in " ".join(done.out.split())
    records = desk.launch.path / "manifests/records"
    assert len(list(records.glob("*.revocation.*"))) == 1


def test_a_rewritten_policy_brings_nothing_into_the_ledger(desk, monkeypatch, tmp_path):
    """Its place does not follow from the policy, and it is not known which policy is announced."""
    ledger = tmp_path / "the.ledger"
    monkeypatch.setenv("AZTRUST_LEDGER", str(ledger))
    desk.run("freeze")
    before = ledger_size(ledger)
    policy = desk.launch.path / "manifests/launch.toml"
    policy.write_bytes(policy.read_bytes() + b"# rewritten\n")
    words = ("ledger", "append", "--key", desk.launch.key_file("luca"))
    done = run("-C", desk.launch.path, *words)
    assert done.exit_code == 10
    assert "this ledger began under another policy" in " ".join(done.err.split())
    assert ledger_size(ledger) == before


def ledger_size(path):
    with open_store(path) as store:
        return store.size()


def test_what_the_ledger_refuses_is_kept_and_reported(desk, clock):
    """The clock went back: no approval can answer a revocation that is dated later."""
    desk.run("freeze")
    approval = next(r for r in desk.launch.records if ".approval." in r.path)
    desk.run("revoke", approval.record_id, "--reason", "x", by="rita")
    clock[0] -= 10 * MINUTE
    done = desk.run("approve", "release", by="rita")
    assert done.exit_code == 0, done.err
    clock[0] += 10 * MINUTE
    done = run("-C", desk.launch.path, "ledger", "append", "--key", desk.launch.key_file("luca"))
    assert done.exit_code == 10
    assert "rita dated it before the revocation" in " ".join(done.out.split())


def test_a_revoked_freeze_is_made_again_and_answers(desk):
    first = desk.json("freeze")[1]["recorded"]["record_id"]
    revocation = desk.json("revoke", first, "--reason", "early", by="sonia")[1]["record_id"]
    assert desk.verify()[2] == ["freeze-revoked"]
    second = desk.json("freeze")[1]
    assert second["already"] is False
    rests_on = {id_ for row in second["matrix"] for id_ in row["evidence"]}
    assert revocation in rests_on
    assert desk.verify() == (0, "CONTINUE", [])


def test_an_older_freeze_is_not_an_answer_to_a_revocation(desk):
    first = desk.launch.freeze()
    desk.launch.announce(desk.launch.manifest("genesis").genesis_hash.sha256, "gabi")
    desk.launch.freeze()
    desk.run("revoke", first, "--reason", "early", by="luca")
    assert desk.verify()[2] == ["freeze-revoked"]
    assert desk.json("freeze")[1]["already"] is False
    assert desk.verify() == (0, "CONTINUE", [])


def test_a_clock_that_was_wrong_is_reported_before_anything_is_signed(desk):
    launch = desk.launch
    # Two days ahead of everyone else, which the ledger refuses.
    launch.records += [launch.records[0]] * 3000
    launch.approve("release", "rita")
    done = desk.run("freeze")
    assert (done.exit_code, "time-ahead" in done.err) == (10, True)
    assert not (launch.path / "manifests/verdicts").exists()


def test_a_negative_record_by_a_slow_clock_is_accepted(desk):
    first = desk.json("freeze")[1]["recorded"]["record_id"]
    # Dated before the freeze that it takes back.
    desk.launch.revoke(first, "sonia")
    assert desk.json("freeze")[1]["already"] is False
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-25.3")
def test_an_abort_that_only_the_ledger_knows(desk):
    """The folder lost it, and the freeze that named the ledger was taken back."""
    first = desk.json("freeze")[1]["recorded"]["record_id"]
    aborted = desk.json("window", "abort", "--trigger", "other", "--reason", "x")[1]
    (desk.launch.path / aborted["path"]).unlink()
    desk.run("revoke", first, "--reason", "early", by="sonia")
    done = desk.run("freeze")
    assert (done.exit_code, "scope-invalidated" in done.err) == (10, True)


def test_two_have_to_sign(tmp_path):
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=TWO)))
    done = desk.run("freeze")
    assert done.exit_code == 11
    assert done.out.startswith("PARTIAL")
    assert "1 of 2 signed; missing: security-lead (sonia)" in done.out
    # Half a freeze is announced and committed as such, not as a pass.
    assert "say " not in done.out
    assert "1 of 2 signed'" in done.out
    assert desk.verify() == (11, "HOLD", ["freeze-missing"])
    exit_code, document = desk.json("freeze", by="sonia")
    # Sonia does not keep the ledger: her verdict counts, and has its proof, with luca's next head.
    assert (exit_code, document["recorded"]["ledger_entry"]) == (11, None)
    assert desk.statement_of(document)["ledger"]["size"] == head_size(desk)
    assert desk.verify()[0] == 11
    assert document["recorded"]["proved"] is False
    bundle = desk.launch.path / document["recorded"]["bundle_path"]
    assert parse_bundle(bundle.read_bytes(), name="it").inclusion is None
    assert "already" in desk.run("freeze").out
    assert desk.verify() == (0, "CONTINUE", [])
    assert parse_bundle(bundle.read_bytes(), name="it").inclusion is not None
    windows = list((desk.launch.path / "manifests/records").glob("*.launch-window.*"))
    assert len(windows) == 1


def test_two_sign_for_one_attempt(tmp_path, monkeypatch):
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=TWO)))
    desk.run("freeze")
    next((desk.launch.path / "manifests/records").glob("*.launch-window.*")).unlink()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "sonia"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "sonia"))
    done = desk.run("freeze", by="sonia")
    assert (done.exit_code, "get the launch-window record from luca" in done.err) == (1, True)


def test_a_ledger_that_is_elsewhere_is_not_made_twice(tmp_path, monkeypatch):
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=TWO)))
    desk.run("freeze")
    # Sonia's laptop: the repository is there, luca's ledger is not.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "sonia"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "sonia"))
    exit_code, document = desk.json("freeze", by="sonia")
    assert (exit_code, document["ledger"]) == (11, None)
    assert document["recorded"]["ledger_entry"] is None
    assert not desk.ledger.exists()


def head_size(desk):
    part = read_published_files(desk.launch.path)
    return 0 if part is None else part.size


def kept_by(name, tmp_path, verdicts=ONE):
    """A desk under a policy that names the ledger's keeper."""
    keeper = PEOPLE[name].public().fingerprint
    named = f'{verdicts}[ledger]\norigin = "ledger.test"\nkeeper = "{keeper}"\n'
    return Desk(make_launch(tmp_path, policy=policy_text(extra=named)))


def test_the_policys_keeper_keeps_it(tmp_path):
    """Also where the keeper's key is on this machine: no act of another makes the ledger."""
    desk = kept_by("dan", tmp_path)
    shutil.copytree(desk.launch.key_file("dan").parent, keys_dir())
    (keys_dir() / "dan.pem").write_bytes(PEOPLE["dan"].public().pem)
    exit_code, document = desk.json("freeze")
    assert (exit_code, document["ledger"]) == (0, None)
    assert not desk.ledger.exists()
    done = run("-C", desk.launch.path, "ledger", "init", "--key", desk.launch.key_file("dan"))
    assert done.exit_code == 0, done.err
    assert desk.keep(by="dan")[0] == 0
    part = read_published_files(desk.launch.path)
    assert part is not None
    assert part.size == ledger_size(desk.ledger) > 0
    assert desk.verify()[0] == 0


def test_no_second_ledger_of_the_policys_keeper(tmp_path, monkeypatch):
    desk = kept_by("dan", tmp_path)
    done = desk.run("freeze")
    assert done.exit_code == 0, done.err
    assert not desk.ledger.exists()
    told = "ledger none here; pending: counts after dan appends it"
    assert told in " ".join(done.out.split())
    assert "dan: aztrust ledger keep" in done.advised
    assert "aztrust ledger keep" not in " ".join(done.out.split())
    [path] = (desk.launch.path / "manifests/verdicts").glob("*.dsse.json")
    assert b"ledger.test" not in parse_envelope(path.read_bytes(), name="it").payload
    # The keeper's machine has the one log of that name; what was frozen here fits into it.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "dan"))
    anchor = ("--anchor", desk.launch.anchor)
    key = ("--key", desk.launch.key_file("dan"))
    for words in (("init", *key), ("append", *key)):
        done = run("-C", desk.launch.path, "ledger", *words, *anchor)
        assert done.exit_code == 0, done.err
    assert desk.verify() == (0, "CONTINUE", [])


def test_who_comes_second_in_making_the_ledger_is_not_sent_to_remove_it(desk, monkeypatch):
    made = handle.init_ledger

    def meanwhile(path, *rest):
        made(path, *rest)
        made(path, *rest)

    monkeypatch.setattr(handle, "init_ledger", meanwhile)
    done = desk.run("freeze")
    assert (done.exit_code, done.out) == (1, "")
    told = " ".join(done.err.split())
    assert "another command made the ledger meanwhile mend run the command again" in told
    assert "move it away" not in done.err
    assert not (desk.launch.path / "manifests/verdicts").exists()


def test_a_freeze_that_was_stopped_after_its_window(desk):
    """The ledger has the window, and nothing has its file: the next run writes it."""
    desk.run("freeze")
    [window] = (desk.launch.path / "manifests/records").glob("*.launch-window.*")
    data = window.read_bytes()
    for path in (window, *(desk.launch.path / "manifests/verdicts").iterdir()):
        path.unlink()
    count = len(desk.launch.records) + 1
    with open_store(desk.ledger) as store:
        origin, entries = store.origin, [entry.envelope for entry in store.entries(0, count)]
    desk.ledger.unlink()
    LedgerFile(desk.ledger, entries, origin)
    for folder in (config_dir() / "heads", desk.launch.path / "manifests/ledger"):
        shutil.rmtree(folder, ignore_errors=True)
    done = desk.run("freeze")
    assert done.exit_code == 0, done.out + done.err
    assert window.read_bytes() == data


def test_a_freeze_again_puts_back_the_window_and_the_policy(desk):
    desk.run("freeze")
    [window] = (desk.launch.path / "manifests/records").glob("*.launch-window.*")
    kept = desk.launch.path / f"manifests/policies/{desk.launch.anchor[7:]}.toml"
    before = window.read_bytes(), kept.read_bytes()
    window.unlink()
    kept.unlink()
    assert "already" in desk.run("freeze").out
    assert (window.read_bytes(), kept.read_bytes()) == before


def test_a_head_that_has_to_be_young(tmp_path):
    """The keeper's own freeze brings the head that the policy asks for."""
    keeper = PEOPLE["luca"].public().fingerprint
    named = f'{ONE}[ledger]\norigin = "ledger.test"\nkeeper = "{keeper}"\nmax_head_age = "15m"\n'
    desk = Desk(make_launch(tmp_path, policy=policy_text(extra=named)))
    assert "records-fresh" in str(desk.json("verify")[1]["checks"])
    assert desk.verify()[0] == 11
    assert desk.run("freeze").exit_code == 0
    assert desk.verify() == (0, "CONTINUE", [])


def test_a_ledger_of_ones_own_choice(desk, tmp_path):
    path = tmp_path / "the.ledger"
    exit_code, document = desk.json("freeze", "--ledger", path)
    assert exit_code == 0
    assert document["ledger"]["path"] == str(path)
    assert path.exists()
    assert not desk.ledger.exists()


def test_decide_by(desk):
    assert desk.run("freeze", "--decide-by", "2026-01-01T00:00:00Z").exit_code == 2
    assert desk.run("freeze", "--decide-by", "soon").exit_code == 2
    assert desk.run("freeze", "--decide-by", "2027-01-01T00:00:00Z").exit_code == 0
    assert "2027-01-01 00:00:00 UTC" in desk.run("window", "status").out


def test_window_status(desk):
    assert "none is open" in desk.run("window", "status").out
    desk.run("freeze")
    done = run("-C", desk.launch.path, "window", "status", "--format", "json")
    assert done.exit_code == 0
    [attempt] = done.document["open"]
    assert attempt["frozen_by"] == ["luca"]
    assert attempt["frozen"] is True
    desk.run("window", "defer", "--reason", "wait")
    found = run("-C", desk.launch.path, "window", "status", "--format", "json").document
    assert (found["open"], found["deferred"][0]["reason"]) == ([], "wait")
    desk.run("window", "abort", "--trigger", "other", "--reason", "over")
    found = run("-C", desk.launch.path, "window", "status", "--format", "json").document
    assert found["ended"][0]["scope_hash"] == found["scope_hash"]
    assert "nothing revives it" in " ".join(desk.run("window", "status").out.split())


@pytest.mark.clause("AZ-28")
def test_who_may_end_a_window(desk):
    desk.run("freeze")
    for words in (
        ("window", "defer", "--reason", "x"),
        ("window", "abort", "--trigger", "other", "--reason", "x"),
    ):
        done = desk.run(*words, by="dan")
        assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    assert desk.run("window", "defer", "--reason", "").exit_code == 2
    assert desk.verify() == (0, "CONTINUE", [])


@pytest.mark.clause("AZ-25.3", "AZ-28")
@pytest.mark.parametrize("given", ["anchor", "scope"])
def test_a_rewritten_policy_chooses_no_signer(desk, given):
    """The kept policy decides who may end the scope, and the end counts under it."""
    scope = desk.json("freeze")[1]["scope_hash"]
    announced = ("--anchor", desk.launch.anchor) if given == "anchor" else ("--scope", scope)
    honest = desk.launch.policy_bytes
    policy = desk.launch.path / "manifests/launch.toml"
    # Dan writes himself into the role, and removes luca.
    bent = policy_text(extra=ONE).replace('"launch-coordinator"]', '"audit-scribe"]')
    bent = bent.replace('"ops-lead"]', '"launch-coordinator"]')
    policy.write_text(bent, "utf-8")
    words = ("window", "abort", "--trigger", "other", "--reason", "x")
    refused = desk.run(*words, *announced, by="dan")
    assert (refused.exit_code, "signer-not-in-role" in refused.err) == (10, True)
    done = desk.run(*words, *announced)
    assert done.exit_code == 0, done.err
    policy.write_bytes(honest)
    assert "scope-invalidated" in desk.verify()[2]


def test_an_abort_under_another_policy_counts_nowhere(desk):
    desk.run("freeze")
    honest = desk.launch.policy_bytes
    policy = desk.launch.path / "manifests/launch.toml"
    bent = policy_text(extra=ONE).replace('"ops-lead"]', '"launch-coordinator"]')
    policy.write_text(bent, "utf-8")
    done = desk.run("window", "abort", "--trigger", "other", "--reason", "x", by="dan")
    assert done.exit_code == 3
    policy.write_bytes(honest)
    assert desk.verify() == (0, "CONTINUE", [])


def test_nothing_to_end(desk):
    assert desk.run("window", "defer", "--reason", "x").exit_code == 3


def test_an_abort_counts_without_the_ledger(desk, monkeypatch, tmp_path):
    desk.run("freeze")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    done = desk.run("window", "abort", "--trigger", "other", "--reason", "x")
    assert done.exit_code == 0
    assert "scope-invalidated" in desk.verify()[2]


@pytest.mark.clause("AZ-5.2", "AZ-2.4")
def test_the_rehearsal_from_freeze_to_ready(tmp_path):
    """A copy of this repository's own launch: freeze, verify, pack, preflight, drift."""
    anchor = rehearsal_anchor()
    copy = tmp_path / "launch"
    for part in ("manifests", "keys", "fixtures/release", "fixtures/genesis"):
        shutil.copytree(REPOSITORY / part, copy / part, symlinks=True)
    private = tmp_path / "luca.key"
    shutil.copyfile(REPOSITORY / "fixtures/keys/luca.key", private)
    private.chmod(0o600)
    given = ("--anchor", anchor)
    done = run("-C", copy, "freeze", "--key", private, "--yes", *given, "--format", "json")
    assert done.exit_code == 0, done.err
    scope = done.document["scope_hash"]
    assert run("-C", copy, "verify", *given).exit_code == 0
    assert run("-C", copy, "verify", "--require", "frozen", "--scope", scope).exit_code == 0
    kit = tmp_path / "rehearsal.aztrust"
    assert run("-C", copy, "pack", kit).exit_code == 0
    binary = tmp_path / "atlasd"
    shutil.unpack_archive(copy / "fixtures/release/atlasd-linux-amd64.tar.gz", tmp_path / "x")
    shutil.copyfile(tmp_path / "x/bin/atlasd", binary)
    binary.chmod(0o755)
    host = ("--binary", binary, "--genesis", copy / "fixtures/genesis/genesis.json")
    words = ("preflight", kit, *host, "--platform", "linux/amd64")
    done = run(*words, "--scope", scope)
    assert (done.exit_code, done.out[:5]) == (0, "READY"), done.out
    genesis = copy / "fixtures/genesis/genesis.json"
    genesis.write_bytes(genesis.read_bytes() + b"\n")
    done = run("-C", copy, "verify", *given)
    assert (done.exit_code, "drift-after-freeze" in done.out) == (10, True)
