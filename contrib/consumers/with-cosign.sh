#!/bin/sh
# Is FILE named by a verdict that this key signed, that passed, of this scope and level?
#
#   sh with-cosign.sh KEY.pem SCOPE LEVEL VERDICT.sigstore.json FILE [TRUSTED_ROOT.json]
#
# With a trusted root (aztrust ledger trusted-root) the verdict must also be in that ledger.
# Needs cosign (or $COSIGN) and jq. cosign checks the signature, the ledger and the file; whether
# the verdict passed it does not look at, so jq does. Exit 0 only if everything holds, 1 if not, 2
# usage. Nothing is asked over the network. docs/consumers.md says what this leaves open.
set -eu

usage() {
    echo 'usage: with-cosign.sh KEY.pem SCOPE LEVEL VERDICT.sigstore.json FILE [TRUSTED_ROOT.json]' >&2
    echo 'SCOPE is 64 lowercase hex digits; LEVEL is AZTRUST_FREEZE_CONFIRMED for instance' >&2
    exit 2
}
[ $# -eq 5 ] || [ $# -eq 6 ] || usage
case $2 in *[!0-9a-f]*) usage ;; esac
[ ${#2} -eq 64 ] || usage
key=$1 scope=$2 level=$3 verdict=$4 file=$5

# cosign would look elsewhere for what is not a file here, and over the network.
for given in "$key" "${6-$key}"; do
    [ -f "$given" ] || { echo "refused: there is no file '$given'" >&2; exit 1; }
done

# What was verified is what is read below: it cannot be exchanged in between.
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cp -- "$verdict" "$t/verdict.sigstore.json" || exit 1

if [ $# -eq 6 ]; then set -- --trusted-root "$6"; else set -- --insecure-ignore-tlog; fi
"${COSIGN:-cosign}" verify-blob-attestation "$@" --key "$key" --bundle "$t/verdict.sigstore.json" \
    --type https://slsa.dev/verification_summary/v1 -- "$file" || exit 1

# shellcheck disable=SC2016 # the dollars are jq's
passed='.dsseEnvelope.payload | @base64d | fromjson
    | .predicateType == "https://slsa.dev/verification_summary/v1"
    and (.predicate | .verificationResult == "PASSED" and (.verifiedLevels | index($level) != null)
        and .resourceUri == "urn:aztrust:scope:" + $scope)'
if jq -e --arg level "$level" --arg scope "$scope" "$passed" "$t/verdict.sigstore.json" >/dev/null
then
    echo "verified: $file, $level"
else
    echo "refused: $verdict: did not pass, or is of another level or scope" >&2
    exit 1
fi
