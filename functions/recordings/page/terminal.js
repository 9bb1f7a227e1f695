// A terminal session: asciicast events in the asciinema player, with controls that a keyboard and a screen reader can use.

const CODES = new Set(["o", "i", "r", "m"]);

/** Whether these are events of a terminal: `[seconds, "o" | "i" | "r" | "m", text]`. */
export function isTerminal(events) {
  const fits = (e) => Array.isArray(e) && typeof e[0] === "number" && CODES.has(e[1]) && typeof e[2] === "string";
  return events.length > 0 && events.every(fits);
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The first size that was recorded; the usual one where none was. */
function size(events) {
  const resize = events.find((e) => e[1] === "r");
  const [, cols, rows] = /^(\d+)x(\d+)$/.exec(resize?.[2] ?? "") ?? [null, 80, 24];
  return { width: Number(cols), height: Number(rows) };
}

/** Fills the elements of `#terminal`. */
export class Terminal {
  constructor(events, elements) {
    this.events = events;
    this.elements = elements;
    this.duration = events.at(-1)[0];
    this.playing = false;
    this.at = 0;
    const { play, position, speed } = elements;
    // A whole number of its steps, or its end would be before the last event.
    position.max = Math.ceil(this.duration * 10) / 10;
    this.gone = new AbortController();
    const { signal } = this.gone;
    play.addEventListener("click", () => this.toggle(), { signal });
    position.addEventListener("input", () => this.seek(Number(position.value)), { signal });
    speed.addEventListener("change", () => this.faster(), { signal });
    elements.all.addEventListener("keydown", (event) => this.key(event), { signal });
    this.mount(0);
    const timer = setInterval(() => this.show(), 100);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Makes room for another recording. */
  dispose() {
    this.gone.abort();
    this.player.dispose();
  }

  mount(startAt) {
    this.player?.dispose();
    const recording = [{ version: 2, ...size(this.events) }, ...this.events];
    const options = {
      controls: false,
      fit: "width",
      preload: true,
      speed: Number(this.elements.speed.value),
      // Where it begins, and what it shows until then.
      startAt,
      poster: `npt:${startAt}`,
      terminalFontFamily: "ui-monospace, Menlo, Consolas, monospace",
    };
    this.player = AsciinemaPlayer.create({ data: recording }, this.elements.screen, options);
    const { player } = this;
    const now = (playing, at) => () => {
      // A player that was replaced has nothing to say any more.
      if (this.player !== player) return;
      this.playing = playing;
      if (at !== undefined) this.at = at;
      this.show();
    };
    player.addEventListener("playing", now(true));
    player.addEventListener("pause", now(false));
    player.addEventListener("ended", now(false, this.duration));
    this.at = startAt;
  }

  async toggle() {
    if (this.playing) return this.player.pause();
    if (this.at >= this.duration) await this.seek(0);
    return this.player.play();
  }

  async seek(seconds) {
    const to = Math.min(Math.max(seconds, 0), this.duration);
    await this.player.seek(to);
    this.at = to;
    this.show();
  }

  /** The player takes its speed when it is made: another one goes on from here. */
  async faster() {
    const { playing, at } = this;
    this.playing = false;
    this.mount(at);
    if (playing) await this.player.play();
  }

  key(event) {
    if (event.target.matches("input, select, button") && event.key !== "Escape") return;
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (event.key === " ") this.toggle();
    else if (step) this.seek(this.at + step);
    else return;
    event.preventDefault();
  }

  async show() {
    const { play, position, clock: output } = this.elements;
    if (this.playing) this.at = Math.min((await this.player.getCurrentTime()) ?? this.at, this.duration);
    play.textContent = this.playing ? "Pause" : "Play";
    if (document.activeElement !== position || this.playing) position.value = this.at;
    position.setAttribute("aria-valuetext", `${clock(this.at)} of ${clock(this.duration)}`);
    output.textContent = `${clock(this.at)} / ${clock(this.duration)}`;
  }
}

/** What stood on the screen, as text without the terminal's control sequences, and when each part of it appeared. */
export class Transcript {
  constructor(events) {
    const parts = [];
    this.marks = [];
    let [length, state] = [0, "text"];
    for (const [seconds, code, data] of events) {
      // What somebody types comes back as output, unless it is a secret: that is not for searching.
      if (code !== "o") continue;
      let part = "";
      for (const char of data) [part, state] = step(part, state, char);
      if (part) this.marks.push([length, seconds]);
      parts.push(part);
      length += part.length;
    }
    this.text = parts.join("");
  }

  /** At most `limit` places of `needle`, without regard to case: `{seconds, before, match, after}`. */
  search(needle, limit) {
    const pattern = new RegExp(needle.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "giu");
    const hits = [];
    for (const match of this.text.matchAll(pattern)) {
      if (hits.length === limit) break;
      const end = match.index + match[0].length;
      const from = this.text.lastIndexOf("\n", match.index) + 1;
      const to = (this.text.indexOf("\n", end) + 1 || this.text.length + 1) - 1;
      hits.push({
        // When the whole of it stood there.
        seconds: this.timeOf(end - 1),
        before: this.text.slice(Math.max(from, match.index - 60), match.index),
        match: match[0],
        after: this.text.slice(end, Math.min(to, end + 60)),
      });
    }
    return hits;
  }

  timeOf(offset) {
    let [low, high] = [0, this.marks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.marks[middle][0] <= offset) low = middle;
      else high = middle - 1;
    }
    return this.marks[low][1];
  }
}

/** One character further through output and control sequences (ECMA-48: CSI, OSC and its kin, two-character escapes). */
function step(part, state, char) {
  const code = char.codePointAt(0);
  switch (state) {
    case "escape":
      if (char === "[") return [part, "csi"];
      if ("]PX^_".includes(char)) return [part, "string"];
      return [part, "()*+#%".includes(char) ? "charset" : "text"];
    case "charset":
      return [part, "text"];
    case "csi":
      return [part, code >= 0x40 && code <= 0x7e ? "text" : "csi"];
    case "string":
      if (code === 7) return [part, "text"];
      return [part, code === 27 ? "string end" : "string"];
    case "string end":
      return [part, char === "\\" ? "text" : "string"];
  }
  if (code === 27) return [part, "escape"];
  if (code === 8) return [part.slice(0, -1), "text"];
  if (char === "\n" || char === "\t" || (code >= 32 && code !== 127)) return [part + char, "text"];
  return [part, "text"];
}
