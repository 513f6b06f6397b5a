import numpy as np
import pytest

from market_maker.research.sweep_surface import surfaces
from tests.support.sweeps import CELLS, made_plan, made_run, made_runs


def test_a_surface_holds_every_configuration_once():
    plan = made_plan(["gamma=1,2,3", "kappa=1:40:30", "fair_price=mid,microprice"])
    runs = made_runs(plan, lambda number, _: [number] * CELLS)
    shown = surfaces(plan, runs)
    assert [(each.down_field, each.across_field) for each in shown] == [
        ("gamma", "kappa"),
        ("gamma", "fair_price"),
        ("kappa", "fair_price"),
    ]
    for each in shown:
        assert sum(cell.count for row in each.cells for cell in row) == 180
    assert [len(each.across) for each in shown] == [10, 2, 2]
    first = shown[1].cells[0][0]
    assert first.count == 30
    numbers = [number for number in range(1, 61) if number % 2]
    assert first.net_pnl.value == pytest.approx(CELLS * np.mean(numbers))


def test_what_halving_left_behind_is_in_no_surface():
    plan = made_plan(["gamma=1,2,3"], rungs=2)
    (short,), (long,) = plan.rung(0), plan.rung(1)
    runs = {(n, short): made_run(n, short, [n] * 20) for n in range(4)}
    runs |= {(n, long): made_run(n, long, [n] * CELLS) for n in (0, 3)}
    assert surfaces(plan, runs) == []


def test_a_cell_of_a_short_recording_has_its_money_and_no_interval():
    plan = made_plan(["gamma=1,2"])
    (shown,) = surfaces(plan, made_runs(plan, lambda number, _: [number] * 2))
    cells = [cell for row in shown.cells for cell in row if cell is not None]
    assert {cell.net_pnl.value for cell in cells} == {2.0, 4.0}
    assert {(cell.net_pnl.low, cell.net_pnl.high) for cell in cells} == {(None, None)}
