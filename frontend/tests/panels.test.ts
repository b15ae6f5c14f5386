/** The panels of a place's forecasts as the text that they draw; how they behave in a browser is told by the journeys. */
import { render } from "svelte/server";
import { beforeEach, expect, test, vi } from "vitest";
import { EMPTY_AREA, placesOf } from "../src/model";
import { aChance, aForecast, aRecord, aZone } from "./builders";

// What a browser has and Node has not.
vi.stubGlobal("matchMedia", () => ({ matches: false }));
vi.stubGlobal("navigator", { language: "en", languages: ["en"] });
const { store } = await import("../src/state.svelte");
const { default: ForecastRecord } = await import("../src/panels/ForecastRecord.svelte");
const { default: ForecastSource } = await import("../src/panels/ForecastSource.svelte");
const { default: LevelChances } = await import("../src/panels/LevelChances.svelte");

const html = (drawn: { body: string }) => drawn.body.replaceAll(/<!--.*?-->/g, "");
const words = (drawn: { body: string }) => html(drawn).replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim();
const [place] = placesOf({ ...EMPTY_AREA, zones: [aZone()] });
if (!place) throw new Error("no place to draw");

beforeEach(() => {
  Object.assign(store, { record: null, recordError: "", forecasts: [], levelChances: [], levelChancesError: "" });
});

test("a record that is not there yet is not told as a record of nothing", () => {
  expect(words(render(ForecastRecord))).toContain("Reading the record");
  store.recordError = "no route";
  expect(words(render(ForecastRecord))).toContain("No record: no route");
  store.record = [];
  expect(words(render(ForecastRecord))).toContain("No forecast has been scored here yet.");
  expect(html(render(ForecastRecord))).not.toContain("<details");
});

test("the record's table has a row for each band and kind of hour, and a dash where nothing is known", () => {
  store.record = [aRecord(), aRecord({ kind: "busy", to_last_week: null, levels: {} })];
  const drawn = html(render(ForecastRecord));
  expect(drawn.match(/<tr/g)).toHaveLength(3);
  expect(words(render(ForecastRecord))).toContain("1 to 2 h busy 2,880 34 – 10% better 81% 95% –");
});

test("chances of levels are left out where there are none, and what failed is told", () => {
  expect(words(render(LevelChances, { props: { place } }))).toBe("");
  store.levelChancesError = "too busy";
  expect(words(render(LevelChances, { props: { place } }))).toBe("No chances of levels: too busy");
});

test("chances of levels are called a forecast and carry the time at which it was made", () => {
  store.levelChances = [aChance({ chances: { "900": 0.001, "1800": 0.2, "3600": 0.5 } })];
  const said = words(render(LevelChances, { props: { place } }));
  expect(said).toMatch(/^Forecast: chance that a level is reached \(made at .*12:30\)/);
  // Svelte writes "<" as an entity.
  expect(said).toContain("orange &lt; 1% 20% 50% – ");
});

test("the reason is marked as English and is text, whatever it holds", () => {
  store.forecasts = [aForecast({ reason: "" }), aForecast({ time: "2026-07-18T13:15:00+00:00", model: "ordinary_weeks", reason: "<b>short</b> history" })];
  expect(html(render(ForecastSource))).toContain('<span lang="en">&lt;b>short&lt;/b> history</span>');
  expect(words(render(ForecastSource))).toContain("From ");
  store.forecasts = [...store.forecasts, aForecast({ time: "2026-07-18T13:30:00+00:00", reason: "another" })];
  expect(html(render(ForecastSource)).match(/<li/g)).toHaveLength(2);
});
