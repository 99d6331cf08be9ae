"""A dry run: what the real run would conclude here, with nothing signed and nothing written.

    key = NamedKey(public)                       # signs nothing
    dry = dry_ledger(context, option, key)       # the ledger as the real run would leave it
    prepare_final_check(..., dry_run=True)

The keeper's real run appends what the folder has before it looks. So the keeper's dry run judges
the launch as it is after that append, which it makes in memory; with another key, or where the
ledger is elsewhere, both judge the launch as it is. Where no key is named and the ledger is here,
its keeper is meant.
"""

from __future__ import annotations

from aztrust.acts.ledger.append import require_appendable
from aztrust.acts.ledger.handle import LedgerHandle
from aztrust.acts.ledger.identity import open_ledger
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.ledger.trusted_heads import (
    refuse_contradicted_log,
    refuse_second_history,
)
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.replay import LedgerReading
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.core.state.ledger.as_appended import as_appended, roots_of
from aztrust.core.state.ledger.log_identity import named_keeping


@frozen
class NamedKey:
    """A key that is named and not opened, in the place of the signer of a dry run."""

    public: VerificationMaterial

    def sign(self, message: bytes) -> bytes:
        """Sign nothing.

        Raises:
            Refused: always.
        """
        raise Refused(
            f"nothing is signed in a dry run, not even {len(message)} bytes",
            subject=self.public.fingerprint,
        )


@frozen
class LedgerUse:
    """The ledger as a run uses it, real or dry.

    Args:
        options: for the verification, after the append; a dry run keeps no head.
        handle: where it is; None where none is on this machine and none is made.
        refused: what the append refuses of the folder.
    """

    options: LedgerOptions
    handle: LedgerHandle | None = None
    refused: tuple[Finding, ...] = ()


def dry_ledger(
    context: Context, option: str | None, key: NamedKey | None, *, makes: bool = False
) -> LedgerUse:
    """What a real run would do to the ledger before it looks.

    Args:
        context: the launch.
        option: `--ledger` as typed.
        key: who would sign; None where it is not known who.
        makes: whether the real run makes the ledger that the policy names, where there is none.

    Raises:
        UsageError, CouldNotCheck, Refused: as `LedgerHandle.find`, `LedgerHandle.plan` and
            `with_ledger`.
    """
    as_it_is = LedgerUse(LedgerOptions(option, keeps_head=False))
    handle = _find(context, option, key)
    reading: LedgerReading | None = None
    if handle is not None:
        with open_ledger(handle.path) as store:
            require_appendable(store, context, handle.path)
        options = LedgerOptions(option, keeps_head=False, keeping=handle.keeping)
        bare = replace(context.evidence, ledger=None)
        reading = with_ledger(bare, context.request, options).ledger
    elif makes and key is not None and require_policy(context).ledger is not None:
        handle = LedgerHandle.plan(context, option, key)
        if handle is not None:
            keeper, opener = handle.keeping.keeper, context.evidence.opener
            refuse_second_history(
                handle.origin,
                keeper,
                opener,
                by_policy=True,
                policy=context.policy_digest,
            )
            reading = LedgerReading("the ledger that would be made", handle.origin, handle.keeper)
    if handle is None or reading is None:
        return as_it_is
    with_it = read_context(context.request, replace(context.evidence, ledger=reading))
    then = as_appended(with_it, reading, handle.keeping.keeper)
    if not then.reading.fault:
        # The keeper signs a head before it looks, and signs none over such a log.
        # Any head that was kept is asked about.
        sizes = range(then.reading.size + 1)
        roots, opener = roots_of(then.reading.entries, sizes), context.evidence.opener
        refuse_contradicted_log(
            handle.keeping, opener, then.reading.size, lambda size: roots.get(size, b"")
        )
    options = LedgerOptions(option, keeps_head=False, reading=then.reading)
    return LedgerUse(options, handle, then.refused)


def _find(context: Context, option: str | None, key: NamedKey | None) -> LedgerHandle | None:
    """The ledger here as its keeper finds it; where no key is named, any of its keepers."""
    if key is not None:
        return LedgerHandle.find(context, option, key)
    named = named_keeping(context)
    found = (
        LedgerHandle.find(context, option, NamedKey(keeper))
        for keeper in (named.keepers if named is not None else ())
    )
    return next((handle for handle in found if handle is not None), None)
