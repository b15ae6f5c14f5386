import type { ExpressionSpecification } from "maplibre-gl";
import type { Theme } from "../theme";

export const toneColour = (theme: Theme): ExpressionSpecification => [
  "match",
  ["get", "tone"],
  "green",
  theme.levels.green,
  "yellow",
  theme.levels.yellow,
  "orange",
  theme.levels.orange,
  "red",
  theme.levels.red,
  theme.unknown,
];
