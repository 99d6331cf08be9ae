"""Signed records in places of a launch where none is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aztrust.storage import strays
from aztrust.storage.strays import stray_records

RECORD = b'{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}'


def found(launch: Path) -> list[str]:
    return [
        fault.path for fault in stray_records(launch, "manifests/records", "manifests/verdicts")
    ]


def put(launch: Path, path: str, data: bytes = RECORD) -> None:
    (launch / path).parent.mkdir(parents=True, exist_ok=True)
    (launch / path).write_bytes(data)


@pytest.mark.parametrize(
    "path",
    [
        *("manifests/x.json", "manifests/Records/x.dsse.json", "manifests/old/2026/x.json"),
        *("manifests/records/.x.json", "manifests/records/old/x.json", "records/x.dsse.json"),
        *("manifests/verdicts/x.json", "manifests/verdicts/old/x.dsse.json"),
        *("manifests/sealed/x.dsse.json", "manifests/policies/x.dsse.json"),
        *("manifests/ledger/x.dsse.json", "manifests/provenance/x.dsse.json", "keys/x.dsse.json"),
    ],
)
def test_a_signed_record_is_found_wherever_it_is(tmp_path: Path, path: str) -> None:
    put(tmp_path, path, b"{}")
    assert found(tmp_path) == []
    put(tmp_path, path)
    assert found(tmp_path) == [path]


@pytest.mark.parametrize(
    "path",
    [
        *("manifests/records/x.dsse.json", "manifests/verdicts/x.sigstore.json"),
        *(f"manifests/sealed/{'0' * 64}.json", "manifests/provenance/x.sigstore.json"),
        *("keys/x.pem", "packages/release/x.dsse.json", "x.dsse.json"),
    ],
)
def test_what_is_read_there_or_is_content_is_not_a_stray(tmp_path: Path, path: str) -> None:
    put(tmp_path, path)
    assert found(tmp_path) == []


def test_a_folder_that_is_not_looked_through_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path, f"manifests/old/{name}", b"x" * 10)
    assert found(tmp_path) == []
    monkeypatch.setattr(strays, "FOLDER_LIMIT", 19)
    assert found(tmp_path) == ["manifests/old"]
    monkeypatch.setattr(strays, "FOLDER_LIMIT", 30)
    assert found(tmp_path) == []
    monkeypatch.setattr("aztrust.storage.folders.FOLDER_COUNT", 2)
    assert found(tmp_path) == ["manifests/old"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every directory")
def test_a_folder_that_may_not_be_listed_is_named(tmp_path: Path) -> None:
    put(tmp_path, "manifests/old/x")
    (tmp_path / "manifests/old").chmod(0)
    named = found(tmp_path)
    (tmp_path / "manifests/old").chmod(0o700)
    assert named == ["manifests/old"]
