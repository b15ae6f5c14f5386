/** All colours of page and map, once; the levels are chosen to differ for colour-blind eyes too (tests/theme.test.ts). */
import type { Level } from "./api";

export type ThemeName = "light" | "dark";
export type ThemeChoice = ThemeName | "auto";

export interface Theme {
  levels: Record<Level, string>;
  /** Text on top of a level's colour. */
  onLevel: Record<Level, string>;
  /** Stale or missing: no level at all. */
  unknown: string;
  ground: string;
  sea: string;
  sand: string;
  green: string;
  built: string;
  water: string;
  street: string;
  building: string;
  page: string;
  panel: string;
  raised: string;
  line: string;
  ink: string;
  soft: string;
  accent: string;
  onAccent: string;
  forecast: string;
  forecastGround: string;
  halo: string;
  frame: string;
  frameGap: string;
}

export const THEMES: Record<ThemeName, Theme> = {
  light: {
    levels: { green: "#1c6459", yellow: "#a57a00", orange: "#a33600", red: "#70000a" },
    onLevel: { green: "#ffffff", yellow: "#000000", orange: "#ffffff", red: "#ffffff" },
    unknown: "#5d6a73",
    ground: "#eceff0",
    sea: "#dee9ef",
    sand: "#f3ecda",
    green: "#e0eadb",
    built: "#e6e6e4",
    water: "#dbe7ee",
    street: "#ffffff",
    building: "#cdd1d4",
    page: "#e9edef",
    panel: "#ffffff",
    raised: "#f3f6f7",
    line: "#c6ced3",
    ink: "#141c21",
    soft: "#4c5962",
    accent: "#0b5a73",
    onAccent: "#ffffff",
    forecast: "#4a3fa8",
    forecastGround: "#f0eef8",
    halo: "#ffffff",
    frame: "#6b2fa0",
    frameGap: "#e4d4f2",
  },
  dark: {
    levels: { green: "#439d87", yellow: "#ffec6b", orange: "#ff8c1a", red: "#f02020" },
    onLevel: { green: "#000000", yellow: "#000000", orange: "#000000", red: "#000000" },
    unknown: "#94a3ad",
    ground: "#12171c",
    sea: "#14222d",
    sand: "#25231d",
    green: "#17231c",
    built: "#1b2025",
    water: "#16242f",
    street: "#333d45",
    building: "#3a444c",
    page: "#0b0f12",
    panel: "#151b20",
    raised: "#1d252b",
    line: "#35414a",
    ink: "#e9eef1",
    soft: "#a7b4bd",
    accent: "#6ec3dd",
    onAccent: "#06141a",
    forecast: "#b3a8ff",
    forecastGround: "#1d1b2c",
    halo: "#0b0f12",
    frame: "#b98ae6",
    frameGap: "#2f1d45",
  },
};

export const themeOf = (choice: ThemeChoice, prefersDark: boolean): ThemeName =>
  choice === "auto" ? (prefersDark ? "dark" : "light") : choice;

/** Write a theme's colours where the style sheet finds them. */
export function applyTheme(name: ThemeName): void {
  const root = document.documentElement;
  root.dataset.theme = name;
  root.style.colorScheme = name;
  const { levels, onLevel, ...rest } = THEMES[name];
  for (const [key, colour] of Object.entries(rest)) root.style.setProperty(`--${key}`, colour);
  for (const [level, colour] of Object.entries(levels)) root.style.setProperty(`--level-${level}`, colour);
  for (const [level, colour] of Object.entries(onLevel)) root.style.setProperty(`--on-${level}`, colour);
}
