"""Which ledger it is: where it lies, whose it must be, and making a new one."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from aztrust.acts.ledger.keeper import _WHO, keepers_for
from aztrust.core.base.errors import Malformed, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.checkpoint_note import check_origin
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.ledger.log_identity import named_keeping
from aztrust.signers import Signer
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import SQLiteStore, open_store

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")


def ledger_path(context: Context, option: str | None) -> Path:
    """Where this launch's ledger is, or would be.

    Args:
        context: the launch.
        option: `--ledger` as typed, None where it was not given.

    Raises:
        Malformed: the policy is malformed.
        UsageError, CouldNotCheck: as `find_ledger`.
    """
    policy = require_policy(context)
    return find_ledger(option, policy.launch.chain_id, context.policy_digest)


def open_ledger(path: Path, *, writing: bool = False) -> AbstractContextManager[SQLiteStore]:
    """The ledger in a file, closed at the end; raises as `open_store`."""
    return open_store(path, writing=writing)


def origin_for(context: Context, option: str | None) -> str:
    """The origin of a new ledger: the policy's, the one asked for, or made of the chain id.

    Raises:
        UsageError: another one is asked for than the policy or a freeze names.
        Malformed: `policy-malformed`: it cannot name a key.
    """
    named = named_keeping(context)
    if named is not None:
        if option not in (None, named.origin):
            raise UsageError(
                f"{_WHO[named.source]} names the origin {escape(named.origin)}",
                subject="--origin",
                mend="leave --origin out",
            )
        return named.origin
    return check_origin(default_origin(context) if option is None else option)


def default_origin(context: Context) -> str:
    """The name of a ledger that no policy names: chain id, and 16 digits of the policy's digest."""
    chain_id = _UNSAFE.sub("-", require_policy(context).launch.chain_id)[:64].strip("-.")
    return check_origin(f"{chain_id or 'ledger'}.{context.policy_digest[7:23]}")


def init_ledger(path: Path, context: Context, origin: str, signer: Signer | None) -> None:
    """Make an empty ledger, and sign the head over nothing, which names its keeper.

    Args:
        path: where; nothing may be there.
        context: the launch.
        origin: from `origin_for`.
        signer: the keeper's; None leaves the ledger without a head.

    Raises:
        Refused: something is there already, the signer is not the keeper, or the keeper signed a
            head over a log of this name that was not empty (`ledger-inconsistent`).
        CouldNotCheck: the file system said no, or the head that is kept cannot be used.
    """
    if signer is not None and signer.public.fingerprint not in keepers_for(context):
        raise Refused(
            f"the key {signer.public.keyid[:8]} is not the keeper's",
            code="signer-not-in-role",
            mend="the keeper makes the ledger, or leave --key out",
        )
    named = named_keeping(context)
    keeper = signer.public if signer is not None else named.keeper if named is not None else None
    if keeper is not None and not os.path.lexists(path):
        from aztrust.acts.ledger.kept import refuse_second_history

        refuse_second_history(origin, keeper, context.evidence.opener)
    try:
        create_database(path, origin)
    except Malformed as error:
        raise UsageError(error.message, subject="--origin", mend=error.mend) from None
    if signer is not None:
        from aztrust.acts.ledger.heads import sign_head

        sign_head(path, context, signer)
