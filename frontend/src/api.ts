/** Everything the page says to the back end, and everything it can hear: one typed file. */
import type { Feature, FeatureCollection, LineString, MultiPolygon, Point, Polygon } from "geojson";

export type Level = "green" | "yellow" | "orange" | "red";
export const LEVELS: readonly Level[] = ["green", "yellow", "orange", "red"];
export type Quality = "good" | "repaired" | "partial" | "suspect" | "suppressed" | "stale" | "missing";
export type AreaMode = "live" | "replay" | "simulation" | "exercise";
export type LevelQuantity = "density_per_m2" | "occupancy_share" | "flow_per_min" | "specific_flow_per_m_min" | "ratio_to_normal";

export interface LevelScale {
  quantity: LevelQuantity;
  yellow: number;
  orange: number;
  red: number;
  kind: string | null;
  places: string[];
  source: string;
}

export interface PublicEvent {
  id: string;
  name: string;
  start: string;
  end: string;
  kind: string;
  expected_visitors: number | null;
  zones: string[];
}

export interface Area {
  id: string;
  name: string;
  timezone: string;
  language: string;
  mode: AreaMode;
  notice: string;
  bounds: [number, number, number, number];
  step_s: number;
  levels: LevelScale[];
  events: PublicEvent[];
}

export interface ZoneProps {
  id: string;
  name: string;
  kind: string;
  usable_area_m2: number | null;
  capacity: number | null;
}
export interface GateProps {
  id: string;
  name: string;
  from_zone: string | null;
  to_zone: string | null;
  effective_width_m: number | null;
}
export interface PointProps {
  id: string;
  name: string;
}
export type ZoneFeature = Feature<Polygon | MultiPolygon, ZoneProps>;
export type GateFeature = Feature<LineString, GateProps>;

export interface AreaMap {
  zones: FeatureCollection<Polygon | MultiPolygon, ZoneProps>;
  gates: FeatureCollection<LineString, GateProps>;
  points: FeatureCollection<Point, PointProps>;
  background: {
    ground?: FeatureCollection;
    streets?: FeatureCollection;
    buildings?: FeatureCollection;
  };
}

interface Judged {
  area: string;
  name: string;
  time: string;
  level: Level | null;
  level_quantity: LevelQuantity | null;
  level_value: number | null;
  expected_level: Level | null;
  expected_at: string | null;
  expected_chance: number | null;
  data_age_s: number | null;
  quality: Quality;
  sources: string[];
}

export interface ZoneState extends Judged {
  zone: string;
  occupancy: number | null;
  occupancy_p05: number | null;
  occupancy_p95: number | null;
  density_per_m2: number | null;
  capacity: number | null;
  normal: number | null;
  net_inflow_per_min: number | null;
  minutes_to_capacity: number | null;
}

/** Persons in several zones together; `group` is empty for the whole area. */
export interface Total {
  area: string;
  group: string;
  name: string;
  zones: string[];
  time: string;
  occupancy: number | null;
  occupancy_p05: number | null;
  occupancy_p95: number | null;
  quality: Quality;
}

export type Cause = "count" | "level" | "leaving" | "guess" | "opening" | "nobody_below_zero";

export interface Contribution {
  sensor: string | null;
  name: string | null;
  cause: Cause;
  persons: number;
  readings: number;
}

export interface Explanation {
  area: string;
  zone: string;
  name: string;
  time: string;
  since: string;
  before: number;
  occupancy: number;
  occupancy_p05: number;
  occupancy_p95: number;
  contributions: Contribution[];
  without: { sensor: string; name: string; occupancy: number; occupancy_p05: number; occupancy_p95: number }[];
}

export interface FlowState extends Judged {
  target: string;
  kind: "gate" | "point";
  forward_per_min: number | null;
  backward_per_min: number | null;
  flow_per_min: number | null;
  p05: number | null;
  p95: number | null;
  specific_flow_per_m_min: number | null;
  ratio_to_normal: number | null;
}

export interface Forecast {
  area: string;
  target: string;
  quantity: "count" | "occupancy" | "flow_per_min";
  origin: string;
  time: string;
  step_s?: number | null;
  mean: number | null;
  p2_5: number | null;
  p10: number | null;
  p25: number | null;
  p50: number | null;
  p75: number | null;
  p90: number | null;
  p97_5: number | null;
  model: string;
  model_version?: string;
  /** The end of what the model learned from; null where it learned nothing. */
  learned_until?: string | null;
  /** Drivers that the model knows how to use but did not have. */
  absent?: string[];
  /** Why this model and not its first choice, an English sentence; empty where it was. */
  reason?: string;
}

