"""Wrong bytes are named from a record, never from a file next to it."""

from __future__ import annotations

from aztrust.core.base.digest import sha256_id
from aztrust.core.judge.identify import digest_index
from tests.memory_launch import ARCHIVE, MEMBER, Launch

FOREIGN = sha256_id(b"an attacker's bytes")
ARTIFACT, FILE = sha256_id(MEMBER), sha256_id(ARCHIVE)


def index(launch: Launch, *sealed: bytes, names: tuple[str, ...] = ()):
    held = [(sha256_id(data)[7:], data) for data in sealed]
    held += [(name[7:], data) for name, data in zip(names, sealed, strict=False)]
    return digest_index(launch.verify().context, held)


def test_what_is_sealed_is_called_so():
    launch = Launch.approved()
    told = index(launch)
    assert told[launch.package_id("release")] == "the sealed release package"
    assert told[FILE].endswith("in the sealed release, not a file inside it")
    assert told[ARTIFACT].endswith("in the sealed release")


def test_a_manifest_that_is_not_sealed_identifies_nothing():
    launch = Launch.approved()
    genuine = launch.manifests["release"]
    forged = genuine.replace(FILE.encode(), FOREIGN.encode())
    assert forged != genuine
    launch.manifests["release"] = forged
    told = index(launch, genuine)
    assert FOREIGN not in told
    assert sha256_id(forged) not in told
    # The one that is in the records is still the sealed one.
    assert told[sha256_id(genuine)] == "the sealed release package"
    # Nor does one that is among the sealed ones, under whatever name.
    launch.manifests["release"] = genuine
    assert FOREIGN not in index(launch, forged)


def test_a_file_under_a_superseded_name_is_not_believed():
    launch = Launch.approved()
    old = launch.manifests["release"]
    first = next(u for u in launch.verify().context.records.effective.seals("release"))
    launch.seal("release", "rita", prior=[first.record_id], package_version="2")
    told = index(launch, old)
    assert told[sha256_id(old)].endswith("by rita, replaced 2026-01-15 18:00 UTC by rita")
    forged = old.replace(FILE.encode(), FOREIGN.encode())
    assert FOREIGN not in index(launch, forged, names=(sha256_id(old),))


def test_only_the_sealing_role_is_named():
    launch = Launch.approved()
    launch.seal("release", "dan", package_version="3")
    assert launch.package_id("release") not in index(launch)


def test_a_revoked_seal_and_a_conflict_are_reported_as_such():
    launch = Launch.approved()
    old = launch.manifests["release"]
    first = next(u for u in launch.verify().context.records.effective.seals("release"))
    launch.seal("release", "rita", package_version="2")
    told = index(launch, old)
    assert told[sha256_id(old)].endswith("in conflict with another")
    assert told[launch.package_id("release")].endswith("in conflict with another")
    launch.revoke(first.record_id, "rita")
    found = index(launch, old)[sha256_id(old)]
    assert found.endswith("by rita, withdrawn 2026-01-15 18:00 UTC by rita")
