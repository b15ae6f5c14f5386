/**
 * A stand-in for the back end: the built page and an invented API for two areas.
 * "auckland" has point counters alone, "strand" has zones, gates, streets and buildings.
 *
 *   node tests/mock-server.mjs [port] [--bad-names]
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDesk } from "./mock-desk.mjs";
import { makeLogbook } from "./mock-logbook.mjs";

const STATIC = process.env.PAGE ?? fileURLToPath(new URL("../../src/deining/web/static/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
const CSP =
  "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
export const BAD_NAMES = [
  "<img src=x onerror=alert(1)>",
  "Een heel erg lange zonenaam die zestig tekens beslaat, ja toch",
  "شاطئ البحر الكبير",
  "constructor",
];

const HOUR = 3600_000;
const LEVELS = ["green", "yellow", "orange", "red"];
const iso = (time) => new Date(time).toISOString().replace(".000Z", "+00:00").replace("Z", "+00:00");

/** Repeatable noise: the same place and hour give the same figure. */
function noise(text) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return ((hash >>> 0) % 10_000) / 10_000;
}

const AUCKLAND_POINTS = [
  ["107 Quay Street", 174.7665, -36.8432], ["Te Ara Tahuhu Walkway", 174.7683, -36.8441], ["Commerce Street West", 174.7677, -36.8446],
  ["7 Custom Street East", 174.7669, -36.8447], ["45 Queen Street", 174.7661, -36.8452], ["30 Queen Street", 174.7665, -36.8449],
  ["19 Shortland Street", 174.7676, -36.8466], ["2 High Street", 174.7671, -36.8478], ["1 Courthouse Lane", 174.7683, -36.8479],
  ["61 Federal Street", 174.7628, -36.8482], ["59 High Street", 174.7663, -36.8494], ["210 Queen Street", 174.7650, -36.8492],
  ["205 Queen Street", 174.7644, -36.8489], ["8 Darby Street EW", 174.7642, -36.8499], ["8 Darby Street NS", 174.7639, -36.8501],
  ["261 Queen Street", 174.7637, -36.8511], ["297 Queen Street", 174.7633, -36.8519], ["150 K Road", 174.7606, -36.8571],
  ["183 K Road", 174.7593, -36.8574], ["188 Quay Street Lower Albert", 174.7648, -36.8427], ["188 Quay Street Lower Albert (N)", 174.7645, -36.8423],
].map(([name, lng, lat], index) => ({ id: `akl-${index + 1}`, name, at: [lng, lat], scale: 8 + 60 * noise(name) }));

/* Strand: a coast that runs from south-west to north-east, seen from the sea in the north-west. */
const O = [4.28, 52.11];
const at = (x, y) => {
  const turn = 0.62;
  const [e, n] = [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)];
  return [O[0] + e / 68_300, O[1] + n / 111_200];
};
const box = (x1, y1, x2, y2) => ({ type: "Polygon", coordinates: [[at(x1, y1), at(x2, y1), at(x2, y2), at(x1, y2), at(x1, y1)]] });
const feature = (geometry, properties) => ({ type: "Feature", geometry, properties });
const collection = (features) => ({ type: "FeatureCollection", features });

