"""From an option and the user's pins to the anchor of this run."""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.policy.model import POLICY_PATH, policy_digest
from aztrust.core.policy.pins import Pin, Place, conflict, identity_of
from aztrust.core.policy.validate import parse_policy_structure
from aztrust.storage.anchors import read_pins, write_pins


@frozen
class Anchoring:
    """What `core.state.context.Request` asks for.

    Attributes:
        anchor: the digest that was given or that a pin confirms, "" where there is neither.
        source: `given` or `pinned`, "" without an anchor.
        conflicts: one sentence for each pin about this launch that its policy contradicts; they
            are reported even where the given anchor agrees.
    """

    anchor: str = ""
    source: str = ""
    conflicts: tuple[str, ...] = ()

    def require(self, digest: str) -> None:
        """Allow an act only under the policy that was announced, as far as that is known.

        Raises:
            Refused: `anchor-mismatch`.
        """
        if self.conflicts or self.anchor not in ("", digest):
            raise Refused(
                "the policy here is not the one that was announced",
                subject=POLICY_PATH,
                code="anchor-mismatch",
                mend="get the launch directory, or the anchor, from its source again; nothing was "
                "signed or written",
                details=(
                    *([f"{self.source}: {self.anchor}"] if self.anchor not in ("", digest) else ()),
                    f"here: {digest}",
                    *self.conflicts,
                ),
            )


def resolve_anchor(launch: Path, policy_bytes: bytes, *, given: str | None) -> Anchoring:
    """The anchor of a run over a launch directory.

    Args:
        launch: the launch directory (or kit file).
        policy_bytes: its policy, exactly as read for the verification.
        given: `--anchor` or `$AZTRUST_ANCHOR` as typed, None where there is none. An empty text is
            an error: in a script it is a variable that was not set.

    Raises:
        UsageError: `given` is not a digest.
        CouldNotCheck: the pins cannot be read or relied on.
    """
    anchor = None if given is None else parse_sha256(given)
    digest = policy_digest(policy_bytes)
    applying = pins_about(launch, policy_bytes)
    place = place_of(launch, policy_bytes)
    conflicts = tuple(filter(None, (conflict(pin, digest, place) for pin in applying)))
    if anchor is not None:
        return Anchoring(anchor, "given", conflicts)
    if any(pin.policy_digest == digest for pin in applying):
        return Anchoring(digest, "pinned", conflicts)
    return Anchoring(conflicts=conflicts)


def anchor_without_a_policy(given: str | None) -> Anchoring:
    """The anchor of a run that has no policy: the one that was given, and no pin applies.

    Args:
        given: as `resolve_anchor`.

    Raises:
        UsageError: `given` is not a digest.
    """
    return Anchoring() if given is None else Anchoring(parse_sha256(given), "given")


def pins_about(launch: Path, policy_bytes: bytes) -> tuple[Pin, ...]:
    """The pins for this launch, found by its directory or by its name.

    Raises:
        CouldNotCheck: the pins cannot be read or relied on.
    """
    pins = read_pins()
    if not pins:
        return ()
    place = place_of(launch, policy_bytes)
    return tuple(p for p in pins if place.is_meant_by(p) or _is_same_file(p.directory, launch))


def place_of(launch: Path, policy_bytes: bytes) -> Place:
    """The directory and the names of a launch, as far as its policy can be read."""
    try:
        identity = identity_of(parse_policy_structure(policy_bytes))
    except Malformed:
        identity = None
    return Place(frozenset({str(launch.absolute()), str(launch.resolve())}), identity)


def add_pin(launch: Path, policy_bytes: bytes, announced: str, *, now_unix_ms: int) -> Path:
    """Pin the announced anchor of this launch, after comparing it; return the file of pins.

    Raises:
        UsageError: `announced` is not a digest.
        Malformed: the policy cannot be read.
        Refused: `anchor-mismatch`: it is not this policy's digest, or an older pin disagrees.
        CouldNotCheck: the pins cannot be read or written, or the directory's name is not UTF-8.
    """
    directory = str(launch.resolve())
    if not directory.isprintable() and _is_not_text(directory):
        raise CouldNotCheck(
            "a directory whose name is not UTF-8 cannot be pinned",
            subject=escape(directory),
            mend="rename the directory",
        )
    digest = policy_digest(policy_bytes)
    Anchoring(parse_sha256(announced), "announced").require(digest)
    name, network_class, chain_id = identity_of(parse_policy_structure(policy_bytes))
    older = [pin for pin in pins_about(launch, policy_bytes) if pin.policy_digest != digest]
    if older:
        place = place_of(launch, policy_bytes)
        raise Refused(
            "another anchor is pinned for this launch",
            subject=POLICY_PATH,
            code="anchor-mismatch",
            mend="if its holders announced a new policy: aztrust anchor remove; then:"
            " aztrust anchor add HEX",
            details=tuple(conflict(pin, digest, place) for pin in older),
        )
    pin = Pin(
        name=name,
        network_class=network_class,
        chain_id=chain_id,
        directory=directory,
        policy_digest=digest,
        pinned_at_unix_ms=now_unix_ms,
    )
    others = [other for other in read_pins() if other.directory != pin.directory]
    return write_pins((*others, pin))


def remove_pins(pins: tuple[Pin, ...]) -> Path:
    """Forget these pins; return the file of pins.

    Raises:
        CouldNotCheck: the pins cannot be read or written.
    """
    return write_pins(pin for pin in read_pins() if pin not in pins)


def _is_same_file(directory: str, launch: Path) -> bool:
    try:
        return os.path.samefile(directory, launch)
    except OSError:
        return False


def _is_not_text(text: str) -> bool:
    try:
        text.encode("utf-8", "strict")
    except UnicodeEncodeError:
        return True
    return False
