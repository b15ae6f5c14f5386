"""All that can be configured, with unit and default, on one screen. `DEINING_<NAME>` in the environment overrides a default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from deining.domain.errors import WrongUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of deining; the name carries the unit, the comment says what it does."""

    host: str = "127.0.0.1"  # address the server binds to
    port: int = 8000  # port the server binds to
    # The loop
    state_step_s: int = 60  # a state is computed and kept each so many seconds
    settle_s: float = 2.0  # live: wait so long after a minute's end before its state is computed
    forecast_step_s: int = 900  # step of zone and gate forecasts; point counters use their own interval
    forecast_horizon_steps: int = 24  # steps ahead of each forecast
    outlook_days: int = 14  # how far ahead the outlook looks
    outlook_every_h: int = 6  # an outlook is made each so many hours; 0: never
    outlook_most_steps: int = 150_000  # steps of all places together in one outlook; with more places it is shorter
    history_weeks: int = 61  # weeks of history that forecasts and the normal course rest on: a year, and the weeks before it
    forecaster: str = "combined"  # row of the registry of forecasters
    learn_every_h: int = 24  # the forecaster learns anew each so many hours, more often while there is little history; 0: never
    learn_weeks: int = 156  # weeks of history that it learns from
    learn_holdout_days: int = 14  # days at the end of it on which a new model must do better than the one in use
    keep_forecasts_days: int = 35  # issued forecasts are kept so long; how good they were is kept for good
    # Estimation
    estimator: str = "filter"  # row of the registry of estimators
    filter_max_zones: int = 300  # an area of more zones is estimated district by district
    gate_detection_rate: float = 0.9  # share of passers-by that a gate counter sees, unless calibrated
    gate_detection_rate_sd: float = 0.03  # standard deviation of that share between counters
    flow_window_s: int = 300  # a gate's flow is the mean over so many seconds
    stale_after_intervals: float = 2.0  # a sensor is silent after so many of its own intervals without data
    stale_after_s: float = 360.0  # but never before so many seconds
    # Alerts
    alert_from: str = "auto"  # level from which a crowd alert is raised; auto: orange on levels of the area, red on the default ones
    alert_ahead_s: float = 7200.0  # how far ahead a forecast may raise an alert
    alert_chance: float = 0.5  # probability from which a forecast level counts
    alert_keep_share: float = 0.9  # hysteresis: an alert clears below this share of its threshold
    alert_on_delay_s: float = 120.0  # a level must hold so long before an alert is raised
    alert_off_delay_s: float = 600.0  # and be gone so long before it clears
    alert_false_per_day: float = 1.0  # false crowd alerts a day that are accepted; what early warning learns aims at it
    alert_quiet_hours: str = ""  # local hours in which only high priority rings, such as 22:00-07:00; empty: it always rings
    alert_group_within_s: float = 300.0  # alerts of neighbours raised within so many seconds are told as one; 0: each by itself
    alert_surplus_within_s: float = 900.0  # surplus of inflow: a zone that is full within so many seconds is told
    alert_decide_near_s: float = 600.0  # expected red is urgent when less than this is left to decide
    alert_rules: str = ""  # names of the rules that look, with commas between; empty: all
    # Storage and intake
    max_body_bytes: int = 2_000_000  # largest body of a post
    queue_posts: int = 512  # posts that may wait to be committed; more are answered 429
    commit_rows: int = 20_000  # most rows in one commit
    min_free_disk_bytes: int = 200_000_000  # below so much free disk, intake answers 507
    # Live stream
    stream_keep_messages: int = 2_000  # messages kept for viewers that reconnect
    stream_queue_messages: int = 400  # messages that may wait for one slow viewer before it is cut off

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """The defaults, overridden by `DEINING_<NAME>` and then by what is given.

        Raises
        ------
        WrongUse
            When a value in the environment is not of the setting's kind.
        """
        found: dict[str, object] = {}
        for field in fields(cls):
            text = environment.get(f"DEINING_{field.name.upper()}")
            if text is None:
                continue
            try:
                found[field.name] = _parse(text, field.default)
            except ValueError:
                raise WrongUse(f"DEINING_{field.name.upper()} is {text!r}; expected {type(field.default).__name__}, such as {field.default}") from None
        return cls(**{**found, **given})  # type: ignore[arg-type]


def _parse(text: str, default: object) -> object:
    if isinstance(default, int):
        return int(text)
    return float(text) if isinstance(default, float) else text
