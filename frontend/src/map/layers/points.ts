import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

/** Never smaller than its letter can be read. */
const size: ExpressionSpecification = ["+", 0.45, ["*", 0.45, ["get", "size"]]];

export const points = (): LayerSpecification[] => [
  {
    id: "point-selected",
    type: "symbol",
    source: "points",
    filter: ["==", ["get", "selected"], true],
    layout: {
      "icon-image": "ring",
      "icon-size": size,
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
      "icon-size": size,
      "icon-allow-overlap": true,
      // The most urgent is drawn last, so on top.
      "symbol-sort-key": ["-", 0, ["get", "order"]],
    },
  },
];
