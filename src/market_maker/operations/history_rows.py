"""One row of a pool's series, from its engine's picture."""

from decimal import Decimal

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution.engines import RunningPool
from market_maker.model.history import SECOND, HistoryRow
from market_maker.model.instrument import Instrument
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos, Ticks
from market_maker.operations.presenting import present
from market_maker.operations.status import at_mid
from market_maker.operations.views import MoneyView

FAIR_DIGITS = 12
"""Significant digits that are kept of the fair price, which is no tick."""


def history_row(runner: RunningPool, now: Nanos, fills: int) -> HistoryRow:
    """The pool as it is at `now`; fills: since the row before it."""
    snapshot, instrument = runner.snapshot(), runner.instrument
    money = present(MoneyView, snapshot, instrument)
    position = instrument.quantity(snapshot.position)
    return HistoryRow(
        ts=Nanos(now - now % SECOND),
        state=str(runner.state),
        mid=instrument.price(Ticks(snapshot.mid_x2)) / 2 if snapshot.mid_x2 else None,
        fair=_fair(instrument, snapshot),
        bid=_price(instrument, snapshot.bid.price),
        ask=_price(instrument, snapshot.ask.price),
        spread_bps=snapshot.spread_bps or None,
        position=position,
        position_usdt=at_mid(instrument, snapshot.mid_x2, snapshot.position),
        **shared_fields(HistoryRow, money),
        net_min=money.net,
        net_max=money.net,
        position_min=position,
        position_max=position,
        sigma_bps=snapshot.sigma_bps or None,
        quoting_bid=snapshot.bid.quoting,
        quoting_ask=snapshot.ask.quoting,
        reason_bid=str(snapshot.bid.reason.value),
        reason_ask=str(snapshot.ask.reason.value),
        rebalance=str(snapshot.rebalance.action),
        open_orders=len(snapshot.orders),
        fills=fills,
    )


def _price(instrument: Instrument, ticks: Ticks | None) -> Decimal | None:
    return None if ticks is None else instrument.price(ticks)


def _fair(instrument: Instrument, snapshot: EngineSnapshot) -> Decimal | None:
    if not snapshot.fair_ticks:
        return None
    fair = snapshot.fair_ticks * float(instrument.tick_size)
    return Decimal(format(fair, f".{FAIR_DIGITS}g"))
