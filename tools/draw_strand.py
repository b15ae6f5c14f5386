"""Draw the area folder of Strand, an invented seaside town that lies in open sea, so that nobody takes it for a real one.

    python tools/draw_strand.py [FOLDER]

Everything is drawn in metres first: u runs along the coast to the north-east, v runs inland from the middle of the
boulevard, and the sea is where v is small. The same program gives the same files, byte for byte.
"""

from __future__ import annotations

import csv
import json
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.ops import unary_union

FOLDER = Path(__file__).parent.parent / "src" / "deining" / "areas" / "strand"
ORIGIN_LON, ORIGIN_LAT = 4.06, 52.21
COAST_DEGREES = 38.0
METRES_LAT = 111_250.0
METRES_LON = METRES_LAT * math.cos(math.radians(ORIGIN_LAT))


@dataclass(frozen=True)
class Place:
    """A zone as a box in metres, the share of it that people can stand on, and persons/m2 at which it is full."""

    id: str
    name: str
    kind: str
    box: tuple[float, float, float, float]
    usable: float
    full_per_m2: float


ZONES = [
    Place("strand-1", "Strand Zuid 2", "beach", (-840, -150, -600, -20), 0.85, 0.30),
    Place("strand-2", "Strand Zuid 1", "beach", (-600, -150, -360, -20), 0.85, 0.30),
    Place("strand-3", "Strand Kurhuis", "beach", (-360, -150, -120, -20), 0.85, 0.35),
    Place("strand-4", "Strand Midden", "beach", (-120, -150, 100, -20), 0.85, 0.40),
    Place("strand-5", "Strand Pier", "beach", (130, -150, 360, -20), 0.85, 0.40),
    Place("strand-6", "Strand Noord 1", "beach", (360, -150, 600, -20), 0.85, 0.35),
    Place("strand-7", "Strand Noord 2", "beach", (600, -150, 840, -20), 0.85, 0.30),
    Place("pier", "Pier", "bridge", (100, -420, 130, -20), 0.55, 0.60),
    Place("boulevard-1", "Boulevard Zuid", "street", (-840, -20, -420, 20), 0.60, 0.80),
    Place("boulevard-2", "Boulevard Kurhuis", "street", (-420, -20, 0, 20), 0.60, 0.80),
    Place("boulevard-3", "Boulevard Pier", "street", (0, -20, 420, 20), 0.60, 0.80),
    Place("boulevard-4", "Boulevard Noord", "street", (420, -20, 840, 20), 0.60, 0.80),
    Place("kurhuistrap", "Kurhuistrap", "stairs", (-60, 20, 0, 40), 0.50, 0.80),
    Place("kurplein", "Kurplein", "square", (-120, 40, 60, 120), 0.70, 0.70),
    Place("vissersplein", "Vissersplein", "square", (-520, 20, -420, 100), 0.65, 0.70),
    Place("visserssteeg", "Visserssteeg", "alley", (-480, 100, -473, 300), 0.85, 0.80),
    Place("keizerstraat", "Keizerstraat", "street", (-480, 300, -60, 316), 0.60, 0.80),
    Place("zeestraat", "Zeestraat", "street", (-60, 120, -40, 420), 0.65, 0.80),
    Place("winkelstraat", "Winkelstraat", "street", (-40, 300, 260, 316), 0.60, 0.80),
    Place("badhuisstraat", "Badhuisstraat", "street", (260, 20, 278, 420), 0.60, 0.80),
    Place("stationsplein", "Stationsplein", "square", (-150, 420, 50, 520), 0.65, 0.70),
    Place("stationshal", "Stationshal", "station", (-110, 520, 10, 580), 0.60, 0.80),
    Place("tramplein", "Tramplein", "station", (210, 420, 330, 510), 0.60, 0.80),
    Place("parkeer-zuid", "Parkeerterrein Zuid", "car_park", (-840, 20, -640, 160), 0.45, 0.25),
    Place("parkeer-noord", "Parkeerterrein Noord", "car_park", (640, 20, 840, 160), 0.45, 0.25),
    Place("wachtvak", "Wachtvak festival", "queue", (420, 20, 500, 60), 0.80, 1.20),
    Place("festivalweide", "Festivalweide", "square", (420, 60, 630, 200), 0.75, 1.00),
]

