import type { LayerSpecification } from "maplibre-gl";
import { toneColour } from "../tones";
import type { Theme } from "../../theme";

/** The quieter, the more of the ground shows through: the eye should go to what is not green. */
export const zones = (theme: Theme): LayerSpecification[] => [
  {
    id: "zone-fill",
    type: "fill",
    source: "zones",
    paint: {
      "fill-color": toneColour(theme),
      "fill-opacity": ["match", ["get", "tone"], "green", 0.28, "yellow", 0.62, "orange", 0.8, "red", 0.95, 0.12],
    },
  },
  {
    id: "zone-pattern",
    type: "fill",
    source: "zones",
    filter: ["!=", ["get", "tone"], "green"],
    paint: { "fill-pattern": ["concat", "pattern-", ["get", "tone"]] },
  },
  { id: "zone-outline", type: "line", source: "zones", paint: { "line-color": toneColour(theme), "line-width": 2 } },
  {
    id: "zone-selected",
    type: "line",
    source: "zones",
    filter: ["==", ["get", "selected"], true],
    paint: { "line-color": theme.ink, "line-width": 4.5 },
  },
];
