"""Which supersessions wait for their successor."""

from __future__ import annotations

from aztrust.core.state.seals import pending
from tests.core.test_standing import supersede
from tests.memory_launch import Launch


def waiting(launch: Launch) -> list[str]:
    context = launch.verify().context
    assert context.policy is not None
    current = launch.package_id("genesis")
    found = pending(context.policy, context.records.effective, "genesis", current)
    return [record.record_id for record, _ in found]


def test_one_is_finished_once_its_successor_is_sealed_and_is_the_current_package():
    launch = Launch.approved()
    old = launch.package_id("genesis")
    new = Launch()
    new.seal("release", "rita")
    new.manifest("genesis", package_version="2")
    said = supersede(launch, "gabi", package_id=old, successor=new.package_id("genesis"))
    assert waiting(launch) == [said]
    first = launch.manifests["genesis"]
    launch.seal("genesis", "gabi", package_version="2")
    assert launch.package_id("genesis") == new.package_id("genesis")
    assert waiting(launch) == []
    # The old manifest is back: what replaces it was sealed, and is not what is here.
    launch.manifests["genesis"] = first
    assert waiting(launch) == [said]
