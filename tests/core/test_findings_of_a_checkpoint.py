"""Which findings a checkpoint states first."""

from __future__ import annotations

from tests.final_check_builders import answer_all, final, frozen
from tests.memory_launch import Launch, codes, file_entry


def test_what_aborts_is_stated_before_what_holds():
    launch = frozen()
    answer_all(launch)
    approval = launch.approve("release", "cosmin")
    launch.revoke(approval, "cosmin")
    launch.seal("genesis", "gabi", package_version="2")
    concluded = final(launch)
    found = [f.code for r in concluded.verdict.results for f in r.findings]
    assert found.index("seal-conflict") < found.index("drift-after-freeze")
    assert concluded.findings[0].code == "drift-after-freeze"
    assert {f.code for f in concluded.findings} == set(found)


def test_an_announcement_that_was_revoked_is_not_compared():
    launch = Launch.approved()
    fields = {
        "announced_at_unix_ms": 1,
        "convention": "raw",
        "package_id": launch.package_id("genesis"),
    }
    good = file_entry("genesis.json", launch.captured["genesis"]["genesis.json"]).sha256
    launch.record("announcement", "gabi", sha256=good, **fields)
    wrong = launch.record("announcement", "gabi", sha256="sha256:" + "5" * 64, **fields)
    assert codes(launch.verify()) == {"genesis-hash-mismatch"}
    launch.revoke(wrong, "gabi")
    assert codes(launch.verify()) == set()
