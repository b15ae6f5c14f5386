/** The screens of the page and what each needs; a new screen is one member here and one file under panels/. */
export const TABS = ["place", "measures", "logbook", "risk", "notices"] as const;
export type Tab = (typeof TABS)[number];

/** Without a tab it is that of the place. */
export type Mode = { name: "live"; area: string; place: string | null; tab?: Tab };

/** A shareable address of what is on the screen. */
export function toHash(mode: Mode): string {
  const parts = [mode.name, mode.area, mode.place ?? "", mode.tab === "place" ? "" : (mode.tab ?? "")];
  while (parts.at(-1) === "") parts.pop();
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** The mode an address asks for; null when it asks for nothing we know. */
export function fromHash(hash: string): Mode | null {
  try {
    const [name, area, place, asked] = hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
    if (name !== "live" || !area) return null;
    const tab = TABS.find((one) => one === asked && one !== "place");
    return { name: "live", area, place: place || null, ...(tab ? { tab } : {}) };
  } catch {
    return null;
  }
}
