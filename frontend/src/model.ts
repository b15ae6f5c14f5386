/** What is known of each area, and how a message changes it; pure, so that it can be tested without a browser. */
import type { Alert, AlertPriority, AlertState, AreaMap, Clock, Contribution, FlowState, Forecast, History, Level, LevelQuantity, Message, Quality, SensorHealth, Total, ZoneState } from "./api";
import { LEVELS } from "./api";

export interface AreaModel {
  time: string | null;
  zones: readonly ZoneState[];
  flows: readonly FlowState[];
  totals: readonly Total[];
  alerts: readonly Alert[];
  health: readonly SensorHealth[];
  clock: Clock | null;
}

export type Model = Readonly<Record<string, AreaModel>>;

export const EMPTY_AREA: AreaModel = { time: null, zones: [], flows: [], totals: [], alerts: [], health: [], clock: null };

export function change(model: Model, area: string, part: Partial<AreaModel>): Model {
  return { ...model, [area]: { ...(model[area] ?? EMPTY_AREA), ...part } };
}

export function reduce(model: Model, message: Message): Model {
  switch (message.type) {
    case "state": {
      const { area, time, zones, flows, totals } = message.data;
      const clock = model[area]?.clock ?? null;
      return change(model, area, { time, zones, flows, totals, clock: clock && { ...clock, now: time } });
    }
    case "alert":
      return change(model, message.data.area, { alerts: withAlert(model[message.data.area]?.alerts ?? [], message.data) });
    case "health":
      return change(model, message.data.area, { health: message.data.sensors });
    case "clock":
      return change(model, message.data.area, { clock: message.data });
    case "hello":
    case "forecast":
      return model;
  }
}

function withAlert(alerts: readonly Alert[], alert: Alert): Alert[] {
  const others = alerts.filter((other) => other.id !== alert.id);
  return alert.cleared_at === null ? [...others, alert] : others;
}

export const rank = (level: Level | null): number => (level === null ? -1 : LEVELS.indexOf(level));

/** Stale and missing carry no level, whatever a row may say. */
export const isBlind = (quality: Quality): boolean => quality === "stale" || quality === "missing";

/** One row of list, table and map: a zone, a gate or a point counter in the same words. */
export interface Place {
  id: string;
  kind: "zone" | "gate" | "point";
  name: string;
  level: Level | null;
  levelQuantity: LevelQuantity | null;
  levelValue: number | null;
  value: number | null;
  low: number | null;
  high: number | null;
  quantity: "occupancy" | "flow_per_min";
  forward: number | null;
  backward: number | null;
  density: number | null;
  share: number | null;
  capacity: number | null;
  specificFlow: number | null;
  normal: number | null;
  ratio: number | null;
  inflow: number | null;
  fullInMin: number | null;
  expectedLevel: Level | null;
  expectedAt: string | null;
  expectedChance: number | null;
  age: number | null;
  time: string | null;
  quality: Quality;
  sources: readonly string[];
  alert: Alert | null;
}

const over = (value: number | null, by: number | null): number | null => (value === null || by === null || by === 0 ? null : value / by);

function judged(row: ZoneState | FlowState) {
  const blind = isBlind(row.quality);
  // A level is expected only when it is higher than the present one: the rest is no news.
  const rises = rank(row.expected_level) > Math.max(0, rank(blind ? null : row.level));
  return {
    name: row.name,
    level: blind ? null : row.level,
    levelQuantity: row.level_quantity,
    levelValue: row.level_value,
    expectedLevel: rises ? row.expected_level : null,
    expectedAt: rises ? row.expected_at : null,
    expectedChance: rises ? row.expected_chance : null,
    age: row.data_age_s,
    time: row.time,
    quality: row.quality,
    sources: row.sources,
    alert: null,
  };
}

function fromZone(row: ZoneState): Place {
  return {
    ...judged(row),
    id: row.zone,
    kind: "zone",
    value: row.occupancy,
    low: row.occupancy_p05,
    high: row.occupancy_p95,
    quantity: "occupancy",
    forward: null,
    backward: null,
    density: row.density_per_m2,
    share: over(row.occupancy, row.capacity),
    capacity: row.capacity,
    specificFlow: null,
    normal: row.normal,
    ratio: over(row.occupancy, row.normal),
    inflow: row.net_inflow_per_min,
    fullInMin: row.minutes_to_capacity,
  };
}

function fromFlow(row: FlowState): Place {
  return {
    ...judged(row),
    id: row.target,
    kind: row.kind,
    value: row.flow_per_min,
    low: row.p05,
    high: row.p95,
    quantity: "flow_per_min",
    forward: row.forward_per_min,
    backward: row.backward_per_min,
    density: null,
    share: null,
    capacity: null,
    specificFlow: row.specific_flow_per_m_min,
    normal: over(row.flow_per_min, row.ratio_to_normal),
    ratio: row.ratio_to_normal,
    inflow: null,
    fullInMin: null,
  };
}

