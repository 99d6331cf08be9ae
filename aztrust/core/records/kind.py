"""What a kind of record is: one descriptor, which everything that handles records asks.

Each family of kinds has a file next to this one, with the models of its records and their
descriptors; `records.KINDS` lists them. A new kind is its model and its descriptor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aztrust.core.base.errors import Malformed
from aztrust.core.base.schema import Field
from aztrust.core.base.value import field, frozen
from aztrust.core.policy import authority

if TYPE_CHECKING:
    from aztrust.core.base.model import Model
    from aztrust.core.policy.model import Policy
    from aztrust.core.policy.window_tables import Act

UnixMs = Annotated[int, Field(ge=0, le=2**53 - 1)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Remark = Annotated[str, Field(max_length=1000)]

Severity = Literal["critical", "major", "minor"]

Preimages = Mapping[str, Any]
"""What a record's `*_hash` fields are over, by name; of any shape until the kind checked it."""

FinalPart = Literal["evidence", "answer", "none"]
"""What a record is to the final checks: what a computed row rests on, the answer of a person, or
no part of them.
"""

Effect = Literal["none", "opens-window", "ends-window", "ends-scope", "blocks"]
"""What a record does to the state of a launch; `state.launch_state` folds them."""

_NONE: Final[frozenset[str]] = frozenset()


def _never(_: object) -> bool:
    return False


def _every_role(_: Policy, __: object) -> None:
    return None


def _in_any_role(_: object) -> None:
    return None


def _nothing(_: object) -> frozenset[str]:
    return _NONE


def _any_preimages(_: object, __: Preimages, ___: str) -> None:
    return None


def _only_its_id(_: object) -> str:
    return ""


def fields_of(body: Any, _: Preimages) -> tuple[str, str]:  # noqa: ANN401 - the body of any kind
    """Policy digest and scope hash as fields of the record; "" where a kind has no scope."""
    scope = getattr(body, "scope_hash", "")
    return body.policy_digest, scope if isinstance(scope, str) else ""


def about_scope(body: Any, _: Preimages) -> tuple[str, str]:  # noqa: ANN401 - as above
    """The subject of a record that is about the scope in its field `scope_hash`."""
    return "scope", body.scope_hash


def about_policy(body: Any, _: Preimages) -> tuple[str, str]:  # noqa: ANN401 - as above
    """The subject of a record that is about the whole launch."""
    return "policy", body.policy_digest


