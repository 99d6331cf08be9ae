"""A verdict that is none is refused by a ledger, with the reason that its reader has."""

from __future__ import annotations

import base64
import json

import pytest

from aztrust.core.base import canonical
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.ledger.append_rules import open_files
from aztrust.storage.launch import read_launch
from tests.disk_launch import make_launch, policy_text, signer
from tests.verdicts import ONE, signed


@pytest.mark.parametrize("broken", [False, True])
def test_a_verdict_whose_fields_are_wrong(tmp_path, broken):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    launch.freeze("luca")
    evidence = read_launch(launch.path)
    (data,) = evidence.verdicts.values()
    payload = json.loads(base64.b64decode(json.loads(data)["payload"]))
    if broken:
        payload["predicate"]["verificationResult"] = "MAYBE"
    data = signed(canonical.dumps(payload), signer("luca"))
    opened = open_files(read_context(Request(launch.now()), evidence), {"x": data})
    assert [f.code for f in opened.refused] == (["record-malformed"] if broken else [])
    assert len(opened.taken) == (not broken)
