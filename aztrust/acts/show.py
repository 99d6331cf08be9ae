"""Any aztrust file, found by name or id, with what was and what was not verified about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from aztrust.acts.ledger.reading import with_ledger
from aztrust.acts.show_attestation import sigstore_page
from aztrust.acts.show_id import find_id, is_id
from aztrust.acts.show_operator import confirmation_sentences
from aztrust.acts.show_record import preimage_rows, say_row
from aztrust.acts.show_statement import find_stated, is_statement, stated
from aztrust.acts.show_verdict import pending_or, verdict_fields, verdict_sentences
from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.model import validate
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import PublicKey, parse_public_key
from aztrust.core.history.recordset import read_records
from aztrust.core.kit.facts import KitFacts, kit_facts
from aztrust.core.package.manifest import MANIFEST_LIMIT, Manifest, parse_manifest
from aztrust.core.policy.model import POLICY_LIMIT, Policy
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.kind import every_field
from aztrust.core.records.package import Seal
from aztrust.core.records.records import KINDS, VerifiedRecord
from aztrust.core.records.summary import CHECKPOINT_KEY, PREDICATE_TYPE
from aztrust.core.state.context import Context, Request, read_context
from aztrust.report.model import Report
from aztrust.storage.folders import read_bounded
from aztrust.storage.kit import holds_kit
from aztrust.storage.launch import LaunchFiles, open_launch
from aztrust.storage.presence import is_present

Kind = Literal[
    "policy", "manifest", "record", "key", "report", "kit", "attestation", "trusted-root"
]
_NAME_ANOTHER = (
    "name a policy, manifest, record, public key or report, or an id; for the"
    " digests of any other file: aztrust hash FILE"
)


@frozen
class Shown:
    """A document, and what is and is not verified about it.

    `value` is the parsed document: a model, a key, or the fields of a record; of a record `page`
    has the lines that its kind shows, as (field, value).
    `verified` and `unverified` are sentences; the second is never empty, because showing a file
    is not verifying a launch.
    """

    kind: Kind
    title: str
    id: str
    value: Policy | Manifest | PublicKey | Report | KitFacts | Mapping[str, Any]
    verified: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    page: tuple[tuple[str, object], ...] = ()


def show(target: str, context: Context | None, launch: LaunchFiles | None) -> Shown:
    """Look at a file, or at what an id names in the launch.

    Args:
        target: a path, at least four hex digits of an id, or a structured statement.
        context: the launch, None where there is none.
        launch: its directory or kit.

    Raises:
        UsageError: the file and the id do not exist, or several ids or records match.
        NothingToVerify: no record has the statement.
        Malformed: the file is not an aztrust file, or a broken one.
        CouldNotCheck: it cannot be read.
    """
    if context is not None and is_statement(target) and stated(target, context):
        name, data = find_stated(target, context)
        return read_document(data, name, context)
    if is_present(target):
        path = Path(os.path.realpath(target))
        if path.is_dir():
            raise UsageError(
                f"{escape(target)} is a directory", mend="name a file in it, or use aztrust verify"
            )
        if holds_kit(path):
            return _kit(path)
        return read_document(read_bounded(path, MANIFEST_LIMIT), escape(target), context)
    if context is None or launch is None:
        raise UsageError(
            f"there is no file {escape(target)}, and no launch directory to look for an id in",
            mend="name a file, or go into a launch directory",
        )
    if is_statement(target) and not is_id(target):
        find_stated(target, context)
    name, data = find_id(target, context, launch)
    return read_document(data, escape(f"{launch.path}/{name}"), context)


def _kit(path: Path) -> Shown:
    """What is in a kit, judged against its own policy only, which is not confirmed."""
    files = open_launch(path)
    if files.kit is None:
        raise CouldNotCheck(f"{escape(str(path))} is no longer a file", mend="run it again")
    context = read_context(Request(0), files.evidence())
    facts = kit_facts(files.kit, context)
    unverified = ["that its policy is the announced one: compare the digest"]
    unverified.append("its packages, which it does not carry; its seals and approvals:")
    unverified.append(f"aztrust verify -C {escape(path.name)}")
    return Shown(
        "kit",
        "kit",
        context.policy_digest,
        facts,
        ("that it is one whole kit, as it was packed",),
        tuple(unverified),
    )


def read_document(data: bytes, name: str, context: Context | None) -> Shown:
    """What these bytes are, by their contents.

    Raises:
        Malformed: not an aztrust file, or broken.
    """
    start = data.lstrip()[:64]
    if start.startswith(b"-----BEGIN "):
        return _key(data, name, context)
    if start.startswith(b"{"):
        return _json(data, name, context)
    if not start:
        raise Malformed(
            f"{name} is empty", subject=name, code="record-malformed", mend=_NAME_ANOTHER
        )
    try:
        policy = parse_policy(data, what=name)
    except Malformed as error:
        if len(data) > POLICY_LIMIT or b"[launch]" not in data:
            raise Malformed(
                f"{name} is not an aztrust file: not a policy, manifest, record, key or report",
                subject=name,
                code="record-malformed",
                mend=_NAME_ANOTHER,
            ) from None
        raise error from None
    mine = context is not None and context.policy_digest == sha256_id(data)
    return Shown(
        "policy",
        f"policy{' of this launch' if mine else ''}",
        sha256_id(data),
        policy,
        ("that it is a well-formed policy",),
        ("that it is the announced one: compare the digest with what was announced",),
    )


def _key(data: bytes, name: str, context: Context | None) -> Shown:
    if b"PRIVATE KEY" in data[:128]:
        raise Malformed(
            f"{name} is a private key; its contents are not shown",
            subject=name,
            code="key-malformed",
            mend="to see which key it is: aztrust key fingerprint FILE",
        )
    key = parse_public_key(data, name=name)
    verified = ["that it is one public key in its one encoding"]
    unverified = ["whose it is: compare the fingerprint with its holder"]
    if context is not None and context.policy is not None:
        holder = context.policy.key_holders().get(key.fingerprint)
        seat = context.roster.by_key(key.fingerprint)
        verified.append(
            f"that this launch's policy lists it for {holder}"
            if holder
            else f"that {seat.registrar} enrolled it for {seat.title}"
            if seat is not None
            else "that this launch's policy lists it for no holder"
        )
    return Shown("key", "public key", key.fingerprint, key, tuple(verified), tuple(unverified))


def _json(data: bytes, name: str, context: Context | None) -> Shown:
    try:
        document = canonical.loads(
            data, what=name, code="record-malformed", limit=MANIFEST_LIMIT, floats=True
        )
    except Malformed as error:
        raise Malformed(
            error.message,
            subject=name,
            code="record-malformed",
            mend=error.mend or "get the file again, or restore a copy",
        ) from None
    if not isinstance(document, dict):
        raise Malformed(
            f"{name} is not an aztrust file",
            subject=name,
            code="record-malformed",
            mend=_NAME_ANOTHER,
        )
    if "payloadType" in document:
        return _record(data, name, context)
    if (page := sigstore_page(data, document, name)) is not None:
        kind, title, fields, unverified = page
        return Shown(kind, title, sha256_id(data), fields, (), unverified, tuple(fields.items()))
    if "dsseEnvelope" in document:
        return _bundle(data, name, context)
    schema = document.get("schema")
    if schema == "aztrust/package-manifest":
        return _manifest(data, name, context)
    if schema == "aztrust/report":
        return Shown(
            "report",
            "report",
            sha256_id(data),
            validate(Report, document, what=name, code="record-malformed"),
            ("that it has the form of a report",),
            ("its contents: a report is not signed; make your own: aztrust verify",),
        )
    what = f"its schema is {ascii(schema)[:60]}" if schema else "it names no schema"
    raise Malformed(
        f"{name} is not a file that can be shown: {what}",
        subject=name,
        code="record-malformed",
        mend=_NAME_ANOTHER,
    )


def _manifest(data: bytes, name: str, context: Context | None) -> Shown:
    manifest = parse_manifest(data, what=name)
    package_id = sha256_id(data)
    verified = ["that it is well-formed, canonical, and its content_root fits its entries"]
    unverified = ["that any package has these bytes: aztrust verify"]
    seals = _seals(context, package_id)
    for record, is_effective in seals:
        action = "seals it" if is_effective else "sealed it and the seal was revoked"
        verified.append(f"that {record.holder} {action}, under this launch's policy")
    if not seals:
        unverified.append("that it is sealed: no record here seals it")
    current = context is not None and package_id in context.manifest_ids.values()
    title = f"manifest of a {manifest.package_class} package"
    if context is not None:
        title += ", the current one" if current else ", not the current one"
    return Shown("manifest", title, package_id, manifest, tuple(verified), tuple(unverified))


def _seals(context: Context | None, package_id: str) -> list[tuple[VerifiedRecord, bool]]:
    if context is None:
        return []
    effective = context.records.effective
    return [
        (u, effective.is_effective(u))
        for u in effective.verified
        if isinstance(u.body, Seal) and u.body.package_id == package_id
    ]


def _record(data: bytes, name: str, context: Context | None) -> Shown:
    envelope = parse_envelope(data, name=name)
    statement = canonical.loads(envelope.payload, what=name, code="record-malformed")
    record_id = sha256_id(envelope.payload)
    fields = _fields(statement)
    if isinstance(statement, dict) and statement.get("predicateType") == PREDICATE_TYPE:
        title = f"verdict: {escape(str(fields.get('checkpoint_class', 'of no class')))}"
        whole = verdict_fields(statement)
        title += f" = {whole['verdict']}" if whole else ""
        fields = whole or fields
        if context is None or context.signers is None:
            verified, unverified = _signature(data, "", envelope.keyid, context)
        else:
            verified, unverified = verdict_sentences(data, context, context.signers)
        return Shown("record", title, record_id, fields, tuple(verified), tuple(unverified))
    urn = _kind(statement)
    kind = KINDS.get(urn.partition(":")[0])
    page = tuple((kind.page if kind is not None else every_field)(fields))
    if kind is not None:
        page = (*say_row(kind, statement, fields), *page, *preimage_rows(kind, statement))
    verified, unverified = _signature(data, record_id, envelope.keyid, context)
    title = f"record: {urn}"
    return Shown("record", title, record_id, fields, tuple(verified), tuple(unverified), page)


def _bundle(data: bytes, name: str, context: Context | None) -> Shown:
    from aztrust.acts.show_proof import proof_sentences
    from aztrust.core.history.bundle import parse_bundle

    bundle = parse_bundle(data, name=name)
    shown = _record(bundle.envelope, name, context)
    verified, unverified = proof_sentences(bundle, name, context)
    return replace(
        shown,
        title=f"{shown.title}, in a Sigstore bundle",
        verified=(*shown.verified, *verified),
        unverified=(*unverified, *shown.unverified),
    )


def _signature(
    data: bytes, record_id: str, keyid: str, context: Context | None
) -> tuple[list[str], list[str]]:
    """What is known about who signed, as (verified, unverified) sentences."""
    signers = context.signers if context is not None else None
    if context is None or signers is None:
        cause = "no launch directory here" if context is None else "the policy cannot be read"
        return [], [f"the signature by key {keyid[:8]}: {cause}; all below is a claim"]
    seat = context.roster.by_key(f"sha256:{keyid}")
    if seat is not None:
        return confirmation_sentences(data, seat, context, signers)
    found = read_records(signers, {"it": data})
    problems = [f.message for f in (*found.findings, *found.notices)]
    if not found.effective.verified:
        why = problems[0] if problems else "it does not count in this launch"
        return [], [f"this record: {why}; all below is a claim"]
    record = found.effective.verified[0]
    verified = [f"the signature, by {record.holder} under this launch's policy"]
    unverified = ["that this policy is the announced one", "the time: it is the signer's claim"]
    mine = context.records.effective
    if not any(u.record_id == record_id for u in mine.verified):
        unverified.insert(0, f"that it counts: {pending_or(context, record_id, 'records')}")
    elif not record.is_negative:
        verified.append(
            "that nothing here revokes it"
            if mine.is_effective(record)
            else "that it was REVOKED and no longer counts"
        )
    return verified, unverified


def _kind(statement: object) -> str:
    urn = statement.get("predicateType") if isinstance(statement, dict) else None
    return escape(urn.removeprefix("urn:aztrust:")) if isinstance(urn, str) else "of no kind"


def _fields(statement: object) -> Mapping[str, Any]:
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    holder = predicate.get(CHECKPOINT_KEY, predicate) if isinstance(predicate, dict) else None
    record = holder.get("record") if isinstance(holder, dict) else None
    return record if isinstance(record, dict) else {}


def launch_context_or_none(launch: LaunchFiles | None) -> Context | None:
    """The launch here, None where there is none or it cannot be read."""
    if launch is None:
        return None
    request = Request(0)
    try:
        evidence = launch.evidence()
    except CouldNotCheck:
        return None
    with suppress(CouldNotCheck, UsageError):
        # Showing a file needs no ledger; where one is here, it shows what is pending.
        evidence = with_ledger(evidence, request)
    return read_context(request, evidence)
