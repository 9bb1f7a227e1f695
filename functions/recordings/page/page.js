// The page: who is there, what they may see, and the recording itself.

import { arrive, goOn, leave } from "/recordings/assets/oidc.js";
import { ask, load, Refused } from "/recordings/assets/recording.js";
import { clock, isTerminal, Terminal, Transcript } from "/recordings/assets/terminal.js";
import { Timeline } from "/recordings/assets/timeline.js";

/** So many hits are listed. */
const HITS = 200;

const element = (id) => document.getElementById(id);
const session = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1));
const settings = { ...document.body.dataset };

/** In memory only: a reload signs in again, mostly without a question, since the provider knows the person. */
let person = null;

/** What makes room for the next recording: that of before, when it is loaded again. */
let gone = new AbortController();

function show(...ids) {
  for (const id of ["sign-in", "loading", "recording"]) element(id).hidden = !ids.includes(id);
}

function clear() {
  element("notice").hidden = true;
}

/** Tells what went wrong, and what can be done about it. */
function notice(title, text, { list = [], actions = [] } = {}) {
  element("notice-title").textContent = title;
  element("notice-text").textContent = text;
  const items = list.map((line) => Object.assign(document.createElement("li"), { textContent: line }));
  element("notice-list").replaceChildren(...items);
  element("notice-list").hidden = items.length === 0;
  const buttons = actions.map(([label, act]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", act);
    return button;
  });
  element("notice-actions").replaceChildren(...buttons);
  element("notice").hidden = false;
  element("notice").focus();
}

const again = ["Try again", () => watch()];
const asAnother = ["Sign in as somebody else", () => signIn(true)];

function refusal(failure) {
  if (!(failure instanceof Refused)) return notice("The recording could not be loaded", failure.message, { actions: [again] });
  const { status, name, message, request } = failure;
  const text = request ? `${message} (request ${request})` : message;
  if (status === 401 || name === "TokenError") {
    return notice("Your sign-in has ended", text, { actions: [["Sign in again", () => signIn(false)]] });
  }
  if (status === 403) {
    return notice("You may not watch this recording", `You are signed in as ${person.name}. ${text}`, { actions: [asAnother] });
  }
  if (status === 404) {
    return notice("There is no such recording for you", `You are signed in as ${person.name}. ${text}`, { actions: [asAnother] });
  }
  if (status === 400 || status === 422) return notice("This recording cannot be played now", text, { actions: [again] });
  return notice("The server is not able to answer now", text, { actions: [again] });
}

async function signIn(anew) {
  try {
    await leave(settings, session, anew);
  } catch (failure) {
    notice("Signing in failed", failure.message);
  }
}

function signedIn() {
  element("person-name").textContent = person.name;
  element("person").hidden = false;
}

async function watch() {
  clear();
  gone.abort();
  gone = new AbortController();
  show("loading");
  element("loading-text").textContent = "Asking for the recording …";
  const bar = element("loading-bar");
  const progress = (done, total) => {
    [bar.max, bar.value] = [Math.max(total, done, 1), done];
    element("loading-text").textContent = `Fetching, checking and decrypting chunk ${done} of ${total} …`;
  };
  try {
    const found = await load(session, person.bearer, progress);
    const about = await ask(`/api/v1/pam/sessions/${encodeURIComponent(session)}`, person.bearer).catch(() => null);
    present(found, about?.session);
  } catch (failure) {
    show();
    refusal(failure);
  }
}

