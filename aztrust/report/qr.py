"""A line of text as a QR code: for a terminal, and as a PNG.

Capital letters and digits go into the alphanumeric mode, which needs a third less modules. The
code of a confirmation has 45 modules in each direction; two rows of modules are one line of text.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.extras import how_to_install

if TYPE_CHECKING:
    import segno

BORDER: Final = 4
"""Light modules around the code, as its standard demands."""

PIXELS: Final = 8
"""Of one module in a PNG, in each direction."""

# A terminal is dark as a rule: what is printed is light. By the light of the upper and lower row.
_HALVES: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def qr_lines(text: str) -> list[str]:
    """The code in lines for a dark terminal, without colours; 53 columns for a confirmation.

    Args:
        text: capital letters, digits and the signs of the alphanumeric mode.

    Raises:
        CouldNotCheck: the package segno is not installed.
    """
    rows = [[not dark for dark in row] for row in _code(text).matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in _pairs(rows)
    ]


def qr_png(text: str) -> bytes:
    """The code as a black and white PNG; always the same bytes. Raises as `qr_lines`."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=PIXELS, border=BORDER)
    return out.getvalue()


def _pairs(rows: Sequence[Sequence[bool]]) -> Sequence[tuple[Sequence[bool], Sequence[bool]]]:
    return list(zip(rows[::2], rows[1::2], strict=True))


def require_segno() -> None:
    """Refuse where no code can be drawn.

    Raises:
        CouldNotCheck: the package segno is not installed.
    """
    try:
        import segno  # noqa: F401
    except ImportError:
        raise CouldNotCheck(
            "the package segno is not installed: it draws QR codes",
            mend=f"{how_to_install('segno>=1.6')}; or send the line itself: --print",
        ) from None


def _code(text: str) -> segno.QRCode:
    require_segno()
    import segno

    return segno.make_qr(text, error="m", boost_error=False)
