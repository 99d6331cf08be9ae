"""The document that lists the anomalies of a launch window."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.records.kind import UnixMs
from tools.documents.answers import Document


class WindowAnomaly(Model):
    """An anomaly, with what its class asks for: `keep` is what has to be kept."""

    record_id: Sha256
    holder: str
    status: Literal["open", "closed", "kept", "without effect"]
    anomaly_class: str
    guidance: str
    severity: str | None
    incident: str | None
    role: str | None
    detail: str
    observed_at_unix_ms: UnixMs
    runbook: str
    escalation: str
    keep: str


class WindowAnomalies(Document):
    """The anomalies of a window, the oldest first."""

    schema_: Annotated[Literal["aztrust/window-anomalies"], Field(alias="schema")]
    command: str
    scope_hash: Sha256
    launch_window_id: Sha256
    anomalies: Items[WindowAnomaly]
