/** Turns places into what the map draws; pure. */
import type { Feature, FeatureCollection, LineString, Point, Polygon, MultiPolygon, Position } from "geojson";
import type { AreaMap, GateFeature, Level } from "../api";
import type { Place } from "../model";

export const UNKNOWN = "unknown";
export type Tone = Level | typeof UNKNOWN;

export const toneOf = (place: Place | undefined): Tone => place?.level ?? UNKNOWN;

const LONGEST_LABEL = 30;
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

export const isRtl = (text: string): boolean => RTL.test(text);
export const shortened = (name: string): string => (name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1).trimEnd()}…` : name);

export interface Drawn {
  zones: FeatureCollection<Polygon | MultiPolygon>;
  gates: FeatureCollection<LineString>;
  badges: FeatureCollection<Point>;
  points: FeatureCollection<Point>;
}

/** The words beside a place's name when a higher level is coming, such as "O 15:40". */
export type ComingText = (place: Place) => string;

const collection = <G extends Feature["geometry"]>(features: Feature<G>[]): FeatureCollection<G> => ({ type: "FeatureCollection", features });

export function draw(map: AreaMap, places: readonly Place[], selectedId: string | null, coming: ComingText): Drawn {
  const byId = new Map(places.map((place) => [place.id, place]));
  const order = new Map(places.map((place, index) => [place.id, index]));
  const flows = places.filter((place) => place.kind !== "zone").map((place) => place.value ?? 0);
  const most = Math.max(1, ...flows);
  const properties = (id: string, name: string) => {
    const place = byId.get(id);
    return {
      id,
      name: shortened(name),
      rtl: isRtl(name),
      tone: toneOf(place),
      coming: place ? coming(place) : "",
      order: order.get(id) ?? places.length,
      selected: id === selectedId,
      // The eye compares surfaces, so the size goes with the root of the flow.
      size: Math.sqrt(Math.max(0, place?.value ?? 0) / most),
    };
  };
  const zones = map.zones.features.map((f) => ({ ...f, properties: properties(f.properties.id, f.properties.name) }));
  const gates = map.gates.features.map((f) => ({ ...f, properties: properties(f.properties.id, f.properties.name) }));
  const points = map.points.features.map((f) => ({ ...f, properties: properties(f.properties.id, f.properties.name) }));
  const zoneBadges = zones.map((f) => pointFeature(middleOf(f.geometry), { ...f.properties, kind: "zone" }));
  const gateBadges = map.gates.features.map((f) => {
    const place = byId.get(f.properties.id);
    return pointFeature(middleOfLine(f.geometry.coordinates), {
      ...properties(f.properties.id, f.properties.name),
      kind: "gate",
      bearing: flowBearing(f, map, place),
      moves: (place?.forward ?? 0) !== (place?.backward ?? 0),
    });
  });
  return { zones: collection(zones), gates: collection(gates), points: collection(points), badges: collection([...zoneBadges, ...gateBadges]) };
}

const pointFeature = (coordinates: Position, properties: Record<string, unknown>): Feature<Point> => ({
  type: "Feature",
  geometry: { type: "Point", coordinates },
  properties,
});

/** Centre of gravity of the largest outer ring. */
export function middleOf(geometry: Polygon | MultiPolygon): Position {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0] ?? []] : geometry.coordinates.map((polygon) => polygon[0] ?? []);
  let best: { area: number; middle: Position } = { area: -1, middle: rings[0]?.[0] ?? [0, 0] };
  for (const ring of rings) {
    const [x0 = 0, y0 = 0] = ring[0] ?? [];
    let [area, x, y] = [0, 0, 0];
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [ax, ay] = [(ring[i]?.[0] ?? 0) - x0, (ring[i]?.[1] ?? 0) - y0];
      const [bx, by] = [(ring[i + 1]?.[0] ?? 0) - x0, (ring[i + 1]?.[1] ?? 0) - y0];
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    if (area !== 0 && Math.abs(area) > best.area) best = { area: Math.abs(area), middle: [x0 + x / (3 * area), y0 + y / (3 * area)] };
  }
  return best.middle;
}

function middleOfLine(line: Position[]): Position {
  const at = Math.floor((line.length - 1) / 2);
  const [ax = 0, ay = 0] = line[at] ?? [];
  const [bx = ax, by = ay] = line[at + 1] ?? [];
  return line.length === 2 || line.length % 2 === 0 ? [(ax + bx) / 2, (ay + by) / 2] : [ax, ay];
}

/** Compass bearing in degrees of the main flow over a gate: across the line, from one zone to the other. */
export function flowBearing(gate: GateFeature, map: AreaMap, place: Place | undefined): number {
  const line = gate.geometry.coordinates;
  const [start = [0, 0], end = [0, 0]] = [line[0], line[line.length - 1]];
  const middle = middleOfLine(line);
  const shrink = Math.cos((((middle[1] ?? 0) as number) * Math.PI) / 180);
  const along = [((end[0] ?? 0) - (start[0] ?? 0)) * shrink, (end[1] ?? 0) - (start[1] ?? 0)] as const;
  const across = [-along[1], along[0]] as const;
  const zone = (id: string | null) => map.zones.features.find((f) => f.properties.id === id);
  const [from, to] = [zone(gate.properties.from_zone), zone(gate.properties.to_zone)];
  const a = from ? middleOf(from.geometry) : middle;
  const b = to ? middleOf(to.geometry) : middle;
  const wanted = [((b[0] ?? 0) - (a[0] ?? 0)) * shrink, (b[1] ?? 0) - (a[1] ?? 0)] as const;
  const forward = across[0] * wanted[0] + across[1] * wanted[1] >= 0 ? 1 : -1;
  const main = (place?.backward ?? 0) > (place?.forward ?? 0) ? -forward : forward;
  const bearing = (Math.atan2(across[0] * main, across[1] * main) * 180) / Math.PI;
  return (bearing + 360) % 360;
}
