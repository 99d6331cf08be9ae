"""What a probe of the monitoring found: one HTTP answer, as it came.

The policy names the address and what the answer must be; the shell asks, once, and the core judges
(`core.checks.final.monitoring_live`). Nothing of an answer is kept but its status and its digests.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen


@frozen
class ProbeReading:
    """One answer to one request.

    Args:
        url: what was asked.
        status: the HTTP status; None where no answer came.
        matched: whether the policy's expression occurs in the body; None where none is named.
        sha256, blake3: digests of the body, with prefix; "" where no whole body came.
        size: bytes of the body.
        fault: why there is no answer that could be judged, "" where there is one.
    """

    url: str
    status: int | None = None
    matched: bool | None = None
    sha256: str = ""
    blake3: str = ""
    size: int = 0
    fault: str = ""
