"""Every command's JSON document has a schema and keeps to it.

The documents of all other tests of the command line are held against their schemas, too, as
`tests.command.Done.document` and the attack cases do it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from aztrust.acts.publication import INDEX
from fixtures.forge.checklists import DEFINITIONS, digest_of
from fixtures.forge.checklists import PATH as CHECKLIST
from fixtures.forge.host import of_the_earlier_form
from tests import checklist_desk
from tests.chain_nodes import CHAIN, chain_of
from tests.cli.test_attest_build import BUILDERS, FILE
from tests.cli.test_ledger_keepers import KEPT, REASON, lost
from tests.cli.test_option_given_twice import commands
from tests.cli_launch import ALL_OK, DAY, Desk, Template, ticking_clock, window_policy
from tests.command import run
from tests.core.chain.watched import BANDS
from tests.core.programs import elf
from tests.core.test_checklist_plan import PLAN
from tests.disk_launch import NOW, make_launch, policy_text
from tests.final_check_builders import CHECKED, LESSONS_FILE
from tests.gentxs import operator_address
from tests.operator_files import REGISTRAR_POLICY, entry, genesis, private_file, write_list
from tests.readiness import not_ready, staffed, written
from tests.readiness import ready as confirm_ready
from tests.seen_facts import put_facts
from tests.shared import REPOSITORY
from tests.verdicts import ONE
from tools.documents import DOCUMENTS
from tools.documents.check import SCHEMAS, check_document, schema_name

OPENS = (NOW + DAY) // 1000
"""When the clock of these launches begins."""
NOT_ONCE = {
    # A watch ends by a signal; its document is the report of verify, or an error.
    "guard",
    # A server ends by a signal, too; tests/cli/test_serve.py holds its document against the schema.
    "serve",
}


@contextmanager
def ready(template: Template, parent: Path) -> Iterator[Desk]:
    """A launch that is frozen and answered, its working directory, and an empty home."""
    parent.mkdir()
    (parent / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        desk = template.copy(parent, ticking_clock(patch))
        patch.setenv("HOME", str(parent / "home"))
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.delenv(name, raising=False)
        patch.setenv("AZTRUST_LAUNCH", str(desk.launch.path))
        patch.setenv("AZTRUST_LEDGER", str(desk.ledger))
        patch.chdir(parent)
        yield desk


Words = tuple[object, ...]
Runs = Iterator[Words | Path]


def keyed(desk: Desk, name: str) -> Words:
    return ("--key", desk.launch.key_file(name), "--anchor", desk.anchor)


def _anchor(desk: Desk) -> Runs:
    yield ("anchor", "show")
    yield ("anchor", "add", desk.anchor)
    yield ("anchor", "list")
    yield ("anchor", "remove", "--yes")


def _ended(desk: Desk) -> Runs:
    yield ("window", "status")
    yield ("window", "defer", "--reason", "rain", "--yes", *keyed(desk, "luca"))
    yield ("window", "defer", "--reason", "rain", "--yes", *keyed(desk, "luca"))
    yield ("window", "status")


def _viewed(desk: Desk) -> Runs:
    for view in ("status", "next", "log", "script", "minutes", "roles"):
        yield ("window", view, "--anchor", desk.anchor)
    yield ("window", "minutes", "--html", "--anchor", desk.anchor)
    yield ("window", "handover", "--to", "sonia", "--yes", *keyed(desk, "luca"))


def _replanned(_: Desk) -> Runs:
    policy = window_policy('[window]\nchange_cutoff = "1h"\n')
    made = make_launch(Path.cwd() / "replanned", policy=policy)
    fixed = Path.cwd() / "fixed.json"
    fixed.write_bytes(made.file("genesis", "genesis.json").read_bytes().replace(b'"1"', b'"2"'))
    common = ("-C", made.path, "--ledger", Path.cwd() / "replanned.ledger", "--anchor", made.anchor)
    luca, gabi = (("--key", made.key_file(name)) for name in ("luca", "gabi"))
    yield ("freeze", "--yes", *common, *luca)
    words = ("window", "replan", "--genesis", fixed, "--reason", "T", *common)
    yield (*words, "--dry-run")
    yield (*words, "--yes", *luca)
    yield (*words, "--yes", *gabi)


def _aborted(desk: Desk) -> Runs:
    trigger = ("--trigger", "genesis-hash-mismatch")
    yield ("window", "abort", *trigger, "--reason", "T", "--yes", *keyed(desk, "luca"))
    yield ("window", "status")


def _blockers(desk: Desk) -> Runs:
    yield ("blocker", "open", "a disk is full", "--severity", "major", *keyed(desk, "rita"))
    opened = desk.json("blocker", "list")[1]["blockers"][0]["blocker"]
    yield ("blocker", "close", opened, "--reason", "a new disk", *keyed(desk, "rita"))
    yield ("blocker", "list", "--anchor", desk.anchor)


def _lessons(desk: Desk) -> Runs:
    yield ("lessons", "--anchor", desk.anchor)
    desk.launch.path.joinpath("lessons.toml").write_text(LESSONS_FILE)
    listed = desk.launch.path / "lessons.toml"
    yield ("lessons", listed, "--yes", *keyed(desk, "luca"))
    yield ("lessons", listed, "--yes", *keyed(desk, "luca"))
    yield ("attest", "lesson.upgrade-height", "pass", *keyed(desk, "dan"))
    yield ("lessons", "--anchor", desk.anchor)


def _checklist(_: Desk) -> Runs:
    policy = window_policy(f'[checklist]\ndigest = "{digest_of(DEFINITIONS)}"\n')
    made = make_launch(Path.cwd() / "listed", policy=policy)
    common = ("-C", made.path)
    trust = ("--ledger", Path.cwd() / "listed.ledger", "--anchor", made.anchor)
    yield ("checklist", "init", *common)
    made.path.joinpath(CHECKLIST).write_text(DEFINITIONS)
    yield ("checklist", "lint", *common)
    yield ("checklist", "show", *common)
    task = Path("tasks.md")
    task.write_text("- [x] one\n")
    yield ("checklist", "import", task)
    task.write_text("| Path | SHA-256 |\n|---|---|\n| a.md | pending |\n")
    yield ("checklist", "import", task)
    luca = ("--key", made.key_file("luca"))
    yield ("freeze", "--yes", *common, *trust, *luca)
    plan = Path("plan.toml")
    plan.write_text(PLAN)
    yield ("checklist", "plan", *common, *trust)
    yield ("checklist", "plan", plan, "--yes", *common, *trust, *luca)
    yield ("checklist", "plan", *common, *trust)
    yield ("checklist", "notice", "resolution", *common, *trust)


def _tasks(desk: Desk) -> Runs:
    yield ("attest", "operator-preflight=pass", "incident-path=pass", *keyed(desk, "dan"))
    yield ("todo", "--for", "dan", "--anchor", desk.anchor)
    yield ("status", "--anchor", desk.anchor)
    yield ("board", "--anchor", desk.anchor)
    yield ("board", "--out", Path.cwd() / "board.html", "--anchor", desk.anchor)
    yield ("sign", "--yes", *keyed(desk, "rita"))


def _answers(desk: Desk) -> Runs:
    evidence = ("--evidence", REPOSITORY / "LICENSE")
    yield ("attest", "monitoring-live", "pass", *evidence, *keyed(desk, "dan"))
    review = ("--outcome", "blocking", "--source", "public", *evidence)
    yield ("advisory", "review", *review, *keyed(desk, "sonia"))


def _final(desk: Desk) -> Runs:
    yield ("final-check", "--dry-run", "--anchor", desk.anchor)
    yield ("final-check", "--yes", *keyed(desk, "luca"))


def _window(desk: Desk) -> Runs:
    luca, yes = keyed(desk, "luca"), "--yes"
    checkpoint = ("window", "checkpoint", yes)
    times = ("--opens", OPENS, "--closes", "9999999999")
    yield ("final-check", yes, *luca)
    yield ("window", "hold", "a disk is full", yes, *luca)
    hold = next(p for p in desk.files() if ".launch-hold." in p.name).name.split(".")[0]
    yield ("window", "proceed", hold, "--reason", "T", yes, *luca)
    yield ("window", "go", "--reason", "T", *times, "--dry-run", *luca)
    yield ("window", "proceed", "--reason", "T", yes, *luca)
    yield (*checkpoint, "go_hold_review_completed", *luca)
    yield ("window", "decide", "go", "--reason", "T", yes, *luca)
    yield ("window", "authorize", yes, *luca)
    yield (*checkpoint, "bootstrap_authorized", *luca)
    yield ("window", "instruct", *times, yes, *luca)
    order = next(p for p in desk.files() if ".bootstrap-start" in p.name).name.split(".")[0]
    yield ("countersign", order, yes, *luca)
    yield ("final-check", yes, *luca)
    yield ("window", "activate-role", "node", yes, *luca)


def _policy(desk: Desk) -> Runs:
    path = desk.launch.path / "manifests" / "launch.toml"
    other = desk.launch.path.parent / "other.toml"
    text = path.read_text("utf-8")
    other.write_text(text.replace("expires", "# changed\nexpires", 1), "utf-8")
    yield ("policy", "show")
    yield ("policy", "lint")
    yield ("policy", "diff", other)
    yield ("policy", "diff", path)


def _keys(desk: Desk) -> Runs:
    yield ("key", "generate", "zoe", "--no-passphrase")
    yield ("key", "generate", "amy", "--no-passphrase", "-C", desk.launch.path)
    yield ("key", "fingerprint", next((desk.launch.path / "keys").glob("*.pem")))


def _added(_: Desk) -> Runs:
    yield ("init", "team", "--profile", "testnet")
    yield ("key", "generate", "kim", "--no-passphrase", "--private-dir", Path.cwd() / "private")
    public = Path.cwd() / "private" / "kim.pem"
    role = ("--role", "release-manager")
    yield ("key", "add", public, *role, "--name", "kim2", "-C", Path.cwd() / "team")


def _shipped(_: Desk) -> Runs:
    (Path.cwd() / "atlasd").write_bytes(elf())
    (Path.cwd() / "atlasd").chmod(0o755)
    (Path.cwd() / "genesis.json").write_text('{"chain_id":"atlas-1"}', "utf-8")
    files = ("--release", "atlasd", "--genesis", "genesis.json")
    yield ("init", "solo", "--profile", "solo", "--holder", "olga", "--no-passphrase", *files)
    yield ("ship", "--yes", "-C", Path.cwd() / "solo")


def _shown(desk: Desk) -> Runs:
    manifests = desk.launch.path / "manifests"
    for path in (
        manifests / "launch.toml",
        manifests / "release.json",
        *sorted((manifests / "records").iterdir()),
        *sorted((manifests / "verdicts").glob("*.dsse.json")),
        next((desk.launch.path / "keys").glob("*.pem")),
    ):
        yield ("show", path)


def _compared(desk: Desk) -> Runs:
    here = desk.launch.path
    other = shutil.copytree(here, here.parent / "other")
    genesis = other / "packages" / "genesis" / "genesis.json"
    genesis.write_text(genesis.read_text("utf-8").replace("test-1", "test-2"), "utf-8")
    (other / "packages" / "release" / "more").write_text("x", "utf-8")
    (other / "keys" / "zoe.pem").write_text("x", "utf-8")
    yield ("diff", here / "packages" / "release", other / "packages" / "release")
    yield ("diff", here / "packages" / "release", here / "manifests" / "release.json")
    yield ("diff", here / "packages" / "genesis" / "genesis.json", genesis)
    yield ("diff", here / "keys" / "rita.pem", here / "keys" / "luca.pem")
    yield ("diff", here / "manifests" / "release.json", other / "manifests" / "release.json")
    yield ("diff", here, other)


def _hashed(desk: Desk) -> Runs:
    (Path.cwd() / "LIST").write_text(run("hash", desk.ledger).out, "utf-8")
    yield ("hash", desk.ledger, "absent")
    yield ("hash", "--check", "LIST")
    (Path.cwd() / "LIST").write_text(f"{'0' * 64}  absent\nthis is not a line\n", "utf-8")
    yield ("hash", "--check", "LIST")


def _ledger(desk: Desk) -> Runs:
    yield ("ledger", "append", *keyed(desk, "luca"))
    yield ("ledger", "head")
    yield ("ledger", "head", "--heartbeat", *keyed(desk, "luca"))
    yield ("ledger", "list")
    yield ("ledger", "show", "0")
    yield ("ledger", "prove", "0")
    yield ("ledger", "verify", "--anchor", desk.anchor)


def _new_ledger(desk: Desk) -> Runs:
    fresh = Path.cwd() / "fresh.ledger"
    yield ("ledger", "init", "--ledger", fresh, *keyed(desk, "luca"))
    (Path.cwd() / "stray.dsse.json").write_text("{}", "utf-8")
    yield ("ledger", "append", "stray.dsse.json", "--ledger", fresh, *keyed(desk, "luca"))


def _kept(_: Desk) -> Runs:
    made = make_launch(Path.cwd() / "kept", policy=policy_text(extra=ONE + KEPT))
    store = Path.cwd() / "kept.ledger"
    common = ("-C", made.path, "--ledger", store, "--anchor", made.anchor)
    luca, gabi = (("--key", made.key_file(name)) for name in ("luca", "gabi"))
    yield ("ledger", "init", *common)
    yield ("ledger", "keep", *common, *luca)
    lost(store)
    yield ("ledger", "rebuild", *common, *luca)
    yield ("ledger", "take-over", *REASON, *common, *gabi)
    yield ("ledger", "close", "--reason", "over", *common, *gabi)


def _packages(desk: Desk) -> Runs:
    # What is frozen is not sealed again: a copy without window and ledger.
    desk.ledger.unlink()
    shutil.rmtree(desk.launch.path / "manifests" / "verdicts")
    for path in (desk.launch.path / "manifests" / "records").iterdir():
        if "seal" not in path.name and "approval" not in path.name:
            path.unlink()
    digest = desk.launch.manifest("genesis").genesis_hash.sha256
    yield ("announce", "genesis-hash", digest, *keyed(desk, "gabi"))
    yield ("seal", "release", "--yes", *keyed(desk, "rita"))
    (desk.launch.path / "packages" / "release" / "more").write_text("x", "utf-8")
    yield ("seal", "release", "--yes", *keyed(desk, "rita"))
    yield ("approve", "release", "--yes", *keyed(desk, "rita"))
    yield ("approve", "release", "--yes", *keyed(desk, "rita"))
    yield ("restore", "--dry-run")
    genesis = desk.launch.package_id("genesis")
    successor = ("--with", "sha256:" + "1" * 64, "--reason", "wrong")
    yield ("supersede", "genesis", *successor, *keyed(desk, "gabi"))
    yield ("revoke", genesis, "--reason", "wrong", "--yes", *keyed(desk, "sonia"))
    record = next((desk.launch.path / "manifests" / "records").glob("*.approval.*"))
    found = desk.json("show", record, anchor=False)[1]["id"]
    yield ("revoke", found, "--reason", "wrong", "--yes", *keyed(desk, "sonia"))


def _built(_: Desk) -> Runs:
    made = make_launch(Path.cwd() / "built", policy=policy_text(extra=BUILDERS))
    words = (made.file("release", FILE), "--environment", "go1.24.1", "-C", made.path)
    yield ("attest-build", FILE, *words, "--key", made.key_file("sonia"), "--anchor", made.anchor)


def _kit(desk: Desk) -> Runs:
    yield ("pack", "one.aztrust")
    yield ("show", "one.aztrust")
    yield ("preflight", "one.aztrust", "--anchor", desk.anchor)
    yield ("exec", "--kit", "one.aztrust", "--anchor", desk.anchor)


def _readiness(_: Desk) -> Runs:
    launch = staffed({"ann": 70, "bob": 30})
    confirm_ready(launch, "ann")
    not_ready(launch, "bob", found="ab12cd34")
    path = written(launch, Path.cwd() / "staffed")
    yield ("readiness", "-C", path, "--at", CHECKED // 1000, "--anchor", launch.anchor)


def _observe(_: Desk) -> Runs:
    chain = chain_of([3, 1])
    launch = staffed({}, checks=BANDS + CHAIN, data=chain.genesis, enrolled=False)
    path = written(launch, Path.cwd() / "observed")
    yield ("observe", "network", "a=http://127.0.0.1:1", "-C", path, "--anchor", launch.anchor)
    yield ("observe", "rules", "-C", path)


def _earlier(_: Desk) -> Runs:
    yield ("pack", "now.aztrust")
    earlier = Path.cwd() / "earlier.aztrust"
    earlier.write_bytes(of_the_earlier_form((Path.cwd() / "now.aztrust").read_bytes()))
    yield ("ledger", "migrate", earlier, "new.aztrust")


def _public(_: Desk) -> Runs:
    made = make_launch(Path.cwd() / "made", policy=policy_text(extra=ONE))
    common = ("-C", made.path, "--anchor", made.anchor)
    yield ("publish", "out", *common)
    yield Path.cwd() / "out" / INDEX
    yield ("publish", "--check", "https://127.0.0.1:1/test-1.aztrust", *common)


def _verdicts(desk: Desk) -> Runs:
    verdict = next((desk.launch.path / "manifests" / "verdicts").glob("freeze*.dsse.json"))
    yield ("gate", verdict, "--class", "freeze_confirmed", "--anchor", desk.anchor)
    yield ("ledger", "trusted-root")
    (Path.cwd() / "root.json").write_text(run("ledger", "trusted-root").out, "utf-8")
    yield ("provenance", "add", "root.json")
    yield ("freeze", "--yes", *keyed(desk, "luca"))
    yield ("verify", "--anchor", desk.anchor)


def _program(_: Desk) -> Runs:
    yield ("init", "new")
    yield ("version",)
    yield ("help",)
    yield ("help", "verify")
    yield ("completion", "bash")
    yield ("explain",)
    yield ("explain", "file-modified")
    yield ("explain", "anchor")


def _early(desk: Desk) -> Runs:
    """The first epochs of a launch that the walk starts itself."""
    luca, closes = keyed(desk, "luca"), 2 * 10**9
    yield ("window", "note", "we begin", "--yes", *luca)
    yield ("final-check", "--yes", *luca)
    times = ("--opens", OPENS, "--closes", closes)
    yield ("window", "go", "--reason", "T", *times, "--yes", *luca)
    for name in ("go_hold_review_completed", "bootstrap_authorized"):
        yield ("window", "checkpoint", name, *luca)
    yield ("final-check", "--yes", *luca)
    yield ("window", "activate-role", "node", "--yes", *luca)
    shown = ("--evidence", REPOSITORY / "LICENSE")
    for name in ("first_blocks_healthy", "first_epoch_finalized"):
        yield ("window", "checkpoint", name, *shown, *luca)
    yield ("window", "observe", "--epochs", "0", "--yes", *keyed(desk, "rita"))
    yield ("window", "observe", "--epochs", "0-3", *ALL_OK, *shown, "--yes", *luca)
    facts = put_facts(desk)
    yield ("window", "live-status", "--facts", facts, "--yes", *luca)
    seen = ("--class", "bvm-anomaly", "--incident", "INC-1")
    yield ("window", "anomaly", *seen, "--yes", *luca)
    listed = ("window", "anomaly", "--anchor", desk.anchor)
    yield listed
    found = json.loads(run(*listed, "--json").out)["anomalies"][0]["record_id"]
    yield ("window", "anomaly", "--close", found[7:15], "--reason", "T", "--yes", *luca)


def _posture(desk: Desk) -> Runs:
    """From the first epochs, which another template has, to normal operation."""
    luca = keyed(desk, "luca")
    desk.done("window", "observe", "--epochs", "0-3", *ALL_OK)
    yield ("window", "posture", "enter", "--epochs", "0-3", "--yes", *luca)
    desk.done("window", "checkpoint", "restricted_posture_entered")
    for rule in ("early-thresholds", "feature-authorization", "guard", "snapshots"):
        yield ("window", "posture", "attest", rule, "pass", "--yes", *luca)
    yield ("window", "status")
    why = ("--incident", "INC-1", "--reason", "T", "--change", "config")
    yield ("window", "amend", *why, "--yes", *keyed(desk, "rita"))
    happened = ("--step", "1", "--happened", "T", "--remedy", "T")
    yield ("window", "exception", *happened, "--yes", *luca)
    record = next(p for p in desk.files() if ".exception." in p.name).name
    yield ("window", "correct", record[:8], "T", "--yes", *luca)
    desk.done("window", "checkpoint", "restricted_posture_exit_ready")
    yield ("window", "posture", "exit", "--reason", "T", "--yes", *luca)
    yield ("window", "normalize", "--reason", "T", "--yes", *luca)


def _operators(_: Desk) -> Runs:
    made = make_launch(
        Path.cwd() / "operators",
        policy=window_policy(REGISTRAR_POLICY),
        genesis={"genesis.json": genesis()},
    )
    common = ("-C", made.path, "--ledger", Path.cwd() / "operators.ledger", "--anchor", made.anchor)
    luca = ("--key", made.key_file("luca"))
    listed = write_list(Path.cwd(), entry("ada", operator_address("ada")))
    yield ("enrol", listed, "--yes", *common, *luca)
    yield ("enrol", *common)
    yield ("freeze", "--yes", *common, *luca)
    ada = ("--key", private_file(Path.cwd(), "ada"))
    yield ("confirm", "ada", "--not-ready", "disk", "--yes", *common, *ada)
    facts = ("--facts", put_facts(Desk(made)), "-o", "facts-of-ada.json")
    yield ("confirm", "ada", *facts, "--yes", *common, *ada)


def _evidence(_: Desk) -> Runs:
    template = checklist_desk.at_the_decision(Path.cwd() / "evidence")
    with pytest.MonkeyPatch.context() as patch:
        desk = template.copy(Path.cwd() / "decided", ticking_clock(patch))
        file = desk.launch.path / "restore.log"
        file.write_bytes(b"restored\n")
        place = ("-C", desk.launch.path, "--anchor", desk.anchor, "--ledger", desk.ledger)
        by_dan = (*place, "--key", desk.launch.key_file("dan"))
        yield ("evidence", "add", "D.3", file, *by_dan)
        yield ("evidence", "list", *place)
        yield ("evidence", "verify", *place)
        yield ("checklist", "answer", "D.3", "pass", "--reason", "T", *by_dan)
        desk.keep()
        yield ("checklist", "score", *place)
        checklist_desk.sign_all(desk, "security")
        by_sonia = (*place, "--key", desk.launch.key_file("sonia"))
        yield ("checklist", "sign-off", "security", "approve", "--reason", "T", "--yes", *by_sonia)
        desk.keep()
        yield ("checklist", "packet", *place)
        by_luca = (*place, "--key", desk.launch.key_file("luca"))
        yield ("checklist", "decide", "go", *checklist_desk.MEETING, "--yes", *by_luca)
        desk.keep()
        yield ("checklist", "record", *place)
        yield ("checklist", "freeze", "--yes", *by_luca)


WALKS: tuple[Callable[[Desk], Runs], ...] = (
    _anchor,
    _ended,
    _viewed,
    _replanned,
    _aborted,
    _blockers,
    _lessons,
    _checklist,
    _tasks,
    _answers,
    _final,
    _window,
    _early,
    _posture,
    _policy,
    _keys,
    _added,
    _shipped,
    _shown,
    _compared,
    _hashed,
    _ledger,
    _new_ledger,
    _kept,
    _built,
    _packages,
    _kit,
    _operators,
    _readiness,
    _evidence,
    _observe,
    _earlier,
    _public,
    _verdicts,
    _program,
)


def leaves() -> set[str]:
    return {" ".join(path) for path, made in commands() if not isinstance(made, click.Group)}


def test_every_command_gives_a_document_with_a_schema(tmp_path):
    answered = Template.make(tmp_path / "answered", answered=True)
    short = '[window]\nmin_posture = "1s"\n'
    started = Template.started(tmp_path / "started", short, to="epochs")
    known = leaves()
    ran: set[str] = set()
    seen: set[str] = set()
    for walk in WALKS:
        with ready(started if walk is _posture else answered, tmp_path / walk.__name__) as desk:
            for words in walk(desk):
                if isinstance(words, Path):
                    document = json.loads(words.read_bytes())
                else:
                    document = json.loads(run(*words, "--json").out)
                try:
                    check_document(document)
                    name = schema_name(document)
                except (LookupError, ValueError) as error:
                    raise AssertionError(f"{words}: {error}: {document}") from None
                assert document.get("kind") != "usage", (words, document)
                assert not document.get("message", "").startswith("a defect"), (words, document)
                texts = [] if isinstance(words, Path) else [str(word) for word in words]
                if name == "ledger-proof":
                    check_document(json.loads(document["leaf"]))
                if name != "error":
                    seen.add(name)
                if texts and name != "error":
                    ran.add(next(c for n in (3, 2, 1) if (c := " ".join(texts[:n])) in known))
    # A new command: a walk above that ends in its document.
    assert known - ran - NOT_ONCE == set()
    assert set(DOCUMENTS) - seen - {"serving"} == set()


def test_a_document_without_a_schema_is_found():
    for document in ({"schema": "aztrust/new"}, {"schema": "other/report"}, {"result": 1}):
        with pytest.raises(LookupError):
            check_document(document)
    assert schema_name({"mediaType": "x"}) == ""


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_key_that_is_not_in_the_schema_is_found(name):
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    for form in schema.get("oneOf", [{}]):
        form = schema["$defs"][form["$ref"].rpartition("/")[2]] if form else schema
        assert form["additionalProperties"] is False
        assert {"schema", "version_major", "version_minor"} <= set(form["required"])
        assert form["description"]


def test_another_form_than_the_commands_is_found():
    document = run("version", "--json").document
    for broken in (
        {**document, "more": 1},
        {**document, "version": 1},
        {"schema": "aztrust/version"},
    ):
        with pytest.raises(ValueError, match="version"):
            check_document(broken)
