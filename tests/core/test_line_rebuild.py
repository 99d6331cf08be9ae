"""A confirmation and its line: the same envelope, or one clear answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.base.errors import AztrustError, Malformed, Refused
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.records.enrolment import NOT_READY_REASONS, Enrolment
from aztrust.core.records.line.chat import find_lines
from aztrust.core.records.line.code import ALPHABET, check_characters
from aztrust.core.records.line.frozen_scope import FrozenScope
from aztrust.core.records.line.layout import (
    DATA,
    LENGTH,
    MARK,
    Printed,
    read,
    written,
)
from aztrust.core.records.line.rebuild import (
    CONSENSUS_KEY,
    SIGNER,
    Expanded,
    Known,
    expand,
    expand_line,
    line_of,
)
from aztrust.core.records.records import Unsigned
from tests.core.confirmations import (
    AT,
    WINDOW,
    artifact,
    confirmation,
    frozen,
    known,
    p256_signer,
    signed,
    ssh_signer,
)
from tests.operators import entry

SCOPE = frozen()
SIGNERS = {"Ed25519": ssh_signer(), "P-256": p256_signer()}
KNOWN = known(SCOPE, keys=(*SIGNERS.values(), ssh_signer(2)))


def printed_of(line: str) -> Printed:
    (found,) = find_lines(line)
    assert found.printed is not None
    return found.printed


def expanded(line: str, kit: Known = KNOWN) -> Expanded:
    (found,) = find_lines(line)
    return expand_line(found, kit)


def refusal(line: str, kit: Known = KNOWN) -> AztrustError:
    with pytest.raises(Malformed) as refused:
        expanded(line, kit)
    return refused.value


def a_line(by: str = "Ed25519", **changes: Any) -> str:
    who = SIGNERS[by]
    return line_of(signed(confirmation(SCOPE, **changes), who), who.public, SCOPE)


@pytest.mark.parametrize("by", SIGNERS)
def test_a_line_has_at_most_160_characters_and_expands_to_the_same_bytes(by):
    who = SIGNERS[by]
    envelope = signed(confirmation(SCOPE), who)
    line = line_of(envelope, who.public, SCOPE)
    assert len(line) == LENGTH == 156
    assert set(line) <= set(ALPHABET) | {"1"}
    found = expanded(line)
    assert found.envelope == envelope
    assert found.key == who.public
    assert found.body == confirmation(SCOPE)
    assert found.record_id == Unsigned("operator-confirmation", found.body).record_id


BODIES = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(SCOPE.platforms),
        "roles": st.sets(st.sampled_from(SCOPE.roles), min_size=1),
        "aztrust_version": st.tuples(*[st.integers(0, 255)] * 3).map(
            lambda v: ".".join(map(str, v))
        ),
        "confirmed_at_unix_ms": st.integers(0, 2**32 - 1).map(lambda s: s * 1000),
    }
) | st.fixed_dictionaries(
    {
        "reason": st.sampled_from(NOT_READY_REASONS),
        "roles": st.sets(st.sampled_from(SCOPE.roles), min_size=1),
        "platform": st.sampled_from(SCOPE.platforms),
        "found": st.none() | st.integers(0, 2**32 - 1).map("{:08x}".format),
    }
)
ANSWERS = st.tuples(st.sampled_from(CONSENSUS_KEY), st.sampled_from(SIGNER))


@settings(max_examples=60, deadline=None)
@given(BODIES, ANSWERS, st.sampled_from(sorted(SIGNERS)))
def test_every_field_comes_back(fields, answers, by):
    if "reason" not in fields:
        fields = {**fields, "consensus_key": answers[0], "signer": answers[1]}
    envelope = signed(confirmation(SCOPE, **fields), SIGNERS[by])
    line = line_of(envelope, SIGNERS[by].public, SCOPE)
    assert len(line) == LENGTH
    assert expanded(line.lower()).envelope == envelope


FIELDS = st.builds(
    Printed,
    scope=st.integers(0, 2**40 - 1),
    window=st.integers(0, 2**28 - 1),
    key=st.integers(0, 2**40 - 1),
    time=st.integers(0, 2**32 - 1),
    version=st.tuples(*[st.integers(0, 255)] * 3),
    platform=st.integers(0, 63),
    roles=st.integers(0, 2**16 - 1),
    ready=st.booleans(),
    consensus_key=st.integers(0, 3),
    signer=st.integers(0, 3),
    reason=st.integers(0, 31),
    found=st.none() | st.integers(0, 2**32 - 1),
    signature=st.binary(min_size=64, max_size=64),
)


@settings(deadline=None)
@given(FIELDS)
def test_all_bits_come_back_and_those_of_the_other_state_are_refused(printed):
    line = written(printed)
    values = [ALPHABET.index(letter) for letter in line[len(MARK) : len(MARK) + DATA]]
    foreign = (printed.reason, printed.found is not None)
    if not printed.ready:
        foreign = (printed.consensus_key, printed.signer)
    if any(foreign):
        with pytest.raises(Malformed, match="a bit that no confirmation has"):
            read(values)
    else:
        assert read(values) == printed


def test_found_without_its_flag_is_refused():
    values = [ALPHABET.index(c) for c in a_line(reason="disk", found="00000001")[3 : 3 + DATA]]
    number = int("".join(f"{v:05b}" for v in values), 2) ^ 1 << 512 + 32
    bent = [number >> 5 * (DATA - 1 - i) & 31 for i in range(DATA)]
    with pytest.raises(Malformed, match="a bit that no confirmation has"):
        read(bent)


def test_a_later_form_is_named():
    values = [ALPHABET.index(letter) for letter in a_line()[3 : 3 + DATA]]
    values[0] = values[0] & 1 | 2 << 1
    with pytest.raises(Malformed, match="has the form 2, and this aztrust reads form 1"):
        read(values)
    text = MARK + "".join(ALPHABET[v] for v in (*values, *check_characters(values)))
    assert "newer aztrust" in refusal(text).mend


def test_another_scope_is_another_launch():
    other = frozen("atlas-2")
    fault = refusal(a_line(), known(other, keys=(ssh_signer(),)))
    assert fault.code == "approval-other-scope"
    assert "another launch" in fault.message
    assert SCOPE.scope.hash[7:17] in fault.message
    # With both scopes the line is of the one that it was made for.
    both = known(other, SCOPE, keys=(ssh_signer(),))
    assert expanded(a_line(), both).body.scope_hash == SCOPE.scope.hash


def test_a_missing_enrolment_is_a_kit_that_is_too_old():
    fault = refusal(a_line(), known(SCOPE, keys=(ssh_signer(2), p256_signer())))
    assert fault.code == "signer-unknown"
    assert "this kit is too old" in fault.message
    assert ssh_signer().public.keyid[:10] in fault.message


def test_a_missing_window_is_a_kit_that_is_too_old():
    fault = refusal(a_line(), known(SCOPE, keys=(ssh_signer(),), window="sha256:" + "00" * 32))
    assert "this kit is too old" in fault.message
    assert WINDOW[7:14] in fault.message
    # A window of another scope is none of this one's.
    foreign = replace(KNOWN, windows=((frozen("atlas-2").scope.hash, WINDOW),))
    assert "this kit is too old" in refusal(a_line(), foreign).message


@pytest.mark.parametrize("by", SIGNERS)
@pytest.mark.parametrize(
    "changes",
    [
        {"time": AT // 1000 + 1},
        {"platform": 1},
        {"roles": 2},
        {"consensus_key": 1},
        {"signer": 2},
        {"version": (0, 1, 1)},
        {"signature": bytes(64)},
    ],
)
def test_every_field_that_is_carried_is_under_the_signature(by, changes):
    line = written(replace(printed_of(a_line(by)), **changes))
    fault = refusal(line)
    assert (fault.code, "bad signature" in fault.message) == ("signature-invalid", True)


@pytest.mark.parametrize("changes", [{"reason": 1}, {"found": 7}, {"found": None}])
def test_a_reason_and_what_was_found_are_under_the_signature(changes):
    line = a_line(reason="other", found="0000beef")
    assert expanded(line).body.found == "0000beef"
    assert "bad signature" in refusal(written(replace(printed_of(line), **changes))).message


def test_the_windows_of_one_prefix_are_all_tried():
    near = WINDOW[:-2] + "00"
    both = replace(KNOWN, windows=((SCOPE.scope.hash, near), (SCOPE.scope.hash, WINDOW)))
    assert expanded(a_line(), both).body.launch_window_id == WINDOW


@pytest.mark.parametrize(
    "changes",
    [{"platform": 63}, {"roles": 1 << 15 | 1}, {"roles": 0}, {"consensus_key": 3}, {"signer": 3}],
)
def test_a_number_without_a_name_is_refused(changes):
    fault = refusal(written(replace(printed_of(a_line()), **changes)))
    assert (fault.code, "no name" in fault.message) == ("record-malformed", True)


def test_a_reason_without_a_name_is_refused():
    fault = refusal(written(replace(printed_of(a_line(reason="disk")), reason=31)))
    assert "no name" in fault.message


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"aztrust_version": "0.1.0.dev1"}, "the version 0.1.0.dev1 is not three numbers"),
        ({"aztrust_version": "0.1.256"}, "the version 0.1.256 is not three numbers"),
        ({"aztrust_version": "0.01.2"}, "the version 0.01.2 is not three numbers"),
        ({"confirmed_at_unix_ms": AT + 1}, "not a whole second"),
        ({"confirmed_at_unix_ms": 2**32 * 1000}, "before the year 2106"),
        ({"roles": ("another",)}, "a role is not among the first 16"),
        ({"platform": "plan9/amd64"}, "the platform plan9/amd64"),
        ({"programs": ()}, "another programs than its scope"),
        ({"chain_id": "atlas-2"}, "another chain_id than its scope"),
        ({"scope_hash": "sha256:" + "00" * 32}, "another scope_hash than its scope"),
    ],
)
def test_what_no_line_can_have_is_named(changes, cause):
    body = confirmation(SCOPE).model_copy(update=changes)
    with pytest.raises(Refused, match="cannot be printed") as refused:
        line_of(signed(body, ssh_signer()), ssh_signer().public, SCOPE)
    assert cause in refused.value.message
    assert refused.value.mend == "send the file of the confirmation instead"


def test_an_envelope_in_another_layout_is_not_printed():
    envelope = signed(confirmation(SCOPE), ssh_signer()) + b"\n"
    with pytest.raises(Refused, match="not laid out as"):
        line_of(envelope, ssh_signer().public, SCOPE)


def test_a_file_by_another_key_is_not_printed():
    envelope = signed(confirmation(SCOPE), ssh_signer())
    with pytest.raises(Malformed) as refused:
        line_of(envelope, ssh_signer(2).public, SCOPE)
    assert refused.value.code == "signature-invalid"


def test_a_line_that_comes_twice_is_the_same_record_twice():
    first, second = find_lines(f"{a_line()}\n{a_line()}")
    assert expand_line(first, KNOWN) == expand_line(second, KNOWN)


def test_the_seventeenth_role_cannot_be_printed():
    names = tuple(f"role-{n:02}" for n in range(17))
    scope = frozen(artifacts=(artifact("role-00", "linux/amd64", "x"),), activation_order=names)
    who = ssh_signer()
    line = line_of(signed(confirmation(scope, roles=(names[15],)), who), who.public, scope)
    assert expanded(line, known(scope, keys=(who,))).body.roles == (names[15],)
    with pytest.raises(Refused, match="among the first 16"):
        line_of(signed(confirmation(scope, roles=(names[16],)), who), who.public, scope)


def test_what_a_scope_fixes_is_read_from_its_own_lists():
    scope: FrozenScope = frozen(
        artifacts=(
            artifact("node", "linux/arm/v7", "seven"),
            artifact("node", "linux/arm/v6", "six"),
            artifact("tool", "any", "tool.sh"),
        )
    )
    assert scope.roles == ("node", "sentry", "tool")
    assert scope.platforms[:3] == ("linux/arm", "linux/arm/v6", "linux/arm/v7")
    assert scope.platforms[3:] == (
        *("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"),
    )
    seven = scope.programs("linux/arm/v7", ("node",))
    assert [p.sha256 for p in seven] == [artifact("node", "linux/arm/v7", "seven").sha256]
    assert len(scope.programs("linux/arm", ("node", "tool"))) == 3
    assert scope.programs("windows/amd64", ("node",)) == ()


def test_the_platforms_of_a_scope_are_listed_once():
    assert SCOPE.platforms == (
        *("linux/amd64", "linux/arm64"),
        *("darwin/amd64", "darwin/arm64", "windows/amd64"),
    )


def test_another_record_is_not_printed():
    who = ssh_signer()
    body = Enrolment.model_validate(
        {
            "enrolled_at_unix_ms": AT,
            "gentx": "none",
            "operators": [entry("acme", who)],
            "policy_digest": SCOPE.scope.policy_digest,
        }
    )
    payload = Unsigned("enrolment", body).payload
    envelope = encode_envelope(payload, who.public.keyid, who.sign(pae(PAYLOAD_TYPE, payload)))
    with pytest.raises(Refused, match="it is a record of kind enrolment"):
        line_of(envelope, who.public, SCOPE)


def test_expand_takes_what_was_printed():
    assert expand(printed_of(a_line()), KNOWN).body == confirmation(SCOPE)
