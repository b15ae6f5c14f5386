import { expect, test } from "vitest";
import type { EntryToWrite } from "../src/desk/api";
import { frozenAlerts, frozenFaults, frozenForecasts, frozenInForce, frozenPlaces } from "../src/desk/frozen";
import {
  actionState,
  dueAt,
  EMPTY_DRAFT,
  keepDraft,
  keptDraft,
  keyOfTry,
  labelsOf,
  marked,
  momentsOf,
  NO_FILTER,
  occurredAt,
  openActions,
  placeNamed,
  readAgainAfter,
  rejectedLine,
  requestOf,
  shown,
  threadOf,
  together,
  toldLater,
  type Circumstances,
  type Draft,
  type Keeper,
} from "../src/desk/logbook";
import { noticesBy } from "../src/desk/notices";
import { aNotice, anEntry } from "./builders";

const ZONE = "Europe/Amsterdam";
const NOW = Date.parse("2026-07-18T12:30:00Z");
const at: Circumstances = { area: "strand", zone: ZONE, now: NOW, place: "z1", anyway: false };
const aDraft = (part: Partial<Draft> = {}): Draft => ({ ...EMPTY_DRAFT, id: "d1", text: "Queue grows", ...part });
const aKeeper = (): Keeper & { kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
};
const sent = (draft: Draft, part: Partial<Circumstances> = {}): EntryToWrite => {
  const made = requestOf(draft, { ...at, ...part });
  if ("lack" in made) throw new Error(`lacks ${made.lack}`);
  return made.request;
};

test("a sentence and a place are enough, and nothing is sent that nobody filled in", () => {
  expect(sent(aDraft({ text: "  Queue grows " }))).toEqual({ area: "strand", text: "Queue grows", place: "z1", category: "observation", priority: "normal" });
});

test("what a line lacks is told, not sent", () => {
  expect(requestOf(aDraft({ text: " " }), at)).toEqual({ lack: "text" });
  expect(requestOf(aDraft(), { ...at, place: undefined })).toEqual({ lack: "place" });
  expect(requestOf(aDraft({ occurredAt: "yesterday" }), at)).toEqual({ lack: "occurred" });
  expect(requestOf(aDraft({ actionText: "send stewards" }), at)).toEqual({ lack: "action" });
  expect(requestOf(aDraft({ corrects: "2b" }), at)).toEqual({ lack: "corrects" });
  expect(requestOf(aDraft({ corrects: "0" }), at)).toEqual({ lack: "corrects" });
});

test("times are those of the area, whatever the reader's own clock", () => {
  const line = sent(aDraft({ occurredAt: "2026-07-18T14:05", actionText: "send", actionOwner: "Organiser", actionDue: "2026-07-18T15:00" }));
  expect(line.occurred_at).toBe("2026-07-18T12:05:00.000Z");
  expect(line.action).toEqual({ text: "send", owner: "Organiser", due: "2026-07-18T13:00:00.000Z" });
});

test("a time that comes twice is the past one for what happened and the coming one for what must be done", () => {
  const [first, second] = [Date.parse("2026-10-25T00:30:00Z"), Date.parse("2026-10-25T01:30:00Z")];
  expect(momentsOf("2026-10-25T02:30", ZONE)).toEqual([first, second]);
  expect(occurredAt("2026-10-25T02:30", ZONE, first + 60_000)).toBe(first);
  expect(occurredAt("2026-10-25T02:30", ZONE, second + 60_000)).toBe(second);
  expect(dueAt("2026-10-25T02:30", ZONE, first + 60_000)).toBe(second);
  expect(momentsOf("2026-03-29T02:30", ZONE)).toEqual([]);
  expect(momentsOf("2026-07-18T12:00", "Asia/Kathmandu")).toEqual([Date.parse("2026-07-18T06:15:00Z")]);
  expect(momentsOf("2026-07-18T01:00", "Pacific/Auckland")).toEqual([Date.parse("2026-07-17T13:00:00Z")]);
});

test("a draft comes back after a reload, and one that was sent does not", () => {
  const keeper = aKeeper();
  const draft = aDraft({ place: "Kurplein", reason: "seen" });
  keepDraft(keeper, "strand", draft);
  expect(keptDraft(keeper, "strand")).toEqual(draft);
  expect(keptDraft(keeper, "auckland")).toEqual(EMPTY_DRAFT);
  keepDraft(keeper, "strand", { ...EMPTY_DRAFT, id: "d2" });
  expect(keeper.kept.size).toBe(0);
});

