/** The map's style, built here: it has no sprite, no glyphs and no address, so nothing is fetched for it. */
import type { FeatureCollection } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { THEMES, type ThemeName } from "../theme";
import { buildings } from "./layers/buildings";
import { gates } from "./layers/gates";
import { ground } from "./layers/ground";
import { names } from "./layers/names";
import { points } from "./layers/points";
import { streets } from "./layers/streets";
import { zones } from "./layers/zones";
import { ordered } from "./zorder";

export const SOURCES = ["ground", "streets", "buildings", "zones", "gates", "badges", "points"] as const;
export type SourceId = (typeof SOURCES)[number];

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export function layersOf(themeName: ThemeName) {
  const theme = THEMES[themeName];
  return ordered([ground, streets, zones, buildings, gates, points, names].flatMap((layer) => layer(theme)));
}

export function styleOf(themeName: ThemeName, data: Record<SourceId, FeatureCollection>): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((id) => [id, { type: "geojson", data: data[id], tolerance: 0.2 }])),
    layers: layersOf(themeName),
    light: { anchor: "viewport", intensity: 0.3 },
  };
}
