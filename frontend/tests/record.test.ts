import { describe, expect, test } from "vitest";
import { en } from "../src/locales/en";
import { nl } from "../src/locales/nl";
import { against, chancesAbove, chanceShown, errorShown, headline, leadName, nameIn, reachedShown, recordOf, recordSentence, sourceOf, sourceSentence, type Teller } from "../src/record";
import { aChance, aForecast, aRecord, NOW } from "./builders";

const TELLER: Teller = { words: en, language: "en", zone: "Europe/Amsterdam", now: Date.parse(NOW) };
const DUTCH: Teller = { ...TELLER, words: nl, language: "nl" };
const none = { hits: 0, misses: 0, false_alarms: 0, correct_negatives: 500 };
const hourly = (fromS: number, toS: number) => aRecord({ lead_from_s: fromS, lead_to_s: toS });

describe("the band that the sentence speaks of", () => {
  test("is the one that ends at two hours", () => {
    expect(headline([hourly(0, 900), hourly(3600, 7200), hourly(7200, 21_600)])?.lead_to_s).toBe(7200);
  });
  test("is the shortest that holds anything where nothing was scored two hours ahead", () => {
    expect(headline([hourly(86_400, 604_800), hourly(21_600, 86_400)])?.lead_to_s).toBe(86_400);
    expect(headline([aRecord({ n: 0 }), hourly(7200, 21_600)])?.lead_to_s).toBe(21_600);
  });
  test("is that of all hours together, never of a kind alone", () => {
    expect(headline([aRecord({ kind: "busy" })])).toBeNull();
  });
  test("is none where nothing was scored", () => {
    expect(headline([])).toBeNull();
  });
});

test("the record is of the quantity on the chart, by lead and then by kind, without what holds nothing", () => {
  const rows = [aRecord({ kind: "special" }), aRecord({ kind: "all" }), aRecord({ kind: "busy", n: 0 }), hourly(0, 900), aRecord({ quantity: "count" })];
  expect(recordOf(rows, "occupancy").map((row) => `${row.lead_to_s} ${row.kind}`)).toEqual(["900 all", "7200 all", "7200 special"]);
  expect(recordOf(rows, "flow_per_min")).toHaveLength(3);
  expect(recordOf([], "occupancy")).toEqual([]);
});

test("a lead has a name in the units that people use", () => {
  const names = [[0, 900], [900, 3600], [3600, 7200], [21_600, 86_400], [86_400, 604_800]].map(([from, to]) => leadName(from ?? 0, to ?? 0, TELLER));
  expect(names).toEqual(["up to 15 min", "15 min to 1 h", "1 to 2 h", "6 to 24 h", "1 to 7 days"]);
  expect(leadName(3600, 7200, DUTCH)).toBe("1 tot 2 u");
});

describe("the sentence of the record", () => {
  test("tells error, comparison, band and levels", () => {
    expect(recordSentence([aRecord()], 900, TELLER)).toBe(
      "The last 30 days here, 1 to 2 h ahead: off by 34 persons on average, 21% better than repeating last week; 81 of 100 within the 80% band; orange or higher: 5 announced, 1 missed, 2 false. Counted over 2,880 forecast steps.",
    );
  });
  test("is told in Dutch too", () => {
    expect(recordSentence([aRecord()], 900, DUTCH)).toBe(
      "De laatste 30 dagen hier, 1 tot 2 u vooruit: gemiddeld 34 personen ernaast, 21% beter dan herhaling van vorige week; 81 van de 100 binnen de 80%-band; oranje of hoger: 5 aangekondigd, 1 gemist, 2 vals. Geteld over 2.880 prognosestappen.",
    );
  });
  test("says just as plainly that the forecasts were worse", () => {
    expect(recordSentence([aRecord({ to_last_week: 1.32 })], 900, TELLER)).toContain("32% worse than repeating last week");
    expect(recordSentence([aRecord({ to_last_week: 1.003 })], 900, TELLER)).toContain("as good as repeating last week");
  });
  test("does not compare where last week is unknown", () => {
    expect(recordSentence([aRecord({ to_last_week: null })], 900, TELLER)).toContain("last week is not known");
  });
  test("names the day it begins where the record is shorter than was asked", () => {
    expect(recordSentence([aRecord({ since: "2026-07-16T12:00:00+00:00" })], 900, TELLER)).toMatch(/^Here since Thu, 16 Jul 2026, 1 to 2 h ahead: /);
  });
  test("waits until twenty steps were scored", () => {
    expect(recordSentence([aRecord({ n: 19 })], 900, TELLER)).toBe("Too few forecasts scored yet: 19 steps 1 to 2 h ahead.");
    expect(recordSentence([aRecord({ n: 20 })], 900, TELLER)).toContain("off by");
  });
  test("says that nothing was scored yet", () => {
    expect(recordSentence([], 900, TELLER)).toBe("No forecast has been scored here yet.");
  });
  test("speaks of yellow only where nothing higher was reached or announced", () => {
    const yellow = { ...none, misses: 3 };
    expect(recordSentence([aRecord({ levels: { yellow, orange: none, red: none } })], 900, TELLER)).toContain("yellow or higher: 0 announced, 3 missed");
    const sentence = recordSentence([aRecord({ levels: { yellow, orange: none, red: { ...none, false_alarms: 1 } } })], 900, TELLER);
    expect(sentence).toContain("; red: 0 announced, 0 missed, 1 false.");
    expect(sentence).not.toContain("yellow");
  });
  test("tells a quiet month with levels from a place without levels", () => {
    expect(recordSentence([aRecord({ levels: { orange: none } })], 900, TELLER)).toContain("no level was reached or announced");
    expect(recordSentence([aRecord({ levels: {} })], 900, TELLER)).not.toContain("level");
  });
});

