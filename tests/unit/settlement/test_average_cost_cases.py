"""The numeric cases of average cost, through the ledger."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from market_maker.model.exact import precise
from market_maker.model.orders import Side
from market_maker.model.units import VALUE_SCALE
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import fill_entry, funding_entry, held_after
from tests.reference.openings import unrealised
from tests.unit.settlement.facts import FUNDING, fill

TICK, LOT = Decimal("0.01"), Decimal("0.001")
CASES = Path(__file__).parents[2] / "golden" / "cases" / "math.json"


def entry_of(step, held):
    kind, *numbers = step
    values = [Decimal(number) for number in numbers]
    if kind == "fund":
        price, rate = values
        return funding_entry(
            structs.replace(FUNDING, amount=-held.position * price * rate), held, 0
        )
    size, price, fee = values
    row = fill(
        side=Side(kind.upper()),
        price=int(price / TICK),
        size=int(size / LOT),
        fee=int(fee * VALUE_SCALE / (TICK * LOT)),
        tick_size=TICK,
        lot_size=LOT,
    )
    return fill_entry(row, held, 0)


@pytest.mark.parametrize(
    "case",
    [case for case in json.loads(CASES.read_text())["cases"] if case["group"] == "avg_cost"],
    ids=lambda case: case["id"],
)
def test_the_ledger_comes_to_the_published_figures(case):
    held, realised, fees, funding = FLAT, Decimal(0), Decimal(0), Decimal(0)
    for step, expected in zip(case["inputs"]["fills"], case["expected"]["steps"], strict=True):
        entry = entry_of(step, held)
        held = held_after(entry)
        realised -= entry.realised
        fees, funding = fees + entry.fees, funding - entry.funding
        assert (held.position, realised) == (
            Decimal(expected["position"]),
            Decimal(expected["realised"]),
        )
        with precise():
            average = held.cost / abs(held.position) if held.position else held.cost
        assert abs(average - Decimal(expected["avg"])) < Decimal("1e-8")
    opened = unrealised(held, Decimal(case["inputs"]["mark"]))
    figures = (fees, funding, opened, realised + opened - fees + funding)
    names = ("fees", "funding", "unrealised", "equity")
    assert figures == tuple(Decimal(case["expected"][name]) for name in names)
