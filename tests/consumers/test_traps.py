"""What docs/consumers.md warns of is so; the pieces in contrib/consumers are as they should be."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from aztrust.core.base.canonical import dumps
from aztrust.core.history.bundle import ENDING
from aztrust.core.state.context import Request, read_context
from aztrust.storage.launch import read_launch
from tests.consumers.tools import Bench, documented, require
from tests.consumers.verdicts import DSSE
from tests.shared import REPOSITORY, shared_path

FOLDER = REPOSITORY / "contrib" / "consumers"
SCRIPTS = {
    "with-cosign.sh": ("sh", "cosign"),
    "with-sigstore.mjs": ("node", "@sigstore/verify"),
    "with-securesystemslib.py": ("python", "securesystemslib"),
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "words",
    [
        "",
        '"$KEY" "$SCOPE" "$LEVEL" "$VERDICT"',
        '"$KEY" "$SCOPE" "$LEVEL" "$VERDICT" "$FILE" "$ROOT" more',
        '"$KEY" "${SCOPE%?}" "$LEVEL" "$VERDICT" "$FILE"',
        '"$KEY" "sha256:$SCOPE" "$LEVEL" "$VERDICT" "$FILE"',
        '"$KEY" "" "$LEVEL" "$VERDICT" "$FILE"',
    ],
)
def test_a_command_line_without_sense_is_a_usage_error(given, script, words):
    runner, section = SCRIPTS[script]
    require(section)
    done = given.run(f"{runner} contrib/consumers/{script} {words}")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "SCOPE is 64 lowercase hex digits" in done.stderr


def test_the_shell_script_is_clean():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not on this machine")
    subprocess.run(("shellcheck", "-s", "sh", *FOLDER.glob("*.sh")), check=True)


def test_what_npm_installs_is_pinned_by_hash_and_names_no_host():
    lock = json.loads((FOLDER / "package-lock.json").read_bytes())
    asked = json.loads((FOLDER / "package.json").read_bytes())
    versions = {**asked["dependencies"], **asked["optionalDependencies"]}
    packages = {n: p for n, p in lock["packages"].items() if n}
    assert all(p["integrity"].startswith("sha512-") for p in packages.values())
    assert not [n for n, p in packages.items() if "resolved" in p or "hasInstallScript" in p]
    assert versions == {n: packages[f"node_modules/{n}"]["version"] for n in versions}
    assert "://" not in (FOLDER / "package-lock.json").read_text("utf-8")


@pytest.mark.parametrize("tool", ["cosign", "slsa-verifier"])
def test_what_go_installs_is_pinned_by_hash(tool):
    asked = (FOLDER / tool / "go.mod").read_text("utf-8").splitlines()
    (package,) = [line.removeprefix("tool ") for line in asked if line.startswith("tool ")]
    module, version = next(
        line.removeprefix("require ").split()
        for line in asked
        if line.startswith("require github") and package.startswith(line.split()[1])
    )
    sums = (FOLDER / tool / "go.sum").read_text("utf-8")
    assert f"{module} {version} h1:" in sums
    assert not [line for line in asked if line.startswith("replace")]


# ---- the traps -----------------------------------------------------------------------------------

COSIGN = (
    'cosign verify-blob-attestation --key "$KEY" --bundle "$VERDICT.sigstore.json" '
    '--insecure-ignore-tlog --type https://slsa.dev/verification_summary/v1 "$FILE"'
)


def test_cosign_passes_over_a_signature_with_our_keyid(given):
    require("cosign")
    assert given.run(COSIGN).returncode == 0
    path = given.path("VERDICT", ENDING)
    whole = json.loads(path.read_bytes())
    whole["dsseEnvelope"]["signatures"][0]["keyid"] = path.name.split(".")[2] * 8
    path.write_bytes(dumps(whole))
    assert given.run(COSIGN).returncode == 1


def test_cosign_alone_takes_a_failed_verdict_for_a_yes(examples, tmp_path):
    """For the one file that it names, the scope; so the script looks at the result."""
    require("cosign")
    example, given = examples("failed", verdict="fail", rows={"scope": "fail"})
    given = given.copy(tmp_path / "given")
    context = read_context(Request(example.launch.now()), read_launch(example.launch.path))
    given.path("FILE").write_bytes(context.scope.encode())
    assert given.run(COSIGN).returncode == 0


NODE = """
const [key, file, ...numbers] = process.argv.slice(2);
const { bundleFromJSON } = await import('@sigstore/bundle');
const { TrustedRoot } = await import('@sigstore/protobuf-specs');
const { toSignedEntity, toTrustMaterial, Verifier } = await import('@sigstore/verify');
const { createPublicKey } = await import('node:crypto');
const { readFileSync } = await import('node:fs');
const publicKey = createPublicKey(readFileSync(key));
const known = () => ({ publicKey, validFor: () => true });
const trust = toTrustMaterial(TrustedRoot.fromJSON({}), known);
const [tlogThreshold, timestampThreshold] = numbers.map(Number);
const bundle = bundleFromJSON(JSON.parse(readFileSync(file, 'utf8')));
new Verifier(trust, { tlogThreshold, timestampThreshold }).verify(toSignedEntity(bundle));
"""


def test_what_sigstore_verify_asks_for_by_itself(given: Bench):
    require("@sigstore/verify")
    (given.folder / "contrib/consumers/try.mjs").write_text(NODE, "utf-8")

    def tried(tlog: int, timestamp: int) -> str:
        done = given.run(
            f'node contrib/consumers/try.mjs "$KEY" "$VERDICT.sigstore.json" {tlog} {timestamp}'
        )
        return done.stderr if done.returncode else ""

    assert "checkpoint signature" in tried(0, 0), "an entry of an unknown log is not accepted"
    path = given.path("VERDICT", ENDING)
    whole = json.loads(path.read_bytes())
    whole["verificationMaterial"]["tlogEntries"] = []
    path.write_bytes(dumps(whole))
    assert tried(0, 0) == ""
    assert "expected 1 timestamps, got 0" in tried(0, 1)
    assert "expected 1 tlog entries, got 0" in tried(1, 0)


def test_securesystemslib_empties_what_it_is_given(given: Bench):
    require("securesystemslib")
    words = (
        "import json, sys; from securesystemslib.dsse import Envelope; "
        "data = json.load(open(sys.argv[1])); Envelope.from_dict(data); "
        "print(data['signatures'])"
    )
    done = given.run(f'python -c "{words}" "$VERDICT.dsse.json"')
    assert done.stdout == "[{}]\n", done.stderr


@pytest.mark.parametrize("text", ["[" * 100_000, "1", '{"payload": 1}', ""])
def test_what_is_not_an_envelope_is_refused_in_one_line(given: Bench, text):
    require("securesystemslib")
    given.path("VERDICT", DSSE).write_text(text, "utf-8")
    words = '"$KEY" "$SCOPE" "$LEVEL" "$VERDICT.dsse.json" "$FILE"'
    done = given.run(f"python contrib/consumers/with-securesystemslib.py {words}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: ")
    assert done.stderr.count("\n") == 1


def test_slsa_verifier_wants_the_envelope_s_keyid(given: Bench, examples):
    require("slsa-verifier")
    keyid = examples()[0].key.keyid
    words = (
        'slsa-verifier verify-vsa --attestation-path "$VERDICT.%s" --public-key-path "$KEY" %s'
        f' --verifier-id urn:aztrust:verifier:{keyid} --resource-uri "urn:aztrust:scope:$SCOPE"'
        ' --verified-level "$LEVEL" --subject-digest "sha256:$(sha256sum <"$FILE" | cut -c1-64)"'
    )
    assert given.run(words % ("dsse.json", f"--public-key-id {keyid}")).returncode == 0
    assert given.run(words % ("dsse.json", "--public-key-id other")).returncode == 1
    assert given.run(words % ("dsse.json", "")).returncode == 1
    assert given.run(words % ("sigstore.json", f"--public-key-id {keyid}")).returncode == 1


# ---- someone else's summary ---------------------------------------------------------------------

GKE = "vectors/vsa/gke-gce-pre.bcid-vsa.jsonl"


def gke_command(level: str) -> str:
    image = "gke-12615-gke1418000-cos-101-17162-463-29-c-cgpv1-pre"
    return (
        'slsa-verifier verify-vsa --attestation-path "$VERDICT.dsse.json" --public-key-path "$KEY"'
        " --public-key-id keystore://76574:prod:vsa_signing_public_key"
        " --verifier-id https://bcid.corp.google.com/verifier/bcid_package_enforcer/v0.1"
        f" --resource-uri gce_image://gke-node-images:{image}"
        f" --verified-level {level} --subject-digest gce_image_id:8970095005306000053"
    )


@pytest.fixture
def gke(given: Bench) -> Bench:
    """The public vector in our verdict's place."""
    vector = shared_path(GKE)
    shutil.copy(vector, given.path("VERDICT", DSSE))
    shutil.copy(vector.with_name("vsa_signing_public_key.pem"), given.path("KEY"))
    return given


def test_the_same_command_reads_someone_else_s_summary(gke: Bench):
    """So it is slsa-verifier that says no to a spoiled verdict, not a command that always does."""
    require("slsa-verifier")
    assert gke.run(gke_command("BCID_L1")).returncode == 0
    assert gke.run(gke_command("AZTRUST_FREEZE_CONFIRMED")).returncode == 1
    path = gke.path("VERDICT", DSSE)
    path.write_bytes(path.read_bytes().replace(b'"sig":"bmIy', b'"sig":"bmIz'))
    assert gke.run(gke_command("BCID_L1")).returncode == 1


@pytest.mark.parametrize("section", ["slsa-verifier", "securesystemslib"])
def test_a_summary_of_another_project_is_not_a_verdict_of_this_scope(gke: Bench, section):
    require(section)
    for told in documented():
        if told.section == section:
            assert gke.run(told.command.text).returncode == 1


def test_the_folder_holds_what_the_page_names():
    page = (REPOSITORY / "docs" / "consumers.md").read_text("utf-8")
    scripts = {path.name for path in FOLDER.glob("with-*")}
    assert scripts == SCRIPTS.keys()
    assert all(f"contrib/consumers/{name}" in page for name in scripts)
