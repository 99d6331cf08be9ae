"""Anchors that a user pinned: which policy digest a launch had when it was first trusted.

A pin names a launch by its directory and by what it calls itself. Either is enough, so that
another launch's files copied over a pinned directory are noticed, and so is the same launch with
another policy in a fresh clone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from aztrust.core.base.canonical import dumps, loads
from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, VersionOne, validate
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import NetworkClass, Policy, Text

PINS_LIMIT = 4 * 1024 * 1024

# Name, network class, chain id.
Identity: TypeAlias = tuple[str, NetworkClass, str]


class Pin(Model):
    """One launch and its policy digest, as it was when the user pinned it."""

    name: Text
    network_class: NetworkClass
    chain_id: Text
    directory: Annotated[str, Field(min_length=1)]
    policy_digest: Sha256
    pinned_at_unix_ms: Annotated[int, Field(ge=0, le=2**53 - 1)]

    @property
    def identity(self) -> Identity:
        """What the launch calls itself."""
        return self.name, self.network_class, self.chain_id


class PinFile(Model):
    """The file `anchors.json`."""

    schema_: Annotated[Literal["aztrust/anchors"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0)]
    anchors: Items[Pin]


@frozen
class Place:
    """A launch as pins see it: every spelling of its directory, and its name if it can be read."""

    directories: frozenset[str]
    identity: Identity | None

    def is_meant_by(self, pin: Pin) -> bool:
        """Whether a pin is about this launch."""
        return pin.directory in self.directories or pin.identity == self.identity


def identity_of(policy: Policy) -> Identity:
    """What a launch calls itself."""
    return policy.launch.name, policy.launch.network_class, policy.launch.chain_id


def parse_pins(data: bytes, *, what: str) -> tuple[Pin, ...]:
    """The pins in `anchors.json`.

    Raises:
        Malformed: `anchors-malformed`; an empty file is malformed, not "no pins".
    """
    code = "anchors-malformed"
    document = loads(data, what=what, code=code, limit=PINS_LIMIT)
    return validate(PinFile, document, what=what, code=code).anchors


def dump_pins(pins: Iterable[Pin]) -> bytes:
    """The file's bytes, which `parse_pins` reads back."""
    anchors = [pin.model_dump(mode="json") for pin in pins]
    head = {"schema": "aztrust/anchors", "version_major": 1, "version_minor": 0}
    return dumps({**head, "anchors": anchors}) + b"\n"


def conflict(pin: Pin, digest: str, place: Place) -> str:
    """Why a pin that is about this launch contradicts it, one sentence; "" if it does not."""
    if pin.policy_digest == digest:
        return ""
    label = f"{escape(pin.name)} ({pin.network_class}, {escape(pin.chain_id)})"
    if place.identity is None or pin.identity == place.identity:
        return f"the anchor pinned for {label} is {pin.policy_digest}, another policy"
    return f"this directory is pinned as another launch: {label}, anchor {pin.policy_digest}"