const BEACH = ["Strand Zuid 3", "Strand Zuid 2", "Strand Zuid 1", "Strand Midden", "Strand Noord 1", "Strand Noord 2", "Strand Noord 3"];
const BOULEVARD = ["Boulevard Zuid", "Boulevard Kurhal", "Boulevard Pier", "Boulevard Noord"];
const ZONES = [
  ...BEACH.map((name, i) => ({ name, kind: "beach", shape: [-980 + i * 280, 60, -720 + i * 280, 190], capacity: 4200 })),
  ...BOULEVARD.map((name, i) => ({ name, kind: "promenade", shape: [-980 + i * 490, 10, -510 + i * 490, 52], capacity: 2600 })),
  { name: "Kurplein", kind: "square", shape: [-260, -130, -60, -10], capacity: 5200 },
  { name: "Vissersplein", kind: "square", shape: [300, -120, 440, -10], capacity: 2100 },
  { name: "Zeestraat", kind: "street", shape: [-40, -330, 0, -10], capacity: 900 },
  { name: "Badhuisstraat", kind: "street", shape: [220, -330, 262, -10], capacity: 950 },
  { name: "Stationsplein", kind: "station", shape: [-160, -480, 110, -350], capacity: 6000 },
  { name: "Tramplein", kind: "station", shape: [330, -460, 470, -350], capacity: 2800 },
  { name: "Parkeerterrein Zuid", kind: "car_park", shape: [-960, -300, -700, -130], capacity: 3000 },
  { name: "Parkeerterrein Noord", kind: "car_park", shape: [760, -300, 980, -130], capacity: 2600 },
  { name: "Duinpark", kind: "park", shape: [-640, -420, -320, -180], capacity: 7000 },
].map((zone, index) => ({ ...zone, id: `${zone.kind === "promenade" ? "boulevard" : "z"}-${index + 1}`, area: Math.abs((zone.shape[2] - zone.shape[0]) * (zone.shape[3] - zone.shape[1])) * 0.8 }));
const zoneId = (name) => ZONES.find((zone) => zone.name === name).id;
const GATES = [
  ...BEACH.map((name, i) => ({ name: `Strandopgang ${i + 1}`, line: [[-870 + i * 280, 56], [-830 + i * 280, 56]], from: BOULEVARD[Math.min(3, Math.floor((i * 280 + 120) / 490))], to: name, width: 6 })),
  ...[0, 1, 2].map((i) => ({ name: `Boulevard doorgang ${i + 1}`, line: [[-500 + i * 490, 10], [-500 + i * 490, 52]], from: BOULEVARD[i], to: BOULEVARD[i + 1], width: 18 })),
  { name: "Zeestraat zuid", line: [[-40, -338], [0, -338]], from: "Stationsplein", to: "Zeestraat", width: 12 },
  { name: "Zeestraat noord", line: [[-40, 0], [0, 0]], from: "Zeestraat", to: "Boulevard Kurhal", width: 12 },
  { name: "Badhuisstraat zuid", line: [[220, -340], [262, -340]], from: "Tramplein", to: "Badhuisstraat", width: 13 },
  { name: "Badhuisstraat noord", line: [[220, 0], [262, 0]], from: "Badhuisstraat", to: "Boulevard Pier", width: 13 },
  { name: "Kurplein oost", line: [[-50, -110], [-50, -30]], from: "Zeestraat", to: "Kurplein", width: 22 },
  { name: "Vissersplein west", line: [[285, -100], [285, -40]], from: "Badhuisstraat", to: "Vissersplein", width: 16 },
  { name: "Stationsuitgang", line: [[-80, -490], [20, -490]], from: null, to: "Stationsplein", width: 28 },
].map((gate, index) => ({ ...gate, id: `g-${index + 1}`, scale: 20 + 220 * noise(gate.name) }));

const blocks = [];
for (let x = -680; x < 760; x += 62) {
  for (let y = -300; y < -20; y += 58) {
    const free = ZONES.every(({ shape: [x1, y1, x2, y2] }) => x + 46 < x1 - 6 || x > x2 + 6 || y + 40 < y1 - 6 || y > y2 + 6);
    if (free && noise(`b${x}${y}`) > 0.14) blocks.push(feature(box(x, y, x + 46, y + 40), { height_m: 8 + Math.round(26 * noise(`h${x}${y}`) ** 2) }));
  }
}
blocks.push(feature(box(-330, -125, -275, -15), { height_m: 38, name: "Kurhal" }));
const street = (name, points, width_m) => feature({ type: "LineString", coordinates: points.map(([x, y]) => at(x, y)) }, { name, class: "street", width_m });

