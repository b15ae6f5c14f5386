/** How good past forecasts were, when a level is reached and which models speak; pure, so that it can be tested without a browser. */
import type { Forecast, Level, LevelChance, RecordRow } from "./api";
import { amount, dateLong, number, percent, timeNear, type Language } from "./format";
import type { Words } from "./locales/en";
import { rank } from "./model";

/** How far back the record is asked for, days. */
export const RECORD_DAYS = 30;
/** Below so many scored steps a mean says nothing yet. */
export const ENOUGH_STEPS = 20;
/** The end of the band that a crowd manager looks at first, s. */
const WANTED_LEAD_S = 7200;
const DAY_MS = 86_400_000;
const KINDS: readonly RecordRow["kind"][] = ["all", "quiet", "busy", "special"];
export const RAISED = ["yellow", "orange", "red"] as const satisfies readonly Level[];

/** What a sentence is told with. */
export interface Teller {
  words: Words;
  language: Language;
  /** IANA time zone of the area. */
  zone: string;
  /** The area's clock, ms since 1970. */
  now: number;
}

/** The rows of the quantity that the chart shows, the nearest lead first; of another quantity where that one has no record. */
export function recordOf(rows: readonly RecordRow[], quantity: string | undefined): RecordRow[] {
  const wanted = rows.some((row) => row.quantity === quantity) ? quantity : rows[0]?.quantity;
  return rows
    .filter((row) => row.quantity === wanted && row.n > 0)
    .sort((a, b) => a.lead_to_s - b.lead_to_s || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

/** The band that the sentence speaks of: up to two hours ahead, else the shortest that holds anything. */
export function headline(rows: readonly RecordRow[]): RecordRow | null {
  const all = rows.filter((row) => row.kind === "all" && row.n > 0);
  const shortest = all.reduce<RecordRow | null>((best, row) => (best === null || row.lead_to_s < best.lead_to_s ? row : best), null);
  return all.find((row) => row.lead_to_s === WANTED_LEAD_S) ?? shortest;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;

/** "up to 15 min", "15 min to 1 h", "1 to 2 h", "1 to 7 days". */
export function leadName(fromS: number, toS: number, { words, language }: Pick<Teller, "words" | "language">): string {
  const unitOf = (seconds: number) => UNITS.find(([, size]) => seconds >= size && (size < 86_400 || seconds > size)) ?? UNITS[2];
  const [last, size] = unitOf(toS);
  const end = `${number(toS / size, language)} ${words.record.unit[last]}`;
  if (fromS <= 0) return words.record.upTo(end);
  if (fromS % size === 0) return words.record.between(number(fromS / size, language), end);
  const [first, small] = unitOf(fromS);
  return words.record.between(`${number(fromS / small, language)} ${words.record.unit[first]}`, end);
}

/** A mean error in the unit of the chart: what was counted in a step becomes persons a minute. */
export const errorShown = (row: Pick<RecordRow, "mae" | "quantity">, stepS: number): number | null =>
  row.mae === null ? null : row.quantity === "count" ? row.mae / (stepS / 60) : row.mae;

export const unitShown = (quantity: string, words: Words): string => (quantity === "occupancy" ? words.unit.occupancy : words.unit.flow_per_min);

/** "21% better", "32% worse", "the same"; a dash where there was nothing to compare with. */
export function against(ratio: number | null, { words, language }: Pick<Teller, "words" | "language">): string {
  if (ratio === null) return number(null, language);
  const share = Math.round((ratio - 1) * 100) / 100;
  if (share === 0) return words.record.same;
  return share < 0 ? words.record.better(percent(-share, language)) : words.record.worse(percent(share, language));
}

function againstLastWeek(ratio: number | null, teller: Teller): string {
  const { record } = teller.words;
  if (ratio === null) return record.noLastWeek;
  const how = against(ratio, teller);
  return how === record.same ? record.asLastWeek : record.thanLastWeek(how);
}

/** "orange or higher"; nothing is higher than red. */
export const levelName = (level: Level, words: Words): string => (level === "red" ? words.level.red : words.record.orHigher(words.level[level]));

/** How levels were announced, from orange up; yellow where nothing higher was reached or announced. */
function levelsTold(row: RecordRow, { words, language }: Teller): string[] {
  const busy = RAISED.filter((level) => {
    const counts = row.levels[level];
    return counts !== undefined && counts.hits + counts.misses + counts.false_alarms > 0;
  });
  const higher = busy.filter((level) => level !== "yellow");
  const told = (higher.length > 0 ? higher : busy).flatMap((level) => {
    const counts = row.levels[level];
    return counts ? [words.record.levelIs(levelName(level, words), number(counts.hits, language), number(counts.misses, language), number(counts.false_alarms, language))] : [];
  });
  return told.length > 0 || Object.keys(row.levels).length === 0 ? told : [words.record.noLevels];
}

/** True when the scored steps reach back as far as was asked for, a day and a half more or less. */
const isWhole = (row: RecordRow, now: number): boolean => Date.parse(row.since) <= now - RECORD_DAYS * DAY_MS + 1.5 * DAY_MS;

/**
 * The record in one breath, or why there is none.
 *
 * @param rows of one quantity, as from `recordOf`
 * @param stepS length of a forecast's step, s
 */
export function recordSentence(rows: readonly RecordRow[], stepS: number, teller: Teller): string {
  const { words, language, zone, now } = teller;
  const row = headline(rows);
  if (row === null) return words.record.none;
  const lead = leadName(row.lead_from_s, row.lead_to_s, teller);
  if (row.n < ENOUGH_STEPS) return words.record.tooFew(lead, number(row.n, language));
  const parts = [
    `${words.record.off(amount(errorShown(row, stepS), language), unitShown(row.quantity, words))}, ${againstLastWeek(row.to_last_week, teller)}`,
    ...(row.cover80 === null ? [] : [words.record.within(number(100 * row.cover80, language))]),
    ...levelsTold(row, teller),
  ];
  const period = isWhole(row, now) ? words.record.lastDays(number(RECORD_DAYS, language), lead) : words.record.since(dateLong(row.since, zone, language), lead);
  return `${period}: ${parts.join("; ")}. ${words.record.counted(number(row.n, language))}`;
}

/** The chances of levels above the present one, the lowest level first. */
export const chancesAbove = (rows: readonly LevelChance[], level: Level | null): LevelChance[] =>
  rows.filter((row) => rank(row.level) > Math.max(0, rank(level))).sort((a, b) => (a.quantity < b.quantity ? -1 : a.quantity > b.quantity ? 1 : rank(a.level) - rank(b.level)));

/** Whole percents; what is nearly impossible or nearly certain is not told as quite so. */
export function chanceShown(chance: number | null | undefined, language: Language): string {
  if (typeof chance !== "number" || !Number.isFinite(chance)) return number(null, language);
  if (chance < 0.01) return `< ${percent(0.01, language)}`;
  return chance > 0.99 ? `> ${percent(0.99, language)}` : percent(chance, language);
}

/** When a level is reached: median and 80 % interval, as far as the forecast goes. */
export function reachedShown(row: Pick<LevelChance, "at_p10" | "at_p50" | "at_p90">, { words, language, zone, now }: Teller): string {
  const said = (at: string) => timeNear(at, now, zone, language);
  if (row.at_p50 === null) return row.at_p10 === null ? words.chances.notExpected : words.chances.perhaps(said(row.at_p10));
  if (row.at_p10 === null) return said(row.at_p50);
  return row.at_p90 === null
    ? words.chances.openEnded(said(row.at_p50), said(row.at_p10))
    : words.chances.between(said(row.at_p50), said(row.at_p10), said(row.at_p90));
}

/** A stretch of steps that one model forecast for one reason. */
export interface Reason {
  from: string;
  model: string;
  text: string;
}

/** Where a forecast comes from, over all its steps. */
export interface Source {
  origin: string;
  models: { name: string; learnedUntil: string | null }[];
  absent: string[];
  reasons: Reason[];
}

/** Which models speak, in the order in which they do; null where there is no forecast. */
export function sourceOf(forecasts: readonly Forecast[]): Source | null {
  const steps = forecasts.filter((step) => step.quantity === forecasts[0]?.quantity).sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  if (steps[0] === undefined) return null;
  const models = new Map<string, string | null>();
  const absent = new Set<string>();
  const reasons: Reason[] = [];
  let before: Forecast | undefined;
  for (const step of steps) {
    models.set(step.model, models.get(step.model) ?? step.learned_until ?? null);
    for (const name of step.absent ?? []) absent.add(name);
    if (step.reason && (step.reason !== before?.reason || step.model !== before.model)) reasons.push({ from: step.time, model: step.model, text: step.reason });
    before = step;
  }
  return { origin: steps[0].origin, models: [...models].map(([name, learnedUntil]) => ({ name, learnedUntil })), absent: [...absent], reasons };
}

/** A word of a table by its key; what has no word is shown as it is. */
export const nameIn = (table: Readonly<Record<string, string>>, key: string): string => (Object.hasOwn(table, key) ? (table[key] ?? key) : key);

/** "Made at 14:00 by nowcast, boosted trees; learned until 17 Jul; without weather." */
export function sourceSentence(source: Source, { words, language, zone, now }: Teller): string {
  const until = (at: string | null) => (at === null ? null : words.source.learned(dateLong(at, zone, language)));
  const known = new Set(source.models.map((model) => until(model.learnedUntil)).filter((told) => told !== null));
  // One date for all is said once; models that learned at different times each carry their own.
  const apart = known.size > 1;
  const models = source.models.map((model) => {
    const own = apart ? until(model.learnedUntil) : null;
    return nameIn(words.source.model, model.name) + (own === null ? "" : ` (${own})`);
  });
  const absent = source.absent.map((name) => nameIn(words.source.driver, name));
  const parts = [words.source.by(timeNear(source.origin, now, zone, language), models.join(", ")), ...(apart ? [] : known), ...(absent.length > 0 ? [words.source.without(absent.join(", "))] : [])];
  return `${parts.join("; ")}.`;
}
