/**
 * Walks through the page in Chromium, as an operator would.
 *
 *   node tests/journeys.mjs BASE_URL [SCREENSHOT_FOLDER]
 *
 * ONLY="a pattern" in the environment walks the journeys whose name it fits.
 * Without a BASE_URL (or with "mock") it starts the mock server itself, and then also tries bad names and a lost contact.
 */
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { deskJourneys } from "./journeys-desk.mjs";
import { logbookJourneys } from "./journeys-logbook.mjs";
import { BAD_NAMES, makeServer } from "./mock-server.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"];
const SIZES = { wide: { width: 1600, height: 900 }, wall: { width: 2560, height: 1440 }, phone: { width: 390, height: 844 } };

const [given = "mock", folder] = process.argv.slice(2);
if (!existsSync(CHROMIUM)) {
  console.log(`skipped: no Chromium at ${CHROMIUM}; install it or set CHROMIUM`);
  process.exit(0);
}
if (folder) mkdirSync(folder, { recursive: true });

const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)));
const mock = given === "mock" ? makeServer() : null;
const base = mock ? await listen(mock) : given.replace(/\/$/, "");
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
let failures = 0;
/** Things that go wrong on any screen, seen while journeys run. */
let strays = [];

async function open({ at = base, size = SIZES.wide, locale = "en-GB", colorScheme = "light", path = "/", webgl = true, map = true } = {}) {
  const context = await browser.newContext({ viewport: size, locale, colorScheme, timezoneId: "America/New_York", hasTouch: size.width < 500 });
  if (!webgl) {
    await context.addInitScript(() => {
      const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return String(kind).startsWith("webgl") ? null : real.call(this, kind, ...rest);
      };
    });
  }
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== new URL(at).origin) strays.push(`request left the machine: ${url}`);
  });
  page.on("pageerror", (error) => strays.push(`script error: ${error.message}`));
  page.on("dialog", (dialog) => {
    strays.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) strays.push(`refused by policy: ${message.text()}`);
  });
  await page.goto(at + path);
  await page.waitForSelector("html[data-ready]", { timeout: 20_000 });
  if (map && webgl) await page.waitForSelector("html[data-map]", { timeout: 60_000 });
  return page;
}

async function journey(name, walk) {
  if (process.env.ONLY && !new RegExp(process.env.ONLY).test(name)) return;
  strays = [];
  let page;
  try {
    await walk(async (options) => (page = await open(options)));
    if (strays.length > 0) throw new Error(strays.join("; "));
    console.log(`ok ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    if (folder && page) await page.screenshot({ path: `${folder}/failed-${failures}.png` }).catch(() => undefined);
  } finally {
    await page?.context().close();
  }
}

function expect(truth, sentence) {
  if (!truth) throw new Error(sentence);
}
const text = (page, selector) => page.locator(selector).first().innerText();
const id = (name) => `[data-testid="${name}"]`;
const areasOf = async (page) => page.evaluate(() => fetch("/v1/areas").then((answer) => answer.json()));
/** Pictures are taken of a clock that stands still: a large map is drawn slowly in software. */
const setPaused = async (page, areas, paused) => {
  for (const area of areas.filter((one) => one.mode !== "live")) {
    await page.evaluate((change) => fetch("/v1/clock", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(change) }), { area: area.id, paused });
  }
};
const shot = async (page, name) => {
  if (!folder) return;
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${folder}/${name}.png` });
};

