import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { Theme } from "../../theme";

const metres: ExpressionSpecification = ["coalesce", ["get", "width_m"], 6];

/** About true to scale from zoom 13 on (at 52 degrees), never thinner than a hair. */
const width: ExpressionSpecification = [
  "interpolate",
  ["exponential", 2],
  ["zoom"],
  12,
  ["max", 0.5, ["*", metres, 0.085]],
  20,
  ["*", metres, 21.8],
];

export const streets = (theme: Theme): LayerSpecification[] => [
  {
    id: "streets",
    type: "line",
    source: "streets",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": theme.street, "line-width": width },
  },
  {
    id: "streets-over-zones",
    type: "line",
    source: "streets",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": theme.ink, "line-width": width, "line-opacity": 0.1 },
  },
  {
    id: "street-names",
    type: "symbol",
    source: "streets",
    minzoom: 15.5,
    filter: ["has", "name"],
    layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11, "symbol-spacing": 300 },
    paint: { "text-color": theme.soft, "text-halo-color": theme.halo, "text-halo-width": 1.2 },
  },
];
