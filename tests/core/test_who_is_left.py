"""No message names a holder for an act that no key of that holder can do any more."""

from aztrust.core.base.advice import Advice
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.judge.launch_status import launch_status
from aztrust.core.judge.next_steps import next_steps
from aztrust.core.judge.todo import open_tasks
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.pending import append_mend
from tests.core.test_todo import in_ledger
from tests.final_check_builders import CHECKED, frozen
from tests.ledgers import KEEPERS_KEY, ORIGIN
from tests.memory_launch import NOW, Launch
from tests.people import fingerprint
from tests.verdicts import TWO

KEPT = f'[ledger]\norigin = "{ORIGIN}"\n' + "".join(
    f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{fingerprint(name)}"]\n'
    for name in ("luca", "gabi", "sonia")
)


def request(launch, at=NOW):
    return Request(at, anchor=launch.anchor, anchor_source="given")


def context_of(launch, at=NOW):
    return read_context(request(launch, at), launch.evidence())


def mends(launch, code):
    results = launch.verify().results
    return [f.mend for result in results for f in result.findings if f.code == code]


def test_a_seal_is_asked_of_those_whose_keys_count():
    launch = Launch.approved()
    launch.revoke(fingerprint("rita"), "sonia", kind="key", reason="compromised")
    (mend,) = mends(launch, "key-revoked")
    assert "no holder of release-manager" in mend
    assert "aztrust seal" not in mend
    launch = Launch().with_second_key("rita")
    launch.seal("release", "rita")
    launch.revoke(fingerprint("rita"), "sonia", kind="key", reason="compromised")
    (mend,) = mends(launch, "key-revoked")
    assert isinstance(mend, Advice)
    assert mend.text == "aztrust seal release"
    assert mend.by == (("rita", (fingerprint("mallory"),)),)


def test_an_approval_is_asked_of_those_whose_keys_count():
    launch = Launch.approved()
    launch.revoke(fingerprint("rita"), "sonia", kind="key", reason="compromised")
    (unmet,) = (
        f for r in launch.verify().results for f in r.findings if f.code == "threshold-unmet"
    )
    assert "release-manager (no holder is left for it)" in unmet.message
    assert "no holder of release-manager" in unmet.mend
    (missing,) = launch_status(context_of(launch)).packages["release"].missing
    assert missing == "release-manager (no holder is left)"


def test_the_next_step_is_for_those_whose_keys_count():
    launch = Launch(verdicts=TWO)
    assert next_steps(context_of(launch))[0].who == ("rita",)
    launch.revoke(fingerprint("rita"), "sonia", kind="key", reason="compromised")
    assert next_steps(context_of(launch))[0].who == ()


def test_a_freeze_that_no_holder_is_left_for_is_reported():
    launch = Launch.approved(verdicts=TWO)
    launch.revoke(fingerprint("luca"), "sonia", kind="key", reason="compromised")
    todo = open_tasks(launch.evidence(), request(launch))
    (freeze,) = (task for task in todo.tasks if task.act == "freeze")
    assert [doer.holder for doer in freeze.doers] == ["sonia"]
    assert "no holder is left for launch-coordinator" in " ".join(todo.unseen)
    assert "security-lead" not in " ".join(todo.unseen)
    found = launch.verify(Stage.FROZEN)
    assert "launch-coordinator (no holder is left for it); security-lead (sonia)" in " ".join(
        finding.mend for result in found.results for finding in result.findings
    )
    launch.revoke(fingerprint("sonia"), "sonia", kind="key", reason="compromised")
    assert "no holder is left" in " ".join(open_tasks(launch.evidence(), request(launch)).unseen)


def test_a_row_is_asked_of_those_whose_keys_count():
    launch = frozen()
    launch.revoke(fingerprint("dan"), "sonia", kind="key", reason="compromised")
    todo = open_tasks(launch.evidence(), request(launch, CHECKED))
    assert "no holder is left" in " ".join(todo.unseen)
    assert all(d.holder != "dan" for task in todo.tasks for d in task.doers)


def test_what_is_pending_under_a_revoked_keeper_waits_for_the_deputy():
    launch = Launch.approved(verdicts=TWO + KEPT)
    evidence = in_ledger(launch, but=("005.approval",))
    ledger = replace(
        evidence.ledger,
        keepers=(KEEPERS_KEY, fingerprint("gabi"), fingerprint("sonia")),
    )
    context = read_context(request(launch), replace(evidence, ledger=ledger))
    assert append_mend(context) == "luca: aztrust ledger keep"
    assert {(p.keeper, p.command) for p in context.pending} == {("luca", "aztrust ledger keep")}
    launch.revoke(KEEPERS_KEY, "sonia", kind="key", reason="compromised")
    for left in ("gabi", "sonia"):
        evidence = in_ledger(launch, but=("005.approval",))
        evidence = replace(evidence, ledger=replace(evidence.ledger, keepers=ledger.keepers))
        context = read_context(request(launch), evidence)
        take_over = 'aztrust ledger take-over --reason "..."'
        assert append_mend(context) == f"{left}: {take_over}"
        assert {(p.keeper, p.command) for p in context.pending} == {(left, take_over)}
        (task,) = (t for t in open_tasks(evidence, request(launch)).tasks if t.act == "append")
        assert (task.command, [d.holder for d in task.doers]) == (take_over, [left])
        launch.revoke(fingerprint("gabi"), "gabi", kind="key", reason="compromised")
