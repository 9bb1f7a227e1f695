// A recording from the API's pages and the bucket's objects: every chunk is checked before a single event of it counts.

import { chainStart, chainThen, decrypt, isSealed, sessionKey, sha256, toBase64 } from "/recordings/assets/cryptography.js";

/** So many objects are fetched at a time. */
const AT_A_TIME = 6;

const REMARKS = {
  pages: "The pages of this recording do not join: chunks were added or left out on the way.",
  chain: "The hash chain of this recording is broken: its chunks are not those that were committed.",
  seal: "The manifest's seal is not that of this recording's key: the manifest is forged.",
  grown: "The recording grew while it was loaded. Load it again to see all of it.",
  claim: "The gateway claimed another number of chunks, or another chain, at the end of the session.",
};

/** What the API refused, with its status. */
export class Refused extends Error {
  constructor(status, body) {
    const said = typeof body?.message === "string" ? body.message : "";
    super(said || `The server answered with status ${status}.`);
    Object.assign(this, { status, name: body?.error ?? "", request: body?.reqId ?? "" });
  }
}

export async function ask(path, bearer) {
  let answer;
  try {
    answer = await fetch(path, { headers: { authorization: `Bearer ${bearer}` }, credentials: "omit", cache: "no-store" });
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

/**
 * The recording with all its verified events: `{facts, chunks: [{index, startMs, endMs, events}], troubles: [{index, text}],
 * remarks: [text]}`. A chunk in `troubles` is in no event. `progress(done, total)` is told on the way.
 */
export async function load(session, bearer, progress) {
  const path = `/api/v1/pam/sessions/${encodeURIComponent(session)}/playback`;
  const found = { facts: null, chunks: [], troubles: [], remarks: [] };
  let page = await ask(path, bearer);
  const key = await sessionKey(page.sessionKey);
  let chain = await chainStart(page.projectId, page.sessionId);
  const total = page.manifest.chunkCount;
  let done = 0;
  for (let cursor = ""; ; ) {
    const again = cursor ? `${path}?cursor=${encodeURIComponent(cursor)}` : path;
    if (cursor) page = await ask(again, bearer);
    page.sessionKey = null;
    const { before, after } = page.chain;
    if (toBase64(chain) !== before) found.remarks.push(REMARKS.pages);
    for (const chunk of page.chunks) chain = await chainThen(chain, chunk);
    if (toBase64(chain) !== after) found.remarks.push(REMARKS.chain);
    const urls = new Urls(page, () => ask(again, bearer));
    const one = async (chunk) => {
      const outcome = await open(chunk, page, await urls.of(chunk), key);
      (outcome.events ? found.chunks : found.troubles).push(outcome);
      progress(++done, total);
    };
    await pool(page.chunks, one);
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  const { manifest } = page;
  const missing = "is missing: it was announced and never arrived, or was left out.";
  for (const index of manifest.missing) found.troubles.push({ index, text: missing });
  if (manifest.missingCount > manifest.missing.length) {
    found.remarks.push(`${manifest.missingCount} chunks are missing in all.`);
  }
  if (!(await isSealed(manifest, key))) found.remarks.push(REMARKS.seal);
  if (manifest.chainHead !== toBase64(chain)) found.remarks.push(REMARKS.grown);
  if (manifest.claimed && !claimAgrees(manifest)) found.remarks.push(REMARKS.claim);
  const byIndex = (a, b) => a.index - b.index;
  found.chunks.sort(byIndex);
  found.troubles.sort(byIndex);
  found.facts = { ...page, chunks: null, sessionKey: null };
  return found;
}

function claimAgrees({ claimed, chunkCount, chainHead }) {
  return claimed.chunkCount === chunkCount && (claimed.chainHead ?? chainHead) === chainHead;
}

async function pool(items, work) {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

/** The URLs of a page, asked for again before they end: a page of large chunks takes longer than they live. */
class Urls {
  constructor(page, ask) {
    this.ask = ask;
    this.take(page);
  }

  take({ chunks, expiresInSeconds }) {
    this.byIndex = new Map(chunks.map((chunk) => [chunk.chunkIndex, chunk.presignedGetUrl]));
    this.until = performance.now() + Math.max(expiresInSeconds - 30, expiresInSeconds / 2) * 1000;
  }

  async of(chunk) {
    if (performance.now() > this.until) {
      this.asking ??= this.ask().then((page) => this.take(page)).finally(() => (this.asking = null));
      await this.asking;
    }
    return this.byIndex.get(chunk.chunkIndex);
  }
}

async function open(chunk, page, url, key) {
  const place = { index: chunk.chunkIndex, startMs: chunk.startElapsedMs, endMs: chunk.endElapsedMs };
  const refused = (text) => ({ ...place, text });
  const object = await fetched(url);
  if (object.trouble) return refused(object.trouble);
  const { bytes } = object;
  const digest = toBase64(await sha256(bytes));
  const isWhole = digest === chunk.ciphertextSha256 && bytes.byteLength === chunk.ciphertextBytes;
  if (!isWhole) return refused(changed(bytes, digest, chunk, page));
  try {
    const events = await decrypt(bytes, chunk, page, key);
    return { ...place, events: Array.isArray(events) ? events : [events] };
  } catch {
    return refused("does not open with this recording's key in this place: it was swapped, or sealed with another key.");
  }
}

/** Why an object is not the chunk that was committed. */
function changed(bytes, digest, chunk, page) {
  const other = page.chunks.find((one) => one.ciphertextSha256 === digest && one.chunkIndex !== chunk.chunkIndex);
  if (other) return `was swapped: its object holds chunk ${other.chunkIndex}.`;
  const counts = `it has ${bytes.byteLength} bytes instead of ${chunk.ciphertextBytes}`;
  if (bytes.byteLength < chunk.ciphertextBytes) return `was truncated or altered: ${counts}.`;
  if (bytes.byteLength > chunk.ciphertextBytes) return `was altered: ${counts}.`;
  return "was altered after it was recorded: its SHA-256 is not the committed one.";
}

async function fetched(url) {
  if (!url) return { trouble: "is not kept in a bucket." };
  let answer;
  try {
    answer = await fetch(url, { credentials: "omit", cache: "no-store" });
  } catch {
    const { host } = new URL(url);
    const why = `the bucket is gone, or its CORS rules do not allow GET from ${location.origin}`;
    return { trouble: `could not be fetched from ${host}: ${why}.` };
  }
  if (answer.ok) return { bytes: await answer.arrayBuffer() };
  const code = /<Code>([^<]*)<\/Code>/.exec(await answer.text().catch(() => ""))?.[1] ?? `status ${answer.status}`;
  if (code === "NoSuchKey") return { trouble: "is missing: its object is no longer in the bucket." };
  if (code === "NoSuchBucket") return { trouble: "is missing: the bucket is gone." };
  return { trouble: `was not handed out by S3: ${code}.` };
}
