"""Which turn of a journal is meant: the last one until a moment, or that of an order or a fill."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from market_maker.journaling.journal_files import read_segment, segments
from market_maker.model.actions import Place, Turn
from market_maker.model.errors import NotFoundError
from market_maker.model.events import Filled, FillFound
from market_maker.model.units import Nanos, OrderId


class TurnOfMoment(Struct, frozen=True):
    """The last turn until this moment."""

    at: Nanos


class TurnOfOrder(Struct, frozen=True):
    """The turn that placed an order. order_id: the engine's own number."""

    order_id: OrderId


class TurnOfFill(Struct, frozen=True):
    """The turn that took a fill. trade_id: the venue's; the newest where it was used twice."""

    trade_id: int


TurnMeant = TurnOfMoment | TurnOfOrder | TurnOfFill


def moment_of(folder: Path, symbol: str, meant: TurnMeant) -> Nanos:
    """When the turn was. Raises NotFoundError for an order or a fill that the journal does not
    have, InvalidDataError where it is damaged or of another version. Takes time in proportion to
    the journal from that turn on."""
    if isinstance(meant, TurnOfMoment):
        return meant.at
    if isinstance(meant, TurnOfOrder):
        found = _newest(folder, symbol, lambda turn: _placed(turn, meant.order_id))
        missing = f"order {meant.order_id}"
    else:
        found = _newest(folder, symbol, lambda turn: _took(turn, meant.trade_id))
        missing = f"fill {meant.trade_id}"
    if found is None:
        where = f"of {symbol} with {missing}, as far as its journal reaches"
        raise NotFoundError("turn", None, where)
    return found


def _newest(folder: Path, symbol: str, fits: Callable[[Turn], bool]) -> Nanos | None:
    for path in reversed(segments(folder, symbol)):
        _, turns = read_segment(path)
        found = None
        for turn in turns:
            if fits(turn):
                found = turn.now
        if found is not None:
            return found
    return None


def _placed(turn: Turn, order_id: OrderId) -> bool:
    return any(isinstance(each, Place) and each.order_id == order_id for each in turn.actions)


def _took(turn: Turn, trade_id: int) -> bool:
    return any(
        isinstance(each, Filled | FillFound) and each.trade_id == trade_id for each in turn.events
    )
