// Is FILE named by a verdict that this key signed, that passed, of this scope and level?
//
//   node with-sigstore.mjs KEY.pem SCOPE LEVEL VERDICT.sigstore.json FILE [TRUSTED_ROOT.json]
//
// With a trusted root (aztrust ledger trusted-root) the verdict must also be in that ledger.
// Exit 0 only if everything holds, 1 if not, 2 usage. Nothing is asked over the network.
// docs/consumers.md says what this leaves open.
import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

const [keyFile, scope, level, bundleFile, file, rootFile, ...more] = argv.slice(2);
if (file === undefined || more.length > 0 || !/^[0-9a-f]{64}$/.test(scope)) {
  console.error('usage: with-sigstore.mjs KEY.pem SCOPE LEVEL VERDICT.sigstore.json FILE [TRUSTED_ROOT.json]');
  console.error('SCOPE is 64 lowercase hex digits; LEVEL is AZTRUST_FREEZE_CONFIRMED for instance');
  exit(2);
}

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const must = (holds, reason) => {
  if (!holds) throw new Error(reason);
};

try {
  // 1. The signature, by this key and no other; and the ledger, where its root is given.
  const key = createPublicKey(readFileSync(keyFile)).export({ format: 'der', type: 'spki' });
  const root = rootFile === undefined ? TrustedRoot.fromJSON({}) : TrustedRoot.fromJSON(json(rootFile));
  const trust = toTrustMaterial(root, () => ({
    publicKey: createPublicKey({ key, format: 'der', type: 'spki' }),
    validFor: () => true,
  }));
  const bundle = bundleFromJSON(json(bundleFile));
  if (rootFile === undefined) bundle.verificationMaterial.tlogEntries = [];
  const thresholds = { tlogThreshold: rootFile === undefined ? 0 : 1, timestampThreshold: 0 };
  new Verifier(trust, thresholds).verify(toSignedEntity(bundle));

  // 2. What was signed.
  must(bundle.content.$case === 'dsseEnvelope', 'it holds no envelope');
  const { payload, payloadType } = bundle.content.dsseEnvelope;
  must(payloadType === 'application/vnd.in-toto+json', 'it is not an in-toto statement');
  const statement = JSON.parse(payload.toString('utf8'));
  must(statement.predicateType === 'https://slsa.dev/verification_summary/v1', 'it is not a verdict');
  const summary = statement.predicate;
  must(summary.resourceUri === `urn:aztrust:scope:${scope}`, `it is about ${summary.resourceUri}`);
  must(summary.verificationResult === 'PASSED', `it says ${summary.verificationResult}`);
  must(summary.verifiedLevels.includes(level), `it says ${summary.verifiedLevels}, not ${level}`);

  // 3. This file.
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const digest = hash.digest('hex');
  const subject = statement.subject.find((one) => one.digest.sha256 === digest);
  must(subject !== undefined, `it does not name a file with SHA-256 ${digest}`);
  console.log(`verified: ${file} is ${subject.name}, ${level}`);
} catch (error) {
  console.error(`refused: ${bundleFile}: ${error.message}`);
  exit(1);
}
