import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { Theme } from "../../theme";

/** Name, and under it in the forecast's colour what is coming. */
const label = (theme: Theme): ExpressionSpecification => [
  "format",
  ["case", ["==", ["get", "rtl"], true], "", ["get", "name"]],
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
    filter: ["==", ["get", "kind"], "zone"],
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
  {
    id: "rtl-names",
    type: "symbol",
    filter: ["==", ["get", "rtl"], true],
    source: "badges",
    layout: {
      "icon-image": ["concat", "name-", ["get", "name"]],
      "icon-offset": [0, 22],
    },
  },
  {
    id: "rtl-point-names",
    type: "symbol",
    filter: ["==", ["get", "rtl"], true],
    source: "points",
    layout: { "icon-image": ["concat", "name-", ["get", "name"]], "icon-offset": [0, 34] },
  },
];
