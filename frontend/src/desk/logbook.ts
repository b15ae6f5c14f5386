/** A logbook line before it is sent, and what the list makes of the lines that were; pure, so that it can be tested without a browser. */
import type { EntryAction, EntryPriority, EntryToWrite, Incident, LogEntry, PersonalData, Rejected } from "./api";

export const CATEGORIES = ["observation", "report", "decision", "measure", "incident", "communication", "data", "handover", "correction", "other"] as const;
export type Category = (typeof CATEGORIES)[number];
export const INCIDENT_KINDS = ["crowding", "medical", "fire", "disorder", "missing_person", "weather", "traffic", "structure", "object", "other"] as const;
export const PRIORITIES: readonly EntryPriority[] = ["normal", "important", "urgent"];

/** What somebody is typing; all text, so that it survives a reload as it stands. */
export interface Draft {
  /** Made when the line was begun; of it and what is sent comes the key of a try. */
  id: string;
  text: string;
  /** The name of a place as typed; null follows the place that is selected. */
  place: string | null;
  category: Category;
  priority: EntryPriority;
  /** Wall-clock time in the area's zone, "2026-07-18T14:05"; empty is now. */
  occurredAt: string;
  reason: string;
  actionText: string;
  actionOwner: string;
  actionDue: string;
  incident: string;
  corrects: string;
}

export const EMPTY_DRAFT: Draft = {
  id: "",
  text: "",
  place: null,
  category: "observation",
  priority: "normal",
  occurredAt: "",
  reason: "",
  actionText: "",
  actionOwner: "",
  actionDue: "",
  incident: "",
  corrects: "",
};

/** A place of storage that may refuse: private windows and full disks do. */
export type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const keyOf = (area: string): string => `deining.logline.${area}`;

/** The draft of an area that a reload must not lose; what cannot be read is an empty draft. */
export function keptDraft(keeper: Keeper, area: string): Draft {
  try {
    const kept: unknown = JSON.parse(keeper.getItem(keyOf(area)) ?? "null");
    if (typeof kept !== "object" || kept === null) return { ...EMPTY_DRAFT };
    const draft = { ...EMPTY_DRAFT, ...(kept as Partial<Draft>) };
    const sound = Object.entries(draft).every(([name, value]) => typeof value === "string" || (name === "place" && value === null));
    return sound && CATEGORIES.includes(draft.category) && PRIORITIES.includes(draft.priority) ? draft : { ...EMPTY_DRAFT };
  } catch {
    return { ...EMPTY_DRAFT };
  }
}

export function keepDraft(keeper: Keeper, area: string, draft: Draft): void {
  try {
    if (isEmpty(draft)) keeper.removeItem(keyOf(area));
    else keeper.setItem(keyOf(area), JSON.stringify(draft));
  } catch {
    // The line is still in the box; only a reload would lose it.
  }
}

const isEmpty = (draft: Draft): boolean => (Object.keys(EMPTY_DRAFT) as (keyof Draft)[]).every((name) => name === "id" || draft[name] === EMPTY_DRAFT[name]);

/** A name that no other line has; `crypto.randomUUID` is missing where the page is not served over TLS. */
export const newId = (): string => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The key of one try: the same for the same line sent again, another once a word of it is changed. */
export function keyOfTry(id: string, request: EntryToWrite): string {
  const { anyway: _, ...line } = request;
  let hash = 2166136261;
  for (const letter of JSON.stringify(line)) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619) >>> 0;
  return `${id}-${hash.toString(16)}`;
}

interface Named {
  id: string;
  name: string;
}

/** What a place is called where one must be told from all others: with its id where two carry one name. */
export function labelsOf(places: readonly Named[]): Map<string, string> {
  const times = new Map<string, number>();
  for (const { name } of places) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(places.map(({ id, name }) => [id, (times.get(name) ?? 0) > 1 ? `${name} (${id})` : name]));
}

/** The place that a typed name means: null for the whole area, undefined where there is no such place. */
export function placeNamed(typed: string, places: readonly Named[], selected: string | null = null): string | null | undefined {
  const wanted = typed.trim().toLocaleLowerCase();
  if (wanted === "") return null;
  const labels = labelsOf(places);
  const fits = places.filter((place) => [place.name, place.id, labels.get(place.id) ?? ""].some((name) => name.toLocaleLowerCase() === wanted));
  // Two places may carry one name: then the one on the screen is meant.
  return (fits.find((place) => place.id === selected) ?? fits[0])?.id;
}