async function violations(page) {
  // As a string: the page's own policy must not be loosened for the test.
  await page.evaluate((await import("node:fs")).readFileSync(AXE, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return found.violations.map((v) => `${v.id} (${v.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")})`);
}

await journey("the first screen shows the most urgent place, already selected", async (start) => {
  const page = await start();
  const first = await page.locator(`${id("places")} [data-place]`).first().getAttribute("aria-current");
  expect(first === "true", "the first place of the list is not selected");
  const alerts = page.locator(`${id("alerts")} .crowd`);
  if ((await alerts.count()) > 0) {
    const alerted = await alerts.first().locator(".name").innerText();
    expect(alerted === (await text(page, "#place-title")), `the first alert is '${alerted}', but another place is selected`);
  }
  const figure = await text(page, id("figure"));
  expect(/^[\d.,–\s]+$/.test(figure), `the figure reads '${figure}'`);
  expect(/\d\d:\d\d/.test(await text(page, id("clock"))), "no time on the clock");
  expect((await text(page, id("freshness"))).length > 5, "no freshness of sensors");
});

await journey("nothing on the screen reads NaN, undefined, null or Invalid", async (start) => {
  const page = await start();
  for (const area of await areasOf(page)) {
    await page.click(id(`area-${area.id}`));
    await page.waitForTimeout(600);
    if ((await page.locator(id("table")).count()) === 0) await page.click(id("table-toggle"));
    await page.locator(`${id("chart")} summary`).click();
    const all = await page.locator("body").innerText();
    expect(!/\b(NaN|undefined|null|Invalid|Infinity)\b|\[object/.test(all), `area ${area.id} shows ${/\b(NaN|undefined|null|Invalid|Infinity)\b|\[object/.exec(all)?.[0]}`);
  }
});

await journey("the arrow keys choose a place and Escape follows the most urgent again", async (start) => {
  const page = await start();
  const chosen = () => page.locator('[data-place][aria-current="true"]').getAttribute("data-place");
  const first = await chosen();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const third = await page.locator("[data-place]").nth(2).getAttribute("data-place");
  expect((await chosen()) === third, "two arrows down is not the third place");
  expect(page.url().includes(encodeURIComponent(third)), "the address does not name the place");
  await page.keyboard.press("Escape");
  expect((await chosen()) === first, "Escape does not lead back");
});

await journey("every place can be chosen from list and table with Tab and Enter", async (start) => {
  const page = await start({ map: false });
  const areas = await areasOf(page);
  await setPaused(page, areas, true);
  const second = await page.locator("[data-place]").nth(1).elementHandle();
  await second.focus();
  await page.keyboard.press("Enter");
  expect((await second.getAttribute("aria-current")) === "true", "Enter on a row does not choose it");
  await page.keyboard.press("t");
  const name = await page.locator(`${id("table")} tbody button`).nth(3).elementHandle();
  const wanted = await name.innerText();
  await name.focus();
  await page.keyboard.press("Enter");
  const shown = await text(page, "#place-title");
  await setPaused(page, areas, false);
  expect(shown === wanted, `the table did not choose its place: ${shown} instead of ${wanted}`);
});

await journey("a zone's number is explained by keyboard, and the explanation adds up to what is shown", async (start) => {
  const page = await start();
  const zone = page.locator(`${id("places")} [data-place^="boulevard"]`).first();
  expect((await zone.count()) > 0, "the first area has no boulevard");
  await zone.click();
  const summary = page.locator(`${id("explanation")} summary`);
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.locator(id("contributions")).waitFor({ timeout: 15000 });
  expect((await page.locator(`${id("contributions")} tbody tr`).count()) > 1, "nothing moved the number");
  expect((await page.locator(`${id("without")} tbody tr`).count()) > 0, "no figure without a sensor");
  expect((await text(page, id("total"))).length > 5, "no total of the area");
  expect((await violations(page)).length === 0, `axe: ${(await violations(page)).join("; ")}`);
});

await journey("a place tells how good its forecasts were and which models speak, by keyboard", async (start) => {
  const page = await start({ map: false });
  for (const area of await areasOf(page)) {
    await page.click(id(`area-${area.id}`));
    await page.waitForFunction((selector) => !/Reading/.test(document.querySelector(selector)?.textContent ?? "Reading"), id("record"));
    const told = await text(page, id("record"));
    expect(/ ahead: off by |Too few forecasts|No forecast has been scored|No record: /.test(told), `${area.id}: the record reads '${told}'`);
    const summary = page.locator(`${id("record")} summary`);
    if ((await summary.count()) > 0) {
      await summary.focus();
      await page.keyboard.press("Enter");
      await page.locator(id("record-table")).waitFor();
      expect((await page.locator(`${id("record-table")} tbody tr`).count()) > 0, `${area.id}: the record's table is empty`);
    }
    if ((await page.locator(id("source")).count()) > 0) expect(/Forecast made at .*\d\d:\d\d.* by \S/.test(await text(page, id("source"))), `${area.id}: no model is named`);
    const cells = await page.locator(`${id("chances")} td.figure`).allInnerTexts();
    expect(cells.every((cell) => /^([<>] )?\d+%$|^–$/.test(cell)), `${area.id}: chances read ${cells.join(", ")}`);
    if (cells.length > 0) expect((await page.locator(id("chances")).evaluate((box) => getComputedStyle(box).borderTopStyle)) === "dashed", "chances look like a measurement");
    const found = await violations(page);
    expect(found.length === 0, `${area.id}: ${found.join("; ")}`);
  }
});

await journey("the table sorts by a heading, and the unknown stays at the end both ways", async (start) => {
  const page = await start({ map: false });
  await page.keyboard.press("t");
  const heading = page.locator(`${id("table")} th.value button`);
  const column = () => page.locator(`${id("table")} tbody tr td:nth-child(4)`).allInnerTexts();
  for (const _way of ["down", "up"]) {
    await heading.click();
    const cells = await column();
    const firstUnknown = cells.findIndex((cell) => cell.startsWith("–"));
    expect(firstUnknown === -1 || cells.slice(firstUnknown).every((cell) => cell.startsWith("–")), "an unknown value stands between known ones");
  }
  expect((await page.locator(`${id("table")} th.value`).getAttribute("aria-sort")) === "ascending", "aria-sort does not tell the order");
});

await journey("the number keys switch area and the frame says what kind of picture it is", async (start) => {
  const page = await start();
  const areas = await areasOf(page);
  for (const [index, area] of areas.entries()) {
    await page.keyboard.press(String(index + 1));
    await page.waitForTimeout(700);
    expect((await page.locator(id(`area-${area.id}`)).getAttribute("aria-pressed")) === "true", `key ${index + 1} does not open ${area.id}`);
    expect((await page.locator("[data-place]").count()) > 0, `${area.id} has no places`);
    const mark = (await page.locator(id("watermark")).count()) > 0 ? await text(page, id("watermark")) : "";
    const wanted = { replay: /REPLAY/, simulation: /SIMULATION/, exercise: /EXERCISE/, live: /^$/ }[area.mode];
    expect(wanted.test(mark), `${area.mode} is marked '${mark}'`);
  }
});

await journey("the language switches to Dutch and is remembered", async (start) => {
  const page = await start({ map: false });
  expect((await text(page, "#alerts-title")) === "Alerts", "an English browser does not get English");
  await page.selectOption(id("language"), "nl");
  expect((await text(page, "#alerts-title")) === "Alarmen", "no Dutch");
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  expect((await text(page, "#alerts-title")) === "Alarmen", "the language is forgotten");
  expect((await page.locator("html").getAttribute("lang")) === "nl", "the document does not say its language");
});

await journey("a Dutch browser gets Dutch", async (start) => {
  const page = await start({ map: false, locale: "nl-NL" });
  expect((await text(page, "#places-title")) === "Plekken naar urgentie", "no Dutch");
});

await journey("the theme switches and is remembered", async (start) => {
  const page = await start();
  await page.selectOption(id("theme"), "dark");
  expect((await page.locator("html").getAttribute("data-theme")) === "dark", "not dark");
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  expect((await page.locator("html").getAttribute("data-theme")) === "dark", "the theme is forgotten");
});

await journey("space pauses the replay and plays it again", async (start) => {
  const page = await start({ map: false });
  if ((await page.locator(id("pause")).count()) === 0) return;
  const word = () => text(page, id("pause"));
  const before = await word();
  await page.locator("body").press("Space");
  await page.waitForFunction(([selector, old]) => document.querySelector(selector)?.textContent !== old, [id("pause"), before]);
  await page.locator("body").press("Space");
  await page.waitForFunction(([selector, old]) => document.querySelector(selector)?.textContent === old, [id("pause"), before]);
});

await journey("moving the replay says so and brings the figures of that time", async (start) => {
  const page = await start({ map: false });
  const slider = page.locator(".replay input[type=range]");
  if ((await slider.count()) === 0) return;
  const before = await text(page, id("clock"));
  await slider.focus();
  for (let i = 0; i < 6; i += 1) await page.keyboard.press("PageUp");
  await page.waitForFunction(([selector, old]) => !/moving/.test(document.querySelector(selector)?.innerText) && document.querySelector(selector)?.innerText !== old, [id("clock"), before], { timeout: 60_000 });
});

await journey("the question mark shows the keys and Escape closes them", async (start) => {
  const page = await start({ map: false });
  await page.locator("body").press("?");
  expect(await page.locator("dialog[open]").isVisible(), "no keys shown");
  await page.keyboard.press("Escape");
  expect((await page.locator("dialog[open]").count()) === 0, "the keys stay");
});

await journey("without WebGL the page says so once and does the whole job", async (start) => {
  const page = await start({ webgl: false });
  expect(/WebGL/.test(await text(page, ".map .problem")), "nothing said about WebGL");
  expect((await page.locator("[data-place]").count()) > 0, "no list");
  await page.waitForSelector(`${id("chart")} canvas`);
  await page.keyboard.press("t");
  expect((await page.locator(`${id("table")} tbody tr`).count()) > 0, "no table");
});

await journey("first picture within 3 s", async (start) => {
  const page = await start({ map: false });
  await page.waitForSelector("html[data-map]", { timeout: 30_000 });
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity);
  expect(paint < 3000, `first contentful paint after ${Math.round(paint)} ms`);
});

await deskJourneys({ journey, expect, text, id, violations, shot, areasOf, setPaused, makeServer, listen, mock });
const mocked = async (options, walk) => {
  const server = makeServer(options);
  try {
    await walk(await listen(server));
  } finally {
    server.closeAllConnections();
    server.close();
  }
};
await logbookJourneys({ journey, expect, text, id, violations, shot, mocked: mock ? mocked : null });

for (const colorScheme of ["light", "dark"]) {
  await journey(`axe finds nothing to complain about in ${colorScheme}`, async (start) => {
    const page = await start({ colorScheme });
    for (const area of await areasOf(page)) {
      await page.click(id(`area-${area.id}`));
      await page.waitForTimeout(500);
      const plain = await violations(page);
      await page.click(id("freshness"));
      await page.locator(`${id("chart")} summary`).click();
      if ((await page.locator(id("table")).count()) === 0) await page.keyboard.press("t");
      const opened = await violations(page);
      await page.click(id("freshness"));
      expect(plain.length + opened.length === 0, `${area.id}: ${[...new Set([...plain, ...opened])].join("; ")}`);
    }
  });
}

await journey("on a phone nothing sticks out sideways and buttons are 44 pixels", async (start) => {
  const page = await start({ size: SIZES.phone });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide <= 0, `the page is ${wide} px too wide`);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select")].filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5).map((e) => e.textContent?.trim() || e.ariaLabel),
  );
  expect(small.length === 0, `smaller than 44 px: ${small.slice(0, 4).join(", ")}`);
  const found = await violations(page);
  expect(found.length === 0, found.join("; "));
});

