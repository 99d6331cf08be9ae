"""Real public attestations, read where they are, and launches whose policy has a rule about one."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.disk_launch import RELEASE, Launch, make_launch
from tests.people import fingerprint
from tests.policies import REHEARSAL, REVOCATION, text
from tests.shared import shared_path

FILE = "bin/atlasd"
REPOSITORY = "https://github.com/too-legit/attest"
RULE = {
    "path": FILE,
    "issuer": "https://token.actions.githubusercontent.com/hammer-time",
    "repository": REPOSITORY,
    "workflow": f"{REPOSITORY}/.github/workflows/integration.yml",
    "ref": "refs/heads/main",
    "commit": "283bf967fa3c591925dd25e6a6e8e781542117bf",
}
"""What the certificate of `custom-issuer.sigstore.json` says."""


def attestation(name: str = "custom-issuer.sigstore.json") -> bytes:
    """A bundle of the shared data; skips the test where that is absent."""
    return shared_path(f"data/attestations/{name}").read_bytes()


def artifact() -> bytes:
    """The file that `custom-issuer.sigstore.json` is about."""
    return attestation("custom-issuer-artifact")


def trusted_root() -> bytes:
    """Sigstore's production root, as the package sigstore carries it."""
    found = importlib.util.find_spec("sigstore")
    assert found is not None, "requirements/dev.txt has it"
    assert found.origin is not None
    store = Path(found.origin).parent / "_store"
    return next(store.glob("*tuf-repo-cdn.sigstore.dev/trusted_root.json")).read_bytes()


def rule(**changes: str | None) -> str:
    """The table of a rule; a change to None leaves the key out."""
    root = hashlib.sha256(trusted_root()).hexdigest()
    values = {**RULE, "trusted_root": f"sha256:{root}", **changes}
    listed = "".join(f'{key} = "{v}"\n' for key, v in values.items() if v is not None)
    return f"[[packages.release.provenance]]\n{listed}"


def policy(*rules: str, more: str = "") -> str:
    """The policy of `tests.disk_launch`, with these rules."""
    return text(
        holders=REHEARSAL,
        key_of=fingerprint,
        launch='name = "test launch"\nnetwork_class = "devnet"\nchain_id = "test-1"',
        artifact='[[packages.release.artifact]]\npath = "bin/atlasd"\nrole = "node"\n'
        f'platform = "linux/amd64"\n{"".join(rules)}',
        rest=f"{REVOCATION}{more}",
    )


def attested_launch(
    parent: Path,
    *rules: str,
    bundle: bytes | None = None,
    built: bytes | None = None,
    **options: Any,
) -> Launch:
    """A launch whose `bin/atlasd` is the attested file, or `built`, with its bundle and root."""
    launch = make_launch(
        parent,
        policy=policy(*(rules or (rule(),))),
        release={**RELEASE, FILE: artifact() if built is None else built},
        **options,
    )
    put(launch, "a.sigstore.json", attestation() if bundle is None else bundle)
    put(launch, "a.trusted_root.json", trusted_root())
    return launch


def put(launch: Launch, name: str, data: bytes) -> Path:
    """Write a file next to the manifests."""
    folder = launch.path / "manifests/provenance"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def changed(bundle: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A bundle after a change of its document."""
    document = json.loads(bundle)
    change(document)
    return json.dumps(document).encode()


def with_subject(bundle: bytes, data: bytes) -> bytes:
    """A bundle whose payload names another file; its signature is over the old payload."""

    def change(document: dict[str, Any]) -> None:
        envelope = document["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"]))
        statement["subject"] = [
            {"name": "x", "digest": {"sha256": hashlib.sha256(data).hexdigest()}}
        ]
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    return changed(bundle, change)
