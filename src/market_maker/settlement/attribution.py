"""Where profit came from: the edge of fills, what the market took back, inventory, fees, funding.

All in quote currency, exact. Over any window:
equity change = edge - adverse + inventory - fees + funding.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.model.calendar import hour_of
from market_maker.model.exact import ZERO, exact, signed
from market_maker.model.money import ActivityRecord, FillMarks
from market_maker.model.records import FillRecord
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import VALUE_SCALE


class FillParts(Struct, frozen=True, kw_only=True):
    """One fill. price, size: quote and base currency. fee: > 0 is a cost. mid: at the moment of
    the fill, None when we were blind. edge: gained against the mid, > 0 on the good side of it.
    markout_1s and so on: what the fill was worth against the mid that much later. adverse: what
    the mid took back within 60 s, > 0 is a loss: edge - markout_60s. None: a mid is missing."""

    price: Decimal
    size: Decimal
    fee: Decimal
    mid: Decimal | None
    edge: Decimal | None
    markout_1s: Decimal | None
    markout_5s: Decimal | None
    markout_30s: Decimal | None
    markout_60s: Decimal | None
    adverse: Decimal | None


def fill_parts(fill: FillRecord, marks: FillMarks | None) -> FillParts:
    """A fill taken apart; marks: mids after it, None as long as there are none."""
    with exact():
        price, size = fill.price * fill.tick_size, fill.size * fill.lot_size
        mid = fill.mid_x2 * fill.tick_size / 2 if fill.mid_x2 else None
        later: tuple[Decimal | None, ...] = (None, None, None, None)
        if marks is not None:
            later = (marks.after_1s, marks.after_5s, marks.after_30s, marks.after_60s)
        sign = fill.side.sign
        edge, *markouts = (_gained(sign, price, size, each) for each in (mid, *later))
        last = markouts[-1]
        return FillParts(
            price=price,
            size=size,
            fee=fill.fee * fill.tick_size * fill.lot_size / VALUE_SCALE + ZERO,
            mid=mid,
            edge=edge,
            markout_1s=markouts[0],
            markout_5s=markouts[1],
            markout_30s=markouts[2],
            markout_60s=last,
            adverse=None if edge is None or last is None else edge - last,
        )


def _gained(sign: int, price: Decimal, size: Decimal, mid: Decimal | None) -> Decimal | None:
    return None if mid is None else signed(sign, (mid - price) * size)


_NO_SUMS: dict[str, Any] = {
    **dict.fromkeys(("fills", "priced", "marked"), 0),
    **dict.fromkeys(("volume_base", "volume_quote", "fees", "realised", "edge", "adverse"), ZERO),
}


def activity_of_fill(fill: FillRecord, realised: Decimal, config_version: int) -> ActivityRecord:
    """What a fill adds to the sums of its hour, its mids after it not known yet. realised: its
    profit, > 0 (the ledger entry's column is < 0 for it)."""
    parts = fill_parts(fill, None)
    with exact():
        return _activity(
            fill,
            config_version,
            fills=1,
            priced=int(parts.edge is not None),
            volume_base=parts.size,
            volume_quote=parts.price * parts.size,
            fees=parts.fee,
            realised=realised,
            edge=parts.edge or ZERO,
        )


def activity_of_marks(fill: FillRecord, marks: FillMarks, config_version: int) -> ActivityRecord:
    """What the mids after a fill add to the same sums: `marked` is 1 if the mids of the moment
    and of 60 s later are both known, and else nothing is added."""
    adverse = fill_parts(fill, marks).adverse
    return _activity(fill, config_version, marked=int(adverse is not None), adverse=adverse or ZERO)


def _activity(fill: FillRecord, config_version: int, **sums: int | Decimal) -> ActivityRecord:
    return ActivityRecord(
        **shared_fields(ActivityRecord, fill),
        hour=hour_of(fill.ts_event),
        config_version=config_version,
        **(_NO_SUMS | sums),
    )


class Attribution(Struct, frozen=True, kw_only=True):
    """A window of time explained. equity_change = edge - adverse + inventory - fees + funding.
    inventory: what the mid did to positions that were held, beyond the 60 s after each fill that
    count as adverse; fills without a mid are in it with all they gained."""

    equity_change: Decimal
    edge: Decimal
    adverse: Decimal
    inventory: Decimal
    fees: Decimal
    funding: Decimal


def attribution(
    *,
    realised: Decimal,
    unrealised_change: Decimal,
    edge: Decimal,
    adverse: Decimal,
    fees: Decimal,
    funding: Decimal,
) -> Attribution:
    """From sums over a window's entries and fills. unrealised_change: open profit at its end
    less that at its start. fees: > 0 is a cost, rebates taken off."""
    with exact():
        traded = realised + unrealised_change
        return Attribution(
            equity_change=traded - fees + funding,
            edge=edge,
            adverse=adverse,
            inventory=traded - edge + adverse,
            fees=fees,
            funding=funding,
        )
