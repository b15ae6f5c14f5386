"""Whether the server is ready, and how its sensors are."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from deining import __version__
from deining.domain.errors import Overloaded
from deining.web.context import Areas, Running, Shown, json_response
from deining.web.describe import answers
from deining.web.rows import HealthRow, HealthzAnswer

router = APIRouter()


@router.get("/healthz")
@answers(HealthzAnswer, errors=(429,))
def get_healthz(app: Running) -> Response:
    """Ready, once every area has its first state; degraded while an area's last step or the last write failed."""
    if not all(runner.ready.is_set() for runner in app.runners.values()):
        raise Overloaded("deining is starting; ask again in a second", retry_after_s=1)
    failures = {area: runner.failure for area, runner in app.runners.items() if runner.failure}
    if app.writer.failure:
        failures["storage"] = app.writer.failure
    failures |= {f"channel {name}": why for name, why in app.channel_failures.items()}
    return json_response(HealthzAnswer(status="degraded" if failures else "ready", version=__version__, areas=list(app.runners), failures=failures))


@router.get("/v1/sensors/health")
@answers(list[HealthRow], errors=(404,))
async def get_sensor_health(screen: Shown, areas: Areas) -> Response:
    """Age and fault of every sensor, and what became of the rows it sent."""
    return json_response(screen.health(areas))
