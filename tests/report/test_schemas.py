"""Real documents have the schemas that are checked in."""

from __future__ import annotations

import base64
import json

import jsonschema
import pytest
import tomli

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.records.records import KINDS
from tests.core.test_records import BODIES, PREIMAGES
from tests.disk_launch import make_launch
from tests.shared import REPOSITORY
from tools.documents import DOCUMENTS
from tools.schemas import MODELS, SCHEMAS

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def validator(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(document)


def plain(value):
    """TOML as JSON would hold it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    launch = make_launch(tmp_path_factory.mktemp("schemas"))
    launch.revoke(launch.records[2].record_id, "rita")
    launch.supersede("genesis", launch.package_id("genesis"), "gabi")
    launch.announce(launch.manifest("genesis").genesis_hash.sha256, "gabi")
    return launch


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas(name):
    document = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$id"] == f"urn:aztrust:schema:{name}:v1"
    forms = [document, *document.get("$defs", {}).values()][bool("oneOf" in document) :]
    assert all(form["additionalProperties"] is False for form in forms if "properties" in form)


def test_every_format_has_one():
    kinds = {f"record-{kind}" for kind in KINDS}
    assert set(NAMES) == {*MODELS, *DOCUMENTS, *kinds, "envelope", "leaf"}


def test_leaves():
    leaf = {"envelope_sha256": f"sha256:{'a' * 64}", "record_id": f"sha256:{'b' * 64}"}
    assert validator("leaf").is_valid({**leaf, "schema": "aztrust/leaf"})
    assert not validator("leaf").is_valid({**leaf, "schema": "aztrust/leaf", "more": 1})
    assert not validator("leaf").is_valid(leaf)


def test_manifests(launch):
    for package_class in ("release", "genesis"):
        document = json.loads(launch.manifest_path(package_class).read_bytes())
        validator("manifest").validate(document)
        for broken in (
            {**document, "more": 1},
            {**document, "entries": [{"path": "x"}]},
            {**document, "genesis_time": None},
            {k: v for k, v in document.items() if k != "schema"},
        ):
            assert not validator("manifest").is_valid(broken)


def test_records(launch):
    seen = set()
    for record in launch.records:
        envelope = json.loads(record.data)
        validator("envelope").validate(envelope)
        statement = json.loads(base64.b64decode(envelope["payload"]))
        kind = statement["predicateType"].split(":")[2]
        seen.add(kind)
        validator(f"record-{kind}").validate(statement)
        statement["predicate"]["record"]["more"] = 1
        assert not validator(f"record-{kind}").is_valid(statement)
    assert seen == {"seal", "approval", "revocation", "supersession", "announcement"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_record(kind):
    preimages = PREIMAGES.get(kind, {})
    body = BODIES[kind]
    record = body.model_dump(mode="json", exclude_none=True)
    for name, preimage in preimages.items():
        if f"{name}_hash" in record:
            record[f"{name}_hash"] = sha256_id(canonical.dumps(preimage))
    subject = Subject(*KINDS[kind].subject(body, preimages))
    statement = json.loads(build_statement(kind, [subject], record, preimages))
    validator(f"record-{kind}").validate(statement)
    statement["predicate"]["record"]["more"] = 1
    assert not validator(f"record-{kind}").is_valid(statement)


def test_policies(launch):
    policy = tomli.loads(launch.policy_bytes.decode())
    validator("policy").validate(plain(policy))
    policy["launch"]["chain_id"] = 17000
    validator("policy").validate(plain(policy))
    policy["launch"]["chainid"] = "x"
    assert not validator("policy").is_valid(plain(policy))


def test_the_rehearsal_has_them():
    path = REPOSITORY / "manifests" / "launch.toml"
    if not path.is_file():
        pytest.skip("no rehearsal launch here yet")
    validator("policy").validate(plain(tomli.loads(path.read_text("utf-8"))))
    for name in ("release", "genesis"):
        document = json.loads((REPOSITORY / f"manifests/{name}.json").read_bytes())
        validator("manifest").validate(document)
        assert not validator("manifest").is_valid({**document, "schema": "another"})
