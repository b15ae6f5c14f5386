/** What the desk says to the server: decisions, logbook, incidents, bowties, notices; the rest is in ../api.ts. */
import { post, query, request, ServerError, type Alert, type Level, type LevelScale } from "../api";

/** A sentence in the languages of the page. */
export interface Text {
  en: string;
  nl: string;
}

export const ROLES = ["operator", "crowd_manager", "police_liaison", "organiser", "steward"] as const;
export type Role = (typeof ROLES)[number];

/** The person who acts: each write names one. */
export interface Who {
  by: string;
  role: Role;
}

export interface LoadHour {
  start: string;
  high: number;
  medium: number;
  low: number;
}

/** How many alerts an operator got lately. */
export interface AlertLoad {
  area: string;
  last_10_min: number;
  most_in_10_min: number;
  hours: LoadHour[];
  verdict: "calm" | "busy" | "flood";
}

/** What earlier uses of a measure showed. */
export interface Experience {
  times: number;
  shown_less: number;
  shown_more: number;
  none_shown: number;
  text: Text;
}

export interface Measure {
  area: string;
  id: string;
  name: string;
  kind: string;
  where: string[];
  decides: string;
  owner: string;
  set_up_s: number;
  lasts_s: number | null;
  needs: string[];
  expected_effect: string;
  side_effects: string[];
  description: string;
  experience: Experience | null;
}

export type Fit = "in_time" | "tight" | "too_late" | "reached";

export interface Proposal {
  area: string;
  rank: number;
  alert: string | null;
  target: string;
  target_name: string;
  level: Level;
  reached_at: string | null;
  earliest: string | null;
  latest: string | null;
  chance: number | null;
  scenario: string;
  scenario_name: string;
  measure: string;
  measure_name: string;
  decides: string;
  owner: string;
  set_up_s: number;
  decide_before: string | null;
  ready_at: string;
  fit: Fit;
  in_force: boolean;
  /** Decided, and not in force yet. */
  decided?: boolean;
  text: Text;
}

export interface Rejected {
  measure: string;
  name?: string;
  why: string;
}

export interface Effect {
  measure: string;
  target: string;
  quantity: string;
  since: string;
  until: string;
  measured: number | null;
  expected: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  verdict: "less" | "more" | "none_shown" | "too_early";
  text: Text;
}

export interface MeasureTaken {
  measure: string;
  name: string;
  decided_at: string;
  in_force_at: string | null;
  ended_at: string | null;
  /** At the place it was decided for; `effects` at all its places. */
  effect: Effect | null;
  effects?: Effect[];
}

export interface Decision {
  area: string;
  number: number;
  taken_at: string;
  by: string;
  role: string;
  reason: string;
  target: string | null;
  alert: string | null;
  rejected: Rejected[];
  entry: number | null;
  measures: MeasureTaken[];
}

export interface DecisionToTake {
  area: string;
  reason: string;
  measures: string[];
  target: string | null;
  alert: string | null;
  rejected: Rejected[];
}

export interface EntryAction {
  text: string;
  owner: string;
  due: string | null;
  done_at: string | null;
}

export type EntryPriority = "normal" | "important" | "urgent";

export interface LogEntry {
  area: string;
  book: string;
  number: number;
  occurred_at: string;
  entered_at: string;
  author: string;
  role: string;
  place: string | null;
  place_name: string | null;
  category: string;
  priority: EntryPriority;
  text: string;
  reason: string;
  rejected: (Rejected | string)[];
  action: EntryAction | null;
  corrects: number | null;
  corrected_by: number | null;
  incident: string | number | null;
  alert: string | null;
  decision: number | null;
  hash: string;
  frozen: boolean;
}

export interface EntryToWrite {
  area: string;
  text: string;
  place: string | null;
  category: string;
  priority?: EntryPriority;
  occurred_at?: string;
  reason?: string;
  rejected?: Rejected[];
  action?: { text: string; owner: string; due: string };
  corrects?: number;
  incident?: string | number;
  alert?: string;
  anyway?: boolean;
}

/** What the word filter found in a text, as `detail` of a ServerError with code "personal_data". */
export interface PersonalData {
  kind: "name" | "plate" | "number" | "email" | "phone";
  found: string;
  start: number;
  end: number;
}

export type FrozenRow = Record<string, unknown>;

/** What the screen showed when an entry was made. */
export interface Frozen {
  time: string;
  zones: FrozenRow[];
  flows: FrozenRow[];
  alerts: FrozenRow[];
  forecasts: FrozenRow[];
  health: FrozenRow[];
  in_force: FrozenRow[];
}

export interface Incident {
  area: string;
  id: string | number;
  category: string;
  place: string | null;
  place_name: string | null;
  opened_at: string;
  closed_at: string | null;
  title: string;
  entries: number[];
}

/** An action that is not done. */
export interface OpenAction {
  number: number;
  text: string;
  owner: string;
  due: string | null;
  overdue: boolean;
  place: string | null;
}

/** Something that stands: a measure or decision, an alert, a problem with data. */
export interface Standing {
  id: string;
  since: string | null;
  what: Text;
}

export interface Handover {
  area: string;
  book: string;
  since: string;
  until: string;
  incidents: Incident[];
  actions: OpenAction[];
  decisions: Standing[];
  alerts: Standing[];
  undelivered: number | null;
  data_problems: Standing[];
  new_entries: number;
  /** The last entry, to be kept elsewhere too; null while there is none. */
  head: { number: number; hash: string } | null;
  text: Text;
}

