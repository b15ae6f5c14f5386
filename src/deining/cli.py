"""The command `deining`: what stands after it on the command line, and how errors are said."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from tqdm import tqdm

from deining import __version__
from deining.clock import LiveClock
from deining.domain.area import Area
from deining.domain.drivers import NO_DRIVERS, Drivers
from deining.domain.errors import DeiningError, UnknownName, WrongArea, WrongData, WrongUse
from deining.domain.logbook import Head
from deining.forecasting import FORECASTERS
from deining.jobs import Item
from deining.settings import Settings

AREA_HELP = "an area that comes with deining (auckland, strand), or the path of an area folder"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"deining: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0 all is well, 1 the data are wrong, 2 it was used wrongly."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.run
    try:
        return command(given)
    except WrongUse as error:
        return _fail(2, error)
    except DeiningError as error:
        return _fail(1, error)
    except KeyboardInterrupt:
        print("deining: interrupted; nothing half-written is left behind", file=sys.stderr)
        return 130


def _fail(code: int, error: DeiningError) -> int:
    print(f"deining: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="deining", description="How busy is it, how busy will it be, and what can still be done in time.")
    parser.add_argument("--version", action="version", version=f"deining {__version__}")
    commands = parser.add_subparsers(required=True, metavar="{demo,run,exercise,replay,forecast,backtest,check,token,log}", parser_class=_Parser)

    demo = _command(commands, "demo", run_demo, "replay both shipped areas as if live, and open the page")
    demo.add_argument("--port", type=_port, help="port to listen on (8000)")
    demo.add_argument("--data", type=Path, help="folder to keep what is observed, and to go on from where it stopped; else each demo begins anew")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")

    run = _command(commands, "run", run_live, "run an area live")
    run.add_argument("--area", required=True, help=AREA_HELP)
    run.add_argument("--data", type=Path, required=True, help="the data folder; made when it is not there")
    run.add_argument("--port", type=_port, help="port to listen on (8000)")
    run.add_argument("--host", help="address to listen on (127.0.0.1)")

    exercise = _command(commands, "exercise", run_exercise, "play a past day as if it happened now, to practise with; nothing leaves the machine")
    exercise.add_argument("area", metavar="AREA", help=AREA_HELP)
    exercise.add_argument("observations", metavar="OBSERVATIONS", type=Path, help="an observation table of that day, .csv or .parquet")
    exercise.add_argument("--data", type=Path, required=True, help="a data folder of its own for the exercise; made when it is not there")
    exercise.add_argument("--speed", type=_speed, default=1.0, help="replayed seconds per second, 1 to 3600 (1)")
    exercise.add_argument("--port", type=_port, help="port to listen on (8000)")
    exercise.add_argument("--host", help="address to listen on (127.0.0.1)")

    replay = _command(commands, "replay", run_replay, "run the pipeline over a table of observations, without hindsight")
    replay.add_argument("area", metavar="AREA", help=AREA_HELP)
    replay.add_argument("observations", metavar="OBSERVATIONS", type=Path, help="an observation table, .csv or .parquet")
    replay.add_argument("--out", type=Path, required=True, help="folder for the tables")
    replay.add_argument("--calibration", type=Path, help="what was learned about the sensors: read if it is there, written at the end")

    forecast = _command(commands, "forecast", run_forecast, "forecast the counts of a table from given origins")
    forecast.add_argument("counts", metavar="COUNTS", type=Path, help="an observation table of counts, .csv or .parquet")
    forecast.add_argument("--origins", type=Path, required=True, help="a table with one column, origin")
    forecast.add_argument("--horizon", required=True, help="how far ahead, such as 168h")
    forecast.add_argument("--out", type=Path, required=True, help="the table to write")
    _calendar_options(forecast)
    _driver_options(forecast)
    forecast.add_argument("--model", default=Settings().forecaster, help=f"one of {', '.join(FORECASTERS)}")

    backtest = _command(commands, "backtest", run_backtest, "score each model on the counts of a table")
    backtest.add_argument("counts", metavar="COUNTS", type=Path, help="an observation table of counts, .csv or .parquet")
    backtest.add_argument("--horizon", default="168h", help="how far ahead, such as 168h")
    backtest.add_argument("--weeks", type=_positive, default=8, help="score the last so many weeks (8)")
    backtest.add_argument("--every", type=_positive, default=31, help="hours between two origins (31, so that every hour of the day has its turn)")
    backtest.add_argument("--out", type=Path, help="also write the scores to this table")
    backtest.add_argument("--model", action="append", help=f"score this model alone; may stand more than once; all without: {', '.join(FORECASTERS)}")
    _calendar_options(backtest)
    _driver_options(backtest)

    check = _command(commands, "check", run_check, "say whether an area folder is right, and where not")
    check.add_argument("area", metavar="AREA", help=AREA_HELP)

    token = _command(commands, "token", run_token, "print a new token for one sensor")
    token.add_argument("sensor", metavar="SENSOR", help="id of the sensor")
    token.add_argument("--area", required=True, help=AREA_HELP)
    token.add_argument("--data", type=Path, required=True, help="data folder of the server that takes the observations")

    log = _command(commands, "log", run_log, "verify the logbooks of a data folder, or export one")
    log.add_argument("what", choices=("verify", "export"), help="verify: find and name what was edited, deleted, reordered or cut; export: write it as a file")
    log.add_argument("--data", type=Path, required=True, help="the data folder")
    log.add_argument("--area", help=f"{AREA_HELP}; all areas without it (verify)")
    log.add_argument("--book", help="live, or the name of a replay or exercise, such as exercise-1; all books without it (verify), live (export)")
    log.add_argument("--expect", metavar="NUMBER:HASH", type=_head, help="number and hash of an entry that were kept elsewhere (verify)")
    log.add_argument("--out", type=Path, help="the file to write, .csv or .pdf (export)")
    log.add_argument("--language", choices=("en", "nl"), help="language of the PDF; that of the area without it (export)")
    return parser


def _command(commands: argparse._SubParsersAction[_Parser], name: str, run: Callable[[argparse.Namespace], int], about: str) -> _Parser:
    parser = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.set_defaults(run=run)
    return parser


def _calendar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--area", help="take time zone, holidays, events and weather from this area")
    parser.add_argument("--holidays", metavar="REGION", help="country and subdivision as the holidays package names them, such as NZ-AUK")


def _driver_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", metavar="FILE", type=Path, help="public happenings, an iCalendar file; in place of the area's own")
    parser.add_argument("--school-holidays", metavar="FILE", type=Path, help="days without school, an iCalendar file; in place of the area's own")
    parser.add_argument("--weather", metavar="FILE", type=Path, help="weather measured and forecast, .csv or .parquet; in place of the area's own")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected a number from 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; expected 1 to 3600 replayed seconds per second")
    return value


def _head(text: str) -> Head:
    from deining.domain.logbook_chain import parse_head

    try:
        return parse_head(text)
    except WrongUse as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _settings(**given: object) -> Settings:
    return Settings.from_environment(os.environ, **{name: value for name, value in given.items() if value is not None})


def _bar(items: Iterable[Item], *, total: int, unit: str) -> Iterable[Item]:
    """A progress bar on a terminal, nothing elsewhere."""
    bar: Iterable[Item] = tqdm(items, total=total, unit=unit, disable=None, leave=False)
    return bar


def _read_area(name_or_path: str, today: date) -> Area:
    """An area with the calendars and the weather of its folder; what recurs is written out round a day."""
    from deining.risk.bowtie.assessment import assess
    from deining.sources.driver_files import read_driver_files
    from deining.storage.area_folder import find_area_folder, read_area

    area = read_area(find_area_folder(name_or_path), partial(read_driver_files, today=today))
    for bowtie in area.bowties:
        assess(bowtie, None, {}, {})
    return area


def _choose_drivers(given: argparse.Namespace, area: Area | None, timezone: ZoneInfo, today: date) -> Drivers:
    from deining.sources.driver_files import choose_drivers

    own = area.drivers() if area else NO_DRIVERS
    return choose_drivers(own, timezone, today=today, events=given.events, school_holidays=given.school_holidays, weather=given.weather)


# -- the commands; each imports what it needs, so that --help and check answer at once


def run_check(given: argparse.Namespace) -> int:
    """deining check"""
    try:
        area = _read_area(given.area, LiveClock().now().date())
    except WrongArea as error:
        for finding in error.findings:
            print(f"deining: {finding}", file=sys.stderr)
        return 1
    there = {"zones": area.zones, "gates": area.gates, "sensors": area.sensors, "level scales": area.levels, "events": area.events}
    print(f"{area.name}: {', '.join(f'{len(things)} {name}' for name, things in there.items())}; nothing is wrong")
    return 0


def run_token(given: argparse.Namespace) -> int:
    """deining token"""
    from deining.app import make_token
    from deining.storage.area_folder import find_area_folder, read_area

    print(make_token(given.data, read_area(find_area_folder(given.area)), given.sensor))
    return 0


def run_replay(given: argparse.Namespace) -> int:
    """deining replay"""
    from deining.jobs.replay import replay, write_evening
    from deining.pipeline import Learned, build_pipeline
    from deining.sources.tables import TableSource
    from deining.storage.calibration import read_calibration, write_calibration

    source = TableSource(given.observations)
    area = _read_area(given.area, datetime.fromtimestamp(int(source.table.available_us.max(initial=0)) // 1_000_000, UTC).date())
    calibration = read_calibration(given.calibration) if given.calibration else None
    pipeline = build_pipeline(area, _settings(), Learned(calibration=calibration))
    evening = replay(pipeline, source, progress=_bar)
    write_evening(evening, given.out)
    if given.calibration:
        write_calibration(given.calibration, pipeline.learn())
    crowd = sum(alert.kind.value == "crowd" for alert in evening.alerts.values())
    print(f"{given.out}: {len(evening.zones)} zone states, {len(evening.flows)} flow states, {crowd} crowd alerts, {len(evening.alerts) - crowd} data alerts")
    if source.table.conflicts:
        print(f"deining: {source.table.conflicts} rows had the key of an earlier row and another value; the first was kept", file=sys.stderr)
    return 0


def run_forecast(given: argparse.Namespace) -> int:
    """deining forecast"""
    from deining.jobs.forecast import choose_calendar, forecast, parse_horizon, write_forecasts
    from deining.sources.tables import read_origins, read_series

    horizon_s = parse_horizon(given.horizon)
    if given.model not in FORECASTERS:
        raise UnknownName("forecaster", given.model, list(FORECASTERS))
    origins = read_origins(given.origins)
    today = max(origins).date()
    area = _read_area(given.area, today) if given.area else None
    calendar, notice = choose_calendar(area, given.holidays)
    drivers = _choose_drivers(given, area, calendar.timezone, today)
    series = read_series(given.counts)
    made = forecast(series, origins, horizon_s, FORECASTERS[given.model](calendar), drivers, progress=_bar)
    if not made:
        raise WrongData(f"{given.counts}: found no count that ended before an origin of {given.origins}; expected some history before each origin")
    write_forecasts(given.out, made)
    if notice:
        print(f"deining: {notice}", file=sys.stderr)
    print(f"{given.out}: {len(made)} steps of {len(series)} sensors from {len(origins)} origins, by {given.model}")
    return 0


def run_backtest(given: argparse.Namespace) -> int:
    """deining backtest"""
    from deining.forecasting.record import Judge, no_thresholds
    from deining.jobs.backtest import backtest, choose_origins, score_columns
    from deining.jobs.forecast import choose_calendar, parse_horizon
    from deining.scorekeeping import find_thresholds
    from deining.sources.tables import read_series, write_table

    horizon_s = parse_horizon(given.horizon)
    series = read_series(given.counts)
    today = datetime.fromtimestamp(max(one.end_s for one in series), UTC).date()
    area = _read_area(given.area, today) if given.area else None
    calendar, notice = choose_calendar(area, given.holidays)
    for name in given.model or ():
        if name not in FORECASTERS:
            raise UnknownName("forecaster", name, list(FORECASTERS))
    models = {name: make(calendar) for name, make in FORECASTERS.items() if name in (given.model or FORECASTERS)}
    drivers = _choose_drivers(given, area, calendar.timezone, today)
    judge = Judge(calendar, drivers.events, find_thresholds(area) if area else no_thresholds, _settings().alert_chance)
    origins = choose_origins(series, weeks=given.weeks, every_h=given.every)
    scores = backtest(series, origins, horizon_s, models, drivers, judge=judge, progress=_bar)
    if notice:
        print(f"deining: {notice}", file=sys.stderr)
    if given.out:
        write_table(given.out, score_columns(scores))
    print(f"{'horizon':<12} {'model':<16} {'steps':>8} {'mae':>8} {'to last week':>13} {'to 4 weeks':>11} {'wql':>7} {'cover80':>8} {'cover95':>8}")
    for s in scores:
        if not s.target and s.kind == "all":
            print(
                f"{s.band:<12} {s.model:<16} {s.steps:>8} {s.mae:>8.2f} {s.to_last_week:>13.3f} {s.to_ordinary_weeks:>11.3f} "
                f"{s.wql:>7.3f} {s.cover80:>8.3f} {s.cover95:>8.3f}"
            )
    return 0


def run_live(given: argparse.Namespace) -> int:
    """deining run"""
    from deining.app import App
    from deining.storage.area_folder import find_area_folder
    from deining.web.acts import LOOPBACK
    from deining.web.server import open_socket, serve

    settings = _settings(port=given.port, host=given.host)
    area = _read_area(given.area, LiveClock().now().date())
    taken = open_socket(settings.host, settings.port)
    app = App(given.data, settings)
    channels = app.set_up_channels({area.id: find_area_folder(given.area)})
    app.add_live_area(area)
    address = f"http://{settings.host}:{taken.getsockname()[1]}"
    if settings.host not in LOOPBACK:
        print(f"deining: {settings.host} lets whoever reaches this machine see the page and all figures: there is no sign-in yet", file=sys.stderr)
    if channels:
        print(f"deining: alerts are sent onward by {', '.join(channels)}", file=sys.stderr)
    serve(app, taken, lambda: print(f"{area.name} is live at {address} (Ctrl-C stops it); data are kept in {given.data}", flush=True))
    return 0


def run_exercise(given: argparse.Namespace) -> int:
    """deining exercise"""
    from deining.app import App, add_exercise
    from deining.web.acts import LOOPBACK
    from deining.web.server import open_socket, serve

    settings = _settings(port=given.port, host=given.host)
    area = _read_area(given.area, LiveClock().now().date())
    taken = open_socket(settings.host, settings.port)
    app = App(given.data, settings)
    add_exercise(app, area, given.observations, speed=given.speed)
    address = f"http://{settings.host}:{taken.getsockname()[1]}"
    if settings.host not in LOOPBACK:
        print(f"deining: {settings.host} lets whoever reaches this machine see the exercise: there is no sign-in yet", file=sys.stderr)
    serve(app, taken, lambda: print(f"the exercise in {area.name} is at {address} (Ctrl-C stops it); nothing leaves this machine", flush=True))
    return 0


def run_log(given: argparse.Namespace) -> int:
    """deining log"""
    return _verify_log(given) if given.what == "verify" else _export_log(given)


def _verify_log(given: argparse.Namespace) -> int:
    from deining.jobs.log_verify import verify_logbooks

    area = Path(given.area).name if given.area else None
    reports = verify_logbooks(given.data, area, book=given.book, expected=given.expect)
    for report in reports:
        for line in report.lines():
            print(line if report.is_whole else f"deining: {line}", file=sys.stdout if report.is_whole else sys.stderr)
    if not reports:
        print(f"{given.data}: no logbook has been written here")
    return 0 if all(report.is_whole for report in reports) else 1


def _export_log(given: argparse.Namespace) -> int:
    from deining.jobs.log_verify import export_logbook
    from deining.storage.area_folder import find_area_folder, read_area

    if given.area is None or given.out is None:
        raise WrongUse("an export needs an area and a file; give --area and --out")
    area = read_area(find_area_folder(given.area))
    count = export_logbook(given.data, area, given.out, made_at=LiveClock().now(), book=given.book or "live", language=given.language)
    print(f"{given.out}: {count} entries")
    return 0


def run_demo(given: argparse.Namespace) -> int:
    """deining demo"""
    from deining.app import find_demo_folder
    from deining.storage.lock import is_locked

    if given.data:
        return _demo(given, given.data, begins_anew=False)
    folder = find_demo_folder()
    if not is_locked(folder):
        return _demo(given, folder, begins_anew=True)
    with tempfile.TemporaryDirectory(prefix="deining-demo-") as another:
        return _demo(given, Path(another), begins_anew=True)


def _demo(given: argparse.Namespace, folder: Path, *, begins_anew: bool) -> int:
    from deining.app import App, add_demo_areas
    from deining.web.server import open_socket, serve

    settings = _settings(port=given.port)
    taken = open_socket(settings.host, settings.port)
    app = App(folder, settings)
    add_demo_areas(app, begins_anew=begins_anew)
    address = f"http://{settings.host}:{taken.getsockname()[1]}"

    def ready() -> None:
        print(f"deining: the demo is at {address} (Ctrl-C stops it)", flush=True)
        if not given.no_browser:
            webbrowser.open(address)

    serve(app, taken, ready)
    return 0
