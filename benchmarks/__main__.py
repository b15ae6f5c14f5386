"""Run benchmarks: all, or those named."""

from __future__ import annotations

import argparse

from benchmarks import alerts, analogues, bowtie, demo, estimation, forecast, ingest, kill, notify, nowcast, power_cut, reaching, replay
from benchmarks.common import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    "demo": demo.measure,
    "ingest": ingest.measure,
    "kill": kill.measure,
    "power_cut": power_cut.measure,
    "replay": replay.measure,
    "estimation": estimation.measure,
    "forecast": forecast.measure,
    "reaching": lambda quick: list(reaching.measure(quick)),
    "alerts": lambda quick: list(alerts.measure(quick)),
    "nowcast": nowcast.measure,
    "analogues": analogues.measure,
    "bowtie": bowtie.measure,
    "notify": notify.measure,
}


def main() -> None:
    """Run what is asked, and print a table as in README.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="a short run of each, to see that it works")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark named {unknown[0]!r}; known: {', '.join(BENCHMARKS)}")
    for name in given.names or BENCHMARKS:
        print(f"\n## {name}\n\n| what | asked | measured |\n|---|---|---|", flush=True)
        for row in BENCHMARKS[name](given.quick):
            print(f"| {row.what} | {row.asked} | {row.measured} |", flush=True)


main()
