// What is checked before anything is shown: digests, the hash chain, the manifest's seal; and then the decryption.

const text = new TextEncoder();

export function fromBase64(value) {
  return Uint8Array.from(atob(value), (c) => c.charCodeAt(0));
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The session key as WebCrypto keeps it: it decrypts and verifies, and cannot be read out again. */
export async function sessionKey(base64) {
  const raw = fromBase64(base64);
  const [open, seal] = await Promise.all([
    crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]),
    crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]),
  ]);
  raw.fill(0);
  return { open, seal };
}

/** h0 = SHA-256("{project}|{session}|v1") */
export async function chainStart(project, session) {
  return sha256(text.encode(`${project}|${session}|v1`));
}

/** h = SHA-256(h before | index as 4 bytes | length as 8 bytes | SHA-256 of the ciphertext), numbers big endian. */
export async function chainThen(before, chunk) {
  const link = new Uint8Array(32 + 4 + 8 + 32);
  const view = new DataView(link.buffer);
  link.set(before, 0);
  view.setUint32(32, chunk.chunkIndex);
  view.setBigUint64(36, BigInt(chunk.ciphertextBytes));
  link.set(fromBase64(chunk.ciphertextSha256), 44);
  return sha256(link);
}

/** The manifest as its seal covers it, line by line. */
function manifestText(manifest) {
  const { claimed, missing } = manifest;
  const claim = claimed ? `${claimed.chunkCount} ${claimed.chainHead ?? "none"}` : "none";
  return (
    "drawbridge-recording-manifest-v1\n" +
    `project ${manifest.projectId}\n` +
    `session ${manifest.sessionId}\n` +
    `chunks ${manifest.chunkCount}\n` +
    `chain ${manifest.chainHead}\n` +
    `missing ${manifest.missingCount} ${missing.join(",")}\n` +
    `complete ${manifest.complete}\n` +
    `claimed ${claim}\n`
  );
}

export async function isSealed(manifest, key) {
  const mac = fromBase64(manifest.mac);
  return crypto.subtle.verify("HMAC", key.seal, mac, text.encode(manifestText(manifest)));
}

/** The plaintext of a chunk; throws when it was not sealed with this key for this place. */
export async function decrypt(bytes, chunk, recording, key) {
  const place = `${recording.projectId}|${recording.sessionId}|${chunk.chunkIndex}|${chunk.storageBackend}|v1`;
  const additionalData = await sha256(text.encode(place));
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(chunk.iv), additionalData, tagLength: 128 },
    key.open,
    bytes,
  );
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
}
