import { describe, expect, test } from "vitest";
import { LEVELS } from "../src/api";
import { THEMES, themeOf } from "../src/theme";
import { contrast, difference, lab, type Sight } from "./colour";

const SIGHTS: Sight[] = ["normal", "protanopia", "deuteranopia", "tritanopia"];

test("the colour difference agrees with a published pair of Sharma, Wu and Dalal", () => {
  expect(difference([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 3);
  expect(difference([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387])).toBeCloseTo(1.2644, 3);
});

describe.each(["light", "dark"] as const)("the %s theme", (name) => {
  const theme = THEMES[name];

  test.each(SIGHTS)("keeps every pair of levels at least 12 apart with %s", (sight) => {
    for (const a of LEVELS) {
      for (const b of LEVELS.slice(LEVELS.indexOf(a) + 1)) {
        const apart = difference(lab(theme.levels[a], sight), lab(theme.levels[b], sight));
        expect(apart, `${a} and ${b}`).toBeGreaterThanOrEqual(12);
      }
    }
  });

  test("shows every level 3:1 against every ground of the map", () => {
    for (const ground of [theme.ground, theme.sea, theme.sand, theme.green, theme.built, theme.water, theme.panel]) {
      for (const level of LEVELS) expect(contrast(theme.levels[level], ground), `${level} on ${ground}`).toBeGreaterThanOrEqual(3);
      expect(contrast(theme.unknown, ground), `unknown on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });

  test("has letters on levels and text on panels that can be read", () => {
    for (const level of LEVELS) expect(contrast(theme.onLevel[level], theme.levels[level]), level).toBeGreaterThanOrEqual(4.5);
    for (const ground of [theme.panel, theme.raised]) {
      for (const ink of [theme.ink, theme.soft, theme.forecast]) expect(contrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(theme.onAccent, theme.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.forecast, theme.forecastGround)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.page, theme.frame)).toBeGreaterThanOrEqual(4.5);
  });
});

test("the automatic theme follows the machine, a chosen one does not", () => {
  expect(themeOf("auto", true)).toBe("dark");
  expect(themeOf("auto", false)).toBe("light");
  expect(themeOf("light", true)).toBe("light");
});
