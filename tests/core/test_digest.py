from __future__ import annotations

import pytest
from pydantic_core import ValidationError

from aztrust.core.base.digest import (
    Blake3,
    Sha256,
    blake3_id,
    both,
    groups,
    parse_sha256,
    sha256_id,
)
from aztrust.core.base.errors import UsageError
from aztrust.core.base.model import Model

HEX = "8f3a91c2d047be5618fa3c90e7d2614bb59f08a3c61e74d2907b3fe85ac41d06"


def test_ids_of_nothing() -> None:
    assert sha256_id(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert blake3_id(b"") == (
        "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    )
    assert both(b"") == (sha256_id(b""), blake3_id(b""))


@pytest.mark.parametrize(
    "typed",
    [
        HEX,
        "sha256:" + HEX,
        HEX.upper(),
        "SHA256:" + HEX.upper(),
        groups(HEX),
        groups("sha256:" + HEX),
        " \t" + groups(HEX).replace(" ", "\n") + "\n",
        "sha256: " + HEX[:32] + "\n        " + HEX[32:],
    ],
)
def test_a_digest_is_read_however_it_was_passed_on(typed: str) -> None:
    assert parse_sha256(typed) == "sha256:" + HEX


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "sha256:",
        HEX[:-1],
        HEX + "0",
        HEX[:16],
        "blake3:" + HEX,
        "sha256:sha256:" + HEX,
        HEX[:-1] + "g",
        HEX[:-1] + "\N{FULLWIDTH DIGIT SIX}",
        HEX[:-1] + "\N{ARABIC-INDIC DIGIT SIX}",
        HEX[:8] + "…" + HEX[-8:],
        "0x" + HEX,
    ],
)
def test_what_is_not_a_digest_is_a_usage_error(typed: str) -> None:
    with pytest.raises(UsageError, match="64 hex digits"):
        parse_sha256(typed)


def test_groups_are_sixteen_of_four() -> None:
    parts = groups("sha256:" + HEX).split(" ")
    assert len(parts) == 16
    assert {len(part) for part in parts} == {4}
    assert "".join(parts) == HEX


class _Model(Model):
    sha256: Sha256 = "sha256:" + HEX
    blake3: Blake3 = "blake3:" + HEX


def test_aliases_hold_in_models_and_in_their_schemas() -> None:
    assert _Model(sha256="sha256:" + HEX).sha256 == "sha256:" + HEX
    schema = _Model.model_json_schema()["properties"]
    assert schema["sha256"]["pattern"] == "^sha256:[0-9a-f]{64}$"
    assert schema["blake3"]["pattern"] == "^blake3:[0-9a-f]{64}$"


@pytest.mark.parametrize(
    "value",
    [HEX, "sha256:" + HEX.upper(), "sha256:" + HEX + "\n", "blake3:" + HEX, "sha256:", 7, b"x"],
)
def test_aliases_refuse_every_other_spelling(value: object) -> None:
    with pytest.raises(ValidationError):
        _Model(sha256=value)  # type: ignore[arg-type]
