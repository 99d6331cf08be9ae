"""Opening each content once: what bytes are does not change within one run.

One command looks at the same files several times: for the launch's ledger, for its checks, and
under every policy that was frozen before. Parsing and signature checks are pure functions of the
bytes and the key, so the first result serves the whole run. Nothing outlives the run (law 1): every
reading of a launch directory begins with an opener that knows nothing.

What a content means under a policy (whose key it is, whether it counts) is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from aztrust.core.base.errors import Malformed
from aztrust.core.base.foreign import foreign
from aztrust.core.formats.dsse import Envelope, VerifiedPayload, open_envelope, parse_envelope
from aztrust.core.formats.keys import PublicKey, VerificationMaterial, parse_public_key
from aztrust.core.formats.statement import Statement, read_contents, statement_of
from aztrust.core.package.manifest import Manifest, parse_manifest
from aztrust.core.policy.model import POLICY_PATH, Policy
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.records import VerifiedRecord, read_body, read_typed_record

if TYPE_CHECKING:
    from aztrust.core.base.model import Model
    from aztrust.core.formats.checkpoint_note import VerifiedHead
    from aztrust.core.records.verdict import VerdictStatement

T = TypeVar("T")
_NOT_MADE: Final = object()


class Opener:
    """The parsers and the signature check of one run, each asked once about the same content.

    A refusal is a result like any other: it is raised again, about the file that is asked about.
    Two openers are equal: which of them read a launch says nothing about the launch.
    """

    __slots__ = ("_last", "_results")

    def __init__(self) -> None:
        self._results: dict[tuple[Hashable, ...], object] = {}
        self._last: dict[Hashable, tuple[tuple[object, ...], object]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opener)

    def __hash__(self) -> int:
        return 0

    @property
    def size(self) -> int:
        """How many results are kept. Who opens contents for longer than one run bounds it."""
        tables = (made for _, made in self._last.values() if isinstance(made, dict))
        return len(self._results) + sum(map(len, tables))

    def policy(self, data: bytes, *, what: str = POLICY_PATH) -> Policy:
        """The policy in these bytes; raises as `parse_policy`."""
        return self._once(what, lambda: parse_policy(data, what=what), parse_policy, data)

    def manifest(self, data: bytes, *, what: str) -> Manifest:
        """The manifest in these bytes; raises as `parse_manifest`."""
        return self._once(what, lambda: parse_manifest(data, what=what), parse_manifest, data)

    def key(self, data: bytes, *, name: str) -> PublicKey:
        """The public key in these bytes; raises as `parse_public_key`."""
        return self._once(name, lambda: parse_public_key(data, name=name), parse_public_key, data)

    def envelope(self, data: bytes, *, name: str) -> Envelope:
        """The envelope in these bytes, signature unchecked; raises as `parse_envelope`."""
        found = self._once(name, lambda: parse_envelope(data, name=name), parse_envelope, data)
        if found.name == name:
            return found
        # By position, which is the fast way: an audit asks for thousands under two names each.
        return Envelope(found.payload, found.payload_type, found.keyid, found.signature, name)

    def payload(self, envelope: Envelope, key: VerificationMaterial) -> VerifiedPayload:
        """The payload of an envelope once its signature holds; raises as `open_envelope`."""
        return self._once(
            envelope.name,
            lambda: open_envelope(envelope, key),
            open_envelope,
            (envelope.payload, envelope.payload_type, envelope.keyid, envelope.signature),
            key,
        )

    def statement(self, payload: VerifiedPayload) -> Statement:
        """The statement in a signed payload; raises as `parse_statement`."""
        # Hosts that are confirmed in one second say the same: many keys, one content.
        contents = self._once("", lambda: read_contents(payload), read_contents, payload.payload)
        return statement_of(payload, contents)

    def record(self, statement: Statement, holder: str, *, what: str) -> VerifiedRecord:
        """The typed record of a holder in a statement; raises as `read_typed_record`."""
        return self._once(
            what,
            lambda: read_typed_record(statement, holder, what=what),
            *(read_typed_record, statement.record_id, statement.key, holder),
        )

    def body(self, statement: Statement, *, what: str) -> Model:
        """What a signed statement says, as the model of its kind; raises as `read_body`."""
        return self._once(
            what,
            lambda: read_body(statement, what=what),
            *(read_body, statement.record_id),
        )

    def verdict(self, payload: VerifiedPayload) -> VerdictStatement:
        """The verdict in a signed payload; raises as `parse_verdict`."""
        # Before the freeze no launch has a verdict, and no command pays for reading one (ADR 4).
        from aztrust.core.records.verdict import parse_verdict

        return self._once("", lambda: parse_verdict(payload), parse_verdict, payload)

    def head(
        self, note: bytes, keeper: VerificationMaterial, origin: str, *, name: str
    ) -> VerifiedHead:
        """The keeper's head in a signed note; raises as `open_head`."""
        from aztrust.core.formats.checkpoint_note import open_head  # few launches have a ledger

        return self._once(
            name,
            lambda: open_head(note, keeper, origin, name=name),
            *(open_head, note, keeper, origin),
        )

    def further_lines(
        self, note: bytes, further: tuple[VerificationMaterial, ...], origin: str, *, name: str
    ) -> None:
        """Verify the lines of further keys in a signed note; raises as `refuse_wrong_lines`."""
        from aztrust.core.formats.checkpoint_note import refuse_wrong_lines

        self._once(
            name,
            lambda: refuse_wrong_lines(note, further, origin, name=name),
            *(refuse_wrong_lines, note, further, origin),
        )

    def result(self, make: Callable[[], T], *key: Hashable, subject: str = "") -> T:
        """What another pure function of some contents gives: made once for each key.

        Args:
            make: makes it.
            key: the function, and everything that its result depends on; the contents last.
            subject: the file, for a refusal; "" for the first one of these contents.
        """
        return self._once(subject, make, *key)

    def last(self, make: Callable[[], T], name: Hashable, *inputs: object) -> T:
        """What a pure function of frozen values gives: made again once one of them is another one.

        The values are compared by identity, because comparing a launch takes longer than the
        function; numbers, texts and bytes by value. Only the last result is kept. A `dict` that
        is made is a table for what else follows from these values; its entries count as results.

        Args:
            make: makes it.
            name: the function.
            inputs: everything that its result depends on.
        """
        before, held = self._last.get(name, ((), None))
        same = len(before) == len(inputs)
        if same and all(map(_is_same, before, inputs)):
            return cast("T", held)
        found = make()
        self._last[name] = (inputs, found)
        return found

    def _once(self, subject: str, make: Callable[[], T], *key: Hashable) -> T:
        # A key is large, so it is hashed as seldom as can be.
        found: object = self._results.get(key, _NOT_MADE)
        if found is _NOT_MADE:
            try:
                found = make()
            except Malformed as error:
                found = _recognised(error, key[-1])
            self._results[key] = found
        if isinstance(found, Malformed):
            raise about(found, subject)
        return cast("T", found)


def _is_same(one: object, other: object) -> bool:
    return one is other or (type(one) in _PLAIN and type(other) is type(one) and one == other)


_PLAIN: Final = frozenset({bytes, int, str})


def _recognised(error: Malformed, content: Hashable) -> Malformed:
    """The refusal of a whole file that is something well known instead: then it says what."""
    found = foreign(content) if isinstance(content, bytes) else None
    if found is None:
        return error
    return Malformed(f"is {found.what}", subject=error.subject, code=error.code, mend=found.mend)


def about(error: Malformed, subject: str) -> Malformed:
    """The same refusal, of a file of this name; of the first one where there is no name."""
    named: dict[str, Any] = {"code": error.code, "mend": error.mend, "details": error.details}
    return Malformed(error.message, subject=subject or error.subject, **named)