export type BarrierStatus = "up" | "degraded" | "down" | "unknown";

export interface ChanceRange {
  low: number;
  chance: number;
  high: number;
}
export interface NamedChance extends ChanceRange {
  id: string;
  name: string;
}

export interface Barrier {
  id: string;
  name: string;
  side: "preventive" | "recovering";
  on: string[];
  owner: string;
  status: BarrierStatus;
  status_by: string | null;
  status_at: string | null;
  status_why: string;
  effectiveness: [number, number, number];
}

export interface Factor {
  id: string;
  name: string;
  /** Null where nobody knows. */
  present: boolean | null;
  odds_ratio: [number, number, number];
  source: string;
}

export interface WaterfallStep {
  kind: "base" | "factor" | "barrier";
  id: string;
  name: string;
  from: number;
  to: number;
  low: number;
  high: number;
}

export interface Bowtie {
  area: string;
  id: string;
  name: string;
  zone: string;
  level: Level;
  horizon_s: number;
  top: ChanceRange & { name: string };
  forecast_chance: number | null;
  threats: NamedChance[];
  barriers: Barrier[];
  factors: Factor[];
  consequences: NamedChance[];
  waterfall: WaterfallStep[];
}

/** "held": a replay, exercise or simulation, so nothing left the machine. */
export type NoticeState = "waiting" | "delivered" | "given_up" | "held";

export interface Notice {
  area: string;
  id: string;
  channel: string;
  kind: string;
  title: Text;
  created_at: string;
  state: NoticeState;
  tries: number;
  next_try_at: string | null;
  delivered_at: string | null;
  why: string;
}

export interface LevelVersion {
  area: string;
  version: number;
  changed_at: string;
  changed_by: string;
  why: string;
  scales: LevelScale[];
}

const at = (path: string, parameters: Record<string, string | number> = {}): string =>
  `/v1/${path}?${query(Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, String(value)])))}`;

export const desk = {
  acknowledge: (who: Who, area: string, id: string) => post<Alert>("/v1/alerts/acknowledge", { area, id, ...who }),
  shelve: (who: Who, area: string, id: string, minutes: number, why: string) => post<Alert>("/v1/alerts/shelve", { area, id, minutes, why, ...who }),
  /** All alerts of the last hours, also those that are cleared. */
  alertsSince: (area: string, hours: number) => request<Alert[]>(at("alerts", { area, hours })),
  load: (area: string) => request<AlertLoad[]>(at("alerts/load", { area })),
  measures: (area: string) => request<Measure[]>(at("measures", { area })),
  proposals: (area: string) => request<Proposal[]>(at("proposals", { area })),
  decisions: (area: string) => request<Decision[]>(at("decisions", { area })),
  decide: (who: Who, decision: DecisionToTake) => post<Decision>("/v1/decisions", { ...decision, ...who }),
  progress: (who: Who, area: string, number: number, measure: string, state: "in_force" | "ended") =>
    post<Decision>("/v1/decisions/progress", { area, number, measure, state, ...who }),

  logbook: (area: string, after = 0, limit = 200) => request<LogEntry[]>(at("logbook", { area, after, limit })),
  /** `key` is the same at every try of one line, so that a server that knows it can keep a line once though the answer was lost. */
  write: (who: Who, entry: EntryToWrite, key: string) =>
    request<LogEntry>("/v1/logbook", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ ...entry, ...who }),
    }),
  /** Null where nothing was kept with the entry. */
  frozen: (area: string, number: number) => request<Frozen | null>(at("logbook/frozen", { area, number })),
  done: (who: Who, area: string, number: number) => post<LogEntry>("/v1/logbook/done", { area, number, ...who }),
  handover: (area: string, hours: number) => request<Handover>(at("logbook/handover", { area, hours })),
  exportAddress: (area: string, format: "csv" | "pdf", language: "en" | "nl") => at("logbook/export", { area, format, language }),
  incidents: (area: string) => request<Incident[]>(at("incidents", { area })),
  openIncident: (who: Who, incident: { area: string; category: string; place: string | null; text: string; anyway?: boolean }) => post<Incident>("/v1/incidents", { ...incident, ...who }),
  closeIncident: (who: Who, area: string, id: string | number, text: string, anyway = false) =>
    post<Incident>("/v1/incidents/close", { area, id, text, ...(anyway ? { anyway } : {}), ...who }),

  bowties: (area: string) => request<Bowtie[]>(at("bowties", { area })),
  setBarrier: (who: Who, area: string, bowtie: string, barrier: string, status: BarrierStatus, why: string) =>
    post<Bowtie>("/v1/bowties/barrier", { area, bowtie, barrier, status, why, ...who }),
  setFactor: (who: Who, area: string, factor: string, present: boolean | null) => post<unknown>("/v1/bowties/factor", { area, factor, present, ...who }),

  notices: (area: string) => request<Notice[]>(at("notices", { area })),
  retryNotice: (who: Who, area: string, id: string, channel: string) => post<Notice>("/v1/notices/retry", { area, id, channel, ...who }),

  levels: (area: string) => request<LevelVersion>(at("levels", { area })),
  levelVersions: (area: string) => request<LevelVersion[]>(at("levels/versions", { area })),
  setLevels: (who: Who, area: string, why: string, scales: LevelScale[]) => post<LevelVersion>("/v1/levels", { area, why, scales, ...who }),
};

/** A list that a server may not know of, or does not give to this screen: null then, so that its part of the page stays out. */
export async function orNone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ServerError && [403, 404, 405].includes(error.status)) return null;
    throw error;
  }
}

export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

