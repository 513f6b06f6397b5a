from market_maker.research.sweep_report import render_sweep, sweep_line, sweep_verdict
from market_maker.research.sweep_result import sweep_result
from market_maker.research.sweep_surface import surfaces
from tests.support.sweeps import Market, leads, made_plan, made_runs


def test_one_field_is_a_column_and_the_page_links_nowhere():
    plan = made_plan(["gamma=1,2,3"], splits=2)
    runs = made_runs(plan, Market(1, leads(plan, {1: 1.0})))
    (surface,) = shown = surfaces(plan, runs)
    assert (surface.across, len(surface.down)) == (("",), 3)
    result = sweep_result(plan, runs)
    page = render_sweep(result, shown, "USDT")
    assert page == render_sweep(result, shown, "USDT")
    assert "://" not in page
    assert "Walking forward" in page


def test_a_label_on_the_page_is_text_and_not_markup():
    plan = made_plan(["strategy_params.name=<script>,b"], splits=1)
    runs = made_runs(plan, Market(1, {}))
    page = render_sweep(sweep_result(plan, runs), surfaces(plan, runs), "USDT")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_verdict_says_when_what_is_given_is_the_best():
    plan = made_plan(["gamma=1,2"])
    result = sweep_result(plan, made_runs(plan, Market(1, leads(plan, {0: 1.0}))))
    assert "Best by net_pnl: as configured" in sweep_verdict(result, "USDT")
    assert "still lead" not in sweep_verdict(result, "USDT")


def test_a_star_stands_where_an_interval_excludes_zero():
    plan = made_plan(["gamma=1,2"])
    result = sweep_result(plan, made_runs(plan, Market(1, leads(plan, {1: 1.0}))))
    assert sweep_line(result.rows[0], "USDT")[3].endswith(" *")
    assert sweep_line(result.rows[0], "USDT")[2].count("*") == 0
