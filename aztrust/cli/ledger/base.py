"""What the ledger's commands share: the group, the options, and their launch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, group
from aztrust.cli.options import anchor_option, complete_file, given_anchor, ledger_option
from aztrust.core.base.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from aztrust.core.formats.checkpoint_note import VerifiedHead
    from aztrust.core.state.context import Context
    from aztrust.signers import Signer

WATCH_SECONDS = 1.0
"""How long a watch waits between two looks."""

ledger = group(
    "ledger",
    short_help="The append-only log of a launch: append, prove, verify, publish.",
    text="""The append-only log of a launch: every signed record in one order.

    It travels with the launch: manifests/ledger has the keeper's signed head and the whole tree,
    manifests/records and manifests/verdicts what is in it. Only the keeper writes them, from a
    store on the keeper's machine; what others sign counts after the keeper appends it.
    """,
    example="git pull && aztrust ledger keep\naztrust ledger list\n"
    "aztrust ledger verify --since head.note",
)
key_option = click.option(
    "--key",
    metavar="K",
    shell_complete=complete_file,
    help="The keeper's key: a name, a file or a URI; else $AZTRUST_KEY.",
)

keys_option = click.option(
    "--key",
    "keys",
    metavar="K",
    multiple=True,
    shell_complete=complete_file,
    help="The keeper's key: a name, a file or a URI; else $AZTRUST_KEY. Again for each further key"
    " that the policy lists for this keeper; one that is on this machine signs by itself.",
)


def place_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--ledger and --anchor, which every ledger command has."""
    return ledger_option(anchor_option(function))


def read_launch_for(session: Session, anchor: str | None) -> Context:
    """The launch of a command that only reads; a kit will do.

    Raises:
        Refused: `anchor-mismatch`.
        Malformed, CouldNotCheck: the launch cannot be read.
    """
    from aztrust.acts.preconditions import read_anchored

    return read_anchored(session.source(), given_anchor(anchor), session.now_unix_ms())


def launch_to_sign(session: Session, anchor: str | None) -> Context:
    """The launch directory of an act that writes; a kit is for reading."""
    session.launch()
    return read_launch_for(session, anchor)


def keeper_signer(session: Session, context: Context, key: str | None, named: str | None) -> Signer:
    """The signer of an act that only the keeper may do; `named` is the keeper, None where none is.

    Raises:
        As `choose_signer`.
    """
    from aztrust.acts.ledger.identity import keepers_for
    from aztrust.acts.select_key import choose_signer

    holders = keepers_for(context)
    accepted = holders if named is None else {named: holder_of(context, named)}
    return choose_signer(
        key, accepted=accepted, act="keep this ledger", passphrase=session.passphrase
    )


def keeper_signers(
    session: Session, context: Context, keys: Sequence[str], named: str | None
) -> tuple[Signer, tuple[Signer, ...]]:
    """The signer of a head, and those with the keeper's further keys that are given or on here.

    Args:
        session: the run.
        context: the launch.
        keys: every `--key` as typed.
        named: the fingerprint of the keeper's first key, None where no one is named.

    Raises:
        Refused: `signer-not-in-role`: none is the keeper's first key, which every head needs; as
            `choose_signer`.
        UsageError, CouldNotCheck: as `choose_signer`.
    """
    from aztrust.acts.select_key import choose_signer
    from aztrust.core.base.errors import Refused

    listed = further_keys(context, named)
    if len(keys) < 2:
        signer = keeper_signer(session, context, keys[0] if keys else None, named)
        return signer, local_signers(session, listed)
    holder = holder_of(context, named) if named is not None else ""
    accepted = dict.fromkeys((*filter(None, [named]), *listed), holder)
    given: dict[str, Signer] = {}
    for key in keys:
        each = choose_signer(
            key, accepted=accepted, act="keep this ledger", passphrase=session.passphrase
        )
        given[each.public.fingerprint] = each
    first = given.pop(named or "", None)
    if first is None:
        raise Refused(
            f"a head needs the line of the keeper's first key, {(named or '')[7:15]}",
            subject="--key",
            code="signer-not-in-role",
            mend=f"name it, too: the key {(named or '')[7:15]} of {holder}",
        )
    rest = local_signers(session, tuple(key for key in listed if key not in given))
    return first, (*given.values(), *rest)


def further_keys(context: Context, named: str | None) -> tuple[str, ...]:
    """The fingerprints of the other keys that the policy lists for this keeper."""
    table = context.policy.ledger if context.policy is not None else None
    return table.further_of(named) if table is not None and named is not None else ()


def local_signers(session: Session, fingerprints: Collection[str]) -> tuple[Signer, ...]:
    """The keys of these that are on this machine; one that does not open is noted, and left out."""
    from aztrust.core.base.errors import AztrustError
    from aztrust.core.policy.validate import REHEARSAL_KEYS
    from aztrust.signers import open_signer
    from aztrust.storage.localkeys import local_keys

    found: dict[str, Signer] = {}
    for key in local_keys() if fingerprints else ():
        if key.fingerprint not in fingerprints or key.fingerprint in found:
            continue
        asked = session.passphrase(key.name)
        try:
            found[key.fingerprint] = open_signer(
                str(key.path), passphrase=asked, worthless=REHEARSAL_KEYS
            )
        except AztrustError as error:
            session.note(f"the further key {key.name} does not sign: {error.message}")
    return tuple(found.values())


def holder_of(context: Context, fingerprint: str) -> str:
    """The holder of a key, for messages."""
    holders = context.policy.key_holders() if context.policy is not None else {}
    return holders.get(fingerprint, "no holder")


def publishing_lines(
    session: Session, launch: Path, message: str, *, changed: bool = True
) -> list[str]:
    """How what the keeper wrote comes to the others.

    Args:
        session: the run; a walk over several acts shows this once, at its end.
        launch: the launch directory.
        message: of the commit.
        changed: whether something was written now. What an earlier act wrote may still be
            uncommitted, where the launch is in git.
    """
    from aztrust.cli.signing import commit_command
    from aztrust.report.lines import labelled
    from aztrust.storage.presence import in_work_tree

    if session.walk is not None or not (changed or in_work_tree(launch)):
        return []
    typed = commit_command(launch, "manifests", message, push=True)
    if changed:
        return [f"{'next':<9}{typed}"]
    return [*labelled("next", "where git status shows manifests, it is not published yet:"), typed]


def head_document(verified: VerifiedHead) -> dict[str, Any]:
    """A head as a JSON value."""
    head = verified.head
    return {
        "origin": head.origin,
        "size": head.size,
        "root": f"sha256:{head.root.hex()}",
        "keeper": verified.keeper.fingerprint,
        "note": verified.note.decode("utf-8"),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """A refusal as a JSON value."""
    from aztrust.report.escape import visible

    return {
        "code": finding.code,
        "subject": visible(finding.subject),
        "message": visible(finding.message),
        "expected": visible(finding.expected) or None,
        "actual": visible(finding.actual) or None,
        "mend": visible(finding.mend) or None,
    }


def document(kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """The result of a ledger command as a JSON value."""
    return {"schema": f"aztrust/{kind}", "version_major": 1, "version_minor": 0, **fields}