const MAPS = {
  auckland: {
    zones: collection([]),
    gates: collection([]),
    points: collection(AUCKLAND_POINTS.map((p) => feature({ type: "Point", coordinates: p.at }, { id: p.id, name: p.name }))),
    background: {},
  },
  strand: {
    zones: collection(ZONES.map((z) => feature(box(...z.shape), { id: z.id, name: z.name, kind: z.kind, usable_area_m2: z.area, capacity: z.kind === "park" ? null : z.capacity }))),
    gates: collection(
      GATES.map((g) =>
        feature({ type: "LineString", coordinates: g.line.map(([x, y]) => at(x, y)) }, { id: g.id, name: g.name, from_zone: g.from && zoneId(g.from), to_zone: zoneId(g.to), effective_width_m: g.width }),
      ),
    ),
    points: collection([]),
    background: {
      ground: collection([
        feature(box(-2500, 190, 2500, 1600), { kind: "sea" }),
        feature(box(-2500, 52, 2500, 190), { kind: "sand" }),
        feature(box(-2500, -1400, 2500, 52), { kind: "built" }),
        feature(box(-2500, -900, -300, -440), { kind: "green" }),
        feature(box(500, -900, 2500, -560), { kind: "green" }),
        feature(box(-300, -700, 500, -640), { kind: "water" }),
      ]),
      streets: collection([
        street("Boulevard", [[-1500, 30], [1500, 30]], 18),
        street("Zeestraat", [[-20, -900], [-20, 10]], 12),
        street("Badhuisstraat", [[241, -900], [241, 10]], 12),
        street("Duinweg", [[-1500, -335], [1500, -335]], 14),
        street("Havenkade", [[500, -900], [500, 10]], 10),
        street("Duinlaan", [[-680, -900], [-680, 10]], 10),
        street("Gevers", [[-680, -150], [760, -150]], 8),
      ]),
      buildings: collection(blocks),
    },
  },
};

const DAY = { auckland: Date.parse("2025-11-28T11:00:00Z"), strand: Date.parse("2026-07-18T04:00:00Z") };

function areas(strandMode) {
  return [
    {
      id: "strand", name: "Strand", timezone: "Europe/Amsterdam", language: "nl", mode: strandMode,
      notice: "Strand is an invented town; its people are simulated.", bounds: [4.2665, 52.1025, 4.2945, 52.1175], step_s: 900,
      levels: [
        { quantity: "density_per_m2", yellow: 0.08, orange: 0.12, red: 0.16, kind: "beach", places: [], source: "invented" },
        { quantity: "occupancy_share", yellow: 0.6, orange: 0.8, red: 0.95, kind: null, places: [], source: "invented" },
        { quantity: "specific_flow_per_m_min", yellow: 21, orange: 24, red: 27, kind: "gate", places: [], source: "Amsterdam" },
      ],
      events: [{ id: "e1", name: "Vlaggetjesdag", start: "2026-07-18T10:00:00+00:00", end: "2026-07-18T20:00:00+00:00", kind: "festival", expected_visitors: 60000, zones: [] }],
    },
    {
      id: "auckland", name: "Auckland city centre", timezone: "Pacific/Auckland", language: "en", mode: "replay",
      notice: "Pedestrian counts: Heart of the City, Auckland, CC BY 4.0.", bounds: [174.7575, -36.8585, 174.7705, -36.8415], step_s: 3600,
      levels: [{ quantity: "ratio_to_normal", yellow: 1.5, orange: 2, red: 3, kind: "point", places: [], source: "invented for the test" }], events: [],
    },
  ];
}

/** Share of its busiest figure that a place has at an hour of the day. */
function curve(id, time, peak) {
  const hour = (((time - DAY.strand) / HOUR) % 24 + 24) % 24;
  const bump = (middle, width) => Math.exp(-(((hour - middle) / width) ** 2));
  return 0.03 + 0.97 * Math.max(bump(peak, 3.2), 0.55 * bump(peak + 5, 2.4)) * (0.93 + 0.14 * noise(id + Math.floor(time / 900_000)));
}

const level = (value, [yellow, orange, red]) => LEVELS[Number(value >= yellow) + Number(value >= orange) + Number(value >= red)];

