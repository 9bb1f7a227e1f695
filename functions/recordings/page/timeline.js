// Everything that is not a terminal: events or lines of a log, one below the other, with their time.

import { clock } from "/recordings/assets/terminal.js";

/** So many rows are added at a time: a page of ten thousand helps nobody. */
const ROWS = 500;

const TIMES = ["elapsedMs", "elapsedTimeMs", "startElapsedMs"];
const SECONDS = ["elapsedSeconds", "elapsed", "elapsedTime", "time"];
const KINDS = ["eventType", "type", "kind", "event", "method", "direction"];

/** A row of any event: a string, an asciicast triple, or an object with whatever names. */
export function row(event, chunk) {
  if (Array.isArray(event) && typeof event[0] === "number") {
    return { seconds: event[0], kind: String(event[1] ?? ""), text: written(event.slice(2)) };
  }
  if (event === null || typeof event !== "object" || Array.isArray(event)) {
    return { seconds: chunk.startMs / 1000, kind: "", text: written(event) };
  }
  const named = (names, kind) => names.find((name) => typeof event[name] === kind);
  const [ms, s, kind] = [named(TIMES, "number"), named(SECONDS, "number"), named(KINDS, "string")];
  const seconds = ms ? event[ms] / 1000 : s ? event[s] : chunk.startMs / 1000;
  const rest = Object.entries(event).filter(([name]) => ![ms, s, kind].includes(name));
  return { seconds, kind: kind ? event[kind] : "", text: rest.map(([name, value]) => `${name}: ${written(value)}`).join("\n") };
}

function written(value) {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1) return written(value[0]);
  return JSON.stringify(value);
}

/** Fills the list of `#timeline`. */
export class Timeline {
  constructor(chunks, { events, more }) {
    this.rows = chunks.flatMap((chunk) => chunk.events.map((event) => row(event, chunk)));
    Object.assign(this, { events, more, shown: 0 });
    this.gone = new AbortController();
    more.addEventListener("click", () => this.show(this.shown + ROWS), { signal: this.gone.signal });
    events.replaceChildren();
    this.show(ROWS);
  }

  /** Makes room for another recording. */
  dispose() {
    this.gone.abort();
  }

  show(until) {
    const next = this.rows.slice(this.shown, until).map(({ seconds, kind, text }) => {
      const [item, time, name, content] = ["li", "time", "span", "pre"].map((tag) => document.createElement(tag));
      item.tabIndex = -1;
      name.className = "kind";
      [time.textContent, name.textContent, content.textContent] = [clock(seconds), kind, text];
      item.append(time, name, content);
      return item;
    });
    this.events.append(...next);
    this.shown = Math.min(Math.max(until, this.shown), this.rows.length);
    this.more.hidden = this.shown === this.rows.length;
  }

  search(needle, limit) {
    const wanted = needle.toLowerCase();
    const hits = [];
    for (const [at, { seconds, kind, text }] of this.rows.entries()) {
      if (hits.length === limit) break;
      const line = `${kind} ${text}`;
      const found = line.toLowerCase().indexOf(wanted);
      if (found < 0) continue;
      const end = found + wanted.length;
      const [before, match, after] = [line.slice(Math.max(0, found - 60), found), line.slice(found, end), line.slice(end, end + 60)];
      hits.push({ seconds, at, before, match, after });
    }
    return hits;
  }

  go(at) {
    this.show(Math.max(this.shown, at + 1));
    this.events.querySelector(".hit")?.classList.remove("hit");
    const item = this.events.children[at];
    item.classList.add("hit");
    item.scrollIntoView({ block: "center" });
    item.focus({ preventScroll: true });
  }
}
