"""Records that several holders sign: the review that each of them sees, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.times import format_duration, format_minute
from aztrust.report.escape import visible
from aztrust.report.lines import joined, labelled

Count = Annotated[int, Field(ge=0)]


class Missing(Model):
    """A role that still has to sign, "" for any role of the act, and its holders who could."""

    role: str
    holders: Items[str]


class JointRecord(Model):
    """One record: `path` is null where nothing was signed now.

    `signed_by` are all holders whose signature counts, `need` how many it takes; null where no rule
    applies in the present status. `pending` says whether it waits for the ledger's keeper, and
    `waits_for` are the conditions that are missing besides signatures.
    """

    record_id: Sha256
    kind: str
    path: str | None
    ledger_entry: Count | None
    signed_by: Items[str]
    need: Count | None
    missing: Items[Missing]
    in_effect: bool
    pending: bool
    waits_for: Items[str]
    expires_at_unix_ms: Count | None
    say: str | None


class JointAct(Model):
    """What the joint acts of a launch window give with `--format json`.

    `record_id` and `path` are those of the last record that was signed, null where none was.
    `packages` is `recomputed`, or `not-looked-at`; then `rests_on_final_check` is its id, null
    after the start. `packages` is null for what stops a launch, before which nothing is recomputed.
    """

    schema_: Annotated[Literal["aztrust/joint-act"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Count
    command: str
    dry_run: bool
    holder: str
    scope_hash: Sha256
    launch_window_id: Sha256
    record_id: Sha256 | None
    path: str | None
    packages: Literal["recomputed", "not-looked-at"] | None
    rests_on_final_check: Sha256 | None
    records: Items[JointRecord]


def act_lines(kind: str, body: Any, preimages: Mapping[str, Any]) -> list[str]:  # noqa: ANN401
    """What a record does, for a person who is about to sign it.

    Args:
        kind: of the record.
        body: of that kind's model.
        preimages: as its kind checked them.
    """
    lines: list[str] = []
    for label, text in _ACTS.get(kind, _any)(body, preimages):
        lines += labelled(label, visible(text)) if text else []
    return lines


def _any(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "act", type(body).__name__
    yield "reason", str(getattr(body, "reason", "") or "")


def _hold(body: Any, preimages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    reason = preimages["hold_reason"]
    ends, update = reason["ends_at_unix_ms"], reason["next_update_unix_ms"]
    lasts = format_duration(ends - body.timestamp_unix_ms)
    yield "hold", f"{body.severity}, until {format_minute(ends)} ({lasts})"
    yield "", f"the next update comes until {format_minute(update)}"
    yield "class", reason.get("anomaly_class") or ""
    yield "reason", reason["reason"]
    yield "resolved", (preimages.get("expected_resolution_scope") or {}).get("text", "")


def _proceed(body: Any, preimages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    justification = preimages["justification"]
    after = body.prior_hold_id
    yield "proceed", f"{justification['outcome']}" + (f" after hold {after[7:23]}" if after else "")
    yield "reason", justification["reason"]


def _decision(
    body: Any,  # noqa: ANN401
    preimages: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    yield "decide", body.decision
    yield "reason", body.reason
    for name in ("score", "checklist", "evidence"):
        digest = getattr(body, f"{name}_digest")
        yield name, digest or ""
    minutes = preimages.get("minutes")
    if minutes is None:
        return
    yield "chair", minutes["chair"]
    there = (f"{seat['holder']} ({seat['role']})" for seat in minutes["attendees"])
    yield "there", ", ".join(there)
    for text in minutes.get("conditions", ()):
        yield "if", text
    for task in minutes.get("follow_ups", ()):
        when = format_minute(task["due_unix_ms"])
        yield "then", f"{task['action']}: {task['owner']}, by {when}"
    if blockers := minutes.get("blockers", ()):
        yield "blockers", f"{len(blockers)} open"


def _authorization(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    chain = f"{body.target_chain_id} ({body.target_network_class})"
    yield "authorize", f"the bootstrap of {chain}, genesis {body.target_genesis_hash}"
    yield "", f"release {body.release_package_id}"


def _instruction(body: Any, preimages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    window = preimages["start_window"]
    opens, closes = window["opens_at_unix_ms"], window["closes_at_unix_ms"]
    yield "instruct", f"{body.target_chain_id} starts {format_minute(opens)} to"
    yield "", format_minute(closes)
    roles = [step["role"] for step in preimages["role_activation_order"]["order"]]
    yield "order", ", then ".join(roles)


def _activation(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    anomaly = f" after anomaly {body.anomaly_id[7:23]}" if body.anomaly_id else ""
    yield body.action, f"{body.role}{anomaly}"
    yield "observed", body.observed


def _observation(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    epochs = body.observed_epoch_range
    yield "observed", f"epochs {epochs.first} to {epochs.last}"
    for name, answer in vars(body.answers).items():
        yield answer, name.replace("_", "-")
    yield "note", body.note


def _anomaly(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "anomaly", f"{body.anomaly_class}, guidance {body.guidance}"
    yield "severity", body.severity or ""
    yield "incident", body.incident or ""
    yield "role", body.role or ""
    yield "detail", body.detail


def _resolution(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "closes", f"anomaly {body.anomaly[7:23]}: {body.outcome}"
    yield "reason", body.reason


def _entry(body: Any, preimages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    epochs, restrictions = body.observed_epoch_range, preimages["active_restrictions"]
    sensitivity = preimages["incident_sensitivity_policy"]
    every = format_duration(preimages["snapshot_policy"]["every_ms"])
    yield "posture", f"restricted, after epochs {epochs.first} to {epochs.last}"
    yield "rules", ", ".join(restrictions["rules"])
    yield "lasts", f"until {format_minute(restrictions['ends_not_before_unix_ms'])} at least"
    yield "escalate", f"incidents of severity {sensitivity['escalate_from']} and above"
    yield "snapshots", f"every {every}"


def _exit(body: Any, preimages: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "exit", "from the restricted posture"
    yield "reason", preimages["justification"]["reason"]
    yield "observed", f"{len(preimages['observation'])} observations"


def _normalization(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "normalize", f"normal operation, after exit {body.exit_id[7:23]}"
    yield "reason", body.reason


def _amendment(body: Any, _: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    yield "amend", f"a {body.change}, for {body.incident}"
    yield "reason", body.reason
    for artifact in body.artifacts:
        yield "file", f"{artifact.role} {artifact.platform}, {artifact.member or artifact.path}"
        yield "", artifact.sha256
    if body.effective_at_unix_ms is not None:
        yield "effective", format_minute(body.effective_at_unix_ms)
    else:
        yield "effective", f"from height {body.effective_height} on"


_ACTS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Iterable[tuple[str, str]]]]] = {
    "launch-hold": _hold,
    "launch-proceed": _proceed,
    "go-no-go-decision": _decision,
    "launch-authorization": _authorization,
    "bootstrap-start-instruction": _instruction,
    "role-activation": _activation,
    "launch-observation": _observation,
    "launch-anomaly": _anomaly,
    "anomaly-resolution": _resolution,
    "restricted-posture-entry": _entry,
    "restricted-posture-exit": _exit,
    "normalization": _normalization,
    "amendment": _amendment,
}


def signature_lines(record: JointRecord, *, together: bool = False) -> list[str]:
    """Who has signed a record, whether it is in effect, and the conditions that it waits for.

    Args:
        record: as it is now.
        together: whether it is one of several: then its conditions are only named, as one of the
            records waits for the other.
    """
    by = joined(record.signed_by) if record.signed_by else "no one"
    need = f", {len(record.signed_by)} of {record.need}" if record.need is not None else ""
    state = "in effect" if record.in_effect else "waits"
    if record.in_effect and record.pending:
        state = "takes effect once the ledger has it"
    names = [condition.partition(": ")[0] for condition in record.waits_for]
    if together and names and not record.in_effect:
        state += f" for {joined(names)}"
    lines = labelled("by", visible(f"{by}{need}: {state}"))
    if together or record.in_effect:
        return lines
    for needed in record.waits_for:
        lines += labelled("waits for", visible(needed))
    return lines


def lacking(records: Sequence[JointRecord]) -> list[tuple[Missing, list[JointRecord]]]:
    """Who still has to sign, with the records that lack just that."""
    found: dict[tuple[str, tuple[str, ...]], tuple[Missing, list[JointRecord]]] = {}
    for record in records:
        for missing in record.missing if not record.in_effect else ():
            key = (missing.role, tuple(missing.holders))
            found.setdefault(key, (missing, []))[1].append(record)
    return list(found.values())


def joint_document(act: Mapping[str, Any], records: Sequence[JointRecord]) -> dict[str, Any]:
    """The document.

    Args:
        act: the fields of `JointAct` that are not about single records.
        records: in their order.
    """
    signed = [record for record in records if record.path is not None]
    last = signed[-1] if signed else None
    return JointAct(
        schema_="aztrust/joint-act",
        version_major=1,
        version_minor=0,
        record_id=last.record_id if last is not None else None,
        path=last.path if last is not None else None,
        records=tuple(records),
        **act,
    ).model_dump(mode="json")
