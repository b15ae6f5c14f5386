import { expect, test } from "vitest";
import { backoffMs, EventCutter } from "../src/api";
import { fromHash, toHash } from "../src/mode";

test("events are cut out of a stream however its text is torn", () => {
  const text = 'id: 1\nevent: clock\ndata: {"a":1}\n\n: still here\n\nid: 2\r\nevent: state\r\ndata: {"b":\r\ndata: 2}\r\n\r\n';
  for (const size of [1, 3, 7, text.length]) {
    const cutter = new EventCutter();
    const found = [];
    for (let i = 0; i < text.length; i += size) found.push(...cutter.push(text.slice(i, i + size)));
    expect(found, `pieces of ${size}`).toEqual([
      { id: "1", event: "clock", data: '{"a":1}' },
      { id: "2", event: "state", data: '{"b":\n2}' },
    ]);
  }
});

test("a comment line alone is no event", () => {
  expect(new EventCutter().push(": ping\n\n")).toEqual([]);
});

test("waiting grows with every failed attempt and stays under twenty seconds", () => {
  const waits = [0, 1, 2, 3, 4, 5, 20].map((attempt) => backoffMs(attempt, 0.5));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(backoffMs(99, 1)).toBeLessThan(20_000);
});

test("an address leads back to the same screen, whatever the names", () => {
  const mode = { name: "live", area: "a/b #?", place: "<img src=x>" } as const;
  expect(fromHash(toHash(mode))).toEqual(mode);
  expect(fromHash("#/live/strand")).toEqual({ name: "live", area: "strand", place: null });
  const measures = { name: "live", area: "strand", place: null, tab: "measures" } as const;
  expect(fromHash(toHash(measures))).toEqual(measures);
  expect(toHash({ ...measures, tab: "place" })).toBe("#/live/strand");
  expect(fromHash("#/live/strand/z1/nonsense")).toEqual({ name: "live", area: "strand", place: "z1" });
  expect([fromHash(""), fromHash("#/other/x"), fromHash("#/live/%E0%A4%A")]).toEqual([null, null, null]);
});
