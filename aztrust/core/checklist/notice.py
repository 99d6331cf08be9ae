"""Templates of notices and of a status page, rendered from values (RC-F).

A place in a template is a name in braces: `{chain_id}`. Everything else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")


def places(text: str) -> tuple[str, ...]:
    """The names in a template, each once, in their order.

    >>> places("{chain_id} starts {primary_from}; {chain_id}")
    ('chain_id', 'primary_from')
    """
    return tuple(dict.fromkeys(_PLACE.findall(text)))


def render(text: str, values: Mapping[str, str]) -> str:
    """The template with its values. A value that looks like a place stays as it is.

    Raises:
        KeyError: a name has no value.
    """
    return _PLACE.sub(lambda found: values[found[1]], text)
