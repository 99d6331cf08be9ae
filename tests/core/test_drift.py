"""What moved after a freeze: each thing is named, and only what was frozen counts."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Guidance, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import LedgerEntry, LedgerReading
from aztrust.core.package.entries import Fault, SymlinkEntry
from tests.ledgers import envelope as ledger_envelope
from tests.memory_launch import NOW, Launch, file_entry, signer
from tests.verdicts import ONE

DAN = "[verdicts]\nroles = { ops-lead = 1 }\n"


def frozen() -> Launch:
    launch = Launch.approved(verdicts=ONE)
    launch.verdict()
    return launch


def asked(launch: Launch, **request):
    verdict = launch.verify(Stage.FROZEN, **request)
    return verdict, next((r for r in verdict.results if r.id == "drift"), None)


def moved(launch: Launch, **request) -> list[str]:
    verdict, result = asked(launch, **request)
    if result.findings:
        assert {f.code for f in result.findings} == {"drift-after-freeze"}
        assert verdict.guidance is Guidance.ABORT
        assert verdict.exit_code == 10
    return sorted(f.subject for f in result.findings)


def test_before_a_freeze_drift_is_not_asked():
    launch = Launch.approved(verdicts=ONE)
    assert asked(launch)[1] is None
    launch.release[0] = file_entry("network.toml", b"other\n")
    assert asked(launch)[1] is None


def test_what_was_frozen_and_did_not_move_passes():
    verdict, result = asked(frozen())
    assert result.status is Status.PASS
    assert verdict.exit_code == 0


@pytest.mark.clause("AZ-25.1", "AZ-2.4")
@pytest.mark.parametrize(
    "entries",
    [
        [file_entry("network.toml", b"chain_id = 2\n")],
        [file_entry("network.toml", b'chain_id = "bench-1"\n', executable=True)],
        [SymlinkEntry("network.toml", "node.tar.gz")],
        [],
    ],
    ids=["bytes", "mode", "kind", "gone"],
)
def test_each_sealed_entry_that_changed_is_named(entries):
    launch = frozen()
    rest = [e for e in launch.release if e.path != "network.toml"]
    launch.release = sorted([*rest, *entries], key=lambda e: e.path)
    assert moved(launch) == ["release:network.toml"]


def test_a_genesis_file_that_changed():
    launch = frozen()
    launch.genesis = [file_entry("genesis.json", b"{}\n")]
    assert moved(launch) == ["genesis:genesis.json"]


def test_what_was_never_sealed_is_not_drift():
    launch = frozen()
    launch.release.append(file_entry("stray", b"x"))
    verdict, result = asked(launch)
    assert result.status is Status.PASS
    assert verdict.exit_code == 10
    assert verdict.guidance is not Guidance.ABORT


@pytest.mark.parametrize("code", ["unreadable", "changed-while-reading"])
def test_what_could_not_be_read_is_not_drift(code):
    launch = frozen()
    evidence = launch.evidence()
    reading = evidence.packages["release"]
    kept = tuple(e for e in reading.tree.entries if e.path != "network.toml")
    tree = replace(reading.tree, entries=kept, faults=(Fault(code, "network.toml", "no"),))
    launch.evidence = lambda: replace(
        evidence, packages={**evidence.packages, "release": replace(reading, tree=tree)}
    )
    _, result = asked(launch)
    assert result.status is Status.PASS


@pytest.mark.clause("AZ-25.2")
@pytest.mark.parametrize("package_class", ["release", "genesis"])
def test_a_manifest_that_was_sealed_anew_is_drift_until_the_window_ends(package_class):
    launch = Launch.approved(verdicts=ONE)
    window_id = launch.window()
    launch.verdict(launch_window_id=window_id)
    entries = launch.release if package_class == "release" else launch.genesis
    entries.append(file_entry("zz-new", b"new"))
    launch.seal(package_class, "rita" if package_class == "release" else "gabi")
    assert f"manifests/{package_class}.json" in moved(launch)
    scope = launch.verify().context.scope.hash
    launch.record(
        "launch-defer",
        "luca",
        deferred_at_unix_ms=NOW,
        launch_window_id=window_id,
        reason="a new file",
        scope_hash=scope,
    )
    assert moved(launch) == []


def test_a_manifest_that_is_gone():
    launch = frozen()
    launch.manifests.pop("genesis")
    assert "manifests/genesis.json" in moved(launch)


# ---- the policy ----------------------------------------------------------------------------------


def rewritten(*, kept: bool = True) -> tuple[Launch, str]:
    """A frozen launch whose launch.toml now lets dan sign verdicts; and the true anchor."""
    launch = frozen()
    anchor = launch.anchor
    if kept:
        launch.policies[f"{anchor[7:]}.toml"] = launch.policy
    launch.policy = launch.policy.replace(ONE.encode(), DAN.encode())
    assert launch.anchor != anchor
    return launch, anchor


@pytest.mark.clause("AZ-25.1", "AZ-2.4")
def test_a_rewritten_policy_is_held_against_the_freeze_of_the_old_one():
    launch, anchor = rewritten()
    for request in ({"anchor": ""}, {"anchor": anchor}):
        _, result = asked(launch, **request)
        (finding,) = (f for f in result.findings if f.subject == "manifests/launch.toml")
        assert (finding.expected, finding.actual) == (anchor, launch.anchor)


def test_new_verdict_signers_end_nothing_of_the_old_scope():
    launch, anchor = rewritten()
    launch.final_check(by="dan")
    _, result = asked(launch, anchor=anchor)
    assert "manifests/launch.toml" in [f.subject for f in result.findings]


def test_a_policy_that_cannot_be_read_is_drift_all_the_same():
    launch, _ = rewritten()
    launch.policy = b"version = 2\n"
    _, result = asked(launch, anchor="")
    assert [f.subject for f in result.findings] == ["manifests/launch.toml"]


def test_a_kept_policy_of_another_chain_says_nothing_unless_it_is_the_announced_one():
    launch, anchor = rewritten()
    launch.policy = launch.policy.replace(b'chain_id = "bench-1"', b'chain_id = "bench-2"')
    assert asked(launch, anchor="")[1].findings == ()
    _, result = asked(launch, anchor=anchor)
    assert "manifests/launch.toml" in [f.subject for f in result.findings]


def test_a_ledger_replayed_with_other_holders_stops_no_old_policy():
    launch, anchor = rewritten()
    luca = signer("luca").public.fingerprint
    launch.policy = launch.policy.replace(
        luca.encode(), signer("mallory").public.fingerprint.encode()
    )
    mallory = signer("mallory")
    keys = {mallory.public.fingerprint: mallory.public}
    said = build_statement(
        "note",
        [Subject("policy", launch.anchor)],
        {"policy_digest": launch.anchor, "said_at_unix_ms": NOW, "text": "here"},
        {},
    )
    freeze_ = next(iter(launch.verdicts.values()))
    entries = (
        LedgerEntry(0, read_record(ledger_envelope(said, mallory), keys, Opener(), name="a")),
        LedgerEntry(1, read_record(freeze_, {luca: signer("luca").public}, Opener(), name="b")),
    )
    evidence = replace(launch.evidence(), ledger=LedgerReading("a.ledger", entries=entries))
    launch.evidence = lambda: evidence
    _, result = asked(launch, anchor="")
    assert [f.subject for f in result.findings] == ["manifests/launch.toml"]
    assert result.findings[0].expected == anchor


def test_an_announced_policy_is_not_denied_by_what_someone_kept():
    launch, _ = rewritten()
    _, result = asked(launch, anchor=launch.anchor)
    assert result.findings == ()


@pytest.mark.parametrize("name", ["x.toml", "0" * 64 + ".toml"])
def test_a_kept_policy_counts_by_its_digest_under_any_name(name):
    launch, anchor = rewritten()
    (data,) = launch.policies.values()
    launch.policies = {name: data, "copy.toml": data}
    _, result = asked(launch, anchor="")
    (finding,) = result.findings
    assert (finding.subject, finding.expected) == ("manifests/launch.toml", anchor)


def test_a_kept_policy_under_which_nothing_is_frozen_says_nothing():
    launch = frozen()
    other = launch.policy + b"\n# another\n"
    from aztrust.core.policy.model import policy_digest

    launch.policies[f"{policy_digest(other)[7:]}.toml"] = other
    assert moved(launch) == []
