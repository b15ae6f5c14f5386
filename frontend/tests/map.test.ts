import { expect, test } from "vitest";
import type { AreaMap, GateFeature } from "../src/api";
import { thresholdsOf } from "../src/levels";
import { draw, flowBearing, isRtl, middleOf, shortened } from "../src/map/features";
import { layersOf } from "../src/map/style";
import { ordered, Z_ORDER } from "../src/map/zorder";
import { EMPTY_AREA, placesOf } from "../src/model";
import { hourTicks, top } from "../src/panels/chart";
import { aFlow, aZone } from "./builders";

const square = (x: number, y: number) => ({ type: "Polygon" as const, coordinates: [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]] });
const zone = (id: string, x: number, y: number) => ({
  type: "Feature" as const,
  geometry: square(x, y),
  properties: { id, name: id, kind: "square", usable_area_m2: 200, capacity: 1000 },
});
const gate: GateFeature = {
  type: "Feature",
  geometry: { type: "LineString", coordinates: [[0, 1], [1, 1]] },
  properties: { id: "g1", name: "g1", from_zone: "south", to_zone: "north", effective_width_m: 10 },
};
const map: AreaMap = {
  zones: { type: "FeatureCollection", features: [zone("south", 0, 0), zone("north", 0, 1)] },
  gates: { type: "FeatureCollection", features: [gate] },
  points: { type: "FeatureCollection", features: [] },
  background: {},
};
const placeOf = (row: Parameters<typeof aFlow>[0]) => placesOf({ ...EMPTY_AREA, flows: [aFlow(row)] })[0]!;

test("every layer has its place in the order, in both themes", () => {
  for (const theme of ["light", "dark"] as const) expect(layersOf(theme).map((layer) => layer.id)).toEqual([...Z_ORDER]);
});

test("a missing, a double and an unknown layer are refused by name", () => {
  const all = Z_ORDER.map((id) => ({ id: id as string }));
  expect(() => ordered(all.slice(1))).toThrow(/'ground-plain'/);
  expect(() => ordered([...all, { id: "zones-too" }])).toThrow(/'zones-too'/);
  expect(() => ordered([...all, { id: "points" }])).toThrow(/twice/);
});

test("the arrow of a gate points from one zone to the other, and back when more people go back", () => {
  expect(flowBearing(gate, map, placeOf({ forward_per_min: 20, backward_per_min: 5 }))).toBeCloseTo(0);
  expect(flowBearing(gate, map, placeOf({ forward_per_min: 5, backward_per_min: 20 }))).toBeCloseTo(180);
});

test("a gate from outside points into its zone", () => {
  const entrance = { ...gate, properties: { ...gate.properties, from_zone: null } };
  expect(flowBearing(entrance, map, placeOf({}))).toBeCloseTo(0);
});

test("a place without a level is drawn as unknown, never as green", () => {
  const places = placesOf({ ...EMPTY_AREA, zones: [aZone({ zone: "south", quality: "stale", level: "green" })] }, map);
  const drawn = draw(map, places, "south", () => "");
  expect(drawn.zones.features.map((f) => [f.properties?.tone, f.properties?.selected])).toEqual([
    ["unknown", true],
    ["unknown", false],
  ]);
});

test("the middle of a square is its middle, and an empty ring does no harm", () => {
  expect(middleOf(square(2, 4))).toEqual([2.5, 4.5]);
  expect(middleOf({ type: "Polygon", coordinates: [] })).toEqual([0, 0]);
});

test("long names are shortened and right-to-left names are known", () => {
  expect(shortened("x".repeat(60))).toHaveLength(30);
  expect([isRtl("شاطئ"), isRtl("Kurplein")]).toEqual([true, false]);
});

test("thresholds are told in the unit of the chart", () => {
  const scale = { quantity: "specific_flow_per_m_min" as const, yellow: 21, orange: 24, red: 27, kind: "gate", places: [], source: "" };
  const limits = thresholdsOf(placeOf({}), [scale], map).map((limit) => limit.at(null));
  expect(limits).toEqual([210, 240, 270]);
});

test("a threshold against normal follows what is normal at that hour", () => {
  const scale = { quantity: "ratio_to_normal" as const, yellow: 1.5, orange: 2, red: 3, kind: null, places: ["g1"], source: "" };
  const [yellow] = thresholdsOf(placeOf({ level_quantity: "ratio_to_normal" }), [scale], map);
  expect([yellow?.at(100), yellow?.at(null)]).toEqual([150, null]);
});

test("a threshold far above the figures does not flatten the curve", () => {
  const limits = [{ level: "red" as const, at: () => 1000 }];
  expect(top([{ time: 0, measured: 10 }], limits)).toBeLessThan(12);
  expect(top([{ time: 0, measured: 800 }], limits)).toBeGreaterThan(1000);
  expect(top([], [])).toBeGreaterThan(0);
});

test("ticks stand on whole hours of the wall clock, through the night with an hour twice", () => {
  const from = Date.parse("2026-10-24T20:00:00Z") / 1000;
  const ticks = hourTicks(from, from + 12 * 3600, 5, "Europe/Amsterdam");
  const hours = ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString("en-GB", { timeZone: "Europe/Amsterdam", hour: "2-digit", hourCycle: "h23" }));
  expect(hours).toEqual(["00", "03", "06", "09"]);
});