test("what was kept wrongly, or cannot be kept, is an empty draft and no error", () => {
  const keeper = aKeeper();
  for (const kept of ["{", "7", "null", '{"text": 7}', '{"category": "nonsense"}', '{"priority": "extreme"}']) {
    keeper.setItem("deining.logline.strand", kept);
    expect(keptDraft(keeper, "strand")).toEqual(EMPTY_DRAFT);
  }
  const full: Keeper = {
    ...keeper,
    setItem: () => {
      throw new Error("quota");
    },
  };
  expect(() => keepDraft(full, "strand", aDraft())).not.toThrow();
});

test("a line sent again has the same key, a changed one another, and the warning does not count", () => {
  const line = sent(aDraft());
  expect(keyOfTry("d1", sent(aDraft()))).toBe(keyOfTry("d1", line));
  expect(keyOfTry("d1", { ...line, anyway: true })).toBe(keyOfTry("d1", line));
  expect(keyOfTry("d1", { ...line, text: "Queue grows." })).not.toBe(keyOfTry("d1", line));
  expect(keyOfTry("d2", line)).not.toBe(keyOfTry("d1", line));
});

test("a place is found by its name in any case, and two of one name are told apart", () => {
  const places = [
    { id: "z1", name: "Kurplein" },
    { id: "z2", name: "Trap" },
    { id: "z3", name: "Trap" },
  ];
  expect([...labelsOf(places).values()]).toEqual(["Kurplein", "Trap (z2)", "Trap (z3)"]);
  expect(placeNamed("kurplein ", places)).toBe("z1");
  expect(placeNamed("Trap (z3)", places)).toBe("z3");
  expect(placeNamed("Trap", places, "z3")).toBe("z3");
  expect(placeNamed("", places)).toBeNull();
  expect(placeNamed("elsewhere", places)).toBeUndefined();
});

test("what the filter found is marked where it stands, though letters differ in width", () => {
  expect(marked("🎈 Spoke with Jan Jansen.", [{ kind: "name", found: "Jan Jansen", start: 13, end: 23 }])).toEqual([
    { text: "🎈 Spoke with ", kind: null },
    { text: "Jan Jansen", kind: "name" },
    { text: ".", kind: null },
  ]);
  const text = "Plate AB-123-C of Jan Jansen";
  const overlapping = [
    { kind: "plate" as const, found: "AB-123-C", start: 6, end: 14 },
    { kind: "number" as const, found: "123", start: 9, end: 12 },
    { kind: "name" as const, found: "beyond", start: 18, end: 99 },
  ];
  expect(marked(text, overlapping).map((piece) => piece.text).join("")).toBe(text);
  expect(marked(text, overlapping).filter((piece) => piece.kind)).toEqual([{ text: "AB-123-C", kind: "plate" }]);
});

test("corrections are linked both ways, whichever was read first", () => {
  const lines = together([anEntry({ number: 1 })], [anEntry({ number: 2, corrects: 1 })]);
  expect(lines.map((line) => line.corrected_by)).toEqual([2, null]);
});

test("a line of another book begins another logbook", () => {
  expect(together([anEntry({ number: 1 }), anEntry({ number: 2 })], [anEntry({ number: 1, book: "replay-2" })]).map((line) => line.book)).toEqual(["replay-2"]);
  expect(together([anEntry({ number: 1 })], []).length).toBe(1);
});

test("reading again begins at the first open action, else after the last line", () => {
  const action = { text: "send", owner: "Organiser", due: "2026-07-18T13:00:00Z", done_at: null };
  const done = { ...action, done_at: "2026-07-18T12:00:00Z" };
  expect(readAgainAfter([])).toBe(0);
  expect(readAgainAfter([anEntry({ number: 1, action: done }), anEntry({ number: 2 })])).toBe(2);
  expect(readAgainAfter([anEntry({ number: 1 }), anEntry({ number: 2, action }), anEntry({ number: 3 })])).toBe(1);
});

