"""/health and /health/ready: for supervisors and monitoring."""

from market_maker.api.health import Health
from market_maker.api.routes import PUBLIC, Asked, Route, RouteAnswer


async def _get_health(asked: Asked) -> Health:
    return await asked.services.health_checks.run()


async def _get_readiness(asked: Asked) -> RouteAnswer:
    health = await asked.services.health_checks.run()
    return RouteAnswer(value=health, status=200 if health.ready else 503)


ROUTES = (
    Route(
        method="GET",
        path="/health",
        name="getHealth",
        summary="Alive: 200 as long as the process answers. How it is stands in the body.",
        family="health",
        roles=PUBLIC,
        handle=_get_health,
        answer=Health,
    ),
    Route(
        method="GET",
        path="/health/ready",
        name="getReadiness",
        summary="Ready: 503 while a dependency is down.",
        family="health",
        roles=PUBLIC,
        handle=_get_readiness,
        answer=Health,
        statuses=(200, 503),
    ),
)
