/** What lies over what, from the ground up. */
export const Z_ORDER = [
  "ground-plain",
  "ground",
  "streets",
  "zone-fill",
  "zone-pattern",
  "streets-over-zones",
  "zone-outline",
  "zone-selected",
  "buildings",
  "gate-casing",
  "gate-line",
  "gate-arrows",
  // Names stand under the discs and badges, because what lies higher gets its room first.
  "street-names",
  "place-names",
  "zone-names",
  "rtl-point-names",
  "rtl-names",
  "gate-selected",
  "point-selected",
  "points",
  "gate-badges",
  "zone-badges",
] as const;

export type LayerId = (typeof Z_ORDER)[number];

/** Order layers as Z_ORDER says; a layer that is missing, double or not in the list is a mistake in the code. */
export function ordered<T extends { id: string }>(layers: readonly T[]): T[] {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  if (byId.size !== layers.length) throw new Error(`a map layer is given twice: ${layers.map((layer) => layer.id).join(", ")}`);
  for (const id of byId.keys()) {
    if (!(Z_ORDER as readonly string[]).includes(id)) throw new Error(`map layer '${id}' has no place in Z_ORDER`);
  }
  return Z_ORDER.map((id) => {
    const layer = byId.get(id);
    if (!layer) throw new Error(`map layer '${id}' is in Z_ORDER but no file under map/layers gives it`);
    return layer;
  });
}