INSIDE = [  # from, to, effective width in metres, name or nothing
    ("boulevard-1", "strand-1", 8.0, "Strandopgang 1"),
    ("boulevard-1", "strand-2", 8.0, "Strandopgang 2"),
    ("boulevard-2", "strand-3", 9.0, "Strandopgang 3"),
    ("boulevard-2", "strand-4", 12.0, "Strandopgang 4"),
    ("boulevard-3", "strand-5", 12.0, "Strandopgang 5"),
    ("boulevard-4", "strand-6", 9.0, "Strandopgang 6"),
    ("boulevard-4", "strand-7", 8.0, "Strandopgang 7"),
    ("strand-1", "strand-2", 60.0, "Waterlijn 1"),
    ("strand-2", "strand-3", 60.0, "Waterlijn 2"),
    ("strand-3", "strand-4", 60.0, "Waterlijn 3"),
    ("strand-5", "strand-6", 60.0, "Waterlijn 4"),
    ("strand-6", "strand-7", 60.0, "Waterlijn 5"),
    ("boulevard-3", "pier", 7.0, "Pierpoort"),
    ("boulevard-1", "boulevard-2", 18.0, "Boulevard bij Vissersplein"),
    ("boulevard-2", "boulevard-3", 18.0, "Boulevard bij Kurhuistrap"),
    ("boulevard-3", "boulevard-4", 18.0, "Boulevard bij Wachtvak"),
    ("kurhuistrap", "boulevard-2", 14.0, "Kurhuistrap onder"),
    ("kurplein", "kurhuistrap", 14.0, "Kurhuistrap boven"),
    ("zeestraat", "kurplein", 12.0, "Zeestraat zee"),
    ("vissersplein", "boulevard-1", 10.0, "Vissersplein zee"),
    ("visserssteeg", "vissersplein", 3.5, "Visserssteeg zee"),
    ("keizerstraat", "visserssteeg", 3.5, "Visserssteeg land"),
    ("zeestraat", "keizerstraat", 8.0, "Keizerstraat oost"),
    ("zeestraat", "winkelstraat", 8.0, "Winkelstraat west"),
    ("badhuisstraat", "winkelstraat", 8.0, "Winkelstraat oost"),
    ("badhuisstraat", "boulevard-3", 11.0, "Badhuisstraat zee"),
    ("tramplein", "badhuisstraat", 11.0, "Tramplein zee"),
    ("stationsplein", "zeestraat", 13.0, "Zeestraat land"),
    ("stationshal", "stationsplein", 16.0, "Stationsuitgang"),
    ("parkeer-zuid", "boulevard-1", 7.0, "Parkeerpad Zuid"),
    ("parkeer-noord", "boulevard-4", 7.0, "Parkeerpad Noord"),
    ("boulevard-4", "wachtvak", 14.0, "Festivalpoort"),
    ("wachtvak", "festivalweide", 16.0, "Festivalcontrole"),
]

OUTSIDE = [  # zone, side of its box, effective width in metres, name
    ("stationshal", "north", 18.0, "Perrons"),
    ("tramplein", "north", 10.0, "Tramhalte"),
    ("parkeer-zuid", "north", 8.0, "Inrit Zuid"),
    ("parkeer-noord", "north", 8.0, "Inrit Noord"),
    ("boulevard-1", "west", 16.0, "Duinpad Zuid"),
    ("boulevard-4", "east", 16.0, "Duinpad Noord"),
    ("stationsplein", "west", 10.0, "Fietspad station"),
    ("keizerstraat", "west", 8.0, "Keizerstraat west"),
    ("vissersplein", "west", 6.0, "Havenpad"),
]

CAMERAS = ["kurplein", "stationsplein", "boulevard-2", "boulevard-3", "festivalweide", "strand-4"]
DEVICE_COUNTERS = ["boulevard-1", "boulevard-4", "tramplein"]

AREA_TOML = """# Strand: drawn by tools/draw_strand.py. The town, its people and its officers are invented.
name = "Strand"
timezone = "Europe/Amsterdam"
language = "nl"
empty_at = "04:00"
holidays = "NL"
notice = "Strand is een verzonnen badplaats; haar bezoekers zijn gesimuleerd. Strand is an invented town; its people are simulated."

[[groups]]
id = "strand"
name = "Strand en pier"
zones = ["strand-1", "strand-2", "strand-3", "strand-4", "strand-5", "strand-6", "strand-7", "pier"]

[[groups]]
id = "boulevard"
name = "Boulevard"
zones = ["boulevard-1", "boulevard-2", "boulevard-3", "boulevard-4"]

[[groups]]
id = "station"
name = "Station"
zones = ["stationshal", "stationsplein", "tramplein"]

[[purposes]]
id = "drukte"
text = "Weten hoe druk het is op strand, boulevard en pleinen, om op tijd te kunnen ingrijpen bij gevaarlijke drukte."
legal_basis = "Gemeentewet artikel 172 (openbare orde); alleen aantallen, geen persoonsgegevens"
owner = "Team Veiligheid, gemeente Strand (verzonnen)"
start = 2026-01-01
end = 2029-12-31

[[purposes]]
id = "festival"
text = "Het aantal bezoekers van het festivalterrein bewaken tijdens Vuurwerkfestival Strand."
legal_basis = "Evenementenvergunning, voorschrift crowdmanagement; alleen aantallen, geen persoonsgegevens"
owner = "Organisator Vuurwerkfestival Strand (verzonnen)"
start = 2026-05-01
end = 2026-09-30

{levels}
{events}"""

