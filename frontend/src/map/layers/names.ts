import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { Theme } from "../../theme";

/** Name, and under it in the forecast's colour what is coming. */
const label = (theme: Theme): ExpressionSpecification => [
  "format",
  ["get", "name"],
  {},
  ["case", ["==", ["get", "coming"], ""], "", ["concat", "\n", ["get", "coming"]]],
  { "text-color": theme.forecast, "font-scale": 0.95 },
];

export const names = (theme: Theme): LayerSpecification[] => [
  {
    id: "zone-badges",
    type: "symbol",
    source: "badges",
    filter: ["==", ["get", "kind"], "zone"],
    layout: {
      "icon-image": ["concat", "badge-", ["get", "tone"]],
      "icon-allow-overlap": true,
      "symbol-sort-key": ["-", 0, ["get", "order"]],
    },
  },
  {
    id: "zone-names",
    type: "symbol",
    source: "badges",
    filter: ["all", ["==", ["get", "kind"], "zone"], ["!=", ["get", "rtl"], true]],
    layout: {
      "text-field": label(theme),
      "text-size": 12.5,
      "text-max-width": 9,
      "text-variable-anchor": ["top", "bottom", "left", "right"],
      "text-radial-offset": 1.5,
      "text-justify": "auto",
      "symbol-sort-key": ["get", "order"],
    },
    paint: { "text-color": theme.ink, "text-halo-color": theme.halo, "text-halo-width": 1.6 },
  },
  {
    id: "place-names",
    type: "symbol",
    source: "points",
    filter: ["!=", ["get", "rtl"], true],
    layout: {
      "text-field": label(theme),
      "text-size": 12.5,
      "text-max-width": 10,
      "text-variable-anchor": ["top", "bottom", "left", "right"],
      "text-radial-offset": ["+", 1.3, ["*", 0.9, ["get", "size"]]],
      "text-justify": "auto",
      "symbol-sort-key": ["get", "order"],
    },
    paint: { "text-color": theme.ink, "text-halo-color": theme.halo, "text-halo-width": 1.6 },
  },
  rightToLeft(theme, "rtl-names", "badges", 24),
  rightToLeft(theme, "rtl-point-names", "points", 34),
];

/** A right-to-left name is a picture; what is coming stands under it. */
function rightToLeft(theme: Theme, id: string, source: string, below: number): LayerSpecification {
  return {
    id,
    type: "symbol",
    source,
    filter: ["all", ["==", ["get", "rtl"], true], ["!=", ["get", "kind"], "gate"]],
    layout: {
      "icon-image": ["concat", "name-", ["get", "name"]],
      "icon-offset": [0, below],
      "text-field": ["get", "coming"],
      "text-size": 12,
      "text-anchor": "top",
      "text-offset": [0, (below + 9) / 12],
      "text-optional": true,
    },
    paint: { "text-color": theme.forecast, "text-halo-color": theme.halo, "text-halo-width": 1.6 },
  };
}
