"""What an act of the launch window is made on: the attempt, and the state of its window."""

from __future__ import annotations

from typing import Any

from aztrust.acts.act import Act
from aztrust.acts.ledger.publication import head_seen
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.base.value import frozen
from aztrust.core.policy.window_limits import WindowLimits, window_limits, window_table
from aztrust.core.policy.window_tables import WindowTable
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.records import Unsigned
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.pending import with_waiting
from aztrust.core.state.present_window import present_window, statements_of
from aztrust.core.state.window.inputs import inputs_of
from aztrust.core.state.window.rehearsal import Launch, Rehearsed, rehearse
from aztrust.core.state.window.row import Trigger
from aztrust.core.state.window.state import WindowState


@frozen
class Basis:
    """A window, for a person who is about to sign in it.

    Args:
        act: the launch.
        context: the launch after its keeper's next append: what is pending is in it.
        attempt: the scope and window.
        state: what has become of the window, in that context.
    """

    act: Act
    context: Context
    attempt: Attempt
    state: WindowState

    @property
    def now_unix_ms(self) -> int:
        """The time of the act, in milliseconds since the epoch."""
        return self.act.now_unix_ms

    @property
    def table(self) -> WindowTable:
        """The limits of the policy as written, with their defaults."""
        return window_table(self.act.policy)

    @property
    def limits(self) -> WindowLimits:
        """The same as numbers."""
        return window_limits(self.act.policy)

    @property
    def proposal_expires_at_unix_ms(self) -> int:
        """Until when a proposal that is made now can take effect."""
        return self.now_unix_ms + self.limits.proposal_max_age_ms

    @property
    def bound(self) -> dict[str, Any]:
        """The policy and the scope, as records name them."""
        return {
            "policy_digest": self.context.policy_digest,
            "scope_hash": self.attempt.scope_hash,
        }

    @property
    def head(self) -> LedgerHead | None:
        """The ledger's head that is known here; None where there is none."""
        return head_seen(self.act.context)

    def proposal(self, trigger: Trigger) -> dict[str, Any]:
        """What every payload of a positive joint act names (`contents.Proposal`)."""
        return {
            **self.bound,
            "rests_on": inputs_of(self.state, trigger),
            "head": self.head,
            "expires_at_unix_ms": self.proposal_expires_at_unix_ms,
        }

    @property
    def target(self) -> dict[str, Any]:
        """The chain, as an authorization and an instruction name it.

        Raises:
            NothingToVerify: the record of the window is not here.
        """
        window = self.attempt.window
        body = window.body if window is not None else None
        if not isinstance(body, LaunchWindow):
            raise NothingToVerify(
                "the record that opened this window is not here",
                subject=self.attempt.launch_window_id,
                mend="get the launch directory again: git pull",
            )
        return {
            "target_network_class": body.target_network_class,
            "target_chain_id": body.target_chain_id,
            "target_genesis_hash": body.target_genesis_hash,
        }

    def rehearse(
        self, records: tuple[Unsigned, ...], checkpoints: tuple[Any, ...] = ()
    ) -> tuple[Rehearsed, ...]:
        """What these records would do if all who may sign them did, now."""
        context = self.context
        launch = Launch(
            self.act.policy,
            context.keyring,
            statements_of(context),
            self.attempt.scope_hash,
            self.attempt.launch_window_id,
            self.now_unix_ms,
        )
        return rehearse(launch, records, checkpoints)


def basis_of(act: Act) -> Basis:
    """The window in which a person is about to sign.

    Raises:
        NothingToVerify: no window is open and nothing is frozen.
        UsageError: several windows are open.
    """
    attempt = running_attempt(with_waiting(act.context))
    if attempt is None:
        raise no_window(act.context)
    return basis_in(act, attempt)


def basis_in(act: Act, attempt: Attempt) -> Basis:
    """The same for an attempt that is known, also where it has ended."""
    context = with_waiting(act.context)
    return Basis(act, context, attempt, present_window(context, attempt))


def running_attempt(context: Context) -> Attempt | None:
    """The attempt that is meant: of the given scope, frozen rather than only open; None for none.

    Raises:
        UsageError: several fit.
    """
    wanted = context.request.scope
    every = [a for a in context.state.attempts if wanted in ("", a.scope_hash)]
    chosen = [a for a in every if a.freezes] or every
    if len(chosen) > 1:
        raise UsageError(
            f"{len(chosen)} windows are open",
            subject="--scope",
            mend="say which: --scope HEX; defer a scope once for each of its windows",
            details=tuple(f"{a.scope_hash}  window {a.launch_window_id[7:23]}" for a in chosen),
        )
    return chosen[0] if chosen else None


def no_window(context: Context) -> NothingToVerify:
    """The refusal of an act in a window where none is open."""
    of_scope = " for this scope" if context.request.scope else ""
    return NothingToVerify(
        f"no launch window is open and nothing is frozen{of_scope}",
        subject="scope",
        mend="aztrust window status",
    )
