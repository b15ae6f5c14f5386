/** The page's keys; they stay silent while somebody types or moves a slider. */
import { deskNow } from "./desk/desk.svelte";
import type { Tab } from "./mode";
import { store } from "./state.svelte";

/** The letters of the tabs; on the logbook's the next thing typed is its text. */
export const TAB_KEYS: Record<Tab, string> = { place: "p", measures: "m", logbook: "l", risk: "r", notices: "n" };

const OWN_KEYS = "input:not([type=checkbox]), select, textarea, dialog[open], [contenteditable]";

export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "?" && !target?.closest("textarea, input:not([type=checkbox])")) {
    store.keysOpen = !store.keysOpen;
    return;
  }
  // An open dialog has the keys to itself, wherever the focus went.
  if (target?.closest(OWN_KEYS) || document.querySelector("dialog[open]")) return;
  if (act(event, target)) event.preventDefault();
}

function act(event: KeyboardEvent, target: Element | null): boolean {
  switch (event.key) {
    case "ArrowDown":
    case "ArrowUp":
      // In the tables the arrows scroll, as everywhere.
      if (target?.closest(".scroll[tabindex]")) return false;
      store.step(event.key === "ArrowDown" ? 1 : -1);
      if (target?.closest("[data-place]")) focusSelected();
      return true;
    case "Escape":
      if (store.sensorsOpen) store.sensorsOpen = false;
      else store.select(null);
      return true;
    case "t":
    case "T":
      store.tableOpen = !store.tableOpen;
      return true;
    case " ": {
      const clock = store.here.clock;
      // On a button the space bar is the button's own.
      if (!clock || clock.mode === "live" || target?.closest("button, summary, a, input")) return false;
      void store.setClock({ paused: !clock.paused });
      return true;
    }
    case "a":
    case "A":
      void deskNow.acknowledgeNext();
      return true;
    default: {
      const tab = deskNow.tabs.find((one) => TAB_KEYS[one] === event.key.toLowerCase());
      if (tab) {
        store.openTab(tab);
        focusEntry();
        return true;
      }
      const area = /^[1-9]$/.test(event.key) ? store.areas[Number(event.key) - 1] : undefined;
      if (!area) return false;
      store.chooseArea(area.id);
      return true;
    }
  }
}

/** Put the cursor where a tab wants its first words: what it marks with data-entry. It may have to be loaded first. */
function focusEntry(tries = 60): void {
  requestAnimationFrame(() => {
    const entry = document.querySelector<HTMLElement>("#tab-panel [data-entry]");
    if (entry) entry.focus();
    else if (tries > 0) focusEntry(tries - 1);
  });
}

function focusSelected(): void {
  requestAnimationFrame(() => {
    const id = store.selectedId;
    if (id !== null) document.querySelector<HTMLElement>(`[data-place="${CSS.escape(id)}"]`)?.focus();
  });
}