async function jsonOf(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

/** `desk` false is a server that knows nothing of the course of alerts and of decisions. `scores` is what the record and the chances of levels answer: figures, empty lists, or "unknown" as a server that has no such routes. */
export function makeServer({ badNames = false, scores = "figures", desk: hasDesk = true, strandMode = "simulation" } = {}) {
  const clocks = {};
  for (const area of areas(strandMode)) {
    clocks[area.id] = { area: area.id, now: DAY[area.id] + (area.id === "strand" ? 8.5 : 6.6) * HOUR, mode: area.mode, speed: 60, paused: true, starts: DAY[area.id], ends: DAY[area.id] + 24 * HOUR, moving: false };
  }
  const maps = structuredClone(MAPS);
  if (badNames) BAD_NAMES.forEach((name, i) => { maps.strand.zones.features[[3, 7, 11, 5][i]].properties.name = name; });
  const nameOf = (area, id) => [...maps[area].zones.features, ...maps[area].gates.features, ...maps[area].points.features].find((f) => f.properties.id === id).properties.name;
  const clockRow = (area) => { const c = clocks[area]; return { ...c, now: iso(c.now), starts: iso(c.starts), ends: iso(c.ends) }; };

  const zoneValue = (z, time) => z.capacity * (0.45 + 0.75 * noise(z.name)) * curve(z.id, time, z.kind === "beach" ? 10.5 : 11);
  const flowValue = (p, time) => p.scale * curve(p.id, time, 9 + 4 * noise(p.id)) * (p.name === "45 Queen Street" ? 2.4 : 1);
  const normalOf = (place, time) => (place.shape ? zoneValue(place, time - 7 * 24 * HOUR) * 0.82 : (place.scale * curve("n" + place.id, time, 9 + 4 * noise(place.id))));

  function coming(now, value, levelOf) {
    const present = LEVELS.indexOf(levelOf(value(now), now));
    let best = null;
    for (let t = now; t <= now + 4 * HOUR; t += 900_000) {
      const l = LEVELS.indexOf(levelOf(value(t), t));
      if (l > present && (best === null || l > best.l)) best = { l, t };
    }
    return best ? { expected_level: LEVELS[best.l], expected_at: iso(Math.ceil(best.t / 300_000) * 300_000), expected_chance: 0.55 + 0.4 * noise(String(best.t)) } : { expected_level: null, expected_at: null, expected_chance: null };
  }

  function zoneRows() {
    const now = clocks.strand.now;
    return ZONES.map((z, i) => {
      const scaleOf = z.kind === "beach" ? [0.08, 0.12, 0.16] : [0.6, 0.8, 0.95];
      const measure = (v) => (z.kind === "beach" ? v / z.area : v / z.capacity);
      const value = zoneValue(z, now);
      const quality = i === 17 ? "stale" : i === 4 ? "partial" : i === 12 ? "suppressed" : "good";
      const blind = quality === "stale";
      return {
        area: "strand", zone: z.id, name: nameOf("strand", z.id), time: iso(now),
        occupancy: quality === "suppressed" ? null : value, occupancy_p05: quality === "suppressed" ? null : value * 0.86, occupancy_p95: quality === "suppressed" ? null : value * 1.15,
        density_per_m2: quality === "suppressed" ? null : value / z.area, capacity: z.kind === "park" ? null : z.capacity,
        level: blind || quality === "suppressed" ? null : level(measure(value), scaleOf), level_quantity: z.kind === "beach" ? "density_per_m2" : "occupancy_share", level_value: measure(value),
        ...(blind ? { expected_level: null, expected_at: null, expected_chance: null } : coming(now, (t) => zoneValue(z, t), (v) => level(measure(v), scaleOf))),
        net_inflow_per_min: quality === "suppressed" ? null : (zoneValue(z, now) - zoneValue(z, now - 900_000)) / 15, minutes_to_capacity: i === 8 ? 42 : null,
        normal: normalOf(z, now), data_age_s: blind ? 5400 : 45 + 20 * (i % 4), quality, sources: GATES.filter((g) => g.from === z.name || g.to === z.name).map((g) => `s-${g.id}`),
      };
    });
  }
  /** The area and its boulevard together. */
  function totals(area) {
    if (area !== "strand") return [];
    const total = (group, name, zones) => {
      const persons = zones.reduce((sum, z) => sum + zoneValue(z, clocks.strand.now), 0);
      return { area, group, name, zones: zones.map((z) => z.id), time: iso(clocks.strand.now), occupancy: persons, occupancy_p05: persons * 0.9, occupancy_p95: persons * 1.1, quality: "good" };
    };
    return [total("", "", ZONES), total("boulevard", "Boulevard", ZONES.filter((z) => z.kind === "promenade"))];
  }
  /** What moved a zone's figure in the last half hour: its gates, and what remains by itself. */
  function explanation(zone) {
    const now = clocks.strand.now;
    const [before, persons] = [zoneValue(zone, now - 1_800_000), zoneValue(zone, now)];
    const gates = GATES.filter((g) => g.from === zone.name || g.to === zone.name);
    const counted = gates.map((g) => ({ sensor: `s-${g.id}`, name: `Teller ${g.name}`, cause: "count", persons: (persons - before) * noise(g.id), readings: 30 }));
    const rest = persons - before - counted.reduce((sum, row) => sum + row.persons, 0);
    return {
      area: "strand", zone: zone.id, name: nameOf("strand", zone.id), time: iso(now), since: iso(now - 1_800_000), before, occupancy: persons, occupancy_p05: persons * 0.86, occupancy_p95: persons * 1.15,
      contributions: [...counted, { sensor: null, name: null, cause: "leaving", persons: rest, readings: 0 }],
      without: counted.map((row) => ({ sensor: row.sensor, name: row.name, occupancy: persons - row.persons, occupancy_p05: persons * 0.7, occupancy_p95: persons * 1.3 })),
    };
  }
  function flowRows(area) {
    const now = clocks[area].now;
    return (area === "strand" ? GATES : AUCKLAND_POINTS).map((p, i) => {
      const gate = area === "strand";
      const dead = p.name === "107 Quay Street";
      const old = p.name === "183 K Road";
      const value = dead ? null : p.name === "1 Courthouse Lane" ? 0 : flowValue(p, now);
      const normal = normalOf(p, now);
      const measure = (v, t) => (gate ? v / p.width : v / normalOf(p, t));
      const scale = gate ? [21, 24, 27] : [1.5, 2, 3];
      const blind = dead || old;
      return {
        area, target: p.id, kind: gate ? "gate" : "point", name: nameOf(area, p.id), time: iso(now),
        forward_per_min: gate && value !== null ? value * (0.3 + 0.5 * noise("f" + p.id)) : null, backward_per_min: gate && value !== null ? value * (0.7 - 0.5 * noise("f" + p.id)) : null,
        flow_per_min: value, p05: value === null ? null : value * 0.92, p95: value === null ? null : value * 1.08,
        specific_flow_per_m_min: gate ? value / p.width : null, ratio_to_normal: value === null ? null : value / normal,
        level: blind ? null : level(measure(value, now), scale), level_quantity: gate ? "specific_flow_per_m_min" : "ratio_to_normal", level_value: value === null ? null : measure(value, now),
        ...(blind ? { expected_level: null, expected_at: null, expected_chance: null } : coming(now, (t) => flowValue(p, t), measure === null ? null : (v, t) => level(measure(v, t), scale))),
        data_age_s: dead ? null : old ? 4 * 3600 : gate ? 60 : 1500 + (i % 5) * 300, quality: dead ? "missing" : old ? "stale" : i === 6 ? "repaired" : "good", sources: [`s-${p.id}`],
      };
    });
  }
  function alerts(area) {
    const rows = [...(area === "strand" ? zoneRows() : []), ...flowRows(area)];
    const now = clocks[area].now;
    const found = [];
    for (const row of rows) {
      const target = row.zone ?? row.target;
      const top = Math.max(LEVELS.indexOf(row.level), LEVELS.indexOf(row.expected_level));
      if (top >= 2) {
        const ahead = LEVELS.indexOf(row.expected_level) > LEVELS.indexOf(row.level);
        const share = row.level_value.toFixed(2);
        found.push({
          area, id: `${target}-level`, zone: row.zone ?? null, target, name: row.name, kind: "crowd", level: LEVELS[top], rule: "levels", raised_at: iso(now - 7 * 60_000), cleared_at: null,
          because: { en: `${row.level_quantity} is ${share} now${ahead ? " and the forecast passes the threshold" : ""}.`, nl: `${row.level_quantity} is nu ${share}${ahead ? " en de prognose gaat over de drempel" : ""}.` },
          expected_at: ahead ? row.expected_at : null, chance: ahead ? row.expected_chance : null,
        });
      }
      if (row.quality === "missing" || row.quality === "stale") {
        found.push({
          area, id: `${target}-data`, zone: row.zone ?? null, target, name: row.name, kind: "data", level: null, rule: "silence", raised_at: iso(now - 40 * 60_000), cleared_at: null,
          because: { en: "No data for longer than two intervals; the place may be busy without being seen.", nl: "Langer dan twee intervallen geen gegevens; het kan er druk zijn zonder dat het te zien is." },
          expected_at: null, chance: null,
        });
      }
    }
    return found;
  }
  function health(area) {
    const list = area === "strand" ? GATES : AUCKLAND_POINTS;
    const now = clocks[area].now;
    return list.map((p, i) => {
      const dead = p.name === "107 Quay Street";
      const age = p.name === "183 K Road" ? 4 * 3600 : area === "strand" ? 60 : 1500 + (i % 5) * 300;
      return { area, sensor: `s-${p.id}`, name: `Teller ${nameOf(area, p.id)}`, kind: "counter", observes: p.id, interval_s: area === "strand" ? 60 : 3600, series: "", time: iso(now), last_end: dead ? null : iso(now - age * 1000), data_age_s: dead ? null : age, fault: dead ? "only zeros since 2024-11-02" : "", since: null, stored: 4120 + i, rejected: i === 3 ? 2 : 0, conflicts: i === 5 ? 1 : 0 };
    });
  }
  const find = (target) => [...ZONES, ...GATES, ...AUCKLAND_POINTS].find((p) => p.id === target);
  function history(area, target) {
    const place = find(target);
    const now = clocks[area].now;
    const step = area === "strand" ? 900_000 : HOUR;
    const value = place.shape ? zoneValue : flowValue;
    const last = Math.floor(now / step) * step;
    const dead = place.name === "107 Quay Street";
    const past = [];
    for (let t = last - 24 * HOUR; t <= last; t += step) {
      const gap = dead || (place.id.endsWith("5") && t > last - 9 * HOUR && t < last - 6 * HOUR);
      const v = value(place, t);
      past.push({ time: iso(t), value: gap ? null : v, p05: gap ? null : v * 0.9, p95: gap ? null : v * 1.1, quality: gap ? "missing" : "good" });
    }
    const normal = [];
    for (let t = last - 24 * HOUR; t <= last + 8 * HOUR; t += HOUR) normal.push({ time: iso(t), value: normalOf(place, t) });
    return { area, target, quantity: place.shape ? "occupancy" : "flow_per_min", unit: place.shape ? "persons" : "persons/min", now: iso(now), past, normal };
  }
  function forecasts(area, target) {
    const place = find(target);
    if (place.name === "107 Quay Street") return [];
    const now = clocks[area].now;
    const step = area === "strand" ? 900_000 : HOUR;
    const origin = Math.floor(now / step) * step;
    const value = place.shape ? zoneValue : flowValue;
    return Array.from({ length: area === "strand" ? 16 : 8 }, (_, i) => {
      const t = origin + (i + 1) * step;
      const scale = place.shape ? 1 : step / 60_000;
      const m = value(place, t) * scale;
      const s = m * (0.05 + 0.02 * i);
      return { area, target, quantity: place.shape ? "occupancy" : "count", origin: iso(origin), time: iso(t), mean: m, p2_5: Math.max(0, m - 2 * s), p10: Math.max(0, m - 1.3 * s), p25: m - 0.7 * s, p50: m, p75: m + 0.7 * s, p90: m + 1.3 * s, p97_5: m + 2 * s, ...spoken(area, i, origin) };
    });
  }
  /** Which model speaks of the i-th step, and why. */
  function spoken(area, i, origin) {
    const learned = { model_version: "3f9a", learned_until: iso(origin - 14 * HOUR) };
    if (area === "auckland") return { ...learned, model: "boosting", absent: ["weather", "events"], reason: i > 5 ? "the ordinary weeks were better in the last weeks" : "" };
    if (i < 6) return { ...learned, model: "nowcast", absent: [], reason: "" };
    const seam = i < 9 ? `drawn to nowcast by ${(0.75 - 0.25 * (i - 6)).toFixed(2)}, which ends before` : "";
    return { ...learned, model: i < 12 ? "boosting" : "<b>new</b>", absent: ["weather"], reason: seam };
  }
  /** Scores by band and kind of hour; the second Auckland counter has few, the dead one none, and Kurplein does worse than last week. */
  function record(area, target) {
    const place = find(target);
    if (scores === "empty" || place.name === "107 Quay Street") return [];
    const strand = area === "strand";
    const quantity = place.shape ? "occupancy" : strand ? "flow_per_min" : "count";
    const peak = place.shape ? place.capacity : place.scale * (strand ? 1 : 60);
    const few = place.name === "Te Ara Tahuhu Walkway";
    const bands = [["to 15 min", 0, 900], ["15 min to 1 h", 900, 3600], ["1 to 2 h", 3600, 7200], ["2 to 6 h", 7200, 21_600], ["6 to 24 h", 21_600, 86_400], ["1 to 7 days", 86_400, 604_800]];
    const kinds = [["all", 1, 1], ["quiet", 0.6, 0.7], ["busy", 0.3, 1.3], ["special", 0.1, 2.1]];
    return bands.slice(strand ? 0 : 1).flatMap(([band, from, to], b) =>
      kinds.map(([kind, share, factor]) => {
        const n = Math.round((few ? 7 : 2600) * share);
        const ratio = place.name === "Kurplein" ? 1.18 : 0.55 + 0.05 * b + 0.1 * noise(band + kind + target);
        const counts = (hits) => ({ hits, misses: Math.round(hits * 0.2), false_alarms: Math.round(hits * 0.4), correct_negatives: Math.max(0, n - 2 * hits) });
        const busy = kind === "quiet" ? 0 : Math.round(8 * noise(target + band) * share);
        return {
          area, target, quantity, band, lead_from_s: from, lead_to_s: to, kind, n, missing: 0,
          mae: peak * 0.02 * (1 + b) * factor, to_last_week: kind === "special" ? null : ratio, to_ordinary_weeks: ratio + 0.15, wql: 0.1, cover80: 0.81 - 0.03 * noise(kind + band), cover95: 0.94,
          levels: { yellow: counts(3 * busy), orange: counts(busy), red: counts(0) }, levels_by_chance: {},
          since: iso(clocks[area].now - (strand ? 30 : 9) * 24 * HOUR), until: iso(clocks[area].now), models: [{ name: "nowcast", share: 0.6 }, { name: "boosting", share: 0.4 }],
        };
      }),
    );
  }
  /** For each level above the present one: a chance that grows with time, and when it comes. */
  function levelChances(area, target) {
    const row = [...(area === "strand" ? zoneRows() : []), ...flowRows(area)].find((one) => (one.zone ?? one.target) === target);
    if (scores === "empty" || !row || row.level === null) return [];
    const origin = Math.floor(clocks[area].now / 60_000) * 60_000;
    return LEVELS.slice(LEVELS.indexOf(row.level) + 1).map((name, k) => {
      const most = Math.max(0.002, (row.expected_level ? 0.95 : 0.5) * (0.4 + 0.6 * noise(target)) - 0.32 * k);
      const within = (seconds) => most * (seconds / 7200) ** (1 + k);
      const at = (share) => (most < share ? null : iso(origin + Math.round((share / most) * 120) * 60_000));
      return {
        area, target, quantity: row.zone ? "occupancy" : "flow_per_min", level: name, threshold: 100 * (k + 1), origin: iso(origin),
        chances: Object.fromEntries([900, 1800, 3600, 7200].map((seconds) => [String(seconds), within(seconds)])), at_p10: at(0.1), at_p50: at(0.5), at_p90: at(0.9),
      };
    });
  }

  const listeners = new Set();
  let sent = 0;
  const send = (event, data) => {
    sent += 1;
    for (const answer of listeners) answer.write(`id: ${sent}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const pushState = (area) => {
    send("state", { area, time: iso(clocks[area].now), zones: area === "strand" ? zoneRows() : [], flows: flowRows(area), totals: totals(area) });
    send("forecast", { area, origin: iso(clocks[area].now), targets: (area === "strand" ? [...ZONES, ...GATES] : AUCKLAND_POINTS).map((p) => p.id) });
  };
  const standing = {};
  const pushAlerts = (area) => {
    const rows = alerts(area).map((alert) => (hasDesk ? desk.told(alert) : alert));
    const gone = (standing[area] ?? []).filter((old) => !rows.some((row) => row.id === old.id));
    for (const row of rows) send("alert", row);
    for (const old of gone) send("alert", { ...old, cleared_at: iso(clocks[area].now), state: "cleared" });
    standing[area] = rows;
  };
  const ticking = setInterval(() => {
    for (const clock of Object.values(clocks)) {
      if (clock.paused || clock.now >= clock.ends) continue;
      clock.now = Math.min(clock.ends, clock.now + clock.speed * 1000);
      pushState(clock.area);
      pushAlerts(clock.area);
    }
  }, 1000);

  // Parts of the server that stand in a file of their own: `answer` gives undefined where a path is not theirs.
  const desk = makeDesk({ nowOf: (area) => clocks[area].now, send });
  const logbook = makeLogbook({
    nowOf: (area) => clocks[area].now,
    modeOf: (area) => clocks[area].mode,
    nameOf,
    alertsOf: alerts,
    picture: (area) => ({
      time: iso(clocks[area].now), zones: area === "strand" ? zoneRows() : [], flows: flowRows(area), alerts: alerts(area), health: health(area), in_force: [],
      forecasts: area === "strand" ? ZONES.flatMap((zone) => forecasts(area, zone.id).filter((_, k) => k === 3)) : [],
    }),
  });
  const parts = hasDesk ? [desk, logbook] : [];

  const server = createServer(async (request, answer) => {
    const url = new URL(request.url, "http://localhost");
    const json = (body, status = 200) => {
      answer.writeHead(status, { "content-type": "application/json", "content-security-policy": CSP });
      answer.end(JSON.stringify(body));
    };
    const area = url.searchParams.get("area");
    const target = url.searchParams.get("target");
    const path = url.pathname;
    const body = request.method === "POST" ? await jsonOf(request) : null;
    for (const part of parts) {
      const found = part.answer(request.method, path, url.searchParams, body, alerts);
      if (found?.text !== undefined) {
        answer.writeHead(200, { "content-type": "text/csv; charset=utf-8", "content-disposition": 'attachment; filename="logbook.csv"' });
        return answer.end(found.text);
      }
      if (found) return json(found.body, found.status);
    }
    if (path === "/v1/areas") return json(areas(strandMode));
    const map = /^\/v1\/areas\/(\w+)\/map$/.exec(path);
    if (map) return maps[map[1]] ? json(maps[map[1]]) : json({ error: { code: "unknown_area", message: `no area '${map[1]}'`, detail: null } }, 404);
    if (path === "/v1/zones/states") return json(area === "auckland" ? [] : zoneRows());
    if (path === "/v1/zones/totals") return json(totals(area));
    const explained = /^\/v1\/zones\/([\w-]+)\/explanation$/.exec(path);
    if (explained) return json(explanation(find(explained[1])));
    if (path === "/v1/flows/states") return json(flowRows(area));
    if (path === "/v1/alerts") return json(alerts(area));
    if (path === "/v1/sensors/health") return json(health(area));
    if (path === "/v1/history") return json(history(area, target));
    if (path.startsWith("/v1/forecasts/") && scores === "unknown") return json({ error: { code: "not_found", message: `no ${path}`, detail: null } }, 404);
    if (path === "/v1/forecasts/record") return json(record(area, target));
    if (path === "/v1/forecasts/levels") return json(levelChances(area, target));
    if (path === "/v1/forecasts") return json(forecasts(area, target));
    if (path === "/v1/clock" && request.method === "GET") return json(Object.keys(clocks).map(clockRow));
    if (path === "/v1/clock") {
      const change = body;
      const clock = clocks[change.area];
      if (change.paused !== undefined) clock.paused = change.paused;
      if (change.speed !== undefined) clock.speed = change.speed;
      if (change.move_to !== undefined) {
        clock.moving = true;
        setTimeout(() => {
          clock.moving = false;
          clock.now = Date.parse(change.move_to);
          send("clock", clockRow(change.area));
          pushState(change.area);
          pushAlerts(change.area);
        }, 400);
      }
      send("clock", clockRow(change.area));
      return json(clockRow(change.area));
    }
    if (path === "/v1/stream") {
      answer.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      listeners.add(answer);
      answer.write(`event: hello\ndata: ${JSON.stringify({ version: "mock", areas: Object.keys(clocks) })}\n\n`);
      request.on("close", () => listeners.delete(answer));
      return undefined;
    }
    const file = normalize(join(STATIC, path === "/" ? "index.html" : path));
    if (!file.startsWith(STATIC) || !existsSync(file) || !statSync(file).isFile()) return json({ error: { code: "not_found", message: `no ${path}`, detail: null } }, 404);
    answer.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": CSP });
    createReadStream(file).pipe(answer);
    return undefined;
  });
  server.on("close", () => clearInterval(ticking));
  return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8123);
  makeServer({ badNames: process.argv.includes("--bad-names") }).listen(port, "127.0.0.1", () => console.log(`mock of deining at http://127.0.0.1:${port}`));
}
