/** A hand-over summary as the server tells it, made into rows that can be read and printed. */
import type { Language } from "../format";
import type { Handover } from "./api";
import { saidIn } from "./frozen";

type Row = Record<string, unknown>;
const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (row: Row, name: string): string => (typeof row[name] === "string" ? row[name] : "");

export interface OpenAction {
  number: number | null;
  text: string;
  owner: string;
  due: string;
  place: string;
  overdue: boolean;
}

/** Open actions, overdue ones first; told as an entry with its action, or as the action itself. */
export function openActionsOf(rows: readonly unknown[], now: number): OpenAction[] {
  const actions = rows.filter(isRow).map((row) => {
    const action = isRow(row["action"]) ? row["action"] : row;
    const due = text(action, "due");
    return {
      number: typeof row["number"] === "number" ? row["number"] : null,
      text: text(action, "text"),
      owner: text(action, "owner"),
      due,
      place: text(row, "place_name"),
      overdue: Date.parse(due) < now,
    };
  });
  return actions.sort((a, b) => Date.parse(a.due) - Date.parse(b.due));
}

/** What stands wrong, as one line: a sentence, an alert with its reason, a sensor with its fault. */
export function problemLine(problem: unknown, language: Language): string {
  if (!isRow(problem)) return typeof problem === "string" ? problem : "";
  const why = saidIn(problem["because"], language) || saidIn(problem["text"], language) || text(problem, "fault");
  const name = text(problem, "name") || text(problem, "sensor") || text(problem, "target");
  return [name, why].filter((part) => part !== "").join(": ");
}

export const undeliveredCount = (undelivered: Handover["undelivered"] | null | undefined): number =>
  typeof undelivered === "number" ? undelivered : (undelivered ?? []).length;
