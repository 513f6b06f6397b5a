"""Every fill and funding payment ever stored, added up into positions on the grid of today.

An instrument's ticks and lots may change. Fills of all its grids are counted exactly in the
coarsest ticks and lots that all of them are whole numbers of; only the sums become today's, and
what is owned has to be a whole number of today's lots.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import gcd

from msgspec import Struct

from market_maker.engine.position import Position
from market_maker.model.errors import InvalidDataError
from market_maker.model.events import Holding
from market_maker.model.instrument import Instrument
from market_maker.model.records import ActivityCriteria, FillRecord
from market_maker.model.units import VALUE_SCALE, Lots, Nanos, ParticipantId, Value
from market_maker.ports import Unit

LEDGER_PAGE = 5_000
"""Fills read at once; between pages other tasks run."""


class StoredPositions(Struct, frozen=True):
    """In the instrument's ticks and lots of today. last_trade_id: the greatest, 0 without any.
    funded_at: of the newest payment."""

    pool: Holding
    members: Mapping[ParticipantId, Holding]
    last_trade_id: int
    funded_at: Nanos


async def stored_positions(unit: Unit, instrument: Instrument) -> StoredPositions:
    """Of one symbol. Raises InvalidDataError for a position that is no whole number of lots."""
    ledger = _Ledger(instrument)
    await ledger.read_fills(unit)
    await ledger.read_funding(unit)
    return ledger.today()


class _Ledger:
    """tick, lot: the grid that positions are counted in, the instrument's or a finer one."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._tick, self._lot = Fraction(instrument.tick_size), Fraction(instrument.lot_size)
        self._grid: tuple[Decimal, Decimal] | None = (instrument.tick_size, instrument.lot_size)
        self._pool = Position()
        self._members: dict[ParticipantId, Position] = {}
        self._last_trade_id = 0
        self._funded_at = Nanos(0)

    async def read_fills(self, unit: Unit) -> None:
        """In the order in which they were stored."""
        cursor = None
        while True:
            page = await unit.fills.ledger(self._instrument.symbol, LEDGER_PAGE, cursor)
            for fill in page.items:
                member = self._members.setdefault(fill.participant_id, Position())
                booked = (fill.side.sign, *self._on_grid(fill))
                self._pool.fill(*booked)
                member.fill(*booked)
                self._last_trade_id = max(self._last_trade_id, fill.trade_id)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def read_funding(self, unit: Unit) -> None:
        """Of those who have fills: no other member was ever funded."""
        criteria, cursor = ActivityCriteria(symbol=self._instrument.symbol), None
        while True:
            page = await unit.funding.page(criteria, LEDGER_PAGE, cursor)
            for paid in page.items:
                amount = self._value(paid.amount)
                for position in (self._pool, self._members[paid.participant_id]):
                    position.funding = Value(position.funding + amount)
                self._funded_at = max(self._funded_at, paid.ts_event)
            cursor = page.next_cursor
            if cursor is None:
                return

    def today(self) -> StoredPositions:
        """Everything in the instrument's own ticks and lots."""
        return StoredPositions(
            pool=self._holding("the pool", self._pool),
            members={name: self._holding(name, held) for name, held in self._members.items()},
            last_trade_id=self._last_trade_id,
            funded_at=self._funded_at,
        )

    def _on_grid(self, fill: FillRecord) -> tuple[int, int, int]:
        """Price, size and fee in the ticks, lots and Values that positions are counted in."""
        if (fill.tick_size, fill.lot_size) == self._grid:
            return fill.price, fill.size, fill.fee
        tick, lot = Fraction(fill.tick_size), Fraction(fill.lot_size)
        self._refine(tick, lot)
        ticks, lots = tick / self._tick, lot / self._lot
        return int(fill.price * ticks), int(fill.size * lots), int(fill.fee * ticks * lots)

    def _refine(self, tick: Fraction, lot: Fraction) -> None:
        """Count on in ticks and lots of which the new ones are whole numbers too."""
        finer_tick, finer_lot = _common(self._tick, tick), _common(self._lot, lot)
        ticks, lots = int(self._tick / finer_tick), int(self._lot / finer_lot)
        if (ticks, lots) == (1, 1):
            return
        self._tick, self._lot = finer_tick, finer_lot
        self._grid = None
        for held in self._positions():
            held.lots = Lots(held.lots * lots)
            for name in ("cost", "cash", "realised", "fees", "funding"):
                setattr(held, name, Value(getattr(held, name) * ticks * lots))

    def _positions(self) -> Iterator[Position]:
        yield self._pool
        yield from self._members.values()

    def _value(self, amount: Decimal) -> int:
        """Quote currency as a Value, to the nearest one."""
        return round(Fraction(amount) * VALUE_SCALE / (self._tick * self._lot))

    def _holding(self, whose: str, held: Position) -> Holding:
        """Values to the nearest one, and so that cash and cost say what was realised."""
        ticks = Fraction(self._instrument.tick_size) / self._tick
        lots = Fraction(self._instrument.lot_size) / self._lot
        if ticks == lots == 1:
            return held.holding()
        owned = held.lots / lots
        if owned.denominator != 1:
            size = _plain(held.lots * self._lot)
            problem = f"{size} is no whole number of the lots of {self._instrument.lot_size} today"
            raise InvalidDataError(f"position of {whose} in {self._instrument.symbol}", problem)
        cost, cash, fees, funding = (
            Value(round(value / (ticks * lots)))
            for value in (held.cost, held.cash, held.fees, held.funding)
        )
        realised = Value(cash + (cost if owned >= 0 else -cost))
        return Holding(Lots(int(owned)), cost, cash, realised, fees, funding)


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The largest that both are whole numbers of."""
    shared = one.denominator * other.denominator
    return Fraction(
        gcd(one.numerator * other.denominator, other.numerator * one.denominator), shared
    )


def _plain(size: Fraction) -> str:
    return f"{Decimal(size.numerator) / Decimal(size.denominator):f}"
