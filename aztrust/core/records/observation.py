"""Records of what a holder saw on a host or in the network."""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.records.kind import KindText, Reason, RecordKind, UnixMs, about_scope


class LaunchAnomaly(Model):
    """Something unexpected was seen, and what it suggests for the window (AZ-27)."""

    anomaly_class: AnomalyClass
    detail: Reason
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    observed_at_unix_ms: UnixMs
    policy_digest: Sha256
    scope_hash: Sha256


LAUNCH_ANOMALY: Final = RecordKind(
    name="launch-anomaly",
    model=LaunchAnomaly,
    time_field="observed_at_unix_ms",
    subject=about_scope,
    is_negative=lambda _: True,
    text=KindText(
        about="Something was seen that was not expected. It invalidates nothing.",
        subject="`scope`, the scope hash",
        negative="always",
        fields={
            "anomaly_class": "one of the twelve of AZ-27.1, in lower case with hyphens:"
            " `artifact-mismatch` …",
            "detail": "1 to 1000 characters",
            "guidance": "`CONTINUE`, `HOLD`, `DEFER` or `ABORT`",
            "observed_at_unix_ms": "",
            "policy_digest": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (LAUNCH_ANOMALY,)
