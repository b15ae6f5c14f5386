/** The line that is being written; it outlives its panel, and a reload. */
import type { Incident, LogEntry } from "./api";
import { EMPTY_DRAFT, keepDraft, keptDraft, labelsOf, newId, type Draft, type Keeper } from "./logbook";

const FORGETFUL: Keeper = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };

function keeper(): Keeper {
  try {
    return sessionStorage;
  } catch {
    return FORGETFUL;
  }
}

class Line {
  draft = $state<Draft>({ ...EMPTY_DRAFT });
  moreOpen = $state(false);
  area = $state("");

  /** Take up the line that was begun for this area. */
  open(area: string): void {
    if (this.area === area) return;
    this.area = area;
    this.#set(keptDraft(keeper(), area));
    this.moreOpen = [this.draft.occurredAt, this.draft.reason, this.draft.actionText, this.draft.incident, this.draft.corrects].some((part) => part !== "");
  }

  keep(): void {
    if (this.area !== "") keepDraft(keeper(), this.area, $state.snapshot(this.draft));
  }

  clear(): void {
    this.#set({ ...EMPTY_DRAFT });
    this.moreOpen = false;
  }

  /** Correct a line by a new one; what is typed already stays. */
  correct(entry: LogEntry): void {
    this.draft.corrects = String(entry.number);
    this.draft.category = "correction";
    if (this.draft.text.trim() === "") this.draft.text = entry.text;
    this.draft.place = entry.place_name ?? "";
    if (entry.incident !== null) this.draft.incident = String(entry.incident);
    this.moreOpen = true;
    focus();
  }

  addTo(incident: Incident): void {
    this.draft.incident = String(incident.id);
    this.draft.place = incident.place_name ?? "";
    this.moreOpen = true;
    focus();
  }

  /** A line belongs to the place that was on the screen when it was begun, not to the one that is when it is sent. */
  begin(selected: { id: string } | null, places: readonly { id: string; name: string }[]): void {
    if (this.draft.place === null) this.draft.place = selected === null ? "" : (labelsOf(places).get(selected.id) ?? "");
  }

  #set(draft: Draft): void {
    this.draft = { ...draft, id: draft.id === "" ? newId() : draft.id };
  }
}

function focus(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("#tab-panel [data-entry], [data-entry]")?.focus());
}

export const line = new Line();
