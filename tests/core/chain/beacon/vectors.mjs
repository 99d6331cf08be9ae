// Writes vectors-PRESET.json.gz, which test_state.py reads. In a folder with @lodestar/types 1.50.0
// from npm: LODESTAR_PRESET=minimal node vectors.mjs FOLDER, and again with mainnet.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ssz } from "@lodestar/types";

const preset = process.env.LODESTAR_PRESET;
// A state of mainnet has megabytes of zeros: the first and the last fork have all of its sizes.
const all = ["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"];
const forks = preset === "minimal" ? all : ["phase0", "fulu"];
const hex = (bytes) => Buffer.from(bytes).toString("hex");

let seed = 1;
function next() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed;
}
const bytes = (size) => Uint8Array.from({ length: size }, () => next() >> 8);

// Fills a value by its type with numbers that repeat from run to run. Mainnet's long vectors stay as
// they are but for their ends, so that the file is small.
function fill(type, value, name) {
  if (name.endsWith("EpochAttestations")) return value;
  if (type.fields) {
    for (const [key, kind] of Object.entries(type.fields)) value[key] = fill(kind, value[key], key);
    return value;
  }
  if (type.isBasic && typeof value === "boolean") return next() % 2 === 0;
  if (typeof value === "number") return next() % 2 ? next() % 200 : value;
  if (typeof value === "bigint") return BigInt(next() % 200);
  if (value instanceof Uint8Array) {
    if (type.limitBytes !== undefined) return bytes(7);
    return bytes(value.length);
  }
  if (type.elementType && Array.isArray(value)) {
    if (type.limit !== undefined) {
      const item = () => fill(type.elementType, type.elementType.defaultValue(), "item");
      return Array.from({ length: 5 }, item);
    }
    for (const at of [0, 1, value.length - 1]) value[at] = fill(type.elementType, value[at], "item");
    return value;
  }
  return value;
}

const out = {};
for (const fork of forks) {
  const type = ssz[fork].BeaconState;
  const plain = type.defaultValue();
  const filled = fill(type, type.defaultValue(), "state");
  const entry = (value) => {
    const roots = Object.entries(type.fields).map(([key, kind]) => hex(kind.hashTreeRoot(value[key])));
    const json = preset === "minimal" ? type.toJson(value) : null;
    return { ssz: hex(type.serialize(value)), root: hex(type.hashTreeRoot(value)), roots, json };
  };
  out[fork] = { empty: entry(plain), filled: entry(filled) };
}
writeFileSync(`${process.argv[2]}/vectors-${preset}.json.gz`, gzipSync(JSON.stringify(out), { level: 9 }));