/** Places of the map that no state row speaks of: missing, which is not the same as empty. */
function unheard(map: AreaMap | undefined, heard: Set<string>): Place[] {
  if (!map) return [];
  const blank = (id: string, name: string, kind: Place["kind"]): Place => ({
    id,
    kind,
    name,
    level: null,
    levelQuantity: null,
    levelValue: null,
    value: null,
    low: null,
    high: null,
    quantity: kind === "zone" ? "occupancy" : "flow_per_min",
    forward: null,
    backward: null,
    density: null,
    share: null,
    capacity: null,
    specificFlow: null,
    normal: null,
    ratio: null,
    inflow: null,
    fullInMin: null,
    expectedLevel: null,
    expectedAt: null,
    expectedChance: null,
    age: null,
    time: null,
    quality: "missing",
    sources: [],
    alert: null,
  });
  const all = [
    ...map.zones.features.map((f) => blank(f.properties.id, f.properties.name, "zone")),
    ...map.gates.features.map((f) => blank(f.properties.id, f.properties.name, "gate")),
    ...map.points.features.map((f) => blank(f.properties.id, f.properties.name, "point")),
  ];
  return all.filter((place) => !heard.has(place.id));
}

/** All places of an area, the most urgent first: those with a crowd alert in the order of the alerts, then the others. */
export function placesOf(area: AreaModel, map?: AreaMap): Place[] {
  const worst = new Map<string, Alert>();
  for (const alert of sortedAlerts(area.alerts)) {
    if (alert.kind === "crowd" && !worst.has(alert.target)) worst.set(alert.target, alert);
  }
  const turn = new Map([...worst.keys()].map((target, index) => [target, index]));
  const turnOf = (place: Place) => turn.get(place.id) ?? turn.size;
  const rows = [...area.zones.map(fromZone), ...area.flows.map(fromFlow)];
  const all = [...rows, ...unheard(map, new Set(rows.map((row) => row.id)))];
  return all.map((place) => ({ ...place, alert: worst.get(place.id) ?? null })).sort((a, b) => turnOf(a) - turnOf(b) || byUrgency(a, b));
}

const due = (alert: Alert): number => (alert.expected_at === null ? 0 : Date.parse(alert.expected_at));
const soon = (at: string | null): number => (at === null ? Infinity : Date.parse(at));

const STATES: readonly AlertState[] = ["raised", "acknowledged", "shelved", "cleared"];
const PRIORITIES: readonly AlertPriority[] = ["high", "medium", "low"];

export const stateOf = (alert: Alert): AlertState => (alert.cleared_at === null ? (alert.state ?? "raised") : "cleared");

/** Where the server tells no priority, the level does. */
export function priorityOf(alert: Alert): AlertPriority {
  if (alert.priority) return alert.priority;
  if (alert.kind === "data") return "low";
  return alert.level === "red" ? "high" : alert.level === "orange" ? "medium" : "low";
}

/**
 * The alerts that have a row of their own: those of neighbours that are told as one stand in the row of the first,
 * unless they have become more urgent than it.
 */
export function toldAlone(alerts: readonly Alert[]): Alert[] {
  const heads = new Map(alerts.map((alert) => [alert.id, alert]));
  return alerts.filter((alert) => {
    const head = alert.group ? heads.get(alert.group) : undefined;
    return !head || STATES.indexOf(stateOf(alert)) < STATES.indexOf(stateOf(head)) || PRIORITIES.indexOf(priorityOf(alert)) < PRIORITIES.indexOf(priorityOf(head));
  });
}

/** How long a cleared alert stays within reach. */
const CLEARED_MS = 3600_000;

/** The alerts that were cleared in the last hour, the last one first. */
export function clearedLately(alerts: readonly Alert[], now: number): Alert[] {
  const since = (alert: Alert) => now - Date.parse(alert.cleared_at ?? "");
  return alerts.filter((alert) => since(alert) <= CLEARED_MS).sort((a, b) => since(a) - since(b));
}

/**
 * What nobody acknowledged yet first, then by priority. Of two equal the higher level, the one that is there already,
 * the sooner, the likelier, the one raised first; data alerts after crowd alerts.
 */
export function sortedAlerts(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort(
    (a, b) =>
      STATES.indexOf(stateOf(a)) - STATES.indexOf(stateOf(b)) ||
      PRIORITIES.indexOf(priorityOf(a)) - PRIORITIES.indexOf(priorityOf(b)) ||
      Number(a.kind === "data") - Number(b.kind === "data") ||
      rank(b.level) - rank(a.level) ||
      compare(due(a), due(b)) ||
      (b.chance ?? 0) - (a.chance ?? 0) ||
      compare(a.raised_at, b.raised_at) ||
      compare(a.id, b.id),
  );
}

