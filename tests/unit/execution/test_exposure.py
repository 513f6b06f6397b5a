"""What all pools hold together stays within one limit."""

from decimal import Decimal

import pytest

from market_maker.execution.exposure import TotalExposure, holding_of
from market_maker.model.lifecycle import PoolState
from market_maker.model.quotes import Reason
from market_maker.risk.guards import EXPOSURE
from tests.support.office import SYMBOL, Office

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]
OTHER = "ETHUSDT-PERP"


async def two_pools(office: Office) -> None:
    for symbol in (SYMBOL, OTHER):
        await office.quoting(symbol)


def runner(office: Office, symbol: str):
    found = office.engine_host.get(symbol)
    assert found is not None
    return found


async def buy(office: Office, symbol: str) -> Decimal:
    """Every bid of the pool is filled; what it then holds."""
    venue = office.venues[symbol]
    for order in [o for o in venue.open.values() if o.side == "BUY"]:
        venue.fill(order.order_id)
    await office.passes(100)
    held = holding_of(runner(office, symbol)).held
    assert held > 0
    return held


async def test_what_could_be_held_counts_working_orders_of_the_worse_side(office: Office) -> None:
    await two_pools(office)
    pool = runner(office, SYMBOL)
    position, bids, asks = pool.lots
    assert (position, bids > 0, asks > 0) == (0, True, True)
    value = pool.instrument.notional(pool.mid_x2, max(bids, asks)) / 2
    assert holding_of(pool).held == 0
    assert holding_of(pool).reserved == value


async def test_a_pool_only_reduces_when_the_others_use_up_the_limit(office: Office) -> None:
    await two_pools(office)
    held = await buy(office, OTHER)
    exposure = TotalExposure(office.engine_host, office.clock, held)
    await exposure.step()
    await office.passes(300)
    picture = runner(office, SYMBOL).snapshot()
    assert picture.state is PoolState.ACTIVE
    assert picture.bid.reason is picture.ask.reason is Reason.EXPOSURE_LIMIT
    assert not office.venues[SYMBOL].open


async def test_over_the_limit_every_pool_halts_and_says_why(office: Office) -> None:
    await two_pools(office)
    held = await buy(office, OTHER) + await buy(office, SYMBOL)
    await TotalExposure(office.engine_host, office.clock, held / 2).step()
    await office.passes(300)
    for symbol in (SYMBOL, OTHER):
        assert runner(office, symbol).state is PoolState.HALTED
        assert runner(office, symbol).reason == EXPOSURE


async def test_room_that_comes_back_is_used_again(office: Office) -> None:
    await two_pools(office)
    held = await buy(office, OTHER)
    await TotalExposure(office.engine_host, office.clock, held).step()
    await office.passes(300)
    await TotalExposure(office.engine_host, office.clock, held * 1_000).step()
    await office.passes(300)
    assert office.venues[SYMBOL].open


async def test_far_from_the_limit_no_pool_is_asked_twice(office: Office) -> None:
    await two_pools(office)
    exposure = TotalExposure(office.engine_host, office.clock, Decimal(10**9))
    await exposure.step()
    await office.passes(50)
    await buy(office, OTHER)
    before = runner(office, SYMBOL).mailbox_depth
    await exposure.step()
    assert runner(office, SYMBOL).mailbox_depth == before


async def test_a_limit_below_a_tick_is_still_a_limit(office: Office) -> None:
    await two_pools(office)
    await TotalExposure(office.engine_host, office.clock, Decimal("0.000000001")).step()
    await office.passes(300)
    assert runner(office, SYMBOL).snapshot().bid.reason is Reason.EXPOSURE_LIMIT


async def test_what_a_pool_holds_takes_up_room_before_its_market_is_seen(office: Office) -> None:
    await two_pools(office)
    held = await buy(office, OTHER)
    await office.begun_anew(OTHER)
    again = holding_of(runner(office, OTHER))
    assert again.held == pytest.approx(held, rel=Decimal("0.01"))
    assert again.reserved == again.held
    await TotalExposure(office.engine_host, office.clock, again.held).step()
    await office.passes(300)
    assert runner(office, SYMBOL).snapshot().bid.reason is Reason.EXPOSURE_LIMIT
