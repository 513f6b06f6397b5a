"""A recording as the market of a perpetual: clients queue and fill in it without moving it.

Resting orders live in the replay venue, with its queue and its fills, so that a maker in it fares
as in `replay`; they are displayed beside the recorded ones, as every venue does. What takes is
filled from the recorded book, which stays as it is; what is left of it never rests. After its last
row the recording's book stands still. Needs the extra `research`, for the replay venue is compiled.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.markets import CoinMarket, MarketFactory
from market_maker.emulators.hyperliquid.recorded_book import RecordedBook, RecordedTrade
from market_maker.emulators.hyperliquid.universe import Perp
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.instrument import ContractKind
from market_maker.model.orders import Side
from market_maker.model.recording import Recording
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.replay_venue.recorded_rows import at_venue, received
from market_maker.replay_venue.replay_state import OPEN_ORDERS_MAX
from market_maker.sandbox.reports import (
    CancelOrder,
    CancelReason,
    Carries,
    CountedLevel,
    Heard,
    MatchOutcome,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderKind,
    OrderRejected,
    OrderRequest,
    PublicTrade,
    Report,
)
from market_maker.sandbox.traders import TRADER_MARK
from market_maker.storage import kept_kernels as kept_kernels  # noqa: PLC0414  keeps the venue
from market_maker.storage.recording import read_recording

BUYER, SELLER = f"{TRADER_MARK}recorded-buyer", f"{TRADER_MARK}recorded-seller"
AT_ONCE = ReplaySettings(entry_latency_ns=Nanos(0), response_latency_ns=Nanos(0))


class _Resting(Struct):
    """An order of a client in the replay venue. leaves: lots."""

    order: NewOrder
    leaves: int


class RecordedMarket:
    """One recording on the clock of its server: its first row happens when the market is made.
    waits: its first message stands until a client subscribes to the book, and the rest goes on
    from then, so that a client has all of it."""

    def __init__(
        self,
        recording: Recording,
        now: Nanos,
        heard: Heard,
        carries: Carries,
        *,
        waits: bool = False,
    ) -> None:
        self._heard, self._carries, self._waits = heard, carries, waits
        rows = received(recording)
        self._exchange = RecordedExchange([recording], AT_ONCE)
        self._book = RecordedBook(at_venue(rows))
        self._ahead = now - self._exchange.start
        self._now = self._exchange.start
        self._resting: dict[int, _Resting] = {}
        self._positions: dict[str, int] = {}
        self._last_trade_id = 0
        self.advance(now)

    def watched(self, now: Nanos) -> None:
        if self._waits:
            self._waits, self._ahead = False, now - self._now

    def advance(self, now: Nanos) -> None:
        if self._waits:
            self._ahead = now - self._now
        moment = Nanos(max(now - self._ahead, self._now))
        self._now = moment
        self._exchange.advance(moment)
        for trade in self._book.advance(moment):
            self._publish(trade)
        self._settle(moment)

    def execute(self, now: Nanos, request: OrderRequest) -> None:
        self.advance(now)
        if isinstance(request, CancelOrder):
            self._exchange.cancel(0, self._now, request.order_id)
            self._exchange.advance(self._now)
            self._settle(self._now)
        elif request.kind is OrderKind.POST_ONLY:
            self._rest(request)
        else:
            self._take(request)

    def best(self, side: Side) -> Ticks | None:
        levels = self.levels(side, 1)
        return levels[0][0] if levels else None

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]:
        found = {int(price): (int(lots), 1) for price, lots in self._book.levels(side, most)}
        for resting in self._resting.values():
            order = resting.order
            if order.side is side:
                lots, count = found.get(int(order.price), (0, 0))
                found[int(order.price)] = lots + resting.leaves, count + 1
        best_first = sorted(found, key=lambda price: -price * side.sign)[:most]
        return tuple((Ticks(price), Lots(found[price][0]), found[price][1]) for price in best_first)

    def _recorded_best(self, side: Side) -> Ticks | None:
        levels = self._book.levels(side, 1)
        return levels[0][0] if levels else None

    # clients' orders

    def _rest(self, order: NewOrder) -> None:
        if len(self._resting) >= OPEN_ORDERS_MAX // 2:
            self._tell(OrderRejected(order.account, order.order_id, RejectReason.RATE_LIMIT))
            return
        self._resting[int(order.order_id)] = _Resting(order, int(order.size))
        account = ParticipantId(order.account)
        place = Place(
            order.order_id, account, order.side, 0, order.price, order.size, order.reduce_only
        )
        self._exchange.place(0, self._now, place)
        self._exchange.advance(self._now)
        self._settle(self._now)

    def _take(self, order: NewOrder) -> None:
        """From the displayed book, which does not change."""
        self._tell(OrderAccepted(order.account, order.order_id))
        leaves = self._reducible(order) if order.reduce_only else int(order.size)
        for price, lots in self._book.levels(order.side.other, len(self._book)):
            if leaves <= 0 or (price - order.price) * order.side.sign > 0:
                break
            taken = min(leaves, lots)
            leaves -= taken
            self._fill(order, price, taken, maker=False)
        crossing = self._recorded_best(order.side.other)
        reaches = crossing is not None and (order.price - crossing) * order.side.sign >= 0
        if leaves > 0 and order.kind is OrderKind.LIMIT and not reaches:
            self._rest(replace(order, size=Lots(leaves)))
        elif leaves > 0 or order.reduce_only:
            reason = CancelReason.IOC if leaves > 0 else CancelReason.REDUCE_ONLY
            self._tell(OrderCanceled(order.account, order.order_id, Lots(leaves), reason))

    def _reducible(self, order: NewOrder) -> int:
        held = self._positions.get(order.account, 0)
        return min(int(order.size), max(0, -held * order.side.sign))

    # what becomes of them

    def _settle(self, moment: Nanos) -> None:
        """Take the replay venue's answers, which are all there by `moment`."""
        for event in self._exchange.events(0):
            self._answer(event)
        assert moment == self._now, (moment, self._now)

    def _answer(self, event: Event) -> None:
        if not isinstance(event, Filled | Canceled | Rejected | CancelRejected):
            return
        resting = self._resting.get(int(event.order_id))
        if resting is None:
            return
        order = resting.order
        if isinstance(event, Filled) and not self._carried(order, event):
            # The replay venue has traded it, and its account cannot: nothing else moved.
            del self._resting[int(event.order_id)]
            self._exchange.cancel(0, self._now, event.order_id)
            gone = Lots(resting.leaves)
            self._tell(OrderCanceled(order.account, order.order_id, gone, CancelReason.MARGIN))
        elif isinstance(event, Filled):
            resting.leaves -= event.size
            if resting.leaves <= 0:
                del self._resting[int(event.order_id)]
            self._fill(order, event.price, int(event.size), maker=True)
        elif isinstance(event, Canceled):
            del self._resting[int(event.order_id)]
            gone = Lots(resting.leaves)
            self._tell(OrderCanceled(order.account, order.order_id, gone, CancelReason.REQUESTED))
        elif isinstance(event, Rejected):
            del self._resting[int(event.order_id)]
            self._tell(OrderRejected(order.account, order.order_id, RejectReason.POST_ONLY))

    def _carried(self, order: NewOrder, fill: Filled) -> bool:
        held = self._positions.get(order.account, 0)
        return self._carries(order.account, held, fill.price, int(fill.size) * order.side.sign)

    def _fill(self, order: NewOrder, price: Ticks, lots: int, *, maker: bool) -> None:
        self._last_trade_id += 1
        signed = lots * order.side.sign
        self._positions[order.account] = self._positions.get(order.account, 0) + signed
        filled = OrderFilled(
            account=order.account,
            order_id=order.order_id,
            trade_id=self._last_trade_id,
            side=order.side,
            price=price,
            size=Lots(lots),
            fee=Value(0),
            maker=maker,
        )
        self._tell(filled)

    def _tell(self, *reports: Report) -> None:
        self._heard(Nanos(self._now + self._ahead), MatchOutcome(reports))

    def _publish(self, trade: RecordedTrade) -> None:
        self._last_trade_id += 1
        sides = (Side.SELL, Side.BUY) if trade.aggressor is Side.BUY else (Side.BUY, Side.SELL)
        reports = tuple(
            OrderFilled(
                account=BUYER if side is Side.BUY else SELLER,
                order_id=OrderId(0),
                trade_id=self._last_trade_id,
                side=side,
                price=trade.price,
                size=trade.size,
                fee=Value(0),
                maker=side is not trade.aggressor,
            )
            for side in sides
        )
        public = PublicTrade(self._last_trade_id, trade.price, trade.size, trade.aggressor)
        moment = Nanos(trade.ts + self._ahead)
        self._heard(moment, MatchOutcome(reports, (public,)))


