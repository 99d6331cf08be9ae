"""Which operators a folder of gen_txs names: every file is accounted for, by its name.

A file is one of these, and the reason is given next to its name: it names validators; it holds no
gen_tx that can be read; its signature is wrong; or it repeats the validator of another file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.genesis.gentx_signatures import check_gentx
from aztrust.core.genesis.identities import folded
from aztrust.core.genesis.validators import Validator, created_by
from aztrust.core.linkage.jsondoc import JsonValue, elements, get, parse_json

_OTHER: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 64


@frozen
class GentxFile:
    """One file of the folder.

    Args:
        name: as it is called.
        operator: the name that its operator gets, "" where the file counts for none.
        validators: as an enrolment names them.
        signature: what is known about its signature; `none` for a file that is not a gen_tx.
        why: a sentence, "" where there is nothing to add.
    """

    name: str
    operator: str = ""
    validators: tuple[str, ...] = ()
    signature: Literal["verified", "wrong", "unknown", "none"] = "none"
    why: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether nothing can be enrolled from it."""
        return not self.operator


def operator_name(text: str) -> str:
    """A name that an enrolment can have, made from a moniker or a file's name; "" where nothing
    is left.

    >>> operator_name("Bi23 Labs"), operator_name("n0ok[MantiCore]"), operator_name("…")
    ('bi23-labs', 'n0ok-manticore', '')
    """
    return _OTHER.sub("-", text.lower()).strip("-")[:_LONGEST].strip("-")


def read_operators(
    files: Mapping[str, bytes], unread: Mapping[str, str], chain_id: str
) -> tuple[GentxFile, ...]:
    """Every file of a folder, in the order of names.

    Args:
        files: the bytes of each file, by its name.
        unread: why the others were not read, by name.
        chain_id: of the network that the gen_txs are for.
    """
    found = [GentxFile(name, why=why) for name, why in unread.items()]
    found += [_read(name, data, chain_id) for name, data in files.items()]
    return tuple(_each_once(sorted(found, key=lambda file: file.name)))


def _read(name: str, data: bytes, chain_id: str) -> GentxFile:
    try:
        tx = parse_json(data, what=escape(name))
    except Malformed as error:
        return GentxFile(name, why=error.message)
    if isinstance(tx, list):
        return GentxFile(name, why=f"it is a list of {len(tx)}: each gen_tx is a file of its own")
    created = [validator for validator, _ in created_by(tx)]
    messages = elements(get(tx, "body", "messages")) or elements(get(tx, "value", "msg"))
    if not created:
        return GentxFile(name, why="it holds no MsgCreateValidator that can be read")
    if len(created) != len(messages):
        others = len(messages) - len(created)
        return GentxFile(name, why=f"{others} of its {len(messages)} messages cannot be read")
    return _signed(name, tx, created, chain_id)


def _signed(name: str, tx: JsonValue, created: list[Validator], chain_id: str) -> GentxFile:
    signature = check_gentx(tx, chain_id)
    if signature.answer == "wrong":
        return GentxFile(name, signature="wrong", why=signature.why)
    validators = tuple(dict.fromkeys(v.operator or v.key for v in created))
    if len(validators) != len(created):
        return GentxFile(name, why="it creates one validator twice")
    if not all(v and v.isascii() and v.isprintable() and " " not in v for v in validators):
        return GentxFile(name, why="a validator in it has no address that can be read")
    operator = operator_name(created[0].moniker) or operator_name(name.removesuffix(".json"))
    if not operator:
        return GentxFile(name, why="its moniker and its name have no letter for an operator's name")
    return GentxFile(name, operator, validators, signature.answer, signature.why)


def _each_once(files: list[GentxFile]) -> list[GentxFile]:
    """The same files; one that repeats a validator or a name of another file counts for none."""
    by: dict[str, list[GentxFile]] = {}
    for file in files:
        for key in {*(f"v {folded(v)}" for v in file.validators), f"o {file.operator}"}:
            if file.operator:
                by.setdefault(key, []).append(file)
    refused: dict[str, str] = {}
    for key, same in by.items():
        what = "the same validator" if key.startswith("v ") else "the same operator's name"
        for file in same if len(same) > 1 else ():
            others = ", ".join(escape(other.name) for other in same if other is not file)
            refused.setdefault(file.name, f"{what} as in {others}")
    return [
        GentxFile(file.name, signature=file.signature, why=refused[file.name])
        if file.name in refused
        else file
        for file in files
    ]
