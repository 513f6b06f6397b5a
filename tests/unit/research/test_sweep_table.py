import csv

from market_maker.research.sweep_result import sweep_result
from market_maker.research.sweep_table import csv_of
from tests.support.sweeps import Market, leads, made_plan, made_runs


def test_the_table_holds_every_digit_of_every_figure():
    plan = made_plan(["gamma=1,2", "fair_price=mid,microprice"])
    result = sweep_result(plan, made_runs(plan, Market(1, leads(plan, {1: 1 / 3}))))
    rows = list(csv.DictReader(csv_of(result).splitlines()))
    for row, other in zip(rows, result.rows, strict=True):
        assert row["gamma"] == other.values.get("gamma", "")
        assert row["net_pnl"] == other.net_pnl
        assert float(row["net_pnl_low"]) == other.net_interval.low
        apart = other.against_base
        assert row["against_base"] == ("" if apart is None else repr(apart.net_pnl.value))
        assert row["blocks"] == ("" if apart is None else "60")
    assert csv_of(result) == csv_of(result)


def test_a_text_with_a_comma_stays_one_cell():
    plan = made_plan(["strategy_params.name=a;b,c"])
    text = csv_of(sweep_result(plan, made_runs(plan, Market(1, {}))))
    assert [row["strategy_params.name"] for row in csv.DictReader(text.splitlines())]
