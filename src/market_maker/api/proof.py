"""/v1/pools/{symbol}/proof: whether nothing of a pool is open at the venue."""

from market_maker.api.routes import EVERYONE, Asked, Route
from market_maker.operations.pool_proof import PoolProof, no_proof, pool_proof


async def _proof(asked: Asked) -> PoolProof:
    running = asked.application.running
    runner = running.engine_host.get(asked.symbol)
    if runner is not None:
        return pool_proof(runner, running.venue_of(runner.config))
    pool = await asked.application.pools.get(asked.symbol)
    return no_proof(asked.symbol, running.venue_of(pool.config))


ROUTES = (
    Route(
        method="GET",
        path="/v1/pools/{symbol}/proof",
        name="getPoolProof",
        summary="Whether the venue has proved, since the last stop, that nothing is open.",
        family="pools",
        roles=EVERYONE,
        handle=_proof,
        answer=PoolProof,
    ),
)
