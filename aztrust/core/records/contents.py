"""What a record consists of in addition to its fields: its own id, its preimages and its roots.

AZ-028 gives some records an id of their own, and fields that are only a hash or a root of
something else. What they are over is in the `preimages` of the statement: `preimages.NAME` of
`NAME_hash` (SHA-256 of the canonical preimage, which `formats.statement` compares), and of
`NAME_root` (RFC 9162 over the ids in it, sorted).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, TypeVar

from aztrust.core.base import canonical
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.model import Items, Model, validate
from aztrust.core.base.schema import Field
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.merkle import ids_root
from aztrust.core.records.kind import Preimages, UnixMs, malformed

M = TypeVar("M", bound=Model)


class LedgerHead(Model):
    """The ledger as it was when it was considered: whose it is, and its RFC 9162 root."""

    keeper: Sha256
    origin: Annotated[str, Field(min_length=1, max_length=200)]
    root: Sha256
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]


class Proposal(Model):
    """What every payload of a joint positive act names: what it belongs to and rests on.

    `rests_on` are ids of records and verdicts, sorted, each once. `head` is the ledger as the
    proposer knew it. The proposal takes no effect after `expires_at_unix_ms`.
    """

    policy_digest: Sha256
    scope_hash: Sha256
    rests_on: Items[Sha256]
    head: LedgerHead | None = None
    expires_at_unix_ms: UnixMs


class Listed(Model):
    """What an `*_root` is over: ids, sorted, each once, at least one."""

    ids: Items[Sha256]


def own_id(body: Model, field: str) -> str:
    """The id that a record has by its contents: SHA-256 of its canonical form without that field.

    Args:
        body: the record.
        field: the field with its own id, such as `launch_window_id`.
    """
    fields = body.model_dump(mode="json", exclude_none=True, exclude={field})
    return sha256_id(canonical.dumps(fields))


def read_preimage(preimages: Preimages, name: str, model: type[M]) -> M:
    """A preimage of a record whose kind checked it."""
    return model.model_validate(dict(preimages[name]))


def scope_in(name: str) -> Callable[[Any, Preimages], tuple[str, str]]:
    """The subject of a record whose scope is in a preimage: the preimage may have any shape.

    Where the scope cannot be read, the subject is another digest of the record, and its kind
    refuses it later for the preimage.
    """

    def subject(body: Any, preimages: Preimages) -> tuple[str, str]:  # noqa: ANN401
        held = preimages.get(name)
        scope = held.get("scope_hash") if isinstance(held, Mapping) else None
        if isinstance(scope, str):
            return "scope", scope
        other: str = getattr(body, f"{name}_hash", None) or body.launch_window_id
        return "scope", other

    return subject


def bound_in(name: str) -> Callable[[Any, Preimages], tuple[str, str]]:
    """Policy digest and scope hash of a record whose kind checked this preimage."""

    def bound(_: object, preimages: Preimages) -> tuple[str, str]:
        return preimages[name]["policy_digest"], preimages[name]["scope_hash"]

    return bound


def expires_in(name: str) -> Callable[[Any, Preimages], int]:
    """When a proposal expires whose kind checked this preimage; milliseconds since the epoch."""

    def expires(_: object, preimages: Preimages) -> int:
        return int(preimages[name]["expires_at_unix_ms"])

    return expires


def expired_when_made(made_unix_ms: int, expires_at_unix_ms: int) -> Iterator[str]:
    """The fault of a record that expires before it takes any effect."""
    if expires_at_unix_ms <= made_unix_ms:
        yield "its expires_at_unix_ms is not later than the record"


def _no_fault(_: object, __: object) -> Iterable[str]:
    return ()


@frozen
class Contents:
    """What the records of one kind consist of.

    Args:
        own_id: the field with the record's own id; "" where it has none.
        preimages: the model of each preimage, by its name.
        roots: the names of the preimages that are lists of ids below a root.
        faults: what else is wrong with a body and its preimages as models, as clauses.
        closed: whether a preimage with another name is refused.
    """

    own_id: str = ""
    preimages: Mapping[str, type[Model]] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    faults: Callable[[Any, Mapping[str, Any]], Iterable[str]] = _no_fault
    closed: bool = True

    def check(self, body: Model, preimages: Preimages, what: str) -> None:
        """Compare a body with its preimages; digests of preimages are the statement's to compare.

        Raises:
            Malformed: `record-malformed`: a preimage too many or too few, or of another shape; a
                root, an own id or a limit that is not what it should be.
        """
        unknown = sorted(preimages.keys() - self.preimages.keys() - set(self.roots))
        if unknown and self.closed:
            raise malformed(f"has an unknown preimage {ascii(unknown[0])[:60]}", what)
        models: dict[str, Any] = {}
        for name, model in self.preimages.items():
            if self._is_due(body, preimages, name, "hash", what):
                held = preimages[name]
                models[name] = validate(model, held, what=what, code="record-malformed")
        for name in self.roots:
            if self._is_due(body, preimages, name, "root", what):
                ids = {"ids": preimages[name]}
                listed = validate(Listed, ids, what=what, code="record-malformed").ids
                if not listed or list(listed) != sorted(set(listed)):
                    raise malformed(f"preimages.{name} is not ids, sorted, each once", what)
                if getattr(body, f"{name}_root") != ids_root(listed):
                    raise malformed(f"its {name}_root is not the root over preimages.{name}", what)
                models[name] = listed
        if self.own_id and getattr(body, self.own_id) != own_id(body, self.own_id):
            raise malformed(f"its {self.own_id} is not the digest of its record", what)
        for holder in (body, *models.values()):
            rests_on = getattr(holder, "rests_on", ())
            if list(rests_on) != sorted(set(rests_on)):
                raise malformed("its rests_on is not ids, sorted, each once", what)
        for fault in self.faults(body, models):
            raise malformed(fault, what)

    def make(
        self,
        model: type[M],
        fields: Mapping[str, object],
        preimages: Mapping[str, Model | Iterable[str] | None] | None = None,
    ) -> tuple[M, dict[str, Any]]:
        """A body with its hashes, roots and own id, and its preimages as they are signed.

        Args:
            model: the model of the body.
            fields: its fields without those that are computed here.
            preimages: the preimages by name; None and an empty list of ids leave one out.
        """
        made: dict[str, Any] = {}
        computed: dict[str, object] = {}
        for name, held in (preimages or {}).items():
            if held is None:
                continue
            if isinstance(held, Model):
                made[name] = held.model_dump(mode="json", exclude_none=True)
                if name in self.preimages and f"{name}_hash" in _keys(model):
                    computed[f"{name}_hash"] = sha256_id(canonical.dumps(made[name]))
            elif ids := sorted(set(held)):
                made[name] = ids
                computed[f"{name}_root"] = ids_root(ids)
        if not self.own_id:
            return model(**fields, **computed), made
        body = model(**fields, **computed, **{self.own_id: _NO_ID})
        return body.model_copy(update={self.own_id: own_id(body, self.own_id)}), made

    @staticmethod
    def _is_due(body: Model, preimages: Preimages, name: str, form: str, what: str) -> bool:
        """Whether a preimage is there; it is exactly where the record has its hash or root."""
        field = f"{name}_{form}"
        wanted = getattr(body, field) is not None if field in _keys(type(body)) else True
        if wanted and name not in preimages:
            raise malformed(f"has no preimages.{name}", what)
        if not wanted and name in preimages:
            raise malformed(f"has preimages.{name} and no {field}", what)
        return wanted


_NO_ID: Final = f"sha256:{'0' * 64}"


def _keys(model: type[Model]) -> frozenset[str]:
    return frozenset(model.core_schema()["schema"]["fields"])
