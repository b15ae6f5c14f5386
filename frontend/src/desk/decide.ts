/** The pure part of deciding: how long there is, what is proposed where, what a decision rejects, what runs. */
import type { Decision, MeasureTaken, Proposal, Rejected } from "./api";

export interface Countdown {
  at: string;
  /** Seconds until the moment, or since it when `late`. */
  seconds: number;
  late: boolean;
}

/** Null where there is no last moment to decide. */
export function countdown(before: string | null | undefined, now: number): Countdown | null {
  const time = before === null || before === undefined ? NaN : Date.parse(before);
  if (!Number.isFinite(time)) return null;
  const seconds = (time - now) / 1000;
  return { at: before as string, seconds: Math.abs(seconds), late: seconds < 0 };
}

/** In force, or decided and on its way. */
export const isTaken = (proposal: Proposal): boolean => proposal.in_force || (proposal.decided ?? false);

const byRank = (a: Proposal, b: Proposal): number => a.rank - b.rank || (a.measure < b.measure ? -1 : 1);

/** The proposals for one place, best first; a measure that two scenarios name stands once, at its best rank. */
export function proposalsFor(proposals: readonly Proposal[], target: string | null): Proposal[] {
  const seen = new Set<string>();
  return [...proposals]
    .filter((proposal) => proposal.target === target)
    .sort(byRank)
    .filter((proposal) => !seen.has(proposal.measure) && seen.add(proposal.measure));
}

/** The place whose proposals are shown: the reader's own choice; while following, the best ranked one where the place followed has none. */
export function targetShown(proposals: readonly Proposal[], selected: string | null, following: boolean): string | null {
  if (!following || proposals.some((proposal) => proposal.target === selected)) return selected;
  return [...proposals].sort(byRank)[0]?.target ?? selected;
}

/** The proposal with the least time left that can still be ready before the level, and is not taken. */
export function nextToDecide(proposals: readonly Proposal[], now: number): Proposal | null {
  const open = proposals.filter((one) => !isTaken(one) && one.decide_before !== null && Date.parse(one.decide_before) >= now);
  return open.sort((a, b) => Date.parse(a.decide_before ?? "") - Date.parse(b.decide_before ?? ""))[0] ?? null;
}

export interface Draft {
  ticked: readonly string[];
  nothing: boolean;
  reason: string;
  /** Why an option was not chosen, by measure. */
  whys: Readonly<Record<string, string>>;
}

export const EMPTY_DRAFT: Draft = { ticked: [], nothing: false, reason: "", whys: {} };

/** Doing nothing and doing something exclude each other. */
export function tick(draft: Draft, measure: string, on: boolean): Draft {
  const others = draft.ticked.filter((one) => one !== measure);
  return { ...draft, nothing: on ? false : draft.nothing, ticked: on ? [...others, measure] : others };
}

export const tickNothing = (draft: Draft, on: boolean): Draft => ({ ...draft, nothing: on, ticked: on ? [] : draft.ticked });

export const isComplete = (draft: Draft): boolean => draft.nothing || draft.ticked.length > 0;

/** The options that were shown and not ticked; those that run already were not to be chosen. */
export function leftOut(shown: readonly Proposal[], draft: Draft): Proposal[] {
  return shown.filter((one) => !isTaken(one) && !draft.ticked.includes(one.measure));
}

export function rejectedOf(shown: readonly Proposal[], draft: Draft, notChosen: string): Rejected[] {
  return leftOut(shown, draft).map(({ measure }) => ({ measure, why: draft.whys[measure]?.trim() || notChosen }));
}

/** A reason to which another one is added; twice the same stands once. */
export function withReason(reason: string, more: string): string {
  const text = reason.trim();
  if (text === "") return more;
  return text.includes(more) ? text : `${text}; ${more}`;
}

export type Progress = "decided" | "in_force" | "ended";

export function progressOf(taken: MeasureTaken): Progress {
  if (taken.ended_at !== null) return "ended";
  return taken.in_force_at === null ? "decided" : "in_force";
}

export interface Running {
  decision: Decision;
  taken: MeasureTaken;
}

/** Measures that were decided and have not ended, the latest decision first. */
export function running(decisions: readonly Decision[], target?: string | null): Running[] {
  return decisions
    .filter((decision) => target === undefined || decision.target === target)
    .flatMap((decision) => decision.measures.filter((taken) => taken.ended_at === null).map((taken) => ({ decision, taken })));
}

export const hasEnded = (decision: Decision): boolean => decision.measures.every((taken) => taken.ended_at !== null);