test("the list is newest first and filters by text, number, place, category and incident", () => {
  const lines = [
    anEntry({ number: 1, text: "Wind turns", place: "z1" }),
    anEntry({ number: 2, text: "Gate closed", category: "measure", incident: 7 }),
    anEntry({ number: 3, text: "Quiet", reason: "wind is down", incident: "7" }),
  ];
  const numbers = (part: Partial<typeof NO_FILTER>) => shown(lines, { ...NO_FILTER, ...part }).map((line) => line.number);
  expect(numbers({})).toEqual([3, 2, 1]);
  expect(numbers({ text: "WIND" })).toEqual([3, 1]);
  expect(numbers({ text: "#2" })).toEqual([2]);
  expect(numbers({ place: "z1" })).toEqual([1]);
  expect(numbers({ category: "measure" })).toEqual([2]);
  expect(numbers({ incident: "7" })).toEqual([3, 2]);
  expect(threadOf(lines, { id: 7, entries: [1] }).map((line) => line.number)).toEqual([1, 2, 3]);
});

test("two times are told when they differ by more than a minute", () => {
  expect(toldLater({ occurred_at: "2026-07-18T12:00:00Z", entered_at: "2026-07-18T12:01:00Z" })).toBe(false);
  expect(toldLater({ occurred_at: "2026-07-18T12:00:00Z", entered_at: "2026-07-18T12:01:01Z" })).toBe(true);
});

test("an action is overdue from its time on, and never once it is done", () => {
  const action = { text: "send", owner: "Organiser", due: "2026-07-18T12:00:00Z", done_at: null };
  expect(actionState(action, NOW)).toBe("overdue");
  expect(actionState(action, Date.parse(action.due))).toBe("open");
  expect(actionState({ ...action, done_at: action.due }, NOW)).toBe("done");
  expect(actionState({ ...action, due: null }, NOW)).toBe("open");
  const later = { ...action, due: "2026-07-18T13:00:00Z" };
  expect(openActions([anEntry({ number: 1, action: { ...action, due: null } }), anEntry({ number: 2, action: later }), anEntry({ number: 3, action }), anEntry({ number: 4 })]).map((line) => line.number)).toEqual([3, 2, 1]);
});

test("rejected options read as one line, however they are told", () => {
  expect(rejectedLine(["close the ramp", { measure: "one-way", why: "too late" }, { measure: "divert", why: "" }])).toBe("close the ramp; one-way (too late); divert");
});

test("the picture of then tells what it has and leaves unknown what it has not", () => {
  const [first, second] = frozenPlaces([{ zone: "z1", occupancy: null, level: null, quality: "nonsense" }, { name: "Trap", flow_per_min: 0, p05: 0, p95: 2, level: "red", quality: "good", data_age_s: 30 }]);
  expect(first).toEqual({ name: "Trap", value: 0, low: 0, high: 2, level: "red", quality: "good", age: 30 });
  expect(second).toEqual({ name: "z1", value: null, low: null, high: null, level: null, quality: null, age: null });
  expect(frozenAlerts([{ target: "z1", level: "orange", expected_at: "2026-07-18T13:00:00Z", because: { en: "busy", nl: "druk" } }], [{ zone: "z1", level: "yellow" }], "nl")).toEqual([
    { name: "z1", kind: "crowd", level: "orange", expected: true, because: "druk" },
  ]);
  expect(frozenAlerts([{ target: "z1", level: "orange", expected_at: "2026-07-18T13:00:00Z" }], [{ zone: "z1", level: "orange" }], "nl")[0]?.expected).toBe(false);
  expect(frozenForecasts([{ target: "z1", time: "2026-07-18T13:00:00Z", p10: 1, p50: 2, p90: NaN }], () => "Kurplein")).toEqual([
    { name: "Kurplein", time: "2026-07-18T13:00:00Z", low: 1, median: 2, high: null },
  ]);
  expect(frozenFaults([{ name: "Teller", fault: "" }, { sensor: "s2", fault: "only zeros" }])).toEqual([{ name: "s2", fault: "only zeros" }]);
  expect(frozenInForce(["one-way", { name: "Divert" }, { measure: "close" }, null])).toEqual(["one-way", "Divert", "close"]);
});

test("what was given up stands before what waits, the newest first", () => {
  const old = "2026-07-18T11:00:00Z";
  const sorted = noticesBy([
    aNotice({ id: "a", state: "waiting" }),
    aNotice({ id: "b", state: "given_up", created_at: old }),
    aNotice({ id: "c", state: "given_up" }),
    aNotice({ id: "d", state: "held" }),
    aNotice({ id: "e", state: "delivered" }),
  ]);
  expect(sorted.undelivered.map((notice) => notice.id)).toEqual(["c", "b", "a"]);
  expect([sorted.held.length, sorted.delivered.length]).toEqual([1, 1]);
});
