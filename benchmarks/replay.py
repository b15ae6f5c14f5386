"""A replay of simulated days of 30 zones, with the generator beside the project; and how far off the estimate is."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import SHARED_BENCH, Row, spread

ZONES, HOURS = 30, 12


def measure(quick: bool) -> list[Row]:
    """Time and error over several seeds."""
    if not (SHARED_BENCH / "eventdays.py").exists():
        return [Row("replay of simulated days", "< 20 s", "skipped: no shared/bench/eventdays.py beside the project")]
    times, wape, to_counting, cover = [], [], [], []
    for seed in range(101, 103 if quick else 111):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _run(sys.executable, SHARED_BENCH / "eventdays.py", "--out", folder, "--days", 1, "--seed", seed, "--zones", ZONES, "--hours", HOURS, "--surges")
            day, out = folder / "day-0", folder / "out"
            begin = time.monotonic()
            _run(sys.executable, "-m", "deining", "replay", folder / "area", day / "observations.csv", "--out", out)
            times.append(time.monotonic() - begin)
            words = ["--area", folder / "area", "--truth", day / "truth.csv", "--observations", day / "observations.csv", "--states", out / "zone_states.csv"]
            score = json.loads(_run(sys.executable, SHARED_BENCH / "score.py", "occupancy", *words))
            wape.append(score["wape"])
            to_counting.append(score["to_counting"])
            cover.append(score["cover90"])
    return [
        Row(f"replay of a day of {ZONES} zones and {60 * HOURS} minutes, whole command", "< 20 s", spread(times, "s")),
        Row("its weighted error (WAPE)", "", spread(wape, "", 2)),
        Row("the same over that of the scorer's plain counting", "<= 0.36", spread(to_counting, "", 2)),
        Row("share of zone-minutes within the 90 % interval", "0.90", spread(cover, "", 2)),
    ]


def _run(*words: object) -> str:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout
