"""A list of operators from a folder of gen_txs, with the keys that they handed in."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.gentx_folder import read_each
from aztrust.acts.operators.enrol import Gentx
from aztrust.acts.operators.keys import read_key_folder, read_public_key
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey
from aztrust.core.genesis.gentx_operators import GentxFile, operator_name, read_operators
from aztrust.core.records.operator_list import Listed


@frozen
class GentxList:
    """What a folder of gen_txs gives.

    Args:
        listed: the entries that can be enrolled.
        files: every file of both folders by name, with its outcome.
        gentx: whether the signature of each entry's gen_tx was verified.
    """

    listed: tuple[Listed, ...]
    files: tuple[tuple[str, str], ...]
    gentx: Gentx


def list_from_gentxs(
    folder: Path,
    keys: Path | None,
    keys_of: tuple[str, ...],
    roles: tuple[str, ...],
    chain_id: str,
) -> GentxList:
    """The entries for the gen_txs whose operators have a key here.

    Args:
        folder: of gen_txs.
        keys: a folder of public keys, OPERATOR.pub or OPERATOR.pem.
        keys_of: `OPERATOR=FILE` as typed.
        roles: of each of these operators.
        chain_id: of the network.

    Raises:
        UsageError: no role or no key is given, or an operator has two keys.
        Refused: a file of the folder cannot be read, is wrongly signed, or
            repeats another one; `details` names each. Or no operator has a key.
        CouldNotCheck: a folder or a key file cannot be read.
    """
    if not roles:
        raise UsageError(
            "the roles of these operators are not given", subject="--role", mend="--role node"
        )
    files = read_operators(*read_each(folder), chain_id)
    refused = [f"{escape(file.name)}: {file.why}" for file in files if file.is_refused]
    if refused or not files:
        raise Refused(
            f"{len(refused)} of {len(files)} files in {escape(str(folder))} are not gen_txs that"
            " can be enrolled"
            if files
            else f"there is no file in {escape(str(folder))}",
            subject="--from-gentx",
            mend="ask their operators for them again, or move what is left out on purpose out of"
            " the folder",
            details=tuple(refused),
        )
    found, notes = _keys(keys, keys_of, {file.operator for file in files})
    listed = [
        Listed(file.operator, found[file.operator], roles, file.validators)
        for file in files
        if file.operator in found
    ]
    if not listed:
        names = sorted(file.operator for file in files)
        raise Refused(
            "no operator of these gen_txs has a key here: a gen_tx holds none that signs for"
            " aztrust",
            subject="--keys",
            mend="collect their public keys into one folder: --keys DIR, each as OPERATOR.pub",
            details=(f"operators: {', '.join(names[:60])}", *(f"{n}: {why}" for n, why in notes)),
        )
    enrolled = [file for file in files if file.operator in found]
    verified = all(file.signature == "verified" for file in enrolled)
    outcomes = [(escape(file.name), _outcome(file, found)) for file in files]
    return GentxList(tuple(listed), (*outcomes, *notes), "verified" if verified else "unverified")


def _outcome(file: GentxFile, keys: dict[str, PublicKey]) -> str:
    signature = "signature verified"
    if file.signature != "verified":
        signature = f"signature not verified: {file.why}"
    if file.operator not in keys:
        return f"{file.operator} is not enrolled: there is no key {file.operator}.pub; {signature}"
    return f"enrols {file.operator}; {signature}"


def _keys(
    folder: Path | None, keys_of: tuple[str, ...], operators: set[str]
) -> tuple[dict[str, PublicKey], list[tuple[str, str]]]:
    """The key of each operator, and the outcome of the files of no operator."""
    found: dict[str, PublicKey] = {}
    notes: list[tuple[str, str]] = []
    if folder is not None:
        keys, unread = read_key_folder(folder)
        notes += [(escape(f"{folder.name}/{name}"), why) for name, why in sorted(unread.items())]
        for name, key in sorted(keys.items()):
            operator = operator_name(name.removesuffix(".pub").removesuffix(".pem"))
            if operator not in operators:
                shown = escape(f"{folder.name}/{name}")
                notes.append((shown, "no gen_tx of an operator of this name is there"))
            else:
                _add(found, operator, key)
    for text in keys_of:
        operator, _, file = text.partition("=")
        if operator not in operators or not file:
            raise UsageError(
                f"--key-of {escape(text)[:100]} names no operator of these gen_txs",
                subject="--key-of",
                mend=f"write OPERATOR=FILE with one of: {', '.join(sorted(operators)[:20])}",
            )
        _add(found, operator, read_public_key(Path(file)))
    return found, notes


def _add(found: dict[str, PublicKey], operator: str, key: PublicKey) -> None:
    if found.setdefault(operator, key) != key:
        raise UsageError(
            f"{operator} has two keys here",
            subject="--keys",
            mend="leave the key that this operator signs with; a list can have several: enrol"
            " LIST.toml",
        )
