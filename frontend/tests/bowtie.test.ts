import { expect, test } from "vitest";
import { axisEnd, barriersOf, chance, firstBowtie, signedPoints, standsOn, waterfallBars } from "../src/desk/bowtie";
import { aBowtie } from "./builders";

test("a small chance is not none and a large one is not certain", () => {
  expect([0, 0.0001, 0.0011, 0.046, 0.12, 0.997, 1].map((one) => chance(one, "en"))).toEqual(["0%", "< 0.1%", "0.1%", "4.6%", "12%", "> 99%", "100%"]);
  expect(chance(0.046, "nl")).toBe("4,6%");
  expect([null, NaN, undefined].map((one) => chance(one, "en"))).toEqual(["–", "–", "–"]);
});

test("a change is told in points with its sign, and none as none", () => {
  expect([0.042, -0.0031, 0.0001, 0].map((one) => signedPoints(one, "en"))).toEqual(["+4", "−0.3", "0", "0"]);
});

test("the axis ends where all that is drawn fits", () => {
  expect([[], [0.003], [0.26, 0.1], [0.95], [NaN]].map((chances) => axisEnd(chances))).toEqual([0.01, 0.01, 0.3, 1, 0.01]);
});

test("each bar of a waterfall begins where the one before ended, the base at nothing", () => {
  const { waterfall } = aBowtie();
  const bars = waterfallBars(waterfall);
  expect(bars.map((bar) => bar.sign)).toEqual([0, 1, -1]);
  expect(bars[0]?.left).toBe(0);
  expect((bars[0]?.left ?? 0) + (bars[0]?.width ?? 0)).toBeCloseTo(bars[1]?.left ?? NaN);
  // The last step goes back: its right end is where the second ended.
  expect((bars[2]?.left ?? 0) + (bars[2]?.width ?? 0)).toBeCloseTo((bars[1]?.left ?? 0) + (bars[1]?.width ?? 0));
  for (const bar of bars) for (const part of [bar.left, bar.width, bar.low, bar.high, bar.left + bar.width]) expect(part >= 0 && part <= 1.000001).toBe(true);
});

test("the bowtie of the selected place comes first, else the likeliest", () => {
  const bowties = [aBowtie(), aBowtie({ id: "b2", zone: "z2", top: { name: "Trap", low: 0.2, chance: 0.3, high: 0.4 } })];
  expect(firstBowtie(bowties, "z1")?.id).toBe("b1");
  expect(firstBowtie(bowties, "elsewhere")?.id).toBe("b2");
  expect(firstBowtie([], "z1")).toBeNull();
});

test("a barrier tells all that it stands against", () => {
  const bowtie = aBowtie();
  expect(barriersOf(bowtie, "preventive").map((barrier) => standsOn(bowtie, barrier))).toEqual([["Concert", "Trains"]]);
  expect(barriersOf(bowtie, "recovering").map((barrier) => standsOn(bowtie, barrier))).toEqual([["People are pressed"]]);
});
