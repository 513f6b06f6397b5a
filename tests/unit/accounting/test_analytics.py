"""Analytics say what adding up every fill says, to the last digit, in any window."""

from decimal import Decimal
from random import Random

import pytest

from market_maker.accounting.analytics import DAY, SPAN_MAX, Analytics
from market_maker.accounting.window import Scope, sums_since, totals
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.exact import ZERO
from market_maker.model.money import MarkRecord
from market_maker.model.orders import Side
from market_maker.model.records import Criteria
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.settlement.attribution import activity_of_marks, fill_parts
from tests.builders import fill, fill_marks, order, payment
from tests.support.counting_house import ACME, BETA, House, analytics_on
from tests.support.office import OTHER, SYMBOL, at_work, database

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

NOW = Nanos(489_000 * NANOS_PER_HOUR + 1_234 * NANOS_PER_SECOND)


class Market:
    """Fills at random over two days, marked where a minute has passed."""

    def __init__(self, house: House) -> None:
        self.house, self.store = house, house.store
        self.analytics = analytics_on(house)
        self.books, self.dice, self.count = Bookkeeper(), Random(3), 0

    async def trade(self, number: int) -> None:
        moments = sorted(self.dice.randrange(NOW - 2 * DAY, NOW) for _ in range(number))
        async with self.store.transaction() as unit:
            for ts in moments:
                await self._fill(unit, Nanos(ts))

    async def _fill(self, unit, ts: Nanos) -> None:
        self.count += 1
        dice, name = self.dice, f"mm-{self.count}"
        mid = 1_000_000 + dice.randrange(-500, 500)
        side, who = dice.choice(list(Side)), dice.choice([ACME, BETA])
        about = {
            "symbol": dice.choice([SYMBOL, OTHER]),
            "participant_id": who,
            "side": side,
            "level": dice.randrange(3),
            "client_order_id": name,
        }
        made = fill(
            self.count,
            **about,
            account_id=f"account-{who}",
            price=mid - side.sign * dice.randrange(-2, 6),
            size=dice.randrange(1, 50),
            fee=dice.randrange(-10, 10) * 10**7,
            mid_x2=2 * mid if dice.random() < 0.9 else 0,
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.001"),
            ts_event=ts,
        )
        version = dice.randrange(1, 3)
        intent = order(self.count, **about, account_id=f"account-{who}", config_version=version)
        await unit.orders.add([intent])
        new = await unit.fills.add([made])
        await self.books.post(unit, new, {name: version}, NOW)
        if ts < NOW - 60 * NANOS_PER_SECOND:
            later = Decimal(mid + dice.randrange(-20, 20)) / 10
            last = later if dice.random() < 0.9 else None
            marks = fill_marks(made, after_1s=None, after_30s=None, after_60s=last)
            await unit.fill_marks.put([marks])
            await unit.activity.add([activity_of_marks(made, marks, version)])

    async def added_up(self, since, until=NOW + 1, **criteria):
        """Fill by fill: count, volume, fees, edge, adverse."""
        async with self.store.reading() as unit:
            wanted = Criteria(since=Nanos(since), until=Nanos(until), **criteria)
            fills = (await unit.fills.page(wanted, 10_000)).items
            marks = {m.client_order_id: m for m in await unit.fill_marks.of(fills)}
        parts = [fill_parts(each, marks.get(each.client_order_id)) for each in fills]
        return (
            len(parts),
            sum((p.price * p.size for p in parts), ZERO),
            sum((p.fee for p in parts), ZERO),
            sum((p.edge or ZERO for p in parts), ZERO),
            sum((p.adverse or ZERO for p in parts), ZERO),
        )


def shown(sums):
    return (sums.fills, sums.volume_usdt, sums.fees_usdt, sums.edge_usdt, sums.adverse_usdt)


@pytest.fixture
async def market():
    async with database() as store:
        house = House(store)
        for name in (ACME, BETA):
            await house.enrol(name)
        house.clock.advance_to(NOW)
        made = Market(house)
        await made.trade(120)
        yield made


async def test_the_overview_adds_up_to_the_fills_of_24_hours_to_the_nanosecond(market):
    view = await market.analytics.overview()
    assert shown(view.totals) == await market.added_up(NOW - DAY)
    for each in view.symbols:
        assert shown(each.totals) == await market.added_up(NOW - DAY, symbol=each.symbol)
    for each in view.participants:
        name = each.participant_id
        assert shown(each.totals) == await market.added_up(NOW - DAY, participant_id=name)
    assert [each.symbol for each in view.symbols] == [SYMBOL, OTHER]
    assert view.totals.net_usdt == view.totals.realised_usdt - view.totals.fees_usdt


