"""A list of pools says of each, in one line, whether it quotes, why not, and what may stop it."""

from decimal import Decimal

import msgspec
import pytest

from market_maker.operations.pool_line import in_one_line, worst_guard
from market_maker.operations.views import GuardView, PoolStatusView
from tests.support.office import SYMBOL, Office

pytestmark = pytest.mark.anyio


def guard(name: str, value: str, threshold: str) -> GuardView:
    headroom = Decimal(threshold) - Decimal(value)
    words = dict.fromkeys(("text", "unit", "action"), "")
    return GuardView(
        id=name,
        title=name.title(),
        name=name,
        value=Decimal(value),
        threshold=Decimal(threshold),
        headroom=headroom,
        **words,
    )


def test_the_worst_guard_is_the_one_nearest_to_its_threshold() -> None:
    guards = (guard("loss", "10", "2000"), guard("position", "62400", "60000"))
    worst = worst_guard(guards)
    assert worst is not None
    assert (worst.id, worst.title, worst.used_pct) == ("position", "Position", 104.0)


def test_a_guard_that_is_off_is_never_the_worst() -> None:
    assert worst_guard((guard("off", "5", "0"),)) is None


async def quoting(office: Office) -> PoolStatusView:
    await office.quoting()
    await office.until(lambda: len(office.venues[SYMBOL].open) == 4)
    return await office.application.controls.status(SYMBOL)


async def test_a_pool_that_quotes_both_sides_is_silent_about_nothing(office: Office) -> None:
    line = in_one_line(await quoting(office))
    assert (line.quoting_bid, line.quoting_ask, line.silent) == (True, True, "")
    assert line.worst_guard is not None
    assert not line.worst_guard.title.endswith("exceeded")


async def test_a_side_without_an_order_says_why(office: Office) -> None:
    status = await quoting(office)
    assert status.engine is not None
    ask = msgspec.structs.replace(status.engine.ask, quoting=False, reason="position limit")
    engine = msgspec.structs.replace(status.engine, ask=ask)
    line = in_one_line(msgspec.structs.replace(status, engine=engine))
    assert (line.quoting_bid, line.quoting_ask) == (True, False)
    assert line.silent == "ask: position limit"


async def test_two_sides_that_are_silent_for_one_reason_say_it_once(office: Office) -> None:
    status = await quoting(office)
    assert status.engine is not None
    change = {"quoting": False, "reason": "stale market data"}
    engine = msgspec.structs.replace(
        status.engine,
        bid=msgspec.structs.replace(status.engine.bid, **change),
        ask=msgspec.structs.replace(status.engine.ask, **change),
    )
    line = in_one_line(msgspec.structs.replace(status, engine=engine))
    assert line.silent == "stale market data"


async def test_a_pool_without_an_engine_is_unknown_and_not_zero(office: Office) -> None:
    await office.pool()
    line = in_one_line(await office.application.controls.status(SYMBOL))
    assert (line.worst_guard, line.uptime_pct, line.rebalance) == (None, None, None)
    assert (line.net_pnl_usdt, line.silent) == (None, "")
