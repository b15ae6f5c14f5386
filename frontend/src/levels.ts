/** Where the thresholds of a place lie, in the unit of its chart. */
import type { AreaMap, Level, LevelScale } from "./api";
import type { Place } from "./model";

export interface Threshold {
  level: Exclude<Level, "green">;
  /** The value at which the level begins, given what is normal at that time; null when it cannot be said. */
  at: (normal: number | null) => number | null;
}

interface PlaceFacts {
  kind: string | null;
  width: number | null;
  area: number | null;
  capacity: number | null;
}

function factsOf(place: Place, map: AreaMap | undefined): PlaceFacts {
  const zone = map?.zones.features.find((f) => f.properties.id === place.id)?.properties;
  const gate = map?.gates.features.find((f) => f.properties.id === place.id)?.properties;
  return {
    kind: zone?.kind ?? place.kind,
    width: gate?.effective_width_m ?? null,
    area: zone?.usable_area_m2 ?? null,
    capacity: place.capacity ?? zone?.capacity ?? null,
  };
}

/** The scale that holds for a place: named places before kinds, kinds before all. */
export function scaleOf(place: Place, scales: readonly LevelScale[], map: AreaMap | undefined): LevelScale | null {
  const { kind } = factsOf(place, map);
  const fits = scales.filter((scale) => place.levelQuantity === null || scale.quantity === place.levelQuantity);
  return (
    fits.find((scale) => scale.places.includes(place.id)) ??
    fits.find((scale) => scale.places.length === 0 && scale.kind === kind) ??
    fits.find((scale) => scale.places.length === 0 && scale.kind === null && place.levelQuantity !== null) ??
    null
  );
}

export function thresholdsOf(place: Place, scales: readonly LevelScale[], map: AreaMap | undefined): Threshold[] {
  const scale = scaleOf(place, scales, map);
  if (!scale) return [];
  const facts = factsOf(place, map);
  const times = (factor: number | null) => (value: number) => (factor === null ? null : value * factor);
  const inUnit = (value: number, normal: number | null): number | null => {
    switch (scale.quantity) {
      case "flow_per_min":
        return place.quantity === "flow_per_min" ? value : null;
      case "specific_flow_per_m_min":
        return times(facts.width)(value);
      case "density_per_m2":
        return times(facts.area)(value);
      case "occupancy_share":
        return times(facts.capacity)(value);
      case "ratio_to_normal":
        return times(normal)(value);
    }
  };
  return (["yellow", "orange", "red"] as const).map((level) => ({ level, at: (normal) => inUnit(scale[level], normal) }));
}