async def test_open_profit_of_the_overview_is_that_of_all_engines():
    async with database() as store, at_work(store) as office:
        await office.quoting()
        venue = office.venues[SYMBOL]
        for bid in [order for order in venue.open.values() if order.side is Side.BUY]:
            venue.fill(bid.order_id)
        await office.passes(300)
        runner = office.engine_host.get(SYMBOL)
        held = sum(member.unrealised for member in runner.snapshot().members)
        view = await Analytics(office.store, office.clock, office.pools).overview()
        assert view.unrealised_usdt == runner.instrument.money(held) != 0
        assert (view.pools, view.active_pools) == (1, 1)


@pytest.mark.parametrize("span", [1, 7, 3_599, 3_600, 5_000, 86_399])
async def test_any_window_that_ends_now_adds_up(market, span):
    since = Nanos(NOW - span * NANOS_PER_SECOND - 1)
    async with market.store.reading() as unit:
        rows = await sums_since(unit, since, NOW, Scope(SYMBOL))
    assert shown(totals(rows)) == await market.added_up(since, symbol=SYMBOL)
    for side in Side:
        own = [row for row in rows if row.side is side]
        assert shown(totals(own)) == await market.added_up(since, symbol=SYMBOL, side=side)


async def test_realised_of_a_window_is_the_ledgers(market):
    view = await market.analytics.overview()
    entries = await market.house.ledger(since=view.since)
    assert view.totals.realised_usdt == -sum((entry.realised for entry in entries), ZERO)


async def test_hours_without_fills_are_left_out_and_the_rest_adds_up(market):
    hours = await market.analytics.hourly(symbol=SYMBOL)
    assert hours == tuple(sorted(hours, key=lambda bucket: bucket.hour))
    for bucket in hours:
        until = bucket.hour + NANOS_PER_HOUR
        assert shown(bucket.totals) == await market.added_up(bucket.hour, until, symbol=SYMBOL)
        assert bucket.totals.fills


async def test_metrics_of_a_symbol_hold_the_common_windows(market):
    view = await market.analytics.symbol_metrics(SYMBOL)
    assert [window.name for window in view.windows] == ["24h", "7d", "30d"]
    for window in view.windows:
        assert shown(window.totals) == await market.added_up(window.since, symbol=SYMBOL)
    assert sum(side.totals.fills for side in view.sides) == view.windows[0].totals.fills
    assert sum(count.count for count in view.orders) > 0


async def test_attribution_explains_the_change_of_equity_to_the_last_digit(market):
    begin = Nanos(NOW - NOW % NANOS_PER_HOUR - 10 * NANOS_PER_HOUR)
    async with market.store.transaction() as unit:
        for symbol in (SYMBOL, OTHER):
            for ts in (begin, NOW - NOW % NANOS_PER_HOUR):
                price = Decimal(100_000 + ts // NANOS_PER_HOUR % 7)
                await unit.marks.put([MarkRecord(symbol=symbol, ts=Nanos(ts), price=price)])
        paid = payment(ts_event=Nanos(NOW - NANOS_PER_HOUR))
        await market.books.fund(unit, await unit.funding.add([paid]), NOW)
    by = ("side", "level")
    view = await market.analytics.attribution(since=begin, by=by)
    whole = view.whole
    assert whole.funding == view.funding_usdt == Decimal(-3)
    parts = whole.edge - whole.adverse + whole.inventory - whole.fees + whole.funding
    assert whole.equity_change == parts
    assert sum(row.totals.fills for row in view.rows) == view.totals.fills
    assert {row.group[0] for row in view.rows} == {Side.BUY, Side.SELL}
    assert all(len(row.group) == 2 for row in view.rows)


async def test_without_a_mark_nothing_is_said_about_inventory(market):
    view = await market.analytics.attribution(by=("symbol",))
    assert view.whole is None
    assert view.totals.fills > 0


@pytest.mark.parametrize("by", [("price",), ("side", "side"), ("",)])
async def test_what_sums_cannot_be_grouped_by_is_refused(market, by):
    with pytest.raises(InvalidFieldError, match="by"):
        await market.analytics.attribution(by=by)


async def test_spans_and_symbols_that_make_no_sense_are_refused(market):
    with pytest.raises(InvalidFieldError, match="since"):
        await market.analytics.attribution(since=Nanos(NOW - SPAN_MAX - DAY))
    assert await market.analytics.hourly(since=Nanos(NOW - SPAN_MAX - DAY))
    with pytest.raises(InvalidFieldError, match="since"):
        await market.analytics.attribution(since=NOW, until=Nanos(NOW - 1))
    for call in (
        market.analytics.symbol_metrics("NO-SUCH"),
        market.analytics.hourly(symbol="NO-SUCH"),
        market.analytics.attribution(symbol="NO-SUCH"),
    ):
        with pytest.raises(NotFoundError):
            await call
