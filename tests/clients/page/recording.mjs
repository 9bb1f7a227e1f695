// What the page's own scripts make of a recording that somebody has changed, without a browser: the API and S3 are played here,
// and every digest, tag and seal is made with node:crypto, as the documentation has them.
//
// usage: node recording.mjs FOLDER; FOLDER is the page's. The answer is JSON on standard output: what `load` made of each case.

import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PROJECT = "6f0c1a52-7f0e-4c3b-9a57-2f6d1c9e8b40";
const SESSION = "3b8a1c7e-52d4-4f6a-8e21-90c4d7f1a6b5";
const KEY = randomBytes(32);
const CHUNKS = 5;

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function sealed(index) {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", KEY, iv).setAAD(sha256(`${PROJECT}|${SESSION}|${index}|aws-s3|v1`));
  const plain = JSON.stringify([[index, "o", `chunk ${index}`]]);
  const object = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { iv, object };
}

function then(before, index, object) {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(index);
  numbers.writeBigUInt64BE(BigInt(object.length), 4);
  return sha256(before, numbers, sha256(object));
}

/** A recording of five chunks, the API's answer about it and the bucket. */
function recorded() {
  const objects = new Map();
  let chain = sha256(`${PROJECT}|${SESSION}|v1`);
  const before = chain.toString("base64");
  const chunks = Array.from({ length: CHUNKS }, (_, index) => {
    const { iv, object } = sealed(index);
    const presignedGetUrl = `https://bucket.s3.eu-west-1.amazonaws.com/${index}`;
    objects.set(presignedGetUrl, object);
    chain = then(chain, index, object);
    return {
      chunkIndex: index,
      startElapsedMs: index * 1000,
      endElapsedMs: index * 1000 + 999,
      storageBackend: "aws-s3",
      ciphertextSha256: sha256(object).toString("base64"),
      ciphertextBytes: object.length,
      iv: iv.toString("base64"),
      presignedGetUrl,
    };
  });
  const chainHead = chain.toString("base64");
  const answer = {
    sessionKey: KEY.toString("base64"),
    projectId: PROJECT,
    sessionId: SESSION,
    chunks,
    chain: { before, after: chainHead },
    manifest: manifest({ chunkCount: CHUNKS, chainHead, missing: [] }),
    expiresInSeconds: 300,
    nextCursor: null,
  };
  return { answer, objects, url: (index) => chunks[index].presignedGetUrl };
}

function manifest({ chunkCount, chainHead, missing }) {
  const complete = missing.length === 0;
  const text =
    `drawbridge-recording-manifest-v1\nproject ${PROJECT}\nsession ${SESSION}\nchunks ${chunkCount}\nchain ${chainHead}\n` +
    `missing ${missing.length} ${missing.join(",")}\ncomplete ${complete}\nclaimed none\n`;
  const mac = createHmac("sha256", KEY).update(text).digest("base64");
  const counts = { chunkCount, chainHead, missing, missingCount: missing.length, complete, claimed: null };
  return { projectId: PROJECT, sessionId: SESSION, ...counts, mac };
}

const changes = {
  untouched() {},
  altered({ objects, url }) {
    objects.get(url(1))[3] ^= 1;
  },
  truncated({ objects, url }) {
    objects.set(url(2), objects.get(url(2)).subarray(0, -1));
  },
  gone({ objects, url }) {
    objects.delete(url(3));
  },
  swapped({ objects, url }) {
    const [first, second] = [objects.get(url(0)), objects.get(url(4))];
    objects.set(url(0), second).set(url(4), first);
  },
  // The list as well as the bucket: what the key alone can tell.
  "swapped in the list too"({ answer, objects, url }) {
    const [first, last] = [answer.chunks[0], answer.chunks[4]];
    const [one, other] = [objects.get(url(0)), objects.get(url(4))];
    objects.set(url(0), other).set(url(4), one);
    for (const field of ["ciphertextSha256", "ciphertextBytes", "iv"]) {
      [first[field], last[field]] = [last[field], first[field]];
    }
  },
  "never came"({ answer }) {
    const { chunkCount, chainHead } = answer.manifest;
    answer.manifest = manifest({ chunkCount, chainHead, missing: [CHUNKS] });
  },
  "left out of the list"({ answer }) {
    answer.chunks.splice(2, 1);
  },
  "another length in the list"({ answer }) {
    answer.chunks[1].ciphertextBytes += 1;
  },
  "forged manifest"({ answer }) {
    answer.manifest.chunkCount = 4;
  },
};

/** The page's modules name each other by the API's paths; here they are files beside each other. */
async function page(folder) {
  const copies = await mkdtemp(join(tmpdir(), "page-"));
  for (const name of ["recording.js", "cryptography.js"]) {
    const script = await readFile(join(folder, name), "utf8");
    await writeFile(join(copies, name.replace(".js", ".mjs")), script.replaceAll(/\/recordings\/assets\/(\w+)\.js/g, "./$1.mjs"));
  }
  const { load } = await import(pathToFileURL(join(copies, "recording.mjs")).href);
  await rm(copies, { recursive: true });
  return load;
}

const load = await page(process.argv[2]);
globalThis.location = { origin: "https://drawbridge.example.com" };
const told = {};
for (const [name, change] of Object.entries(changes)) {
  const recording = recorded();
  change(recording);
  globalThis.fetch = async (address) => {
    if (address.startsWith("/api/")) return Response.json(recording.answer);
    const object = recording.objects.get(address);
    return object ? new Response(object) : new Response("<Error><Code>NoSuchKey</Code></Error>", { status: 404 });
  };
  const { chunks, troubles, remarks } = await load(SESSION, "a-token", () => {});
  told[name] = {
    played: chunks.flatMap(({ events }) => events.map(([, , text]) => text)),
    troubles: troubles.map(({ index, text }) => `chunk ${index} ${text}`),
    remarks,
  };
}
console.log(JSON.stringify(told));
