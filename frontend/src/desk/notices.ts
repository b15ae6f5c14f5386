/** Notices in the order in which somebody must see them; pure. */
import type { Notice } from "./api";

export interface SortedNotices {
  undelivered: Notice[];
  held: Notice[];
  delivered: Notice[];
}

/** What was given up first, then what still waits; newest first within each. */
export function noticesBy(notices: readonly Notice[]): SortedNotices {
  const newest = [...notices].sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  const of = (state: Notice["state"]) => newest.filter((notice) => notice.state === state);
  return { undelivered: [...of("given_up"), ...of("waiting")], held: of("held"), delivered: of("delivered") };
}