if (mock) {
  await journey("bad names are text and nothing else", async (start) => {
    const server = makeServer({ badNames: true });
    const page = await start({ at: await listen(server), path: "/#/live/strand" });
    await page.keyboard.press("t");
    const names = await page.locator(`${id("table")} tbody button`).allInnerTexts();
    for (const name of BAD_NAMES) expect(names.includes(name), `'${name}' is not in the table as written`);
    expect((await page.locator("img").count()) === 0, "a name became an image");
    await shot(page, "bad-names");
    server.closeAllConnections();
    server.close();
  });

  for (const [scores, wanted] of [
    ["empty", /No forecast has been scored here yet/],
    ["unknown", /No record: /],
  ]) {
    await journey(`where the record is ${scores} the page says so and leaves the chances of levels out`, async (start) => {
      const server = makeServer({ scores });
      const page = await start({ at: await listen(server), map: false });
      await page.waitForFunction((selector) => !/Reading/.test(document.querySelector(selector)?.textContent ?? "Reading"), id("record"));
      expect(wanted.test(await text(page, id("record"))), `the record reads '${await text(page, id("record"))}'`);
      expect((await page.locator(`${id("chances")}, ${id("chances-failed")}`).count()) === 0, "chances from nowhere");
      expect((await page.locator(`${id("record")} summary`).count()) === 0, "a table of nothing");
      server.closeAllConnections();
      server.close();
    });
  }

  await journey("a place that has not had enough forecasts scored says so", async (start) => {
    const page = await start({ map: false, path: "/#/live/auckland/akl-2" });
    await page.locator(id("record-sentence")).waitFor();
    expect(/Too few forecasts scored yet: 7 steps/.test(await text(page, id("record-sentence"))), `the record reads '${await text(page, id("record-sentence"))}'`);
  });

  await journey("a lost contact is told with its time, greys the figures and ends by itself", async (start) => {
    let server = makeServer();
    const at = await listen(server);
    const page = await start({ at, map: false });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await page.waitForSelector(id("contact"));
    expect(/No contact since \d\d:\d\d:\d\d/.test(await text(page, id("contact"))), "no time of the last contact");
    expect((await page.locator("main.lost").count()) === 1, "the figures are not greyed");
    await shot(page, "no-contact");
    server = makeServer();
    await new Promise((resolve) => server.listen(Number(new URL(at).port), "127.0.0.1", resolve));
    await page.waitForSelector(id("contact"), { state: "detached", timeout: 30_000 });
    server.closeAllConnections();
    server.close();
  });
}

if (folder) {
  const probe = await open({ map: false });
  const areas = await areasOf(probe);
  await setPaused(probe, areas, true);
  for (const [name, size] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      for (const area of areas) {
        const page = await open({ size, colorScheme, locale: area.language === "nl" ? "nl-NL" : "en-GB", path: `/#/live/${area.id}` });
        await shot(page, `${area.id}-${name}-${colorScheme}`);
        await page.context().close();
      }
    }
  }
  await setPaused(probe, areas, false);
  await probe.context().close();
}

await browser.close();
mock?.closeAllConnections();
mock?.close();
console.log(failures === 0 ? "all journeys went well" : `${failures} journeys failed`);
process.exit(failures === 0 ? 0 : 1);
