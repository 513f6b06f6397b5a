from rich.console import Console

from market_maker.cli.sweep_table import SHOWN_MAX, print_sweep
from market_maker.research.sweep_plan import BASE
from market_maker.research.sweep_result import sweep_result
from tests.support.sweeps import CELLS, made_plan, made_runs


def test_the_best_are_shown_and_what_was_given_always(capsys):
    plan = made_plan(["gamma=1:30:30"])
    result = sweep_result(plan, made_runs(plan, lambda number, _: [number] * CELLS))
    print_sweep(result, "USDT", Console(width=200))
    shown = capsys.readouterr().out
    assert "gamma=30" in shown
    assert f"gamma={30 - SHOWN_MAX + 1}" in shown
    assert f"gamma={30 - SHOWN_MAX} " not in shown
    assert BASE in shown
    assert "Best by net_pnl: gamma=30" in shown
