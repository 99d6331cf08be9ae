"""A launch on disk whose policy names a checklist of three areas, up to its decision.

template = at_the_decision(tmp_path_factory.mktemp("checklist"))
desk = template.copy(tmp_path, clock)
answer(desk, clock, "D.2", "pass")
sign_all(desk)
desk.run("checklist", "decide", "go", *MEETING, by="luca")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from aztrust.acts.publish import store_record
from aztrust.acts.sign import sign_record
from aztrust.core.base.digest import both
from aztrust.core.checklist.definitions import checklist_digest, parse_checklist
from aztrust.core.records.checklist import ChecklistAnswer, ChecklistEvidence
from tests.cli_launch import Clock, Desk, Template, window_policy
from tests.people import signer

TEXT: Final = """\
schema = "aztrust/checklist"
version = 1
title = "Readiness of a test launch"
""" + "".join(
    f'[[area]]\nid = "{area}"\ntitle = "{area}"\napprover = "{role}"\nmethod = "review"\n'
    for area, role in (
        ("security", "security-lead"),
        ("operations", "ops-lead"),
        ("release", "release-manager"),
    )
)


def item(name: str, area: str, priority: str, more: str = "", *, owner: str = "ops-lead") -> str:
    """The table of an item."""
    return (
        f'[[item]]\nid = "{name}"\narea = "{area}"\ntext = "{name} is asked"\n'
        f'priority = "{priority}"\nowner = "{owner}"\nmethod = "review"\n{more}\n'
    )


ITEMS: Final = "".join(
    (
        item("C.1", "operations", "P1", 'computed = "rollback-participation"'),
        item("C.2", "release", "P0", 'computed = "packages-approved"'),
        item("D.1", "security", "P0", 'computed = "genesis-checksum"'),
        item("D.2", "operations", "P1"),
        item("D.3", "operations", "P0"),
        item("D.4", "operations", "P2"),
        item("G.1", "release", "P0", 'computed = "quorum-met"\ndue = "close"'),
        item("G.2", "release", "P0", 'computed = "scoring-p0"\ndue = "close"'),
        item("I.1", "release", "P0", 'computed = "attendees-complete"\ndue = "close"'),
        item("J.1", "release", "P0", 'computed = "decision-indexed"\ndue = "close"'),
    )
)
DEFINITIONS: Final = (TEXT + ITEMS).encode()
DIGEST: Final = checklist_digest(DEFINITIONS)
CHECKLIST: Final = parse_checklist(DEFINITIONS)
AREAS: Final = {"security": "sonia", "operations": "dan", "release": "rita"}
"""Each area and the holder who signs it off."""
MEETING: Final = (
    *("--reason", "all areas approve", "--chair", "luca"),
    *("--attendee", "sonia", "--attendee", "dan", "--attendee", "rita"),
)


def at_the_decision(parent: Path, definitions: bytes = DEFINITIONS, more: str = "") -> Template:
    """A launch at its go/hold point, reviewed, whose answers all pass; nothing is signed off."""

    def act(desk: Desk, clock: Clock) -> None:
        (desk.launch.path / "manifests/checklist.toml").write_bytes(definitions)
        desk.freeze()
        desk.answer_all()
        desk.done("final-check")
        desk.done("window", "proceed", "--reason", "all checks pass")
        desk.done("window", "checkpoint", "go_hold_review_completed")
        for name in ("D.2", "D.3", "D.4"):
            answer(desk, clock, name, "pass")

    table = f'[checklist]\ndigest = "{checklist_digest(definitions)}"\n{more}'
    return Template.of(parent, window_policy(table), act)


def _put(desk: Desk, kind: str, body: Any, by: str) -> str:
    record = sign_record(kind, body, {}, signer(by))
    store_record(desk.launch.path, record)
    desk.keep()
    return record.record_id


def answer(desk: Desk, clock: Clock, name: str, said: str, by: str = "dan", **fields: Any) -> str:
    """An answer of dan's, in the ledger; its id."""
    definition = CHECKLIST.item_named(name)
    assert definition is not None
    at = clock.read()
    more = {"mitigation_owner": "dan", "due_unix_ms": at + 3_600_000} if said == "warning" else {}
    body = ChecklistAnswer(
        **{
            "answer": said,
            "answered_at_unix_ms": at,
            "checklist_digest": DIGEST,
            "definition_digest": definition.digest,
            "item": name,
            "policy_digest": desk.anchor,
            "reason": "looked at",
            "role": "ops-lead",
            **more,
            **fields,
        }
    )
    return _put(desk, "checklist-answer", body, by)


def show(
    desk: Desk,
    clock: Clock,
    name: str,
    path: str,
    data: bytes,
    by: str = "dan",
    *,
    root: str = "launch",
) -> str:
    """Evidence of one file, in the ledger; its id."""
    digests = both(data)
    body = ChecklistEvidence(
        added_at_unix_ms=clock.read(),
        checklist_digest=DIGEST,
        files=(
            {"blake3": digests.blake3, "path": path, "sha256": digests.sha256, "size": len(data)},
        ),
        item=name,
        policy_digest=desk.anchor,
        root=root,
    )
    return _put(desk, "checklist-evidence", body, by)


def sign_off(desk: Desk, area: str, decision: str = "approve", *more: str, by: str = "") -> None:
    """A sign-off by command, in the ledger."""
    words = ("checklist", "sign-off", area, decision, "--reason", "looked at", *more)
    done = desk.run(*words, "--yes", "--ledger", desk.ledger, by=by or AREAS[area])
    assert done.exit_code == 0, done.out + done.err
    desk.keep()


def sign_all(desk: Desk, *but: str) -> None:
    """Each area approved by its own holder."""
    for area in AREAS:
        if area not in but:
            sign_off(desk, area)


def score(desk: Desk) -> tuple[int, dict[str, Any]]:
    """Exit code and document of `checklist score`."""
    return desk.json("checklist", "score", "--ledger", desk.ledger)


def lines(document: dict[str, Any], result: str) -> list[str]:
    """The lines of a score with one result: `SUBJECT: TEXT`."""
    return [f"{x['subject']}: {x['text']}" for x in document["lines"] if x["result"] == result]
