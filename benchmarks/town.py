"""An area folder of any size: a grid of squares, with a counted gate between neighbours and at the western edge."""

from __future__ import annotations

import json
import math
from pathlib import Path


def write_town(folder: Path, *, zones: int) -> Path:
    """Write the folder; its id is its name."""
    folder.mkdir(parents=True)
    columns = math.ceil(math.sqrt(zones))
    side = 0.0006
    places, lines = [], []
    for k in range(zones):
        x, y = 4.0 + side * (k % columns), 52.0 + side * (k // columns)
        ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
        places.append(_feature("Polygon", [ring], id=f"z{k}", name=f"Square {k}", usable_area_m2=2000, capacity=4000))
        if k % columns == 0:
            lines.append((None, f"z{k}", [[x, y], [x, y + side]]))
        else:
            lines.append((f"z{k - 1}", f"z{k}", [[x, y], [x, y + side]]))
        if k >= columns and k % 2 == 0:
            lines.append((f"z{k - columns}", f"z{k}", [[x, y], [x + side, y]]))
    gates = [_feature("LineString", line, id=f"g{n}", from_zone=start, to_zone=end, effective_width_m=4) for n, (start, end, line) in enumerate(lines)]
    for name, features in (("zones", places), ("gates", gates)):
        (folder / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "area.toml").write_text('name = "Town"\ntimezone = "Europe/Amsterdam"\nlanguage = "nl"\n')
    rows = [f"count-{n},gate_counter,gate:g{n},60" for n in range(len(gates))]
    (folder / "sensors.csv").write_text("id,kind,observes,interval_s\n" + "\n".join(rows) + "\n")
    return folder


def _feature(kind: str, coordinates: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}