def every_field(record: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    """A page with every field, sorted by name."""
    return sorted(record.items())


def verdict_roles(policy: Policy, _: object) -> frozenset[str]:
    """The roles of the policy's `[verdicts]`; none where it has no such table."""
    return frozenset(policy.verdicts.roles if policy.verdicts else ())


def fixing_roles(policy: Policy, _: object = None) -> frozenset[str]:
    """Who fixes what a window rests on before its final checks: the lessons, the plan.

    The roles that sign verdicts, and the owner of the blockers.
    """
    return verdict_roles(policy, None) | {authority.row_rule(policy, "blocker-review").role}


def act_roles(act: Act | Callable[[Any], Act]) -> Callable[[Policy, Any], frozenset[str]]:
    """The roles whose holders may sign a record of an act, as a function of policy and body.

    Args:
        act: the act, or what it is for a body.
    """

    def roles(policy: Policy, body: Any) -> frozenset[str]:  # noqa: ANN401
        return frozenset(authority.act_roles(policy, act if isinstance(act, str) else act(body)))

    return roles


FIXERS: Final = (
    "a holder of a role in the policy's `[verdicts]`, or of the role that owns the row"
    " `blocker-review`"
)
"""The holders of `fixing_roles`, for the documentation of a kind."""


def signers_of(act: Act) -> str:
    """Who may sign a record of an act, for the documentation of its kind."""
    text = f"a holder of a role in `[authority.{act}]`; without that table, "
    return text + (
        "of any role in `[verdicts]` or `[authority]`"
        if act == "hold"
        else "of a role in `[verdicts]`"
    )


def window_field(body: Any, _: Preimages) -> str:  # noqa: ANN401 - the body of any kind
    """The launch window in the field `launch_window_id`; "" where a kind or body names none."""
    return getattr(body, "launch_window_id", None) or ""


def expiry_field(body: Any, _: Preimages) -> int | None:  # noqa: ANN401 - as above
    """The time in the field `expires_at_unix_ms`; None where a kind has none."""
    return getattr(body, "expires_at_unix_ms", None)


@frozen
class KindText:
    """What docs/formats/record.md says of a kind, in Markdown.

    Args:
        about: what the record says.
        subject: name and digest of its subject.
        fields: each key of the record, and what it is; "" for what every kind has.
        signer: who may sign it.
        negative: when it is negative.
    """

    about: str
    subject: str
    fields: Mapping[str, str]
    signer: str = "any holder"
    negative: str = "never"


@frozen
class RecordKind:
    """One kind of signed record.

    A record is negative when it stops or takes back something. A negative record is accepted at
    once, wherever it is; nothing revokes it, and it depends on nothing (law 9). Every other record
    counts after it is in the ledger, and while no revocation is against it.

    Args:
        name: in its predicateType, `urn:aztrust:NAME:v1`, and in its file's name.
        model: the fields of its record.
        time_field: the field with its signer's time, in milliseconds since the epoch.
        subject: its in-toto subject, as (name, `sha256:` digest), from body and preimages.
        text: what the documentation of the format says.
        is_negative: whether a body is negative.
        may_sign: the roles whose holders may sign a body under a policy; None for every holder.
        named_roles: the roles that a body names as its signer's; None where it names none, and
            every role of its signer counts.
        checks_decide: whether a record whose signer has none of the roles is kept, because a
            check of its own reports it; otherwise it counts nowhere. The ledger takes neither.
        depends_on: ids of the records that must be in the ledger before a body that is not
            negative. `dependencies` asks it.
        bound_to: the policy digest and the scope hash that a body belongs to.
        window_of: the launch window that a body is about, "" for none.
        expires: after which time, in milliseconds since the epoch, a record that waits for
            signatures or preconditions takes no effect any more; None where it never expires.
        counts_under_any_policy: whether it counts also where another policy is in force.
        check: what model and subject do not say; raises `record-malformed`. Gets body, preimages
            and the name of the file.
        preimages: the model of each preimage that `check` asks for, by its name.
        roots: the names of the preimages that are lists of ids below an `*_root`.
        freeze_row: the row of a freeze that rests on it, None where none does.
        final_part: what it is to the final checks.
        effect: what it does to the state of a launch.
        summary: what it is about, as a short text after the kind's name, such as `of release
            065b73d5`; "" where only its id names it.
        page: the lines of `aztrust show`, as (field, value), from a record that may not have been
            verified and may have any shape. Fields that end in `_unix_ms` are shown as dates.
    """

    name: str
    model: type[Model]
    time_field: str
    subject: Callable[[Any, Preimages], tuple[str, str]]
    text: KindText
    is_negative: Callable[[Any], bool] = _never
    may_sign: Callable[[Policy, Any], frozenset[str] | None] = _every_role
    named_roles: Callable[[Any], frozenset[str] | None] = _in_any_role
    checks_decide: bool = False
    depends_on: Callable[[Any], frozenset[str]] = _nothing
    bound_to: Callable[[Any, Preimages], tuple[str, str]] = fields_of
    window_of: Callable[[Any, Preimages], str] = window_field
    expires: Callable[[Any, Preimages], int | None] = expiry_field
    counts_under_any_policy: bool = False
    check: Callable[[Any, Preimages, str], None] = _any_preimages
    preimages: Mapping[str, type[Model]] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    freeze_row: str | None = None
    final_part: FinalPart = "evidence"
    effect: Effect = "none"
    summary: Callable[[Any], str] = _only_its_id
    page: Callable[[Mapping[str, Any]], Iterable[tuple[str, object]]] = every_field

    def claimed_unix_ms(self, body: Any) -> int:  # noqa: ANN401 - the body of any kind
        """When its signer says it was made, in milliseconds since the epoch (law 12)."""
        return int(getattr(body, self.time_field))

    def is_by_a_role(self, policy: Policy, holder: str, body: Any) -> bool:  # noqa: ANN401
        """Whether a holder has a role that may sign this body."""
        wanted = self.may_sign(policy, body)
        if wanted is None:
            return True
        roles = frozenset(policy.holders[holder].roles)
        named = self.named_roles(body)
        return not wanted.isdisjoint(roles if named is None else roles & named)

    def has_dependencies(self) -> bool:
        """Whether a record of this kind can depend on another one."""
        return self.depends_on is not _nothing

    def dependencies(self, body: Any) -> frozenset[str]:  # noqa: ANN401 - the body of any kind
        """Ids of the records that a body depends on: none where it is negative."""
        return _NONE if self.is_negative(body) else self.depends_on(body)


def malformed(cause: str, what: str) -> Malformed:
    """The refusal of a record that says something else than its kind should."""
    return Malformed(
        cause, subject=what, code="record-malformed", mend="remove the file, ask its signer again"
    )
