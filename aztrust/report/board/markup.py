"""HTML that is safe by its type: a `str` is text and is escaped, only `Html` is markup.

    tag("p", "1 < 2", class_="note")      # <p class="note">1 &lt; 2</p>

Element and attribute names are ours; every attribute's value is quoted and escaped. There is no
way to make `Html` from a text other than `tag` and `join`, which escape it.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from aztrust.core.base.value import frozen
from aztrust.report.escape import visible


@frozen
class Html:
    """Markup that `tag` or `join` made. Not a `str`, so that no text can pass for it."""

    text: str


Child = str | Html | None
Value = str | int | bool | None


_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_EMPTY: Final = frozenset({"link", "meta"})


def tag(name: str, /, *children: Child, **attributes: Value) -> Html:
    """An element.

    Args:
        name: of the element.
        children: texts and markup; None is left out.
        attributes: by name, with an underscore for each hyphen; one at the end is dropped. True
            is an attribute without a value; None and False are left out.

    Raises:
        ValueError: a name is not one of HTML's.
    """
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        _require_name(attribute)
        words.append(attribute if value is True else f'{attribute}="{_safe(str(value))}"')
    _require_name(name)
    start = f"<{' '.join(words)}>"
    return Html(start if name in _EMPTY else f"{start}{join(*children).text}</{name}>")


def join(*children: Child) -> Html:
    """Texts and markup, one after the other; None is left out."""
    return Html("".join(_text(child) for child in children if child is not None))


def page(*children: Child) -> str:
    """A whole document as text."""
    return f"<!doctype html>\n{join(*children).text}\n"


def inline(name: str, source: str, /, **attributes: Value) -> Html:
    """A `style` or `script` element around a source of the package, which is not escaped.

    Raises:
        ValueError: the source would end the element.
    """
    if f"</{name}" in source.lower() or "<!--" in source:
        raise ValueError(f"this source ends its own {name} element")
    empty = tag(name, **attributes).text
    return Html(f"{empty.removesuffix(f'</{name}>')}{source}</{name}>")


def _text(child: str | Html) -> str:
    return _safe(child) if isinstance(child, str) else child.text


def _safe(text: str) -> str:
    return escape(visible(text))


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name of HTML")
