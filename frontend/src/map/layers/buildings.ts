import type { LayerSpecification } from "maplibre-gl";
import type { Theme } from "../../theme";

export const buildings = (theme: Theme): LayerSpecification[] => [
  {
    id: "buildings",
    type: "fill-extrusion",
    source: "buildings",
    paint: {
      "fill-extrusion-color": theme.building,
      "fill-extrusion-height": ["coalesce", ["get", "height_m"], 6],
      "fill-extrusion-opacity": 0.82,
      "fill-extrusion-vertical-gradient": true,
    },
  },
];
