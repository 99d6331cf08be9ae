"""The keeper's round: take what came with a pull, append it, sign a head, publish."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aztrust.acts.ledger.append import Appended, append_records
from aztrust.acts.ledger.handle import folder_files
from aztrust.acts.ledger.heads import SignedHead, date_what_is_late, sign_head
from aztrust.acts.ledger.publication import publish_ledger
from aztrust.core.base.value import frozen
from aztrust.core.state.context import Context
from aztrust.signers import Signer
from aztrust.storage.ledger.published import Publication


@frozen
class Round:
    """What one round did: what was appended, the head over it, what was written to the launch."""

    appended: Appended
    head: SignedHead
    publication: Publication | None

    @property
    def changed(self) -> bool:
        """Whether there is anything to push."""
        return self.publication is not None and bool(
            self.publication.written or self.publication.removed
        )


def keep_round(
    path: Path,
    context: Context,
    launch: Path,
    signer: Signer,
    now_unix_ms: int,
    further: Sequence[Signer] = (),
) -> Round:
    """Append every record of the folder, sign a head, publish both in the launch directory.

    Args:
        path: the keeper's store.
        context: the launch, read now.
        launch: its directory.
        signer: the keeper's.
        now_unix_ms: the time.
        further: the keeper's other keys, as `sign_head` takes them.

    Raises:
        Refused: as `sign_head` and `publish`; a record that is refused is in the result.
        CouldNotCheck: the store or the launch directory cannot be written.
    """
    files = folder_files(context)
    date_what_is_late(path, context, files, signer, now_unix_ms)
    appended = append_records(path, context, files, now_unix_ms)
    head = sign_head(path, context, signer, now_unix_ms, further)
    return Round(appended, head, publish_ledger(launch, path, context))
