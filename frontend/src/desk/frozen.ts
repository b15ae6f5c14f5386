/** What the screen showed when a line was written, as rows of plain tables; what a row does not carry is null. */
import { LEVELS, type Level, type Quality } from "../api";
import type { FrozenRow } from "./api";

const num = (row: FrozenRow, ...names: string[]): number | null => {
  for (const name of names) if (typeof row[name] === "number" && Number.isFinite(row[name])) return row[name];
  return null;
};
const txt = (row: FrozenRow, ...names: string[]): string => {
  for (const name of names) if (typeof row[name] === "string" && row[name] !== "") return row[name];
  return "";
};
const levelIn = (row: FrozenRow): Level | null => LEVELS.find((level) => level === row["level"]) ?? null;
const rankOf = (level: Level | null): number => (level === null ? -1 : LEVELS.indexOf(level));
const QUALITIES: readonly Quality[] = ["good", "repaired", "partial", "suspect", "suppressed", "stale", "missing"];

export interface FrozenPlace {
  name: string;
  value: number | null;
  low: number | null;
  high: number | null;
  level: Level | null;
  quality: Quality | null;
  age: number | null;
}

/** Zones and flows alike, those of the highest level first. */
export function frozenPlaces(rows: readonly FrozenRow[]): FrozenPlace[] {
  const places = rows.map((row) => ({
    name: txt(row, "name", "zone", "target"),
    value: num(row, "occupancy", "flow_per_min"),
    low: num(row, "occupancy_p05", "p05"),
    high: num(row, "occupancy_p95", "p95"),
    level: levelIn(row),
    quality: QUALITIES.find((quality) => quality === row["quality"]) ?? null,
    age: num(row, "data_age_s"),
  }));
  return places.sort((a, b) => rankOf(b.level) - rankOf(a.level) || a.name.localeCompare(b.name));
}

/** A sentence in one of two languages, or the text itself; what is neither is empty. */
export function saidIn(value: unknown, language: "en" | "nl"): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  const said = (value as Record<string, unknown>)[language] ?? (value as Record<string, unknown>)["en"];
  return typeof said === "string" ? said : "";
}

export interface FrozenAlert {
  name: string;
  kind: "crowd" | "data";
  level: Level | null;
  /** The level was expected and not there yet. */
  expected: boolean;
  because: string;
}

/** The highest level first; a level is expected where its place had not reached it. */
export function frozenAlerts(rows: readonly FrozenRow[], places: readonly FrozenRow[], language: "en" | "nl"): FrozenAlert[] {
  const present = new Map(places.map((row) => [txt(row, "zone", "target"), rankOf(levelIn(row))]));
  const alerts = rows.map((row) => ({
    name: txt(row, "name", "target", "zone"),
    kind: row["kind"] === "data" ? ("data" as const) : ("crowd" as const),
    level: levelIn(row),
    expected: txt(row, "expected_at") !== "" && (present.get(txt(row, "target", "zone")) ?? -1) < rankOf(levelIn(row)),
    because: saidIn(row["because"] ?? row["text"], language),
  }));
  return alerts.sort((a, b) => rankOf(b.level) - rankOf(a.level));
}

export interface FrozenForecast {
  name: string;
  time: string;
  low: number | null;
  median: number | null;
  high: number | null;
}

export function frozenForecasts(rows: readonly FrozenRow[], nameOf: (id: string) => string): FrozenForecast[] {
  return rows
    .map((row) => ({
      name: txt(row, "name") || nameOf(txt(row, "target", "zone")),
      time: txt(row, "time"),
      low: num(row, "p10"),
      median: num(row, "p50", "mean"),
      high: num(row, "p90"),
    }))
    .sort((a, b) => a.name.localeCompare(b.name) || Date.parse(a.time) - Date.parse(b.time));
}

/** Sensors that were not in order, each with what was wrong. */
export const frozenFaults = (rows: readonly FrozenRow[]): { name: string; fault: string }[] =>
  rows.map((row) => ({ name: txt(row, "name", "sensor"), fault: txt(row, "fault") })).filter((row) => row.fault !== "");

export const frozenInForce = (rows: readonly unknown[]): string[] =>
  rows.map((row) => (typeof row === "string" ? row : txt((row ?? {}) as FrozenRow, "name", "measure_name", "measure"))).filter((name) => name !== "");
