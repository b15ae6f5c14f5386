/** The screens of the page and what each needs; a new screen is one member here and one file under panels/. */
export type Mode = { name: "live"; area: string; place: string | null };

/** A shareable address of what is on the screen. */
export function toHash(mode: Mode): string {
  const place = mode.place === null ? "" : `/${encodeURIComponent(mode.place)}`;
  return `#/${mode.name}/${encodeURIComponent(mode.area)}${place}`;
}

/** The mode an address asks for; null when it asks for nothing we know. */
export function fromHash(hash: string): Mode | null {
  try {
    const [name, area, place] = hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
    if (name !== "live" || !area) return null;
    return { name: "live", area, place: place || null };
  } catch {
    return null;
  }
}
