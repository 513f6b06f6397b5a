"""The sandbox's traders know more than a careless maker: it loses, whatever it is paid for quotes.

Virtual time, the real engine, the listed market and its rebate. Net is trading result and rebates,
at the mid of the end; bps of the value traded.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest

from market_maker.engine.engine import Engine
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.model.events import Operated
from market_maker.model.lifecycle import Command
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.sandbox.listings import SANDBOX_FEES, listing
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.sandbox import SandboxVenue
from tests.support.quoting_pool import GRID, POOL, START, SYMBOL

pytestmark = pytest.mark.slow

CHOSEN_ON = range(1, 7)
"""Seeds on which the parameters of the sandbox's flow were chosen; by 7 to 14 the bounds below
were set afterwards."""

SEEDS = range(15, 23)
"""Seeds that nothing was chosen by."""

MOST_OF_THEM = 5
SPAN = Nanos(360 * NANOS_PER_SECOND)
STEP = Nanos(20 * NANOS_PER_MS)
ME = ParticipantId("acme")
WHOLE = {
    "members": (Member(ME, Decimal(100), Decimal(60_000), Decimal(1_000_000)),),
    "max_pool_loss_usdt": Decimal(1_000_000),
}
"""One member, and no guard that ends a loss before it is seen."""

SENSIBLE = msgspec.structs.replace(POOL, **WHOLE)
"""The pool of `make run`: Avellaneda-Stoikov, three levels, 1 bp and more from fair."""

CARELESS = msgspec.structs.replace(
    POOL,
    strategy="symmetric",
    strategy_params={"half_spread_bps": 0.05},
    num_levels=1,
    min_spread_bps=Decimal("0.1"),
    price_threshold_bps=Decimal("0.02"),
    max_messages_per_second=1_000,
    **WHOLE,
)
"""At the touch all the time, whatever it holds."""


class Nothing:
    """A journal that keeps nothing."""

    def append(self, turn):
        """Not kept."""


def result_of(config: PoolConfig, seed: int) -> tuple[float, float]:
    """(net, value traded), both in one unit."""
    found = listing(SYMBOL)
    market = SandboxMarket(GRID, SANDBOX_FEES, seed=seed, start=START, parameters=found.parameters)
    venue, engine = SandboxVenue(market, [ME], START), Engine(GRID, config)
    ports = VenuePorts(venue, venue, Nothing())
    actor = Actor(engine, ports, Nanos(50 * NANOS_PER_MS))
    actor.tell(Operated(START, Command.ENABLE, "ann", "test"))
    for now in range(START, START + SPAN, STEP):
        actor.step(Nanos(now))
    end = engine.snapshot()
    rebate_bps = -float(SANDBOX_FEES.maker_bps)
    return end.realised + end.unrealised - end.fees, -end.fees / rebate_bps * 1e4


def bps(results: Iterable[tuple[float, float]]) -> float:
    """What a unit of value traded brought, over all of them."""
    known = list(results)
    return 1e4 * sum(net for net, _ in known) / sum(traded for _, traded in known)


@pytest.fixture(scope="module")
def careless():
    return [result_of(CARELESS, seed) for seed in SEEDS]


def test_a_maker_at_the_touch_that_never_leans_loses_more_than_its_rebate(careless):
    assert not set(SEEDS) & set(CHOSEN_ON)
    assert bps(careless) < -0.1
    assert sum(net < 0 for net, _ in careless) >= MOST_OF_THEM


def test_the_pool_of_the_first_ten_minutes_about_breaks_even(careless):
    sensible = [result_of(SENSIBLE, seed) for seed in SEEDS]
    assert abs(bps(sensible)) < 0.35
    assert bps(sensible) > bps(careless) + 0.2
