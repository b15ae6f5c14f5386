"""The paths of the API, one file a resource."""

from fastapi import APIRouter

from deining.web.api import alerts, areas, bowties, cap, clock, forecasts, health, history, levels, logbook, measures, notices, observations, states, stream

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    areas.router,
    states.router,
    forecasts.router,
    history.router,
    alerts.router,
    levels.router,
    measures.router,
    logbook.router,
    bowties.router,
    notices.router,
    cap.router,
    clock.router,
    stream.router,
    observations.router,
)
"""All routers, in the order in which the description lists them."""
