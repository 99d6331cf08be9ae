"""The list that a registrar writes: operators with their keys, roles and validators.

    [[operator]]
    name = "alpha"
    key = "keys/alpha.pub"                 # a file, or the line `ssh-ed25519 AAAA…` itself
    roles = ["node"]
    validators = ["cosmosvaloper1…"]

A fingerprint in `key` needs the file that holds the key: `key_file`. An operator with several keys
is listed once for each of them.
"""

from __future__ import annotations

from typing import Annotated

from aztrust.core.base.model import Items, Model, Name, SomeItems, validate
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.records.enrolment import ValidatorId

KeyText = Annotated[str, Field(min_length=1, max_length=4096)]


class ListedOperator(Model):
    """One key of one operator, as it was written. Files are named from the list's own folder."""

    name: Name
    key: KeyText
    key_file: KeyText | None = None
    roles: SomeItems[Name]
    validators: Items[ValidatorId] = ()


class OperatorList(Model):
    """`LIST.toml` of `aztrust enrol`."""

    operator: SomeItems[ListedOperator]


@frozen
class Listed:
    """One entry that is to be enrolled.

    Args:
        operator: its name.
        key: the public key.
        roles: what it starts.
        validators: those that are its, as they are written.
    """

    operator: str
    key: PublicKey
    roles: tuple[str, ...]
    validators: tuple[str, ...]


def parse_list(data: bytes, *, what: str) -> OperatorList:
    """The list as it was written.

    Raises:
        Malformed: it is not TOML, or not such a list; `what` is the file.
    """
    mend = "write it as docs/confirm.md and `aztrust help enrol` show"
    document = read_toml(data, what=what, code="")
    return validate(OperatorList, document, what=what, code="", mend=mend)
