"""Approving: what is looked at again, what is refused, what is bound."""

from __future__ import annotations

import json
import shutil

import pytest

from aztrust.acts.anchors import add_pin
from aztrust.acts.approve import ApprovalOptions, PreparedApproval, prepare_approval, sign_approval
from aztrust.acts.approvers import approved_count, approver_keys, still_missing
from aztrust.acts.preconditions import read_anchored, read_launch_context
from aztrust.acts.publish import store_record
from aztrust.acts.sign import sign_record
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused, UsageError
from aztrust.core.formats.dsse import open_envelope, parse_envelope
from aztrust.core.formats.statement import parse_statement
from aztrust.core.judge.sealing import replacement
from aztrust.core.package.manifest import encode_manifest, package_id
from aztrust.core.records.package import Approval
from aztrust.core.records.review import parse_review
from aztrust.report.review import Moment, review_lines
from aztrust.report.sealing import replaced_lines
from tests.disk_launch import GENESIS, NOW, PEOPLE, Launch, ended, make_launch, policy_text, signer

OTHER = "sha256:" + "d" * 64
COSMOS = {
    "chain_id": "test-1",
    "genesis_time": "2026-06-02T14:00:00Z",
    "initial_height": "1",
    "app_state": {"bank": {"supply": [{"denom": "uatlas", "amount": "1000"}]}},
    "validators": [
        {"address": "A", "name": "helix", "power": "70", "pub_key": {"type": "x", "value": "k1"}},
        {"address": "B", "name": "orbit", "power": "30", "pub_key": {"type": "x", "value": "k2"}},
    ],
}
LINKED = """
[[linkage]]
name = "chain id"
left = "release:config/network.toml#/chain_id"
right = "genesis:genesis.json#/chain_id"
"""


def prepare(launch: Launch, who: str, package_class=None, **options) -> PreparedApproval:
    context = read_anchored(launch.path, None, NOW)
    return prepare_approval(
        launch.path, context, signer(who).public, ApprovalOptions(package_class, **options)
    )


def approve(launch: Launch, who: str, package_class=None, **options):
    prepared = prepare(launch, who, package_class, **options)
    assert prepared.review is not None
    return sign_approval(launch.path, prepared, signer(who), launch.now()).record


def statement(data: bytes, who: str):
    return parse_statement(open_envelope(parse_envelope(data, name="x"), signer(who).public))


