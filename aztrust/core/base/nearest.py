"""The names that a misspelt one is nearest to: what an error suggests."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.paths import escape


def nearest(name: str, known: Iterable[str], count: int = 1, cutoff: float = 0.5) -> list[str]:
    """The known names most like this one, the best first.

    Args:
        name: as it was typed.
        known: every name that is possible.
        count: how many at most.
        cutoff: from 0 to 1, how much alike they have to be.
    """
    import difflib  # slow to load, and only an error needs it

    return difflib.get_close_matches(name, tuple(known), n=count, cutoff=cutoff)


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """`; did you mean NAME?` for the end of an error, or an empty string.

    >>> did_you_mean("genesys", ("release", "genesis"))
    '; did you mean genesis?'
    >>> did_you_mean("x", ("release", "genesis"))
    ''
    """
    near = nearest(name, known, cutoff=cutoff)
    return f"; did you mean {escape(near[0])}?" if near else ""