test("what is counted in a step is told a minute, as on the chart", () => {
  expect(errorShown({ mae: 90, quantity: "count" }, 3600)).toBe(1.5);
  expect(errorShown({ mae: 90, quantity: "occupancy" }, 3600)).toBe(90);
  expect(errorShown({ mae: null, quantity: "count" }, 3600)).toBeNull();
});

test("nothing to compare with is a dash and not the same", () => {
  expect([against(null, TELLER), against(1, TELLER), against(0.5, TELLER), against(6, TELLER)]).toEqual(["–", "the same", "50% better", "500% worse"]);
});

describe("the chances of levels", () => {
  test("are of the levels above the present one, the lowest first", () => {
    const rows = [aChance({ level: "red" }), aChance({ level: "yellow" }), aChance({ level: "orange" })];
    expect(chancesAbove(rows, "yellow").map((row) => row.level)).toEqual(["orange", "red"]);
    expect(chancesAbove([...rows, aChance({ level: "green" })], null).map((row) => row.level)).toEqual(["yellow", "orange", "red"]);
    expect(chancesAbove(rows, "red")).toEqual([]);
  });
  test("are whole percents that never claim the impossible or the certain", () => {
    expect([0, 0.004, 0.01, 0.256, 0.99, 0.999, 1].map((chance) => chanceShown(chance, "en"))).toEqual(["< 1%", "< 1%", "1%", "26%", "99%", "> 99%", "> 99%"]);
    expect([chanceShown(null, "en"), chanceShown(undefined, "nl"), chanceShown(NaN, "en")]).toEqual(["–", "–", "–"]);
  });
  test("say when, in the area's zone, as far as the forecast goes", () => {
    expect(reachedShown(aChance(), TELLER)).toBe("15:30 (14:50–16:30)");
    expect(reachedShown(aChance({ at_p90: null }), TELLER)).toBe("15:30 (14:50 or later)");
    expect(reachedShown(aChance({ at_p50: null, at_p90: null }), TELLER)).toBe("perhaps, from 14:50");
    expect(reachedShown(aChance({ at_p10: null, at_p50: null, at_p90: null }), TELLER)).toBe("not expected");
    expect(reachedShown(aChance(), { ...TELLER, zone: "Pacific/Auckland" })).toBe("01:30 (00:50–02:30)");
  });
});

describe("where a forecast comes from", () => {
  const step = (minutes: number, part: Parameters<typeof aForecast>[0]) => aForecast({ time: new Date(Date.parse(NOW) + minutes * 60_000).toISOString(), ...part });

  test("each model is named once, in the order in which they speak", () => {
    const source = sourceOf([step(30, { model: "boosting" }), step(15, { model: "nowcast" }), step(45, { model: "nowcast" })]);
    expect(source?.models.map((model) => model.name)).toEqual(["nowcast", "boosting"]);
    expect(sourceOf([])).toBeNull();
  });
  test("the sentence has plain names, what was learned and what was absent", () => {
    const source = sourceOf([
      step(15, { model: "zone_flow", learned_until: "2026-07-17T22:00:00+00:00", absent: ["weather"] }),
      step(30, { model: "boosting", learned_until: "2026-07-17T22:00:00+00:00", absent: ["weather", "events"] }),
    ]);
    expect(source && sourceSentence(source, TELLER)).toBe("Forecast made at 14:30 by people on their way, boosted trees; learned until Sat, 18 Jul 2026; without weather, events.");
    expect(source && sourceSentence(source, DUTCH)).toMatch(/^Prognose van 14:30 door mensen onderweg, beslisbomen; geleerd tot .*2026; zonder weer, evenementen\.$/);
  });
  test("models that learned at different times each carry their own date", () => {
    const source = sourceOf([step(15, { model: "nowcast", learned_until: NOW }), step(30, { model: "boosting", learned_until: "2026-07-01T10:00:00+00:00" }), step(45, { model: "last_week" })]);
    expect(source && sourceSentence(source, TELLER)).toBe(
      "Forecast made at 14:30 by nowcast (learned until Sat, 18 Jul 2026), boosted trees (learned until Wed, 1 Jul 2026), last week repeated.",
    );
  });
  test("a server that tells only the model is taken at its word", () => {
    const source = sourceOf([step(15, { model: "last_week" })]);
    expect(source && sourceSentence(source, TELLER)).toBe("Forecast made at 14:30 by last week repeated.");
  });
  test("a reason is told once for the steps that share it, from the first of them", () => {
    const source = sourceOf([
      step(15, { reason: "" }),
      step(30, { model: "boosting", reason: "a" }),
      step(45, { model: "boosting", reason: "a" }),
      step(60, { model: "boosting", reason: "b" }),
      step(75, { model: "boosting", reason: "a" }),
    ]);
    expect(source?.reasons.map((reason) => reason.text)).toEqual(["a", "b", "a"]);
    expect(source?.reasons[0]?.from).toBe("2026-07-18T13:00:00.000Z");
  });
  test("a name without a word is shown as it is, whatever it is called", () => {
    expect([nameIn(en.source.model, "boosting"), nameIn(en.source.model, "my_model"), nameIn(en.source.model, "constructor")]).toEqual(["boosted trees", "my_model", "constructor"]);
  });
});
