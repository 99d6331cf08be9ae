"""What counting must keep, for every set of votes in every order (laws 8 and 9)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.history.revocations import fold
from aztrust.core.policy.model import Policy
from aztrust.core.policy.quorum import ApprovalRule, count_votes
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Approval, Seal, Supersession
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.approvals import approval_quorum
from aztrust.core.state.seals import pending
from tests.memory_launch import PEOPLE, Launch

ROLES = ("manager", "security", "consensus", "ops")
HOLDERS = tuple("abcdef")
# A key belongs to one holder, as the policy demands; a holder may have several.
votes = st.lists(
    st.tuples(
        st.sampled_from(HOLDERS), st.integers(0, 2), st.frozensets(st.sampled_from(ROLES))
    ).map(lambda v: (v[0], f"{v[0]}{v[1]}".encode(), v[2])),
    max_size=12,
)
rules = st.builds(
    ApprovalRule,
    distinct_holders=st.integers(1, 5),
    roles=st.dictionaries(st.sampled_from(ROLES), st.integers(1, 3), min_size=1),
)


@given(rules, votes, st.randoms())
def test_order_and_repetition_change_nothing(rule, spoken, chance):
    shuffled = [*spoken, *spoken[: len(spoken) // 2]]
    chance.shuffle(shuffled)
    assert count_votes(rule, shuffled) == count_votes(rule, spoken)


@given(rules, votes, votes)
def test_one_more_vote_never_lowers_the_count(rule, spoken, more):
    before, after = count_votes(rule, spoken), count_votes(rule, [*spoken, *more])
    assert before.holders <= after.holders
    assert set(after.missing_roles) <= set(before.missing_roles)
    assert after.met or not before.met


@given(rules, votes)
def test_a_met_rule_has_as_many_people_as_it_says(rule, spoken):
    result = count_votes(rule, spoken)
    if result.met:
        assert len({holder for holder, _, _ in spoken}) >= rule.distinct_holders
        for role, count in rule.roles.items():
            assert len({h for h, _, roles in spoken if role in roles}) >= count


@given(rules, votes)
def test_a_second_key_of_a_holder_adds_no_holder(rule, spoken):
    doubled = [*spoken, *((h, k + b"'", roles) for h, k, roles in spoken)]
    assert count_votes(rule, doubled) == count_votes(rule, spoken)


# ---- with revocations, seals and supersessions --------------------------------------------------

LAUNCH = Launch()
POLICY: Policy = parse_policy(LAUNCH.policy)
ANCHOR = LAUNCH.anchor
PACKAGE = "sha256:" + "a" * 64
NAMES = tuple(sorted(POLICY.holders))


def record_id(number: int) -> str:
    return f"sha256:{number:064x}"


@st.composite
def verified(draw: st.DrawFn) -> list[VerifiedRecord]:
    """Up to fourteen statements that refer to one another by number, sensible or not."""
    count = draw(st.integers(1, 14))
    numbers = st.integers(0, count - 1).map(record_id)
    keys = st.sampled_from([PEOPLE[n].public().fingerprint for n in NAMES])
    made = []
    for number in range(count):
        who = draw(st.sampled_from(NAMES))
        kind = draw(st.sampled_from(["approval", "approval", "seal", "revocation", "supersession"]))
        preimages: dict[str, object] = {}
        if kind == "approval":
            body = Approval(
                approved_at_unix_ms=0,
                manifest_only=False,
                package_class="release",
                package_id=PACKAGE,
                policy_digest=ANCHOR,
                review_hash=PACKAGE,
                roles=POLICY.holders[who].roles,
            )
            preimages = {"review": {"revocations": draw(st.lists(numbers, max_size=2))}}
        elif kind == "seal":
            body = Seal(
                package_class="release",
                package_id=PACKAGE,
                policy_digest=ANCHOR,
                prior_seals=(),
                sealed_at_unix_ms=0,
            )
        elif kind == "revocation":
            target_kind = draw(st.sampled_from(["record", "key"]))
            body = Revocation(
                policy_digest=ANCHOR,
                reason=draw(st.sampled_from(["retired", "compromised", "a mistake"])),
                revoked_at_unix_ms=0,
                stands=tuple(draw(st.lists(numbers, max_size=3))),
                target=draw(numbers if target_kind == "record" else keys),
                target_kind=target_kind,
            )
        else:
            body = Supersession(
                package_class="release",
                package_id=PACKAGE,
                policy_digest=ANCHOR,
                reason="x",
                successor=draw(st.sampled_from([PACKAGE, record_id(0)])),
                superseded_at_unix_ms=0,
                withdraws=tuple(draw(st.lists(numbers, max_size=3))),
            )
        key = PEOPLE[who].public()
        made.append(VerifiedRecord(record_id(number), kind, who, key, body, preimages))
    return made


def counted(made: list[VerifiedRecord]) -> frozenset[str]:
    return approval_quorum(POLICY, fold(POLICY, made), "release", PACKAGE).holders


def still_pending(made: list[VerifiedRecord], current: str) -> set[str]:
    return {u.record_id for u, _ in pending(POLICY, fold(POLICY, made), "release", current)}


def still(made: list[VerifiedRecord]) -> set[str]:
    effective = fold(POLICY, made)
    return {
        u.record_id for u in effective.verified if not u.is_negative and effective.is_effective(u)
    }


@given(verified(), st.randoms())
def test_the_effective_records_do_not_depend_on_the_order_of_arrival(made, chance):
    shuffled = [*made, *made[:3]]
    chance.shuffle(shuffled)
    assert fold(POLICY, shuffled) == fold(POLICY, made)


@settings(max_examples=300)
@given(verified())
def test_a_revocation_never_adds_an_effective_record(made):
    for revocation in (u for u in made if isinstance(u.body, Revocation)):
        without = [u for u in made if u is not revocation]
        assert counted(made) <= counted(without)
        assert still(made) <= still(without)
        for current in (PACKAGE, record_id(0)):
            assert still_pending(without, current) <= still_pending(made, current)


@given(verified())
def test_nothing_positive_undoes_a_revocation(made):
    revocations = [u for u in made if isinstance(u.body, Revocation)]
    alone = fold(POLICY, [u for u in made if u in revocations])
    whole = fold(POLICY, made)
    assert alone.revoked_keys == whole.revoked_keys
    for u in made:
        if not u.is_negative and alone.key_revocation(u):
            assert not whole.is_effective(u)
