"""Text as SARIF's messages hold it (2.1.0, sections 3.11.5 and 3.11.6)."""

from __future__ import annotations

_LINK = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]"})


def sarif_text(text: str) -> str:
    r"""The text, shown to the letter: no placeholder in it and no link.

    Brackets are escaped only in a text that would have a link: most viewers show them as they are.

    >>> sarif_text("[verdicts] {0}"), sarif_text("[a](1)")
    ('[verdicts] {{0}}', '\\[a\\](1)')
    """
    if "](" in text:
        text = text.translate(_LINK)
    return text.replace("{", "{{").replace("}", "}}")
