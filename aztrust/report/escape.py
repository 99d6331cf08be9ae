"""The last lock before anything is shown: nothing in a text may act on what shows it (law 6)."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text without anything that ends a line, moves a cursor or turns the direction.

    Names are escaped where they enter a message (`core.paths.escape`); what is left here came
    from a field that was forgotten. Spaces and printable characters stay.

    >>> visible("a\nPASS")
    'a\\nPASS'
    """
    if text.isprintable():
        # A plain text, also of an advice: what is written as JSON has one type.
        return str(text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
