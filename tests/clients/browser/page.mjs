// The page of recordings in a real browser: what somebody who watches does and sees there.
//
// usage: node page.mjs ACTION WISHES
//
// WISHES is a JSON object with `chromium`, `url` of the page, `email` of who signs in at the stand-in for the company's
// provider, `picture` for what the page looks like in the end, and what the action needs; the answer is JSON on standard output.

import puppeteer from "puppeteer-core";

const SHOWN = "#recording:not([hidden]), #notice:not([hidden])";

const actions = {
  // What is there after signing in.
  async look(page) {
    return seen(page);
  },

  // Plays, seeks with the keyboard, plays faster, searches.
  async watch(page, { expected, needle }) {
    const before = await seen(page);
    await page.click("#play");
    await page.waitForFunction((text) => document.querySelector("#screen").innerText.includes(text), {}, expected);
    const playing = await page.$eval("#play", (button) => button.textContent);
    await page.click("#play");
    await page.waitForFunction(() => document.querySelector("#play").textContent === "Play");

    await page.focus("#position");
    await page.keyboard.press("End");
    const { max } = await position(page);
    await page.waitForFunction((end) => Number(document.querySelector("#position").value) >= end - 0.2, {}, max);
    const last = await page.$eval("#screen", (screen) => screen.innerText);
    await page.keyboard.press("Home");
    await page.waitForFunction(() => Number(document.querySelector("#position").value) === 0);

    await page.select("#speed", "8");
    await page.click("#play");
    const started = performance.now();
    await page.waitForFunction((end) => Number(document.querySelector("#position").value) >= end - 0.2, { polling: 20 }, max);
    const fast = (performance.now() - started) / 1_000;

    await page.type("#needle", needle);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#found").textContent !== "");
    const found = await page.$eval("#found", (output) => output.textContent);
    await page.click("#hits li:first-child button");
    await page.waitForFunction((text) => document.querySelector("#screen").innerText.includes(text), {}, needle);
    const at = (await position(page)).value;
    return { ...before, playing, last, seconds: max, fast, found, at };
  },

  // Plays what is left of a recording that somebody has changed.
  async rest(page, { expected }) {
    const before = await seen(page);
    const isPlayed = await page.$eval("#terminal", (terminal) => !terminal.hidden);
    await page.click("#notice-actions button");
    await page.click("#play");
    await page.waitForFunction((text) => document.querySelector("#screen").innerText.includes(text), {}, expected);
    return { ...before, isPlayed };
  },

  // A timeline, and a search in it.
  async timeline(page, { needle }) {
    const before = await seen(page);
    const events = await page.$$eval("#events li", (items) => items.map((item) => item.innerText));
    await page.type("#needle", needle);
    await page.keyboard.press("Enter");
    await page.click("#hits li:first-child button");
    const hit = await page.$eval("#events li.hit", (item) => item.innerText);
    return { ...before, events, hit };
  },
};

async function position(page) {
  return page.$eval("#position", (input) => ({ value: Number(input.value), max: Number(input.max) }));
}

async function signIn(page, { url, email }) {
  await page.goto(url);
  await page.waitForSelector("#sign-in-button", { visible: true });
  await page.click("#sign-in-button");
  const who = await page.waitForSelector("input[name=login_hint]");
  // It proposes somebody: what is selected is typed over.
  await who.evaluate((input) => input.select());
  await who.type(email);
  await page.click("button[type=submit]");
  await page.waitForSelector(SHOWN);
}

async function seen(page) {
  return page.evaluate(() => {
    const text = (id) => (document.getElementById(id).closest("[hidden]") ? "" : document.getElementById(id).innerText);
    return {
      address: location.href,
      kept: [document.cookie, ...Object.entries(localStorage), ...Object.entries(sessionStorage)].flat().join(""),
      person: text("person-name"),
      title: text("recording-title"),
      verified: text("verified"),
      notice: text("notice"),
    };
  });
}

const [, , action, wishes] = process.argv;
const wanted = JSON.parse(wishes);
const browser = await puppeteer.launch({
  executablePath: wanted.chromium,
  headless: true,
  // Its own sandbox wants more of a machine than a container gives; what it opens is ours.
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"],
  timeout: 60_000,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1200, height: 900 });
  const complaints = [];
  page.on("pageerror", (failure) => complaints.push(String(failure)));
  page.on("console", (line) => /Content Security Policy|CORS/.test(line.text()) && complaints.push(line.text()));
  let told;
  try {
    await signIn(page, wanted);
    told = await actions[action](page, wanted);
  } finally {
    await page.screenshot({ path: wanted.picture }).catch(() => {});
    if (!told) console.error(JSON.stringify([page.url(), await seen(page).catch(String), complaints]));
  }
  console.log(JSON.stringify({ ...told, complaints }));
} finally {
  await browser.close();
}
