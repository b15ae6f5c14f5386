import type { LayerSpecification } from "maplibre-gl";

export const points = (): LayerSpecification[] => [
  {
    id: "point-selected",
    type: "symbol",
    source: "points",
    filter: ["==", ["get", "selected"], true],
    layout: {
      "icon-image": "ring",
      "icon-size": ["+", 0.5, ["*", 0.75, ["get", "size"]]],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  },
  {
    id: "points",
    type: "symbol",
    source: "points",
    layout: {
      "icon-image": ["concat", "disc-", ["get", "tone"]],
      "icon-size": ["+", 0.5, ["*", 0.75, ["get", "size"]]],
      "icon-allow-overlap": true,
      // The most urgent is drawn last, so on top.
      "symbol-sort-key": ["-", 0, ["get", "order"]],
    },
  },
];