function present(found, about) {
  const { facts, chunks, troubles, remarks } = found;
  const { manifest } = facts;
  const path = about ? [about.resourceName, about.accountName].filter(Boolean).join("/") : "";
  element("recording-title").textContent = path || `Session ${session}`;
  document.title = `${path || session} – session recording`;
  const rows = [
    ["Session", session],
    ["Kind", about?.accountType],
    ["Who", about && [about.actorName, about.actorEmail].filter((v, i, all) => v && all.indexOf(v) === i).join(", ")],
    ["Reason", about?.reason],
    ["Began", about?.startedAt && new Date(about.startedAt).toLocaleString()],
    ["State", manifest.complete ? "complete" : facts.sessionComplete ? "ended, not complete" : "not ended yet"],
  ];
  const items = rows.filter(([, value]) => value).flatMap(([name, value]) => [
    Object.assign(document.createElement("dt"), { textContent: name }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  ]);
  element("facts").replaceChildren(...items);
  const sound = troubles.length === 0 && remarks.length === 0;
  const count = manifest.chunkCount;
  const verified = element("verified");
  verified.className = sound ? "good" : "bad";
  verified.textContent = sound
    ? `${count} of ${count} chunks verified; the hash chain is whole.`
    : `${chunks.length} of ${chunks.length + troubles.length} chunks verified.`;
  for (const id of ["terminal", "search", "timeline"]) element(id).hidden = true;
  show("recording");
  if (sound && count === 0) notice("Nothing is recorded yet", "No chunk of this session has arrived.", { actions: [again] });
  if (sound) return play(chunks);
  // Nothing that somebody touched is played; the rest only for those who know that it is not all.
  const list = [...troubles.map(({ index, text }) => `Chunk ${index} ${text}`), ...remarks];
  const rest = ["Play what could be verified", () => (clear(), play(chunks))];
  const actions = chunks.length ? [rest] : [];
  notice("This recording is not whole", "What could not be verified is refused and never shown.", { list, actions: [...actions, again] });
}

function play(chunks) {
  const events = chunks.flatMap((chunk) => chunk.events);
  if (events.length === 0) return;
  element("search").hidden = false;
  if (!isTerminal(events)) {
    const timeline = new Timeline(chunks, { events: element("events"), more: element("more") });
    gone.signal.addEventListener("abort", () => timeline.dispose());
    element("timeline").hidden = false;
    return searchable(timeline, (hit) => timeline.go(hit.at));
  }
  element("terminal").hidden = false;
  const names = ["screen", "play", "position", "clock", "speed"];
  const elements = Object.fromEntries(names.map((id) => [id, element(id)]));
  const terminal = new Terminal(events, { ...elements, all: document.body });
  gone.signal.addEventListener("abort", () => terminal.dispose());
  searchable(new Transcript(events), (hit) => {
    terminal.seek(hit.seconds);
    element("screen").scrollIntoView({ block: "nearest" });
  });
}

function searchable(source, go) {
  const find = (event) => {
    event.preventDefault();
    const needle = element("needle").value;
    const hits = needle ? source.search(needle, HITS) : [];
    const places = hits.length === 1 ? "1 place" : `${hits.length}${hits.length === HITS ? " or more" : ""} places`;
    element("found").textContent = needle ? (hits.length ? places : "Not found") : "";
    element("hits").replaceChildren(...hits.map((hit) => item(hit, go)));
  };
  element("search").addEventListener("submit", find, { signal: gone.signal });
}

function item(hit, go) {
  const [line, button, time, code, match] = ["li", "button", "time", "code", "mark"].map((tag) => document.createElement(tag));
  button.type = "button";
  time.textContent = clock(hit.seconds);
  match.textContent = hit.match;
  code.append(hit.before, match, hit.after);
  button.append(time, code);
  button.addEventListener("click", () => go(hit));
  line.append(button);
  return line;
}

async function start() {
  element("sign-in-button").addEventListener("click", () => signIn(false));
  element("sign-out").addEventListener("click", () => location.reload());
  if (settings.trouble) return notice("Nobody can sign in here", settings.trouble);
  if (!globalThis.crypto?.subtle) {
    return notice("This browser cannot decrypt here", "Decryption needs a page that came over https (or from this machine).");
  }
  try {
    if (session === "signed-in") return goOn();
    person = await arrive(settings, session);
  } catch (failure) {
    if (session !== "signed-in") show("sign-in");
    return notice("Signing in failed", failure.message);
  }
  if (!person) return show("sign-in");
  signedIn();
  await watch();
}

await start();
