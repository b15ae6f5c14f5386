import { expect, test } from "vitest";
import type { AreaMap, Clock } from "../src/api";
import { ageAt, bars, chartRows, clearedLately, EMPTY_AREA, freshness, fullSoon, placesOf, pressure, priorityOf, reduce, sortedAlerts, stateOf, toldAlone, type AreaModel } from "../src/model";
import { aFlow, aForecast, aHistory, anAlert, aSensor, aZone, NOW } from "./builders";

const anArea = (part: Partial<AreaModel> = {}): AreaModel => ({ ...EMPTY_AREA, ...part });
const names = (area: AreaModel) => placesOf(area).map((place) => place.name);
const at = Date.parse(NOW);
const later = (minutes: number) => new Date(at + minutes * 60_000).toISOString();

const aClock = (part: Partial<Clock> = {}): Clock => ({
  area: "strand",
  now: NOW,
  mode: "replay",
  speed: 60,
  paused: false,
  starts: null,
  ends: null,
  moving: false,
  ...part,
});

test("a state replaces the rows of its own area and leaves the other areas alone", () => {
  const model = { auckland: anArea({ flows: [aFlow({ area: "auckland" })] }), strand: anArea({ zones: [aZone({ name: "old" })] }) };
  const next = reduce(model, { type: "state", data: { area: "strand", time: NOW, zones: [aZone({ name: "new" })], flows: [], totals: [] } });
  expect(next.strand?.zones.map((zone) => zone.name)).toEqual(["new"]);
  expect(next.auckland).toBe(model.auckland);
});

test("a state moves the clock of its area along", () => {
  const next = reduce({ strand: anArea({ clock: aClock() }) }, { type: "state", data: { area: "strand", time: later(5), zones: [], flows: [], totals: [] } });
  expect(next.strand?.clock?.now).toBe(later(5));
});

test("an alert that is raised, changed and cleared is there once and then gone", () => {
  let model = reduce({}, { type: "alert", data: anAlert() });
  model = reduce(model, { type: "alert", data: anAlert({ level: "red" }) });
  expect(model.strand?.alerts.map((alert) => alert.level)).toEqual(["red"]);
  model = reduce(model, { type: "alert", data: anAlert({ cleared_at: NOW }) });
  expect(model.strand?.alerts).toEqual([]);
});

test("a place with a crowd alert comes before a redder place without one", () => {
  const area = anArea({
    zones: [aZone({ zone: "a", name: "red now", level: "red" }), aZone({ zone: "b", name: "alerted", level: "green" })],
    alerts: [anAlert({ target: "b", level: "orange" })],
  });
  expect(names(area)).toEqual(["alerted", "red now"]);
});

test("an alert that is true now comes before one of the same level that is still to come", () => {
  const alerts = [anAlert({ id: "to come", target: "b", level: "red", expected_at: later(10) }), anAlert({ id: "now", target: "a", level: "red" })];
  expect(sortedAlerts(alerts).map((alert) => alert.id)).toEqual(["now", "to come"]);
  const area = anArea({ zones: [aZone({ zone: "b", name: "b", level: "orange" }), aZone({ zone: "a", name: "a", level: "red" })], alerts });
  expect(names(area)).toEqual(["a", "b"]);
});

test("the first place of the list is the place of the first alert", () => {
  const alerts = [anAlert({ id: "1", target: "b", level: "red", expected_at: later(10) }), anAlert({ id: "2", target: "a", level: "red", expected_at: later(50) })];
  const area = anArea({ zones: [aZone({ zone: "a", name: "a", level: "orange" }), aZone({ zone: "b", name: "b" })], alerts });
  expect(names(area)).toEqual(["b", "a"]);
});

test("of two places going red the sooner comes first, and both before a quiet one", () => {
  const area = anArea({
    zones: [
      aZone({ zone: "a", name: "quiet" }),
      aZone({ zone: "b", name: "later", expected_level: "red", expected_at: later(90), expected_chance: 0.9 }),
      aZone({ zone: "c", name: "soon", expected_level: "red", expected_at: later(20), expected_chance: 0.5 }),
    ],
  });
  expect(names(area)).toEqual(["soon", "later", "quiet"]);
});

