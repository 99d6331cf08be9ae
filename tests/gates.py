"""Verdicts for a gate: files outside a launch of `tests.disk_launch`, and the report on them.

launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
freeze = handed(launch)                                   # luca's, of the present scope
other = handed(launch, checkpoint_scope_hash=NOTHING)     # and one of another scope
answer = ask(freeze, other, "-C", launch.path, "--anchor", launch.anchor)
assert answer.exit_code == 10
assert answer.codes("gate-result") == ["verdicts-disagree"]
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.formats.checkpoint_note import open_head
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.merkle import leaf_hash, node_hash
from aztrust.core.history.bundle import encode_bundle, included
from aztrust.core.history.leaf import leaf_of
from aztrust.core.records.verdict import build_verdict
from aztrust.core.state.context import Request, read_context
from aztrust.storage.launch import read_launch
from tests.command import run
from tests.disk_launch import NOW, Launch, signer
from tests.ledgers import head_note
from tests.verdicts import freeze_of, signed


@dataclass(frozen=True)
class Answer:
    """How a gate ended, and its report."""

    exit_code: int
    document: dict[str, Any]

    def status(self, check: str) -> str:
        """How a check ended."""
        return str(self._check(check)["status"])

    def codes(self, check: str) -> list[str]:
        """The codes of a check's findings, in their order."""
        return [finding["code"] for finding in self._check(check)["findings"]]

    def findings(self, check: str) -> list[dict[str, Any]]:
        """A check's findings."""
        return list(self._check(check)["findings"])

    def detail(self, check: str) -> str:
        """The detail of a check, next to its status."""
        return str(self._check(check).get("detail", ""))

    def notices(self, code: str) -> list[str]:
        """The messages of the notices with a code."""
        return [n["message"] for n in self.document["notices"] if n["code"] == code]

    def failed(self) -> set[str]:
        """The ids of the checks that failed."""
        return {c["id"] for c in self.document["checks"] if c["status"] == "fail"}

    def _check(self, check: str) -> dict[str, Any]:
        return next(c for c in self.document["checks"] if c["id"] == check)


def ask(*words: object, offline: bool = True) -> Answer:
    """`aztrust gate` for a freeze, with these files and options."""
    more = ("--offline",) if offline else ()
    place = words.index("-C") if "-C" in words else len(words)
    chosen, rest = words[place : place + 2], (*words[:place], *words[place + 2 :])
    done = run(*chosen, "gate", *rest, "--class", "freeze_confirmed", *more, "--format", "json")
    return Answer(done.exit_code, done.document)


def handed(launch: Launch, by: str = "luca", *, at: int | None = None, **changes: Any) -> Path:
    """A verdict on the present scope, outside the launch; `changes` as `tests.verdicts.freeze_of`.

    `ledger` is a change, too: the ledger that the verdict names.
    """
    named = changes.pop("ledger", None)
    who = signer(by)
    made = freeze_of(
        read_launch(launch.path), who.public, launch.now() if at is None else at, **changes
    )
    payload = build_verdict(replace(made, ledger=named))
    folder = launch.path.parent / "handed"
    folder.mkdir(exist_ok=True)
    path = folder / f"{by}-{sha256_id(payload)[7:15]}.dsse.json"
    path.write_bytes(signed(payload, who))
    return path


def scope_of(launch: Launch) -> str:
    """The hash of the present scope of a launch directory."""
    scope = read_context(Request(NOW), read_launch(launch.path)).scope
    assert scope is not None
    return scope.hash


def record_id(path: Path) -> str:
    """The id of the verdict in a file, an envelope or a bundle."""
    fields = json.loads(path.read_bytes())
    return sha256_id(base64.b64decode(fields.get("dsseEnvelope", fields)["payload"]))


def bundled(
    path: Path,
    by: str,
    *,
    origin: str,
    keeper: str,
    after: tuple[Path, str] | None = None,
    before: tuple[Path, str] | None = None,
) -> Path:
    """The bundle of a verdict in a ledger of one or two entries, under the keeper's head.

    Args:
        path: its envelope.
        by: its signer.
        origin: the ledger's name.
        keeper: who signed the head.
        after: the envelope of the entry that comes before it, and its signer.
        before: the envelope of the entry that comes after it, and its signer.
    """
    own = _leaf(path, by)
    index, leaves = 0, [own]
    if after is not None:
        index, leaves = 1, [_leaf(*after), own]
    elif before is not None:
        leaves = [own, _leaf(*before)]
    root = node_hash(*leaves) if len(leaves) > 1 else own
    note = head_note(len(leaves), root, keeper, origin)
    head = open_head(note, signer(keeper).public, origin, name="the head")
    proof = tuple(leaf for leaf in leaves if leaf != own)
    bundle = encode_bundle(path.read_bytes(), signer(by).public, included(head, index, proof))
    target = path.with_name(path.name.replace(".dsse.json", f".{keeper}.{len(leaves)}{index}"))
    target = target.with_name(f"{target.name}.sigstore.json")
    target.write_bytes(bundle)
    return target


def _leaf(path: Path, by: str) -> bytes:
    envelope = parse_envelope(path.read_bytes(), name=path.name)
    return leaf_hash(leaf_of(envelope, "verdict", signer(by).public))
