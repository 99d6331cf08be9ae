"""`aztrust anchor`: the policy digest that was announced, shown, pinned, listed, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from aztrust.acts.anchors import add_pin, pins_about, place_of, remove_pins, resolve_anchor
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import yes_option
from aztrust.core.base.digest import groups, parse_sha256
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_rfc3339
from aztrust.core.judge.next_steps import Step
from aztrust.core.policy.model import POLICY_PATH, policy_digest
from aztrust.core.policy.pins import Pin
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.report.steps import step_lines
from aztrust.storage.anchors import read_pins
from aztrust.storage.config import shown
from aztrust.storage.launch import read_policy

anchor = group(
    "anchor",
    short_help="Pin the announced policy digest.",
    text="The anchor is the digest of the policy. Get it from the people of the launch, not from "
    "the place where the files came from; a pinned anchor is compared at every run.",
    example="aztrust anchor add 8f3a91c2...5ac41d06",
)


@command(
    "show",
    short_help="This launch's policy digest, to read aloud.",
    example="aztrust anchor show",
    parent=anchor,
)
def show(session: Session) -> int:
    """Print the digest of this launch's policy: to announce it, or to compare it by ear."""
    launch = session.source()
    data = read_policy(launch)
    digest = policy_digest(data)
    state = resolve_anchor(launch, data, given=None)
    identity = place_of(launch, data).identity
    label = f"{escape(identity[2])}  {identity[1]}  {escape(identity[0])}" if identity else ""
    pinned = "yes" if state.source == "pinned" else "no"
    lines = [
        *labelled("anchor", label or f"of {POLICY_PATH}, which is not well-formed yet"),
        f"  {digest}",
        *aloud(digest),
    ]
    for sentence in state.conflicts:
        pinned = "another"
        lines += labelled("conflict", sentence)
    lines += labelled("pinned", pinned)
    if pinned == "no":
        lines += labelled(
            "next",
            "your launch? announce it where the files are NOT (chain site, read aloud). Not "
            "yours? compare it with what was announced. Then, with the announced HEX:",
        )
        lines += step_lines([Step("aztrust anchor add HEX", ("each holder",))], label="")
    document = {
        "schema": "aztrust/anchor",
        "version_major": 1,
        "version_minor": 0,
        "policy_digest": digest,
        "groups": groups(digest),
        "pinned": state.source == "pinned",
        "conflicts": list(state.conflicts),
    }
    session.emit(document, lines, brief=digest)
    return 10 if state.conflicts else 0


@command(
    "add",
    short_help="Pin the announced digest for this launch.",
    example="aztrust anchor add 8f3a 91c2 d047 be56 18fa 3c90 e7d2 614b \\\n"
    "    b59f 08a3 c61e 74d2 907b 3fe8 5ac4 1d06",
    parent=anchor,
)
@click.argument("digest", metavar="HEX...", nargs=-1, required=True)
def add(session: Session, digest: tuple[str, ...]) -> None:
    """Compare the announced digest HEX with this launch's policy, and remember it.

    It is kept in your configuration directory, outside the launch directory.
    """
    launch = session.source()
    data = read_policy(launch)
    path = add_pin(launch, data, " ".join(digest), now_unix_ms=session.now_unix_ms())
    pin = next(p for p in read_pins() if p.directory == str(launch.resolve()))
    lines = [
        *labelled("pinned", f"{escape(pin.chain_id)}  {pin.network_class}  {escape(pin.name)}"),
        f"  {pin.policy_digest}",
        *labelled("for", shown(launch.resolve())),
        *labelled("in", shown(path)),
        *_after_pinning(launch, session.now_unix_ms()),
    ]
    session.emit(_document([pin]), lines, brief=f"pinned {pin.policy_digest}")


def _after_pinning(launch: Path, now: int) -> list[str]:
    """What the launch waits for; on a kit, and once there is nothing more to sign, to verify it."""
    from aztrust.acts.preconditions import read_to_advise
    from aztrust.core.base.errors import AztrustError
    from aztrust.core.judge.next_steps import PACK, next_steps

    verify = labelled("next", "aztrust verify")
    if launch.is_file():
        return verify
    try:
        steps = next_steps(read_to_advise(launch, now))
    except AztrustError:
        # Pinning is done; what comes next is advice.
        return verify
    return verify if steps[0].command == PACK else step_lines(steps)


@command("list", short_help="Every pinned anchor.", example="aztrust anchor list", parent=anchor)
def list_(session: Session) -> None:
    """List the anchors pinned by you on this machine."""
    pins = read_pins()
    lines: list[str] = []
    for pin in pins:
        lines += [*_pin_lines(pin), ""]
    session.emit(
        _document(pins),
        lines[:-1] or advice_lines("none", "no anchor is pinned: aztrust anchor add HEX"),
        brief=f"{len(pins)} pinned",
    )


@command(
    "remove",
    short_help="Forget a pinned anchor.",
    example="aztrust anchor remove\naztrust anchor remove 8f3a91c2...5ac41d06 --yes",
    parent=anchor,
)
@click.argument("digest", metavar="[HEX...]", nargs=-1)
@yes_option
def remove(session: Session, digest: tuple[str, ...], yes: bool) -> None:
    """Forget what is pinned for this launch, or every pin of the digest HEX."""
    if digest:
        wanted = parse_sha256(" ".join(digest))
        pins = tuple(pin for pin in read_pins() if pin.policy_digest == wanted)
    else:
        launch = session.source()
        pins = pins_about(launch, read_policy(launch))
    if not pins:
        raise UsageError(
            "no such anchor is pinned" if digest else "no anchor is pinned for this launch",
            mend="aztrust anchor list",
        )
    for pin in pins:
        for line in _pin_lines(pin):
            session.note(line)
    session.confirm(f"Forget {len(pins)} pinned anchor{'s'[: len(pins) > 1]}?", yes=yes)
    path = remove_pins(pins)
    lines = []
    for pin in pins:
        lines += labelled("removed", f"{escape(pin.chain_id)}  {pin.network_class}")
        lines.append(f"  {pin.policy_digest}")
    lines += labelled("in", shown(path))
    lines += labelled("next", "without an anchor, verify exits with 12 and never with 0")
    session.emit(_document(pins), lines, brief=f"removed {len(pins)}")


def aloud(digest: str) -> list[str]:
    """The digest in 16 groups of four, two lines of eight, a wider gap in the middle."""
    first, second = aloud_lines(digest)
    return [f"{'aloud':<9}{first}", f"{'':<9}{second}"]


def aloud_lines(digest: str) -> tuple[str, str]:
    """The same without a label."""
    parts = groups(digest).split(" ")
    quarters = [" ".join(parts[start : start + 4]) for start in range(0, 16, 4)]
    return f"{quarters[0]}  {quarters[1]}", f"{quarters[2]}  {quarters[3]}"


def _pin_lines(pin: Pin) -> list[str]:
    at = format_rfc3339(pin.pinned_at_unix_ms * 1_000_000)
    return [
        *labelled("pinned", f"{escape(pin.chain_id)}  {pin.network_class}  {escape(pin.name)}"),
        f"  {pin.policy_digest}",
        *labelled("for", f"{escape(pin.directory)}"),
        *labelled("since", at[:10] + " " + at[11:16] + " UTC"),
    ]


def _document(pins: Sequence[Pin]) -> dict[str, object]:
    return {
        "schema": "aztrust/anchors",
        "version_major": 1,
        "version_minor": 0,
        "anchors": [pin.model_dump(mode="json") for pin in pins],
    }
