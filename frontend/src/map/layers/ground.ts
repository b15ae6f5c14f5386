import type { LayerSpecification } from "maplibre-gl";
import type { Theme } from "../../theme";

export const ground = (theme: Theme): LayerSpecification[] => [
  { id: "ground-plain", type: "background", paint: { "background-color": theme.ground } },
  {
    id: "ground",
    type: "fill",
    source: "ground",
    paint: {
      "fill-color": [
        "match",
        ["get", "kind"],
        "sea",
        theme.sea,
        "sand",
        theme.sand,
        "green",
        theme.green,
        "built",
        theme.built,
        "water",
        theme.water,
        theme.ground,
      ],
    },
  },
];