OWN = "invented for Strand, as a town would set it for itself"
FRUIN_BASED = "set for Strand by comfort, well below where a moving crowd slows down at 2 persons/m2 (Fruin 1971)"
LEVELS = [
    ("specific_flow_per_m_min", None, 21.0, 24.0, 27.0, "yellow and red as on three sites of Amsterdam's crowd monitoring system; orange half way"),
    ("density_per_m2", "beach", 0.18, 0.30, 0.42, OWN + ": a beach is full when blankets touch"),
    ("density_per_m2", "street", 0.35, 0.55, 0.80, FRUIN_BASED),
    ("density_per_m2", "alley", 0.30, 0.45, 0.60, FRUIN_BASED),
    ("density_per_m2", "stairs", 0.35, 0.55, 0.80, FRUIN_BASED),
    ("density_per_m2", "bridge", 0.25, 0.40, 0.55, FRUIN_BASED),
    ("density_per_m2", "square", 0.40, 0.60, 0.85, FRUIN_BASED),
    ("density_per_m2", "station", 0.40, 0.65, 0.90, FRUIN_BASED),
    (
        "density_per_m2",
        "queue",
        0.60,
        0.90,
        1.20,
        "waiting people stand closer than walking ones (Highway Capacity Manual, queueing areas: B ends at 1.11 persons/m2)",
    ),
    ("density_per_m2", "car_park", 0.10, 0.16, 0.22, OWN),
]

SHOW = ["pier", "boulevard-2", "boulevard-3", "strand-4", "strand-5", "kurplein"]
EVENTS = [
    ("opening-seizoen", "Opening strandseizoen", "2026-05-03T11:00:00+02:00", "2026-05-03T18:00:00+02:00", "market", 12000, []),
    ("vlaggetjesdag", "Vlaggetjesdag", "2026-06-13T10:00:00+02:00", "2026-06-13T22:00:00+02:00", "festival", 25000, ["vissersplein", "keizerstraat"]),
    ("avondmarkt-1", "Avondmarkt", "2026-07-02T17:00:00+02:00", "2026-07-02T22:00:00+02:00", "market", 6000, ["winkelstraat", "keizerstraat"]),
    ("vuurwerkfestival", "Vuurwerkfestival Strand", "2026-07-18T14:00:00+02:00", "2026-07-18T23:30:00+02:00", "festival", 70000, ["festivalweide", "wachtvak"]),
    ("vuurwerk", "Groot vuurwerk", "2026-07-18T22:30:00+02:00", "2026-07-18T23:00:00+02:00", "fireworks", 70000, SHOW),
    ("avondmarkt-2", "Avondmarkt", "2026-07-30T17:00:00+02:00", "2026-07-30T22:00:00+02:00", "market", 6000, ["winkelstraat", "keizerstraat"]),
    ("jazz", "Jazz aan Zee", "2026-08-08T13:00:00+02:00", "2026-08-08T23:00:00+02:00", "concert", 18000, ["kurplein"]),
    ("zandsculpturen", "Zandsculpturen", "2026-08-22T10:00:00+02:00", "2026-08-23T18:00:00+02:00", "market", 15000, ["strand-4"]),
]  # fmt: skip


def to_lon_lat(u: float, v: float) -> list[float]:
    """A place in metres as longitude and latitude, to a decimetre."""
    turn = math.radians(COAST_DEGREES)
    east, north = u * math.cos(turn) + v * math.sin(turn), u * math.sin(turn) - v * math.cos(turn)
    return [round(ORIGIN_LON + east / METRES_LON, 6), round(ORIGIN_LAT + north / METRES_LAT, 6)]


