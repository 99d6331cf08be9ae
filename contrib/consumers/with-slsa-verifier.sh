#!/bin/sh
# Is FILE named by a verdict that this key signed, that passed, of this scope and level?
#
#   sh with-slsa-verifier.sh KEY.pem SCOPE LEVEL VERDICT.dsse.json FILE
#
# Needs slsa-verifier (or $SLSA_VERIFIER), openssl and sha256sum or shasum. slsa-verifier checks all
# of it; this script says in its words which key, scope and file are meant. Exit 0 only if all of it
# holds, 1 if not, 2 usage. Nothing is asked over the network. docs/consumers.md says what this
# leaves open.
set -eu

usage() {
    echo 'usage: with-slsa-verifier.sh KEY.pem SCOPE LEVEL VERDICT.dsse.json FILE' >&2
    echo 'SCOPE is 64 lowercase hex digits; LEVEL is AZTRUST_FREEZE_CONFIRMED for instance' >&2
    exit 2
}
[ $# -eq 5 ] || usage
case $2 in *[!0-9a-f]*) usage ;; esac
[ ${#2} -eq 64 ] || usage

if command -v sha256sum >/dev/null 2>&1; then
    sha256() { sha256sum | cut -c1-64; }
else
    sha256() { shasum -a 256 | cut -c1-64; }
fi

t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
openssl pkey -pubin -in "$1" -outform DER >"$t/key" && id=$(sha256 <"$t/key") || exit 1
digest=$(sha256 <"$5") || exit 1
[ ${#digest} -eq 64 ] && [ ${#id} -eq 64 ] || exit 1

"${SLSA_VERIFIER:-slsa-verifier}" verify-vsa \
    --attestation-path "$4" \
    --public-key-path "$1" --public-key-id "$id" \
    --verifier-id "urn:aztrust:verifier:$id" \
    --resource-uri "urn:aztrust:scope:$2" \
    --verified-level "$3" \
    --subject-digest "sha256:$digest" || exit 1
echo "verified: $5, $3"
