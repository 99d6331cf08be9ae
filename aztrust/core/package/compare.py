"""Comparing what was sealed with what is there, as findings (laws 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.findings import Finding


def digest_finding(
    subject: str, expected: tuple[str, str], actual: tuple[str, str], *, mend: str
) -> Iterator[Finding]:
    """The finding behind two pairs of (SHA-256, BLAKE3), if they differ.

    One digest equal and the other not is a finding of its own: either someone found a collision
    or someone wrote one of the two by hand (law 4).
    """
    if expected == actual:
        return
    if expected[0] == actual[0] or expected[1] == actual[1]:
        index = 1 if expected[0] == actual[0] else 0
        same, other = ("SHA-256", "BLAKE3") if index else ("BLAKE3", "SHA-256")
        yield Finding(
            "digest-conflict",
            subject,
            f"its {same} is the sealed one and its {other} is not",
            expected=expected[index],
            actual=actual[index],
            mend="treat the manifest as forged: seal the package again from its source",
        )
        return
    yield Finding(
        "file-modified",
        subject,
        "its bytes are not the sealed ones",
        expected=expected[0],
        actual=actual[0],
        mend=mend,
    )