/** How often a level was forecast and came, came unforeseen, was forecast and did not come, or neither; in forecast steps. */
export interface LevelCounts {
  hits: number;
  misses: number;
  false_alarms: number;
  correct_negatives: number;
}

/** How good past forecasts were, for leads above `lead_from_s` up to `lead_to_s`; ratios are errors over those of a simple rule. */
export interface RecordRow {
  area: string;
  target: string | null;
  quantity: "count" | "occupancy" | "flow_per_min";
  band: string;
  lead_from_s: number;
  lead_to_s: number;
  kind: "all" | "quiet" | "busy" | "special";
  n: number;
  mae: number | null;
  to_last_week: number | null;
  to_ordinary_weeks: number | null;
  cover80: number | null;
  cover95: number | null;
  levels: Partial<Record<Level, LevelCounts>>;
  since: string;
  until: string;
  models: { name: string; share: number }[];
}

/** Chance that a level above the present one is reached within so many seconds, and when: median and 80 % interval. */
export interface LevelChance {
  area: string;
  target: string;
  quantity: string;
  level: Level;
  threshold: number;
  origin: string;
  chances: Record<string, number | null>;
  at_p10: string | null;
  at_p50: string | null;
  at_p90: string | null;
}

export interface HistoryPoint {
  time: string;
  value: number | null;
  p05: number | null;
  p95: number | null;
  quality: Quality;
}

export interface History {
  area: string;
  target: string;
  quantity: "occupancy" | "flow_per_min";
  unit: string;
  now: string;
  past: HistoryPoint[];
  normal: { time: string; value: number | null }[];
}

export type AlertPriority = "high" | "medium" | "low";
export type AlertState = "raised" | "acknowledged" | "shelved" | "cleared";

/** What is optional here, a server of an earlier version does not tell; see the functions in model.ts. */
export interface Alert {
  area: string;
  id: string;
  zone: string | null;
  target: string;
  name: string;
  kind: "crowd" | "data";
  level: Level | null;
  rule: string;
  raised_at: string;
  cleared_at: string | null;
  because: { en: string; nl: string };
  expected_at: string | null;
  chance: number | null;
  priority?: AlertPriority;
  state?: AlertState;
  acknowledged_at?: string | null;
  acknowledged_by?: string | null;
  shelved_until?: string | null;
  shelved_by?: string | null;
  shelved_why?: string | null;
  decide_before?: string | null;
  decide_measure?: string | null;
  /** The alert of a neighbour in which this one is told; null where it is told by itself. */
  group?: string | null;
  /** Neighbouring places told in this same alert. */
  joined?: string[];
  /** In quiet hours it does not ring. */
  quiet?: boolean;
}

export interface SensorHealth {
  area: string;
  sensor: string;
  name: string;
  kind: string;
  observes: string;
  interval_s: number;
  series: string;
  time: string;
  last_end: string | null;
  data_age_s: number | null;
  fault: string;
  since: string | null;
  stored: number;
  rejected: number;
  conflicts: number;
}

export interface Clock {
  area: string;
  now: string;
  mode: AreaMode;
  speed: number;
  paused: boolean;
  starts: string | null;
  ends: string | null;
  moving: boolean;
}

export type Message =
  | { type: "hello"; data: { version: string; areas: unknown } }
  | { type: "state"; data: { area: string; time: string; zones: ZoneState[]; flows: FlowState[]; totals: Total[] } }
  | { type: "forecast"; data: { area: string; origin: string; targets: string[] } }
  | { type: "alert"; data: Alert }
  | { type: "health"; data: { area: string; sensors: SensorHealth[] } }
  | { type: "clock"; data: Clock };

const KNOWN = new Set<string>(["hello", "state", "forecast", "alert", "health", "clock"]);