test("a silent place is neither an alarm nor quiet: it stands between the two", () => {
  const area = anArea({
    zones: [
      aZone({ zone: "a", name: "quiet" }),
      aZone({ zone: "b", name: "silent", level: null, quality: "missing", occupancy: null }),
      aZone({ zone: "c", name: "yellow", level: "yellow" }),
    ],
  });
  expect(names(area)).toEqual(["yellow", "silent", "quiet"]);
});

test("among quiet places the one furthest above its normal comes first", () => {
  const area = anArea({ flows: [aFlow({ target: "a", name: "a", ratio_to_normal: 0.8 }), aFlow({ target: "b", name: "b", ratio_to_normal: 1.4 })] });
  expect(names(area)).toEqual(["b", "a"]);
});

test("a stale place carries no level, even when its row says so", () => {
  const [place] = placesOf(anArea({ zones: [aZone({ level: "red", quality: "stale" })] }));
  expect(place?.level).toBeNull();
});

test("missing, suppressed and zero stay three different things", () => {
  const places = placesOf(
    anArea({
      flows: [
        aFlow({ target: "a", flow_per_min: 0 }),
        aFlow({ target: "b", flow_per_min: null, quality: "missing" }),
        aFlow({ target: "c", flow_per_min: null, quality: "suppressed" }),
      ],
    }),
  );
  const seen = Object.fromEntries(places.map((place) => [place.id, [place.value, place.quality]]));
  expect(seen).toEqual({ a: [0, "good"], b: [null, "missing"], c: [null, "suppressed"] });
});

test("a forecast of a level that is already there is not told as news", () => {
  const [place] = placesOf(anArea({ zones: [aZone({ level: "orange", expected_level: "orange", expected_at: later(10) })] }));
  expect(place?.expectedLevel).toBeNull();
  expect(pressure(place!)).toBe(2);
});

test("a zone of the map that no state speaks of is shown as missing", () => {
  const map = {
    zones: { type: "FeatureCollection", features: [{ type: "Feature", geometry: { type: "Polygon", coordinates: [] }, properties: { id: "z9", name: "Forgotten", kind: "square", usable_area_m2: 1, capacity: null } }] },
    gates: { type: "FeatureCollection", features: [] },
    points: { type: "FeatureCollection", features: [] },
    background: {},
  } as AreaMap;
  const [place] = placesOf(anArea(), map);
  expect([place?.name, place?.quality, place?.value]).toEqual(["Forgotten", "missing", null]);
});

test("no division by a capacity or a normal of zero", () => {
  const [place] = placesOf(anArea({ zones: [aZone({ capacity: 0, normal: 0 })] }));
  expect([place?.share, place?.ratio]).toEqual([null, null]);
});

test("crowd alerts come before data alerts, the higher level and the sooner one first", () => {
  const sorted = sortedAlerts([
    anAlert({ id: "data", kind: "data", level: null }),
    anAlert({ id: "orange" }),
    anAlert({ id: "red later", level: "red", expected_at: later(60) }),
    anAlert({ id: "red soon", level: "red", expected_at: later(10) }),
  ]);
  expect(sorted.map((alert) => alert.id)).toEqual(["red soon", "red later", "orange", "data"]);
});

test("two alerts without an expected time keep a fixed order", () => {
  const [a, b] = [anAlert({ id: "a" }), anAlert({ id: "b" })];
  expect(sortedAlerts([b, a]).map((alert) => alert.id)).toEqual(["a", "b"]);
});

test("data grow older while the clock goes on and no news comes", () => {
  expect(ageAt({ age: 60, time: NOW }, at + 120_000)).toBe(180);
  expect(ageAt({ age: null, time: NOW }, at)).toBeNull();
});

test("a sensor with a fault, a late one and one never heard are not current", () => {
  const sensors = [aSensor(), aSensor({ fault: "only zeros" }), aSensor({ data_age_s: 3900 }), aSensor({ data_age_s: null, last_end: null })];
  expect(freshness(sensors, at)).toEqual({ current: 1, total: 4, oldest: 3900 });
});

