/** The page's keys; they stay silent while somebody types or moves a slider. */
import { store } from "./state.svelte";

const OWN_KEYS = "input, select, textarea, dialog[open], [contenteditable]";

export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "?" && !target?.closest("textarea, input")) {
    store.keysOpen = !store.keysOpen;
    return;
  }
  if (target?.closest(OWN_KEYS)) return;
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
      if (!clock || clock.mode === "live" || target?.closest("button, summary, a")) return false;
      void store.setClock({ paused: !clock.paused });
      return true;
    }
    default: {
      const area = /^[1-9]$/.test(event.key) ? store.areas[Number(event.key) - 1] : undefined;
      if (!area) return false;
      store.chooseArea(area.id);
      return true;
    }
  }
}

function focusSelected(): void {
  requestAnimationFrame(() => {
    const id = store.selectedId;
    if (id !== null) document.querySelector<HTMLElement>(`[data-place="${CSS.escape(id)}"]`)?.focus();
  });
}