const wallClock = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

const QUARTER_MS = 900_000;

/** All moments at which a clock in this zone reads so: two in the hour that comes back in autumn, none in the hour that spring leaves out. */
export function momentsOf(wall: string, zone: string): number[] {
  const asUtc = Date.parse(`${wall.slice(0, 16)}:00Z`);
  if (!Number.isFinite(asUtc)) return [];
  const clock = wallClock(zone);
  const found: number[] = [];
  // Offsets are whole quarters of an hour, from -12 to +14 hours.
  for (let shift = -14 * 3_600_000; shift <= 12 * 3_600_000; shift += QUARTER_MS) {
    if (clock.format(asUtc + shift).replace(" ", "T") === wall.slice(0, 16)) found.push(asUtc + shift);
  }
  return found;
}

/** When it happened: of two such moments the last that is not still to come. */
export const occurredAt = (wall: string, zone: string, now: number): number | null => {
  const moments = momentsOf(wall, zone);
  return moments.filter((time) => time <= now).at(-1) ?? moments[0] ?? null;
};

/** When it must be done: of two such moments the first that is not over. */
export const dueAt = (wall: string, zone: string, now: number): number | null => {
  const moments = momentsOf(wall, zone);
  return moments.find((time) => time >= now) ?? moments.at(-1) ?? null;
};

/** What a draft lacks before it can be sent; the keys of the sentences that say so. */
export type Lack = "text" | "place" | "occurred" | "action" | "corrects";

export interface Circumstances {
  area: string;
  zone: string;
  now: number;
  /** The place's id, null for the whole area, undefined where no such place is known. */
  place: string | null | undefined;
  anyway: boolean;
}

const isoOf = (time: number): string => new Date(time).toISOString();

/** The request that a draft becomes, or what it lacks. */
export function requestOf(draft: Draft, at: Circumstances): { request: EntryToWrite } | { lack: Lack } {
  const text = draft.text.trim();
  if (text === "") return { lack: "text" };
  if (at.place === undefined) return { lack: "place" };
  const occurred = draft.occurredAt === "" ? null : occurredAt(draft.occurredAt, at.zone, at.now);
  if (draft.occurredAt !== "" && occurred === null) return { lack: "occurred" };
  const action = actionOf(draft, at);
  if (action === undefined) return { lack: "action" };
  const corrects = draft.corrects.trim() === "" ? null : Number(draft.corrects);
  if (corrects !== null && (!Number.isInteger(corrects) || corrects < 1)) return { lack: "corrects" };
  return {
    request: {
      area: at.area,
      text,
      place: at.place,
      category: draft.category,
      priority: draft.priority,
      ...(occurred === null ? {} : { occurred_at: isoOf(occurred) }),
      ...(draft.reason.trim() === "" ? {} : { reason: draft.reason.trim() }),
      ...(action === null ? {} : { action }),
      ...(corrects === null ? {} : { corrects }),
      ...(draft.incident === "" ? {} : { incident: draft.incident }),
      ...(at.anyway ? { anyway: true } : {}),
    },
  };
}

/** The action of a draft, null where none is asked, undefined where it is not complete: what, who and until when. */
function actionOf(draft: Draft, at: Circumstances): { text: string; owner: string; due: string } | null | undefined {
  const parts = [draft.actionText, draft.actionOwner, draft.actionDue].map((part) => part.trim());
  if (parts.every((part) => part === "")) return null;
  const due = dueAt(draft.actionDue, at.zone, at.now);
  const [text, owner] = parts;
  return text && owner && due !== null ? { text, owner, due: isoOf(due) } : undefined;
}

export interface Piece {
  text: string;
  kind: PersonalData["kind"] | null;
}