test("a forecast count is drawn in persons a minute, like the history", () => {
  const rows = chartRows(aHistory(), [aForecast({ quantity: "count", p50: 3600 })], 3600);
  expect(rows.map((row) => [row.measured, row.p50])).toEqual([
    [30, undefined],
    [undefined, 60],
  ]);
});

test("a gap in the measurements stays a gap and does not become zero", () => {
  const rows = chartRows(aHistory({ past: [{ time: NOW, value: null, p05: null, p95: null, quality: "missing" }] }), [], 900);
  expect(rows[0]?.measured).toBeNull();
});

test("a zone is full soon only where that is known, ahead and near", () => {
  expect(fullSoon({ fullInMin: 25, quality: "good" })).toBe(25);
  expect(fullSoon({ fullInMin: 25, quality: "stale" })).toBeNull();
  expect(fullSoon({ fullInMin: null, quality: "good" })).toBeNull();
  expect(fullSoon({ fullInMin: 0, quality: "good" })).toBeNull();
  expect(fullSoon({ fullInMin: 900, quality: "good" })).toBeNull();
});

test("bars are shares of the longest one, with their sign", () => {
  const row = (persons: number) => ({ sensor: "s", name: "s", cause: "count" as const, persons, readings: 1 });
  expect(bars([row(40), row(-20)])).toEqual([1, -0.5]);
  expect(bars([])).toEqual([]);
});

test("alerts that nobody acknowledged come first, then those of high priority, then the higher level", () => {
  const alerts = [
    anAlert({ id: "shelved", level: "red", state: "shelved", priority: "high" }),
    anAlert({ id: "seen", level: "red", state: "acknowledged", priority: "high" }),
    anAlert({ id: "data", kind: "data", level: null, state: "raised", priority: "low" }),
    anAlert({ id: "medium", level: "red", state: "raised", priority: "medium" }),
    anAlert({ id: "high yellow", level: "yellow", state: "raised", priority: "high" }),
    anAlert({ id: "high orange", level: "orange", state: "raised", priority: "high" }),
  ];
  expect(sortedAlerts(alerts).map((alert) => alert.id)).toEqual(["high orange", "high yellow", "medium", "data", "seen", "shelved"]);
});

test("the most urgent place is that of the most urgent alert that nobody acknowledged", () => {
  const zones = [aZone({ zone: "z1", name: "Seen", level: "red" }), aZone({ zone: "z2", name: "Open", level: "orange" })];
  const alerts = [anAlert({ id: "1", target: "z1", level: "red", state: "acknowledged" }), anAlert({ id: "2", target: "z2", level: "orange", state: "raised" })];
  expect(names(anArea({ zones, alerts }))).toEqual(["Open", "Seen"]);
});

test("a server that tells neither state nor priority still has raised alerts of some priority", () => {
  expect([anAlert(), anAlert({ cleared_at: NOW, state: "acknowledged" })].map(stateOf)).toEqual(["raised", "cleared"]);
  const rows = [anAlert({ level: "red" }), anAlert({ level: "orange" }), anAlert({ level: "yellow" }), anAlert({ kind: "data", level: null }), anAlert({ level: "red", priority: "low" })];
  expect(rows.map(priorityOf)).toEqual(["high", "medium", "low", "low", "low"]);
});

test("of the cleared alerts those of the last hour stay within reach, the last one first", () => {
  const rows = [anAlert({ id: "stands" }), anAlert({ id: "59", cleared_at: later(-59) }), anAlert({ id: "61", cleared_at: later(-61) }), anAlert({ id: "5", cleared_at: later(-5) })];
  expect(clearedLately(rows, at).map((alert) => alert.id)).toEqual(["5", "59"]);
});

test("neighbours that are told as one stand in the row of the first, unless they are more urgent or its row has gone", () => {
  const head = anAlert({ id: "head", priority: "medium", state: "acknowledged" });
  const member = (id: string, part = {}) => anAlert({ id, group: "head", priority: "medium", state: "acknowledged", ...part });
  const rows = [head, member("told"), member("urgent", { priority: "high" }), member("new", { state: "raised" }), member("orphan", { group: "gone" })];
  expect(toldAlone(rows).map((alert) => alert.id)).toEqual(["head", "urgent", "new", "orphan"]);
});