def polygon(shape: Polygon) -> dict[str, Any]:
    """A shape in metres as a GeoJSON geometry."""
    return {"type": "Polygon", "coordinates": [[to_lon_lat(u, v) for u, v in ring.coords] for ring in [shape.exterior, *shape.interiors]]}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def draw_zones() -> list[dict[str, Any]]:
    """Every zone with its usable area and capacity."""
    found = []
    for place in ZONES:
        area = box(*place.box).area * place.usable
        capacity = round(area * place.full_per_m2 / 10) * 10
        found.append(feature(polygon(box(*place.box)), id=place.id, name=place.name, kind=place.kind, usable_area_m2=round(area), capacity=capacity))
    return found


def border(first: Place, second: Place) -> LineString:
    """What two boxes share of their edges."""
    shared = box(*first.box).boundary.intersection(box(*second.box).boundary)
    if shared.geom_type != "LineString" or shared.length < 3:
        raise ValueError(f"{first.id} and {second.id} share no edge")
    return shared


def side(place: Place, name: str) -> LineString:
    """One side of a box: north is inland, west is where u is small."""
    u1, v1, u2, v2 = place.box
    return LineString({"north": [(u1, v2), (u2, v2)], "west": [(u1, v1), (u1, v2)], "east": [(u2, v1), (u2, v2)]}[name])


def middle(edge: LineString, width_m: float) -> dict[str, Any]:
    """The middle part of an edge as a GeoJSON line; a little longer than its effective width, since people keep off its ends."""
    length = min(edge.length, width_m + 2)
    ends = [edge.interpolate(edge.length / 2 + sign * length / 2) for sign in (-1, 1)]
    return {"type": "LineString", "coordinates": [to_lon_lat(end.x, end.y) for end in ends]}


def draw_gates() -> list[dict[str, Any]]:
    """Every gate, on the edge that its zones share or on the edge of the area."""
    places = {place.id: place for place in ZONES}
    found = []
    for start, end, width, name in INSIDE:
        kind = "stairs" if "kurhuistrap" in (start, end) else places[start].kind
        geometry = middle(border(places[start], places[end]), width)
        found.append(feature(geometry, id=gate_id(name), name=name, from_zone=start, to_zone=end, effective_width_m=width, kind=kind))
    for zone, where, width, name in OUTSIDE:
        geometry = middle(side(places[zone], where), width)
        found.append(feature(geometry, id=gate_id(name), name=name, from_zone=None, to_zone=zone, effective_width_m=width, kind=places[zone].kind))
    return found


def gate_id(name: str) -> str:
    """Id of a gate from its name; no zone has such an id."""
    return "g-" + name.lower().replace(" ", "-")


def list_sensors() -> list[list[object]]:
    """Rows of the register of sensors."""
    festival = {"Festivalpoort", "Festivalcontrole"}
    gates = [row[3] for row in (*INSIDE, *OUTSIDE)]
    rows: list[list[object]] = [
        [f"teller-{gate_id(name)[2:]}", "gate_counter", f"gate:{gate_id(name)}", 60, f"Teller {name}", "festival" if name in festival else "drukte"]
        for name in gates
    ]
    names = {place.id: place.name for place in ZONES}
    rows += [
        [f"camera-{zone}", "area_camera", f"zone:{zone}", 60, f"Camera {names[zone]}", "festival" if zone == "festivalweide" else "drukte"] for zone in CAMERAS
    ]
    rows += [[f"wifi-{zone}", "device_counter", f"zone:{zone}", 300, f"Wifi-teller {names[zone]}", "drukte"] for zone in DEVICE_COUNTERS]
    return [*rows, ["panel", "phone_panel", "area", 900, "Telefoonpanel", "drukte"]]


def draw_ground() -> list[dict[str, Any]]:
    """Sea, sand, town and green."""
    sea, sand = box(-1150, -800, 1150, -150), box(-1150, -150, 1150, -20)
    town, dunes_south, dunes_north = box(-660, 20, 660, 660), box(-1150, -20, -860, 660), box(860, -20, 1150, 660)
    park = box(470, 240, 640, 420)
    rows = [("sea", sea), ("sand", sand), ("built", town), ("green", dunes_south), ("green", dunes_north), ("green", park)]
    return [feature(polygon(shape), kind=kind) for kind, shape in rows]