def recorded_markets(
    recordings: Mapping[str, Recording], others: MarketFactory, *, waits: bool = False
) -> MarketFactory:
    """Markets of recordings, in the units of their perpetuals, for the coins that have one. waits:
    see RecordedMarket."""

    def make(perp: Perp, now: Nanos, heard: Heard, carries: Carries) -> CoinMarket:
        recording = recordings.get(perp.name)
        if recording is None:
            return others(perp, now, heard, carries)
        return RecordedMarket(recording, now, heard, carries, waits=waits)

    return make


def read_all(entries: Sequence[str]) -> dict[str, Recording]:
    """By coin: of COIN=FILE, or FILE whose symbol is the coin. Raises InvalidFieldError and
    InvalidDataError."""
    listed, found = universe(), {}
    for entry in entries:
        coin, separator, name = entry.rpartition("=")
        recording = read_recording(Path(name))
        coin = coin if separator else recording.instrument.symbol
        one = listed.coin(coin)
        if one is None or coin in found:
            allowed = "COIN=FILE with a listed coin, each coin once"
            raise InvalidFieldError("recording", entry, allowed)
        found[coin] = in_units_of(one.perp, recording)
    return found


def in_units_of(perp: Perp, recording: Recording) -> Recording:
    """The same rows in the perpetual's ticks and lots; sizes below a lot are a lot. Raises
    InvalidFieldError where prices or sizes do not lie on its grid."""
    given = recording.instrument
    if given.contract is not ContractKind.LINEAR:
        allowed = f"a linear contract or spot for {perp.name}, whose sizes are coins"
        raise InvalidFieldError("recording", f"{given.symbol}, an inverse contract", allowed)
    ticks = given.tick_size / perp.tick
    if ticks != ticks.to_integral_value():
        allowed = f"prices in multiples of {perp.tick} for {perp.name}, not of {given.tick_size}"
        raise InvalidFieldError("recording", given.symbol, allowed)
    larger, smaller = given.lot_size / perp.lot, perp.lot / given.lot_size
    lots = recording.lots
    if larger == larger.to_integral_value():
        lots = lots * int(larger)
    elif smaller == smaller.to_integral_value():
        lots = np.where(lots > 0, np.maximum(lots // int(smaller), 1), 0)
    else:
        allowed = f"sizes that fit lots of {perp.lot} for {perp.name}, not {given.lot_size}"
        raise InvalidFieldError("recording", given.symbol, allowed)
    instrument = replace(given, symbol=perp.name, tick_size=perp.tick, lot_size=perp.lot)
    return replace(recording, instrument=instrument, ticks=recording.ticks * int(ticks), lots=lots)
