/** What a bowtie says, in words and lengths; pure, so that it can be tested without a browser. */
import type { Barrier, Bowtie, WaterfallStep } from "./api";
import { NONE, number, percent, type Language } from "../format";

export const STATUSES = ["up", "degraded", "down", "unknown"] as const;

/** A chance in per cent, small ones with a digit more; it never rounds a little to nothing, nor nearly to certain. */
export function chance(value: number | null | undefined, language: Language): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return NONE;
  if (value > 0 && value < 0.0005) return `< ${number(0.1, language, 1)}%`;
  if (value > 0 && value < 0.0995) return `${number(100 * value, language, 1)}%`;
  if (value < 1 && value > 0.995) return `> ${percent(0.99, language)}`;
  return percent(value, language);
}

/** Length of the axis: the largest chance that is drawn, rounded up to one that can be read off. */
export function axisEnd(chances: readonly number[]): number {
  const largest = Math.max(0, ...chances.filter((one) => Number.isFinite(one)));
  return [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].find((end) => largest <= end) ?? 1;
}

export interface Bar {
  /** Shares of the axis, 0 to 1. */
  left: number;
  width: number;
  low: number;
  high: number;
  /** +1 where the step makes it likelier, -1 where less likely, 0 where it changes nothing. */
  sign: -1 | 0 | 1;
}

const within = (share: number): number => Math.min(1, Math.max(0, share));

/** Where the bars of a waterfall lie on their common axis; the first stands on nothing. */
export function waterfallBars(steps: readonly WaterfallStep[], end = axisEnd(steps.flatMap((step) => [step.from, step.to, step.high]))): Bar[] {
  return steps.map((step) => {
    const from = step.kind === "base" ? 0 : step.from;
    return {
      left: within(Math.min(from, step.to) / end),
      width: within(Math.abs(step.to - from) / end),
      low: within(step.low / end),
      high: within(step.high / end),
      sign: step.kind === "base" ? 0 : (Math.sign(Math.round((step.to - from) * 1e6)) as -1 | 0 | 1),
    };
  });
}

/** The bowtie to begin with: that of the selected place, else the one whose top event is the likeliest. */
export function firstBowtie(bowties: readonly Bowtie[], place: string | null): Bowtie | null {
  return bowties.find((one) => one.zone === place) ?? [...bowties].sort((a, b) => b.top.chance - a.top.chance)[0] ?? null;
}

export const barriersOf = (bowtie: Bowtie, side: Barrier["side"]): Barrier[] => bowtie.barriers.filter((barrier) => barrier.side === side);

/** Names of the threats and consequences that a barrier stands on. */
export const standsOn = (bowtie: Bowtie, barrier: Barrier): string[] =>
  [...bowtie.threats, ...bowtie.consequences].filter((one) => barrier.on.includes(one.id)).map((one) => one.name);

/** A difference of chances in percentage points, with its sign: "+4", "-0.3", "0". */
export function signedPoints(difference: number, language: Language): string {
  const points = 100 * difference;
  const said = number(Math.abs(points), language, Math.abs(points) < 1 && Math.abs(points) >= 0.05 ? 1 : 0);
  return said === "0" ? said : `${points > 0 ? "+" : "−"}${said}`;
}
