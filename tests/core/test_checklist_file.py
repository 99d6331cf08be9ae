"""The file of definitions in a launch: compared with the policy, carried in a kit, merged."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, Refused
from aztrust.core.base.findings import Status
from aztrust.core.base.value import replace
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.judge.merge import merge
from aztrust.core.judge.verify import verify
from aztrust.core.kit.admission import require_packable
from aztrust.core.kit.archive import encode_kit, kit_evidence, member_limit, parse_kit
from aztrust.core.kit.packing import pack_files
from aztrust.core.package.entries import Fault
from aztrust.core.state.checklist.named import require_checklist
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.evidence import Evidence
from fixtures.forge.checklists import DEFINITIONS, digest_of
from tests.memory_launch import NOW, Launch

NAMED = DEFINITIONS.encode()
OTHER = NAMED + b"# another\n"
UNREAD = Fault("record-unreadable", CHECKLIST_PATH, "Permission denied")


@pytest.fixture(scope="module")
def launch():
    named = f'[checklist]\ndigest = "{digest_of(DEFINITIONS)}"\n'
    return Launch.approved(verdicts=named)


def holding(launch, checklist: bytes | Fault | None) -> Evidence:
    return replace(launch.evidence(), checklist=checklist)


def row(launch, checklist: bytes | Fault | None):
    verdict = verify(holding(launch, checklist), Request(NOW, launch.anchor, "given"))
    (found,) = [r for r in verdict.results if r.id == "checklist"]
    return found, verdict.exit_code


@pytest.mark.clause("RC-pre")
def test_the_named_file_passes_and_no_other_does(launch):
    found, code = row(launch, NAMED)
    assert (found.status, found.evidence, code) == (Status.PASS, (digest_of(DEFINITIONS),), 0)
    found, code = row(launch, OTHER)
    (finding,) = found.findings
    assert (found.status, finding.code, code) == (Status.FAIL, "checklist-changed", 10)
    assert (finding.expected, finding.actual) == (
        digest_of(DEFINITIONS),
        digest_of(OTHER.decode()),
    )


@pytest.mark.parametrize(
    ("held", "why"), [(None, "is not here"), (UNREAD, "cannot be read: Permission denied")]
)
def test_what_was_not_looked_at_is_not_passed(launch, held, why):
    found, code = row(launch, held)
    assert (found.status, code) == (Status.NOT_RUN, 11)
    assert why in found.detail
    context = read_context(Request(NOW), holding(launch, held))
    with pytest.raises(CouldNotCheck, match=why):
        require_checklist(context)


def test_the_definitions_are_there_only_where_they_are_the_named_ones(launch):
    context = read_context(Request(NOW), holding(launch, NAMED))
    assert require_checklist(context).item[0].id == "D.1"
    with pytest.raises(Malformed) as changed:
        require_checklist(read_context(Request(NOW), holding(launch, OTHER)))
    assert changed.value.code == "checklist-changed"


def test_a_file_that_no_policy_names_is_a_notice():
    plain = Launch.approved()
    found, code = row(plain, NAMED)
    assert (found.status, code) == (Status.PASS, 0)
    assert [n.code for n in found.notices] == ["checklist-unnamed"]
    context = read_context(Request(NOW), holding(plain, NAMED))
    assert context.checklist is None
    with pytest.raises(NothingToVerify, match=r"its policy has no \[checklist\]"):
        require_checklist(context)
    verdict = verify(plain.evidence(), Request(NOW, plain.anchor, "given"))
    assert "checklist" not in {r.id for r in verdict.results}


def test_a_kit_carries_the_file(launch):
    files = pack_files(holding(launch, NAMED), (), {}, None)
    assert files[CHECKLIST_PATH] == NAMED
    assert kit_evidence(parse_kit(encode_kit(files), what="kit")).checklist == NAMED
    assert CHECKLIST_PATH not in pack_files(holding(launch, None), (), {}, None)
    assert member_limit(CHECKLIST_PATH) == CHECKLIST_LIMIT


@pytest.mark.parametrize(
    ("held", "cause"),
    [
        (UNREAD, "Permission denied"),
        (b"x", "it is not a checklist"),
        (NAMED + b"#" * CHECKLIST_LIMIT, "more than"),
        (NAMED + b"# -----BEGIN PRIVATE KEY-----\n# MC4CAQ==\n# -----END", "private key"),
    ],
)
def test_what_may_not_leave_in_a_kit(launch, held, cause):
    require_packable(holding(launch, NAMED), {}, {})
    with pytest.raises(Refused) as refused:
        require_packable(holding(launch, held), {}, {})
    assert CHECKLIST_PATH in refused.value.details[0]
    assert cause in refused.value.details[0]


@pytest.mark.parametrize("held", [(OTHER, NAMED), (NAMED, OTHER), (None, NAMED), (UNREAD, NAMED)])
def test_of_several_kits_the_named_file_is_taken(launch, held):
    kits = [(str(n), holding(launch, each)) for n, each in enumerate(held)]
    assert merge(kits, Request(NOW)).evidence.checklist == NAMED


def test_of_several_kits_without_the_named_file_one_is_judged(launch):
    kits = [(str(n), holding(launch, OTHER)) for n in range(2)]
    assert merge(kits, Request(NOW)).evidence.checklist == OTHER
