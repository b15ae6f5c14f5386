import type { LayerSpecification } from "maplibre-gl";
import { toneColour } from "../tones";
import type { Theme } from "../../theme";

export const gates = (theme: Theme): LayerSpecification[] => [
  {
    id: "gate-casing",
    type: "line",
    source: "gates",
    layout: { "line-cap": "round" },
    paint: { "line-color": theme.halo, "line-width": 9 },
  },
  {
    id: "gate-line",
    type: "line",
    source: "gates",
    layout: { "line-cap": "butt" },
    paint: { "line-color": toneColour(theme), "line-width": 5 },
  },
  {
    // Gates have no name on the map, there are too many; the selected one has.
    id: "gate-selected",
    type: "symbol",
    source: "badges",
    filter: ["all", ["==", ["get", "kind"], "gate"], ["==", ["get", "selected"], true]],
    layout: {
      "icon-image": "ring",
      "icon-size": 0.75,
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "text-field": ["get", "name"],
      "text-size": 12.5,
      "text-max-width": 9,
      "text-variable-anchor": ["top", "bottom", "left", "right"],
      "text-radial-offset": 2.1,
      "text-optional": true,
    },
    paint: { "text-color": theme.ink, "text-halo-color": theme.halo, "text-halo-width": 1.6 },
  },
  {
    id: "gate-arrows",
    type: "symbol",
    source: "badges",
    filter: ["all", ["==", ["get", "kind"], "gate"], ["==", ["get", "moves"], true]],
    layout: {
      "icon-image": "arrow",
      "icon-rotate": ["get", "bearing"],
      "icon-rotation-alignment": "map",
      "icon-pitch-alignment": "map",
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 13, ["+", 0.25, ["*", 0.4, ["get", "size"]]], 17, ["+", 0.5, ["*", 0.9, ["get", "size"]]]],
    },
  },
  {
    // Near enough a gate also carries its letter; further off that would cover the zones.
    id: "gate-badges",
    type: "symbol",
    source: "badges",
    minzoom: 15.8,
    filter: ["==", ["get", "kind"], "gate"],
    layout: {
      "icon-image": ["concat", "badge-", ["get", "tone"]],
      "icon-size": 0.75,
      "icon-offset": [0, -26],
      "symbol-sort-key": ["get", "order"],
    },
  },
];