@pytest.mark.clause("AZ-2.4")
def test_the_record_binds_the_package_the_policy_and_what_was_shown(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    record = approve(launch, "sonia", "release")
    said = statement(record.data, "sonia")
    body = Approval.model_validate(said.record)
    assert body.package_id == launch.package_id("release")
    assert body.policy_digest == launch.anchor
    assert body.roles == ("security-lead",)
    assert not body.manifest_only
    review = parse_review(said.preimages["review"], what="x")
    assert review.hash == body.review_hash
    assert review.content_root == launch.manifest("release").content_root
    assert (launch.path / record.path).read_bytes() == record.data
    assert approved_count(read_launch_context(launch.path), "release") == (1, 3)
    assert still_missing(read_launch_context(launch.path), "release") == (
        "consensus-lead (cosmin)",
        "release-manager (rita)",
    )


def test_the_same_approval_at_the_same_time_is_the_same_file(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    prepared = prepare(launch, "sonia", "release")
    first = sign_approval(launch.path, prepared, signer("sonia"), NOW)
    assert sign_approval(launch.path, prepared, signer("sonia"), NOW) == first


# ---- which package ------------------------------------------------------------------------------


def test_without_a_class_it_is_the_one_that_waits(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    assert prepare(launch, "sonia").package_class == "release"
    assert prepare(launch, "gabi").package_class == "genesis"
    with pytest.raises(UsageError, match="release and genesis both wait"):
        prepare(launch, "cosmin")
    approve(launch, "cosmin", "genesis")
    assert prepare(launch, "cosmin").package_class == "release"
    approve(launch, "cosmin")
    assert prepare(launch, "cosmin").earlier is not None


def test_what_is_not_sealed_cannot_be_approved(tmp_path):
    launch = make_launch(tmp_path, seal=False)
    for package_class in (None, "release"):
        with pytest.raises(NothingToVerify, match="not sealed"):
            prepare(launch, "sonia", package_class)
    launch.write_manifest("release")
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert any("seal-missing" in line for line in caught.value.details)


# ---- which roles --------------------------------------------------------------------------------


def test_roles_are_those_the_rule_asks_for_and_the_holder_has(tmp_path):
    more = 'roles = ["security-lead", "consensus-lead", "ops-lead"]'
    policy = policy_text().replace('roles = ["security-lead"]', more, 1)
    launch = make_launch(tmp_path, policy=policy, approve=False)
    assert prepare(launch, "sonia", "release").approver.roles == ("consensus-lead", "security-lead")
    one = prepare(launch, "sonia", "release", roles=("security-lead",))
    assert one.approver.roles == ("security-lead",)
    with pytest.raises(UsageError, match="does not ask the role ops-lead"):
        prepare(launch, "sonia", "release", roles=("ops-lead",))
    with pytest.raises(Refused, match="is not release-manager"):
        prepare(launch, "sonia", "release", roles=("release-manager",))
    with pytest.raises(Refused, match="no role that approves the genesis"):
        prepare(launch, "rita", "genesis")
    approve(launch, "sonia", "release", roles=("security-lead",))
    # One of two roles is covered, so there is something left to say.
    assert prepare(launch, "sonia", "release").earlier is None
    assert prepare(launch, "sonia", "release", roles=("security-lead",)).earlier is not None
    approve(launch, "sonia", "release", roles=("consensus-lead",))
    assert prepare(launch, "sonia", "release").earlier is not None


def test_only_keys_of_a_role_that_the_rule_asks_for_may_approve(tmp_path):
    policy = make_launch(tmp_path, approve=False).policy
    assert set(approver_keys(policy, "release").values()) == {"rita", "sonia", "cosmin"}
    assert set(approver_keys(policy, "genesis").values()) == {"gabi", "cosmin"}
    assert set(approver_keys(policy, None).values()) == {"rita", "sonia", "cosmin", "gabi"}


# ---- no signature over a broken package ---------------------------------------------------------


def edit(launch: Launch) -> None:
    launch.file("release", "README").write_bytes(b"other")


def stray(launch: Launch) -> None:
    launch.file("release", "extra").write_bytes(b"x")


def mode(launch: Launch) -> None:
    launch.file("release", "bin/atlasd").chmod(0o644)


def revoke_seal(launch: Launch) -> None:
    launch.revoke(launch.records[0].record_id, "rita")


def forge(launch: Launch) -> None:
    path = launch.path / launch.records[0].path
    (path.parent / "x.json").write_bytes(path.read_bytes().replace(b'"sig":"ME', b'"sig":"MA'))


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (edit, "file-modified"),
        (stray, "file-unlisted"),
        (mode, "mode-changed"),
        (revoke_seal, "approval-revoked"),
    ],
)
def test_a_package_that_does_not_hold_is_refused_with_every_finding(tmp_path, damage, code):
    launch = make_launch(tmp_path, approve=False)
    damage(launch)
    if damage is edit:
        stray(launch)
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert caught.value.exit_code == 10
    assert any(line.startswith(code) for line in caught.value.details)
    assert len(caught.value.details) == (2 if damage is edit else 1)
    assert not [r for r in (launch.path / "manifests/records").iterdir() if "approval" in r.name]


def test_a_forged_record_is_cleared_away_first(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    forge(launch)
    with pytest.raises(Refused):
        prepare(launch, "sonia", "release")


def test_a_genesis_for_another_release_is_refused(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    edit(launch)
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    with pytest.raises(Refused) as caught:
        prepare(launch, "gabi", "genesis")
    assert caught.value.code == "package-id-mismatch"


def test_linkage_is_checked_where_both_packages_are_here(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=LINKED), approve=False)
    assert prepare(launch, "gabi", "genesis").review is not None
    wrong = {"genesis.json": GENESIS["genesis.json"].replace(b"test-1", b"test-2")}
    broken = policy_text(extra=LINKED).replace('chain_id_at = "#/chain_id"', 'chain_id_at = ""')
    other = make_launch(tmp_path, name="b", policy=broken, genesis=wrong, approve=False)
    for package_class, who in (("genesis", "gabi"), ("release", "sonia")):
        with pytest.raises(Refused) as caught:
            prepare(other, who, package_class)
        assert caught.value.code == "linkage-broken"
    shutil.rmtree(launch.path / "packages/release")
    review = prepare(launch, "gabi", "genesis").review
    assert review is not None
    assert "linkage-unchecked" in {w.code for w in review.warnings}


def test_a_genesis_shows_what_is_open_about_its_release(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    launch.supersede("release", OTHER, "rita")
    review = prepare(launch, "gabi", "genesis").review
    assert review is not None
    (text,) = (w.text for w in review.warnings if w.code == "superseded")
    assert text.startswith("the release: rita superseded it")
    linked = make_launch(tmp_path, name="b", policy=policy_text(extra=LINKED), approve=False)
    linked.supersede("release", OTHER, "rita")
    review = prepare(linked, "gabi", "genesis").review
    assert review is not None
    assert len([w for w in review.warnings if w.code == "superseded"]) == 1


def test_what_is_wrong_with_the_other_package_is_a_warning(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=LINKED), approve=False)
    edit(launch)
    review = prepare(launch, "gabi", "genesis").review
    assert review is not None
    assert "file-modified" in {w.code for w in review.warnings}


def test_a_record_that_cannot_be_read_may_be_a_revocation(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    from aztrust.core.base.canonical import dumps, loads
    from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae

    said = loads(parse_envelope(launch.records[0].data, name="x").payload, what="x", code="x")
    payload = dumps({**said, "predicateType": "urn:aztrust:seal:v2"})
    rita = signer("rita")
    data = encode_envelope(payload, rita.public.keyid, rita.sign(pae(PAYLOAD_TYPE, payload)))
    (launch.path / "manifests/records/x.json").write_bytes(data)
    with pytest.raises(CouldNotCheck, match="may be a revocation"):
        prepare(launch, "sonia", "release")


def test_without_the_package_only_the_manifest_and_the_record_says_so(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    shutil.rmtree(launch.path / "packages/release")
    with pytest.raises(CouldNotCheck, match="not here") as caught:
        prepare(launch, "sonia", "release")
    assert "--manifest-only" in caught.value.mend
    record = approve(launch, "sonia", "release", manifest_only=True)
    said = statement(record.data, "sonia")
    assert said.record["manifest_only"] is True
    assert said.preimages["review"]["manifest_only"] is True


def test_who_went_by_the_manifest_may_look_at_the_package_later(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    first = approve(launch, "cosmin", "release", manifest_only=True)
    assert prepare(launch, "cosmin", "release", manifest_only=True).earlier is not None
    # Without a class, what was not approved at all comes first.
    assert prepare(launch, "cosmin").package_class == "genesis"
    approve(launch, "cosmin", "genesis")
    assert prepare(launch, "cosmin").package_class == "release"
    prepared = prepare(launch, "cosmin", "release")
    assert prepared.earlier is None
    assert prepared.review.differs_from == prepared.package_id
    second = approve(launch, "cosmin", "release")
    assert second.record_id != first.record_id
    assert statement(second.data, "cosmin").record["manifest_only"] is False
    assert prepare(launch, "cosmin", "release").earlier is not None
    assert approved_count(read_launch_context(launch.path), "release") == (1, 3)


def test_another_policy_than_the_pinned_one_is_refused(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    add_pin(launch.path, launch.policy_bytes, launch.anchor, now_unix_ms=NOW)
    review = prepare(launch, "sonia", "release").review
    assert review is not None
    assert "anchor-unpinned" not in {w.code for w in review.warnings}
    policy = launch.path / "manifests/launch.toml"
    policy.write_bytes(policy.read_bytes() + b"# mine\n")
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert caught.value.code == "anchor-mismatch"
    with pytest.raises(Refused):
        read_anchored(make_launch(tmp_path, name="b").path, OTHER, NOW)


# ---- what is shown ------------------------------------------------------------------------------


def test_the_review_tells_what_changed_since_the_last_one(tmp_path):
    genesis = {"genesis.json": json.dumps(COSMOS).encode()}
    launch = make_launch(tmp_path, genesis=genesis, approve=False)
    assert prepare(launch, "cosmin", "genesis").review.differs_from is None
    approve(launch, "cosmin", "genesis")
    old = launch.package_id("genesis")
    later = {**COSMOS, "genesis_time": "2026-06-02T15:00:00Z"}
    launch.file("genesis", "genesis.json").write_bytes(json.dumps(later).encode())
    launch.seal("genesis", "gabi", prior=(launch.records[1].record_id,))
    review = prepare(launch, "cosmin", "genesis").review
    assert review.differs_from == old
    assert review.differences[-1] == "~ genesis.json  other bytes"
    (launch.path / f"manifests/sealed/{old[7:]}.json").write_bytes(b"{}")
    assert "changes are unknown" in prepare(launch, "cosmin", "genesis").review.differences[0]
    (launch.path / f"manifests/sealed/{old[7:]}.json").unlink()
    assert "changes are unknown" in prepare(launch, "cosmin", "genesis").review.differences[0]


@pytest.mark.parametrize(
    ("lie", "refused"),
    [
        ({"format": "cosmos", "genesis_time": "2030"}, Refused),
        ({}, Refused),
        (None, Refused),
        ({"facts_version": 2}, CouldNotCheck),
    ],
)
def test_no_signature_over_facts_that_differ_from_the_files_or_cannot_be_derived(
    tmp_path, lie, refused
):
    genesis = {"genesis.json": json.dumps(COSMOS).encode()}
    launch = make_launch(tmp_path, genesis=genesis, seal=False)
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi", facts=lie)
    with pytest.raises(refused) as caught:
        prepare(launch, "gabi", "genesis")
    assert any("facts" in line for line in caught.value.details)
    if refused is CouldNotCheck:
        with pytest.raises(CouldNotCheck):
            prepare(launch, "gabi", "genesis", manifest_only=True)


def test_facts_come_from_the_file_or_from_the_manifest_where_that_is_all(tmp_path):
    launch = make_launch(
        tmp_path, genesis={"genesis.json": json.dumps(COSMOS).encode()}, approve=False
    )
    for only in (False, True):
        review = prepare(launch, "gabi", "genesis", manifest_only=only).review
        assert review.facts["genesis_time"] == "2026-06-02T14:00:00Z"
        assert review.facts["power"]["validators"] == 2


def test_a_pending_supersession_and_lint_are_warnings(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    launch.supersede("release", OTHER, "rita")
    review = prepare(launch, "sonia", "release").review
    assert "superseded" in {w.code for w in review.warnings}


# ---- again, and after a revocation --------------------------------------------------------------


def test_who_has_approved_already_has_nothing_to_do(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    approve(launch, "sonia", "release")
    prepared = prepare(launch, "sonia", "release")
    assert prepared.earlier is not None
    with pytest.raises(Refused):
        sign_approval(launch.path, prepared, signer("sonia"), NOW)


def test_an_earlier_approval_is_not_valid_for_wrong_bytes(tmp_path):
    launch = make_launch(tmp_path)
    launch.file("release", "README").write_bytes(b"other")
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert caught.value.code == "file-modified"
    assert prepare(launch, "sonia", "release", manifest_only=True).earlier is not None


def test_a_package_put_back_is_approved_again_and_the_review_names_what_replaced_it(tmp_path):
    launch = make_launch(tmp_path)
    first = launch.records[0].record_id
    readme = launch.file("release", "README")
    before = readme.read_bytes()
    readme.write_bytes(b"other")
    second = launch.seal("release", "rita", prior=(first,))
    readme.write_bytes(before)
    launch.seal("release", "rita", prior=(first, second))
    assert approved_count(read_launch_context(launch.path), "release") == (0, 3)
    prepared = prepare(launch, "sonia", "release")
    assert prepared.earlier is None
    assert prepared.review.replaced_by == (second,)
    assert any("put back" in w.text for w in prepared.review.warnings if w.code == "superseded")
    sign_approval(launch.path, prepared, signer("sonia"), launch.now())
    assert approved_count(read_launch_context(launch.path), "release") == (1, 3)
    assert prepare(launch, "sonia", "release").earlier is not None


@pytest.mark.clause("AZ-2.4")
def test_a_genesis_is_approved_again_when_its_release_was_replaced_and_put_back(tmp_path):
    launch = make_launch(tmp_path)
    first = launch.records[0].record_id
    readme = launch.file("release", "README")
    before = readme.read_bytes()
    readme.write_bytes(b"other")
    second = launch.seal("release", "rita", prior=(first,))
    readme.write_bytes(before)
    again = replacement(
        read_launch_context(launch.path),
        "release",
        package_id(encode_manifest(launch.manifest("release"))),
    )
    assert again is not None
    assert again.genesis_fits
    assert not again.voids
    text = " ".join("\n".join(replaced_lines(again, "release", "", has_genesis=True)).split())
    assert "sealed for exactly this release" in text
    assert "stale" not in text
    launch.seal("release", "rita", prior=(first, second))
    assert approved_count(read_launch_context(launch.path), "genesis") == (0, 2)
    prepared = prepare(launch, "gabi", "genesis")
    assert prepared.earlier is None
    assert prepared.review.replaced_by == (second,)
    assert prepared.review.differs_from == prepared.package_id
    assert any("the release it is for" in w.text for w in prepared.review.warnings)
    sign_approval(launch.path, prepared, signer("gabi"), launch.now())
    assert approved_count(read_launch_context(launch.path), "genesis") == (1, 2)
    shown = " ".join(review_lines(prepared.review, Moment(NOW, lambda _: "")))
    assert "you approved this very package before" in shown
    assert "the first genesis" not in shown


def test_nothing_is_approved_under_an_expired_policy(tmp_path):
    launch = make_launch(tmp_path, policy=ended(policy_text()), approve=False)
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert caught.value.code == "policy-expired"


@pytest.mark.clause("AZ-5.2")
@pytest.mark.parametrize("by", ["cosmin", "sonia"])
def test_a_revoked_approval_is_given_again_and_names_the_revocation(tmp_path, by):
    launch = make_launch(tmp_path)
    first = next(r for r in launch.records if ".approval.8c1cc475" in r.path)
    revocation = launch.revoke(first.record_id, by)
    prepared = prepare(launch, "cosmin", "release")
    assert prepared.earlier is None
    assert prepared.review.revocations == (revocation,)
    assert [w.text for w in prepared.review.warnings if w.code == "approval-revoked"] == [
        f"{by} revoked your approval: wrong"
    ]
    sign_approval(launch.path, prepared, signer("cosmin"), launch.now())
    assert prepare(launch, "cosmin", "release").earlier is not None
    assert approved_count(read_launch_context(launch.path), "release") == (3, 3)


def test_a_second_approval_that_did_not_see_the_revocation_is_not_enough(tmp_path):
    launch = make_launch(tmp_path)
    launch.approve("release", "cosmin")
    first = next(r for r in launch.records if ".approval.8c1cc475" in r.path)
    revocation = launch.revoke(first.record_id, "sonia")
    prepared = prepare(launch, "cosmin", "release")
    assert prepared.earlier is None
    assert prepared.review.revocations == (revocation,)


def test_a_revoked_approval_of_another_holder_is_reported(tmp_path):
    launch = make_launch(tmp_path)
    for keyid, name in (("8080c03b", "rita"), ("8c1cc475", "cosmin")):
        first = next(r for r in launch.records if f".approval.{keyid}" in r.path)
        launch.revoke(first.record_id, name)
    texts = [w.text for w in prepare(launch, "cosmin", "release").review.warnings]
    assert "the approval by rita was taken back by rita" in texts


def test_a_revoked_key_approves_nothing(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    launch.revoke(PEOPLE["sonia"].public().fingerprint, "sonia", kind="key", reason="retired")
    with pytest.raises(Refused) as caught:
        prepare(launch, "sonia", "release")
    assert caught.value.code == "key-revoked"


# ---- publishing ---------------------------------------------------------------------------------


class Liar:
    """A signer that signs with another key than it names."""

    public = PEOPLE["sonia"].public()

    def sign(self, message: bytes) -> bytes:
        return signer("rita").sign(message)


def test_a_signer_that_signs_something_else_is_found_before_anything_is_written(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    prepared = prepare(launch, "sonia", "release")
    with pytest.raises(Exception, match="did not make") as caught:
        sign_approval(launch.path, prepared, Liar(), NOW)  # type: ignore[arg-type]
    assert caught.value.code == "signature-invalid"
    with pytest.raises(Refused, match="nothing was reviewed"):
        sign_approval(launch.path, prepared, signer("rita"), NOW)


def test_a_record_is_stored_under_its_own_name_once(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    body = Approval.model_validate(
        statement(approve(launch, "sonia", "release").data, "sonia").record
    )
    review = prepare(launch, "cosmin", "release").review
    signed = sign_record(
        "approval",
        body.model_copy(update={"review_hash": review.hash}),
        {"review": review.document()},
        signer("cosmin"),
    )
    path = store_record(launch.path, signed)
    assert path.name == f"{signed.record_id[7:23]}.approval.8c1cc475.dsse.json"
    assert store_record(launch.path, signed) == path
    path.write_bytes(b"other")
    with pytest.raises(Refused):
        store_record(launch.path, signed)
