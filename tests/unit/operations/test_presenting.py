from decimal import Decimal

from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.units import Lots, Ticks, Value
from market_maker.operations.presenting import present

GRID = Instrument("XYZUSDT-PERP", Decimal("0.5"), Decimal("0.1"))


class Row(Struct, frozen=True):
    price: Ticks
    best: Ticks | None
    size: Lots
    fee: Value
    name: str

    @property
    def worth(self) -> Value:
        return self.fee


class Shown(Struct, frozen=True, kw_only=True):
    price: Decimal
    best: Decimal | None
    size: Decimal
    worth: Decimal
    name: str
    more: int = 0


def test_integers_become_peoples_units_by_their_types():
    fee = Value(3 * 10**8)
    shown = present(Shown, Row(Ticks(7), None, Lots(5), fee, "x"), GRID, more=2)
    assert shown == Shown(
        price=Decimal("3.5"),
        best=None,
        size=Decimal("0.5"),
        worth=GRID.money(fee),
        name="x",
        more=2,
    )


def test_what_is_given_goes_before_what_the_row_has():
    row = Row(Ticks(7), Ticks(1), Lots(5), Value(0), "x")
    assert present(Shown, row, GRID, name="y", price=Decimal(9)).name == "y"