/** A text cut where the word filter found something. Its places count code points; a string of ours counts UTF-16 units. */
export function marked(text: string, findings: readonly PersonalData[]): Piece[] {
  const letters = [...text];
  const pieces: Piece[] = [];
  let at = 0;
  for (const { kind, start, end } of [...findings].sort((a, b) => a.start - b.start)) {
    if (start < at || end <= start || end > letters.length) continue;
    if (start > at) pieces.push({ text: letters.slice(at, start).join(""), kind: null });
    pieces.push({ text: letters.slice(start, end).join(""), kind });
    at = end;
  }
  if (at < letters.length) pieces.push({ text: letters.slice(at).join(""), kind: null });
  return pieces;
}

/** Lines known and lines read together, each once, with corrections linked both ways, oldest first. */
export function together(known: readonly LogEntry[], read: readonly LogEntry[]): LogEntry[] {
  const book = read[0]?.book;
  // Another book is another logbook: a replay that began again, an exercise that ended.
  const kept = book === undefined ? known : known.filter((entry) => entry.book === book);
  const rows = new Map(kept.map((entry) => [entry.number, entry]));
  for (const entry of read) rows.set(entry.number, entry);
  const correctedBy = new Map<number, number>();
  for (const entry of rows.values()) if (entry.corrects !== null) correctedBy.set(entry.corrects, entry.number);
  return [...rows.values()].map((entry) => ({ ...entry, corrected_by: entry.corrected_by ?? correctedBy.get(entry.number) ?? null })).sort((a, b) => a.number - b.number);
}

/** After which number to read again: open actions may have been done since, the rest of a line never changes. */
export function readAgainAfter(entries: readonly LogEntry[]): number {
  const open = entries.find((entry) => entry.action !== null && entry.action.done_at === null);
  return (open?.number ?? (entries.at(-1)?.number ?? 0) + 1) - 1;
}

export interface Filter {
  text: string;
  place: string;
  category: string;
  incident: string;
}

export const NO_FILTER: Filter = { text: "", place: "", category: "", incident: "" };

/** Newest first, those alone that the filter lets through. */
export function shown(entries: readonly LogEntry[], filter: Filter): LogEntry[] {
  const wanted = filter.text.trim().toLocaleLowerCase();
  const says = (entry: LogEntry) =>
    wanted === "" || [`#${entry.number}`, entry.text, entry.reason, entry.author, entry.action?.text ?? "", entry.action?.owner ?? ""].some((part) => part.toLocaleLowerCase().includes(wanted));
  return entries
    .filter((entry) => (filter.place === "" || entry.place === filter.place) && (filter.category === "" || entry.category === filter.category))
    .filter((entry) => (filter.incident === "" || (entry.incident !== null && String(entry.incident) === filter.incident)) && says(entry))
    .reverse();
}

/** True where a line was written down more than a minute after what it tells. */
export const toldLater = (entry: Pick<LogEntry, "occurred_at" | "entered_at">): boolean => Math.abs(Date.parse(entry.entered_at) - Date.parse(entry.occurred_at)) > 60_000;

export type ActionState = "done" | "overdue" | "open";

export const actionState = (action: Pick<EntryAction, "due" | "done_at">, now: number): ActionState =>
  action.done_at !== null ? "done" : action.due !== null && Date.parse(action.due) < now ? "overdue" : "open";

const dueOf = ({ action }: LogEntry): number => (action?.due ? Date.parse(action.due) : Infinity);

/** Open actions, the one that was due first on top; those without a time last. */
export function openActions(entries: readonly LogEntry[]): LogEntry[] {
  return entries
    .filter((entry) => entry.action !== null && entry.action.done_at === null)
    .sort((a, b) => (dueOf(a) === dueOf(b) ? a.number - b.number : dueOf(a) - dueOf(b)));
}

/** The lines of an incident's thread, in the order in which they were written. */
export const threadOf = (entries: readonly LogEntry[], incident: Pick<Incident, "id" | "entries">): LogEntry[] =>
  entries.filter((entry) => (entry.incident !== null && String(entry.incident) === String(incident.id)) || incident.entries.includes(entry.number));


/** Options that were not chosen, in one line; a server may tell them as sentences or as a measure and why not. */
export const rejectedLine = (rejected: readonly (Rejected | string)[]): string =>
  rejected.map((option) => (typeof option === "string" ? option : option.why ? `${option.measure} (${option.why})` : option.measure)).join("; ");