/**
 * Blind places stand between those that are going to be busy and those that are quiet:
 * a silent sensor is not a quiet street, and not an alarm either.
 */
function standing(place: Place): number {
  if (place.level !== null && place.level !== "green") return rank(place.level) + 2;
  if (place.expectedLevel !== null) return 2;
  return place.level === null ? 1 : 0;
}

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function byUrgency(a: Place, b: Place): number {
  return (
    standing(b) - standing(a) ||
    rank(b.expectedLevel) - rank(a.expectedLevel) ||
    compare(soon(a.expectedAt), soon(b.expectedAt)) ||
    (b.ratio ?? b.share ?? -1) - (a.ratio ?? a.share ?? -1) ||
    (b.levelValue ?? -1) - (a.levelValue ?? -1) ||
    compare(a.name, b.name) ||
    compare(a.id, b.id)
  );
}

/** How much a place asks for attention, in few steps, so that the screen does not jump between equals. */
export const pressure = (place: Place): number => Math.max(rank(place.alert?.level ?? null), rank(place.level), rank(place.expectedLevel));

/** Seconds since the data of a place, at this moment of the area's clock. */
export function ageAt(place: { age: number | null; time: string | null }, now: number): number | null {
  if (place.age === null) return null;
  const since = place.time === null ? 0 : (now - Date.parse(place.time)) / 1000;
  return Math.max(0, place.age + Math.max(0, since));
}

export interface Freshness {
  current: number;
  total: number;
  oldest: number | null;
}

/** A sensor is current when it has no fault and its last interval ended at most two intervals ago. */
export function freshness(sensors: readonly SensorHealth[], now: number): Freshness {
  let current = 0;
  let oldest: number | null = null;
  for (const sensor of sensors) {
    const age = ageAt({ age: sensor.data_age_s, time: sensor.time }, now);
    if (age !== null) oldest = Math.max(oldest ?? 0, age);
    if (isCurrent(sensor, now)) current += 1;
  }
  return { current, total: sensors.length, oldest };
}

export function isCurrent(sensor: SensorHealth, now: number): boolean {
  const age = ageAt({ age: sensor.data_age_s, time: sensor.time }, now);
  return sensor.fault === "" && age !== null && age <= 2 * sensor.interval_s + 60;
}

type Figure = number | null | undefined;

/** One moment of the chart: null is a gap in a series, undefined means that the series has no step there. */
export interface ChartRow {
  time: number;
  measured?: Figure;
  low?: Figure;
  high?: Figure;
  quality?: Quality;
  normal?: Figure;
  p2_5?: Figure;
  p10?: Figure;
  p25?: Figure;
  p50?: Figure;
  p75?: Figure;
  p90?: Figure;
  p97_5?: Figure;
}

export const QUANTILES = ["p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"] as const;

/** History and forecast on one time axis, in the unit of the history. */
export function chartRows(history: History, forecasts: readonly Forecast[], stepS: number): ChartRow[] {
  const rows = new Map<number, ChartRow>();
  const at = (time: string): ChartRow => {
    const seconds = Date.parse(time) / 1000;
    const row = rows.get(seconds) ?? { time: seconds };
    rows.set(seconds, row);
    return row;
  };
  for (const point of history.past) {
    Object.assign(at(point.time), { measured: point.value, low: point.p05, high: point.p95, quality: point.quality });
  }
  for (const point of history.normal) at(point.time).normal = point.value;
  for (const forecast of forecasts) {
    const minutes = forecast.quantity === "count" ? (forecast.step_s ?? stepS) / 60 : 1;
    const row = at(forecast.time);
    for (const name of QUANTILES) row[name] = forecast[name] === null ? null : forecast[name] / minutes;
  }
  return [...rows.values()].filter((row) => Number.isFinite(row.time)).sort((a, b) => a.time - b.time);
}

/** Beyond so long the present inflow says nothing of when a zone is full. */
const FULL_WITHIN_MIN = 180;

/** In how many minutes a zone is full at the present inflow; null where that is not known, far away or behind us. */
export function fullSoon(place: Pick<Place, "fullInMin" | "quality">): number | null {
  const { fullInMin, quality } = place;
  return fullInMin === null || isBlind(quality) || fullInMin <= 0 || fullInMin > FULL_WITHIN_MIN ? null : fullInMin;
}

/** A bar's share of the longest one, -1 to 1; what moves least is still seen. */
export function bars(rows: readonly Contribution[]): number[] {
  const longest = Math.max(1e-9, ...rows.map((row) => Math.abs(row.persons)));
  return rows.map((row) => row.persons / longest);
}