/** The server answered, but with an error; `message` is its own sentence. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = "",
    readonly detail: unknown = null,
  ) {
    super(message);
  }
}

export async function request<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, { signal: AbortSignal.timeout(15_000), ...init });
  if (!answer.ok) {
    const body = (await answer.json().catch(() => null)) as { error?: { code?: string; message?: string; detail?: unknown } } | null;
    throw new ServerError(answer.status, body?.error?.message ?? answer.statusText, body?.error?.code, body?.error?.detail);
  }
  return (await answer.json()) as T;
}

export const post = <T>(path: string, body: unknown): Promise<T> =>
  request<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const query = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString();

export const api = {
  areas: () => request<Area[]>("/v1/areas"),
  map: (area: string) => request<AreaMap>(`/v1/areas/${encodeURIComponent(area)}/map`),
  zones: (area: string) => request<ZoneState[]>(`/v1/zones/states?${query({ area })}`),
  flows: (area: string) => request<FlowState[]>(`/v1/flows/states?${query({ area })}`),
  totals: (area: string) => request<Total[]>(`/v1/zones/totals?${query({ area })}`),
  explanation: (area: string, zone: string) => request<Explanation>(`/v1/zones/${encodeURIComponent(zone)}/explanation?${query({ area })}`),
  alerts: (area: string) => request<Alert[]>(`/v1/alerts?${query({ area, active: "true" })}`),
  health: (area: string) => request<SensorHealth[]>(`/v1/sensors/health?${query({ area })}`),
  clocks: () => request<Clock[]>("/v1/clock"),
  forecasts: (area: string, target: string) => request<Forecast[]>(`/v1/forecasts?${query({ area, target })}`),
  record: (area: string, target: string, days: number) => request<RecordRow[]>(`/v1/forecasts/record?${query({ area, target, days: String(days) })}`),
  levelChances: (area: string, target: string) => request<LevelChance[]>(`/v1/forecasts/levels?${query({ area, target })}`),
  history: (area: string, target: string) => request<History>(`/v1/history?${query({ area, target, hours: "24" })}`),
  setClock: (change: { area: string; paused?: boolean; speed?: number; move_to?: string }) => post<Clock>("/v1/clock", change),
};

/** One event of a text/event-stream, as its lines say. */
export interface RawEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Cuts a stream's text into events; keeps what is not complete yet. */
export class EventCutter {
  #rest = "";

  push(text: string): RawEvent[] {
    const blocks = (this.#rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(parseBlock).filter((event) => event.data !== "");
  }
}

function parseBlock(block: string): RawEvent {
  const event: RawEvent = { id: null, event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") event.id = value;
    else if (field === "event") event.event = value;
    else if (field === "data") data.push(value);
  }
  event.data = data.join("\n");
  return event;
}

/** Waiting time before the n-th attempt in a row: 0.5 s doubling to 15 s, with a spread so that viewers do not return all at once. */
export function backoffMs(attempt: number, spread = Math.random()): number {
  return Math.min(15_000, 500 * 2 ** Math.min(attempt, 10)) * (0.75 + 0.5 * spread);
}

const SILENCE_MS = 25_000;

/**
 * Follow the live stream until told to stop; it comes back by itself.
 *
 * `fetch` rather than EventSource, because EventSource gives up for good on a 500
 * and cannot send Last-Event-ID again after a restart of our own.
 */
export function follow(heard: (message: Message) => void, contact: (open: boolean) => void): () => void {
  let stopped = false;
  let lastId: string | null = null;
  let attempt = 0;
  let abort = new AbortController();

  async function once(): Promise<void> {
    abort = new AbortController();
    const answer = await fetch("/v1/stream", {
      headers: { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) },
      signal: abort.signal,
      cache: "no-store",
    });
    if (!answer.ok || !answer.body) throw new ServerError(answer.status, answer.statusText);
    const cutter = new EventCutter();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    contact(true);
    for (;;) {
      const { done, value } = await withProbe(reader.read());
      if (done) return;
      attempt = 0;
      for (const raw of cutter.push(value)) {
        if (raw.id !== null) lastId = raw.id;
        if (KNOWN.has(raw.event)) heard({ type: raw.event, data: JSON.parse(raw.data) } as Message);
      }
    }
  }

  /** A paused replay is rightly silent; a dead line is not: ask something small to tell them apart. */
  async function withProbe<T>(reading: Promise<T>): Promise<T> {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<"silent">((resolve) => (timer = setTimeout(() => resolve("silent"), SILENCE_MS)));
      const first = await Promise.race([reading, silence]);
      clearTimeout(timer);
      if (first !== "silent") return first;
      await api.clocks();
    }
  }

  async function forever(): Promise<void> {
    while (!stopped) {
      try {
        await once();
      } catch {
        abort.abort();
      }
      if (stopped) return;
      contact(false);
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt++)));
    }
  }
  void forever();
  return () => {
    stopped = true;
    abort.abort();
  };
}
