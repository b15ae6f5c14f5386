import { expect, test } from "vitest";
import {
  countdown,
  EMPTY_DRAFT,
  hasEnded,
  isComplete,
  leftOut,
  nextToDecide,
  progressOf,
  proposalsFor,
  rejectedOf,
  running,
  targetShown,
  tick,
  tickNothing,
  withReason,
} from "../src/desk/decide";
import { aDecision, aMeasureTaken, aProposal, NOW } from "./builders";

const now = Date.parse(NOW);

test("a countdown says how long there is, or since when it is too late, and nothing where there is no moment", () => {
  expect(countdown("2026-07-18T12:42:00+00:00", now)).toEqual({ at: "2026-07-18T12:42:00+00:00", seconds: 720, late: false });
  expect(countdown("2026-07-18T12:27:00+00:00", now)).toEqual({ at: "2026-07-18T12:27:00+00:00", seconds: 180, late: true });
  expect(countdown(NOW, now)?.late).toBe(false);
  expect([countdown(null, now), countdown(undefined, now), countdown("soon", now)]).toEqual([null, null, null]);
});

test("a place shows its own proposals by rank, and a measure of two scenarios once, at its best rank", () => {
  const rows = [
    aProposal({ rank: 3, measure: "close", level: "red" }),
    aProposal({ rank: 1, measure: "hosts" }),
    aProposal({ rank: 2, measure: "close", level: "orange" }),
    aProposal({ rank: 1, measure: "trains", target: "z2" }),
  ];
  expect(proposalsFor(rows, "z1").map((row) => [row.measure, row.level])).toEqual([
    ["hosts", "red"],
    ["close", "orange"],
  ]);
  expect(proposalsFor(rows, null)).toEqual([]);
});

test("a chosen place is kept even without proposals; while following the best ranked place steps in", () => {
  const rows = [aProposal({ rank: 2, target: "z2" }), aProposal({ rank: 1, target: "z3" })];
  expect(targetShown(rows, "z1", false)).toBe("z1");
  expect(targetShown(rows, "z1", true)).toBe("z3");
  expect(targetShown(rows, "z2", true)).toBe("z2");
  expect(targetShown([], "z1", true)).toBe("z1");
});

test("the next to decide is the one whose last moment comes first, of those that are neither late nor in force", () => {
  const at = (minute: string, measure: string, part = {}) => aProposal({ measure, decide_before: `2026-07-18T12:${minute}:00+00:00`, ...part });
  const rows = [at("20", "late"), at("50", "slow"), at("40", "next"), at("35", "runs", { in_force: true }), aProposal({ measure: "never", decide_before: null })];
  expect(nextToDecide(rows, now)?.measure).toBe("next");
  expect(nextToDecide([at("20", "late")], now)).toBeNull();
});

test("doing something and doing nothing exclude each other", () => {
  const something = tick(tick(EMPTY_DRAFT, "close", true), "hosts", true);
  expect(something.ticked).toEqual(["close", "hosts"]);
  const nothing = tickNothing(something, true);
  expect([nothing.ticked, nothing.nothing]).toEqual([[], true]);
  expect(tick(nothing, "close", true)).toMatchObject({ ticked: ["close"], nothing: false });
  expect([EMPTY_DRAFT, something, nothing, tick(tick(EMPTY_DRAFT, "close", true), "close", false)].map(isComplete)).toEqual([false, true, true, false]);
});

test("rejected is what was shown and not ticked, with its reason or the words for none; what runs already is not", () => {
  const shown = [aProposal({ measure: "close" }), aProposal({ measure: "hosts" }), aProposal({ measure: "trains" }), aProposal({ measure: "runs", in_force: true }), aProposal({ measure: "coming", decided: true })];
  const draft = { ...EMPTY_DRAFT, ticked: ["close"], whys: { trains: " too slow ", close: "unused" } };
  expect(leftOut(shown, draft).map((one) => one.measure)).toEqual(["hosts", "trains"]);
  expect(rejectedOf(shown, draft, "not chosen")).toEqual([
    { measure: "hosts", why: "not chosen" },
    { measure: "trains", why: "too slow" },
  ]);
  expect(rejectedOf(shown, { ...EMPTY_DRAFT, nothing: true }, "not chosen")).toHaveLength(3);
});

test("a reason grows by what is tapped, once", () => {
  const once = withReason("", "as a precaution");
  expect(once).toBe("as a precaution");
  expect(withReason(once, "as a precaution")).toBe(once);
  expect(withReason("wind turns ", "as a precaution")).toBe("wind turns; as a precaution");
});

test("a measure runs from its decision to its end", () => {
  const started = aMeasureTaken({ measure: "hosts", in_force_at: NOW });
  const ended = aMeasureTaken({ measure: "trains", in_force_at: NOW, ended_at: NOW });
  expect([aMeasureTaken(), started, ended].map(progressOf)).toEqual(["decided", "in_force", "ended"]);
  const rows = [aDecision({ number: 2, measures: [started, ended] }), aDecision({ number: 1, target: "z2" })];
  expect(running(rows).map((one) => one.taken.measure)).toEqual(["hosts", "close"]);
  expect(running(rows, "z2").map((one) => one.decision.number)).toEqual([1]);
  expect([rows[0], aDecision({ measures: [ended] }), aDecision({ measures: [] })].map((one) => one && hasEnded(one))).toEqual([false, true, true]);
});