STREETS = [
    ("Boulevard", "main", 14, [(-1000, 0), (1000, 0)]),
    ("Zeestraat", "street", 10, [(-50, 20), (-50, 420)]),
    ("Badhuisstraat", "street", 9, [(269, 20), (269, 420)]),
    ("Keizerstraat", "street", 8, [(-640, 308), (-60, 308)]),
    ("Winkelstraat", "street", 8, [(-40, 308), (640, 308)]),
    ("Visserssteeg", "alley", 4, [(-476, 100), (-476, 308)]),
    ("Stationsweg", "main", 10, [(-660, 470), (660, 470)]),
    ("Duinweg", "street", 7, [(-640, 200), (-120, 200)]),
    ("Schelpenweg", "street", 7, [(60, 200), (420, 200)]),
    ("Helmstraat", "street", 6, [(-300, 40), (-300, 470)]),
    ("Meeuwenlaan", "street", 6, [(120, 40), (120, 470)]),
    ("Spoorlijn", "rail", 8, [(-50, 580), (-50, 660)]),
    ("Parkeerweg Zuid", "street", 7, [(-740, 160), (-640, 200)]),
    ("Parkeerweg Noord", "street", 7, [(740, 160), (640, 308)]),
]


def draw_streets() -> list[dict[str, Any]]:
    """Lines with a width, for the map alone."""
    return [
        feature({"type": "LineString", "coordinates": [to_lon_lat(*place) for place in line]}, name=name, **{"class": kind}, width_m=width)
        for name, kind, width, line in STREETS
    ]


def draw_buildings() -> list[dict[str, Any]]:
    """Houses in rows wherever no zone, street or park is, higher towards the sea; and the landmarks."""
    chance = random.Random(20260718)
    zones = unary_union([box(*place.box).buffer(2.5) for place in ZONES])
    streets = unary_union([LineString(line).buffer(width / 2 + 2) for _, _, width, line in STREETS])
    taken = zones.union(streets).union(box(470, 240, 640, 420))
    landmarks = [("Kurhuis", box(-105, 125, -66, 190), 32.0), ("Hotel Zeezicht", box(140, 26, 250, 60), 41.0), ("Station", box(-110, 582, -58, 600), 14.0)]
    found = [feature(polygon(shape), name=name, height_m=height) for name, shape, height in landmarks]
    taken = taken.union(unary_union([shape.buffer(3) for _, shape, _ in landmarks]))
    v = 26.0
    while v < 640:
        u, depth = -650.0, chance.uniform(13, 19)
        while u < 645:
            width = chance.uniform(14, 34)
            house = box(u, v, u + width, v + depth)
            u += width + (0.0 if chance.random() < 0.6 else chance.uniform(4, 12))
            if chance.random() < 0.12 or house.intersects(taken):
                continue
            height = chance.uniform(6, 12) + max(0.0, 14 - v / 12) + (18 if chance.random() < 0.03 else 0)
            found.append(feature(polygon(house), height_m=round(height, 1)))
        v += depth + chance.uniform(12, 18)
    pavilions = [box(u, -46, u + 26, -32) for u in range(-800, 820, 120) if not 60 < u < 150]
    found += [feature(polygon(affinity.rotate(shape, chance.uniform(-4, 4))), name="Strandtent", height_m=5.0) for shape in pavilions]
    head = Point(115, -412).buffer(13, quad_segs=4)
    return [*found, feature(polygon(head), name="Pierkop", height_m=12.0)]


def level_rows() -> str:
    """[[levels]] of area.toml."""
    rows = []
    for quantity, kind, yellow, orange, red, source in LEVELS:
        where = f'kind = "{kind}"\n' if kind else ""
        rows.append(f'[[levels]]\nquantity = "{quantity}"\n{where}yellow = {yellow}\norange = {orange}\nred = {red}\nsource = "{source}"\n')
    return "\n".join(rows)


def event_rows() -> str:
    """[[events]] of area.toml."""
    rows = []
    for key, name, start, end, kind, visitors, zones in EVENTS:
        where = ", ".join(f'"{zone}"' for zone in zones)
        rows.append(
            f'[[events]]\nid = "{key}"\nname = "{name}"\nstart = {start}\nend = {end}\nkind = "{kind}"\nexpected_visitors = {visitors}\nzones = [{where}]\n'
        )
    return "\n".join(rows)


def write(folder: Path) -> None:
    """Write every file of the area."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "area.toml").write_text(AREA_TOML.format(levels=level_rows(), events=event_rows()), encoding="utf-8")
    layers = {"zones": draw_zones(), "gates": draw_gates(), "ground": draw_ground(), "streets": draw_streets(), "buildings": draw_buildings()}
    for name, features in layers.items():
        lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
        (folder / f"{name}.geojson").write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    with (folder / "sensors.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "kind", "observes", "interval_s", "name", "purpose"])
        table.writerows(list_sensors())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
