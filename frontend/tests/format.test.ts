import { describe, expect, test } from "vitest";
import { amount, clockTime, dateLong, interval, isTwice, number, offset, percent, span, timeNear } from "../src/format";
import { en } from "../src/locales/en";
import { nl } from "../src/locales/nl";

const ZONE = "Europe/Amsterdam";
const FIRST = Date.parse("2026-10-25T00:30:00Z");
const SECOND = Date.parse("2026-10-25T01:30:00Z");

test("unknown is a dash and zero is a zero", () => {
  expect([number(null, "en"), number(undefined, "nl"), number(NaN, "en"), number(Infinity, "en")]).toEqual(["–", "–", "–", "–"]);
  expect([amount(0, "en"), amount(null, "en"), amount(-0, "nl"), percent(null, "nl"), span(null, "en")]).toEqual(["0", "–", "0", "–", "–"]);
  expect(interval(null, 4, "en")).toBe("–");
});

test("a small figure keeps a digit, so that little is not told as nothing", () => {
  expect(amount(0.4, "en")).toBe("0.4");
  expect(amount(0.4, "nl")).toBe("0,4");
  expect(amount(12.4, "en")).toBe("12");
});

test("thousands are written as the language does", () => {
  expect(amount(12345, "en")).toBe("12,345");
  expect(amount(12345, "nl")).toBe("12.345");
});

describe("on the night on which the clock goes back", () => {
  test("the two hours of 02:30 are told apart by their offset", () => {
    expect(clockTime(FIRST, ZONE, "nl")).toBe("02:30 (UTC+2)");
    expect(clockTime(SECOND, ZONE, "nl")).toBe("02:30 (UTC+1)");
  });
  test("the hours around them carry no offset", () => {
    expect(clockTime("2026-10-24T23:30:00Z", ZONE, "en")).toBe("01:30");
    expect(clockTime("2026-10-25T02:00:00Z", ZONE, "en")).toBe("03:00");
  });
  test("the southern half of the world has its night in April", () => {
    expect(isTwice(Date.parse("2026-04-04T13:30:00Z"), "Pacific/Auckland")).toBe(true);
    expect(clockTime("2026-04-04T14:30:00Z", "Pacific/Auckland", "en")).toBe("02:30 (UTC+12)");
  });
  test("the spring night has no hour twice", () => {
    for (let time = Date.parse("2026-03-28T22:00:00Z"); time < Date.parse("2026-03-29T04:00:00Z"); time += 900_000) {
      expect(isTwice(time, ZONE)).toBe(false);
    }
  });
});

test("times are in the area's zone, not in the reader's", () => {
  expect(clockTime("2026-07-18T12:30:00Z", "Pacific/Auckland", "en")).toBe("00:30");
  expect(dateLong("2026-07-18T12:30:00Z", "Pacific/Auckland", "en")).toBe("Sun, 19 Jul 2026");
  expect(offset(Date.parse("2026-07-18T12:30:00Z"), ZONE)).toBe("UTC+2");
});

test("a time on another day names the day", () => {
  const now = Date.parse("2026-07-18T20:00:00Z");
  expect(timeNear("2026-07-18T21:00:00Z", now, ZONE, "en")).toBe("23:00");
  expect(timeNear("2026-07-18T23:00:00Z", now, ZONE, "en")).toBe("Sun 19 01:00");
  expect(timeNear("nonsense", now, ZONE, "en")).toBe("–");
});

test("an age is told in the unit one would say", () => {
  expect([span(40, "en"), span(3900, "en"), span(3 * 3600 + 300, "nl"), span(12 * 86400, "nl")]).toEqual(["40 s", "65 min", "3 u 5 min", "12 dagen"]);
});

test.each([
  ["Dutch", nl],
  ["English", en],
])("the four levels have four different letters in %s", (_name, words) => {
  expect(new Set(Object.values(words.letter)).size).toBe(4);
});

test("no word is empty in either language", () => {
  const texts = (value: unknown): string[] =>
    typeof value === "string" ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
  for (const words of [en, nl]) expect(texts(words).filter((text) => text.trim() === "")).toEqual([]);
});
