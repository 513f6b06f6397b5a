"""The maker's page shows its engine as it stands."""

import math
import subprocess
from decimal import Decimal

import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families as parsed

from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Lots, Nanos, Ticks, Value
from market_maker.risk.guards import DRAWDOWN, Guard
from market_maker.telemetry.maker_names import MAKER_METRICS
from market_maker.telemetry.maker_page import MakerReading, maker_page
from tests.support.machine import need_program
from tests.unit.telemetry.pictures import snapshot

BTC = Instrument("BTC", Decimal("0.1"), Decimal("0.001"))
UNIT = 10**8 * 10_000
"""One of the quote currency in Value: ticks of 0.1 by lots of 0.001."""


def reading(**fields):
    now = Nanos(10**18)
    engine = snapshot(
        "BTC",
        position=Lots(-125),
        realised=Value(13 * UNIT),
        fees=Value(UNIT // 2),
        funding=Value(-UNIT // 5),
        unrealised=Value(16 * UNIT // 5),
        peak_net=Value(20 * UNIT),
        guards=(Guard(DRAWDOWN, 20_000_000, 50_000_000, "share of the peak", "halt beyond"),),
    )
    made = MakerReading(
        asset="BTC",
        quote="USDC",
        instrument=BTC,
        snapshot=engine,
        since=Nanos(now - 60 * NANOS_PER_SECOND),
        now=now,
        max_position=500,
        cycle_ns=15 * NANOS_PER_MS,
        killed=False,
    )
    return replace(made, **fields)


def changed(**fields):
    made = reading()
    return replace(made, snapshot=replace(made.snapshot, **fields))


def values(*readings):
    families = parsed(maker_page(readings))
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_position_and_money_are_in_the_asset_and_the_quote_currency():
    shown = values(reading())
    assert shown["mm_position"] == pytest.approx(-0.125)
    assert shown["mm_max_position"] == pytest.approx(0.5)
    assert shown["mm_inventory_utilization"] == pytest.approx(0.25)
    assert shown["mm_realized_pnl"] == pytest.approx(12.3)
    assert shown["mm_unrealized_pnl"] == pytest.approx(3.2)
    assert shown["mm_daily_pnl"] == pytest.approx(15.5)
    assert shown["mm_peak_pnl"] == pytest.approx(20)
    assert shown["mm_orders_placed_total"] == 90
    assert shown["mm_orders_filled_total"] == 30
    assert shown["mm_quote_cycle_latency_ms"] == pytest.approx(15)


def test_estimates_are_in_the_documents_units():
    shown = values(reading())
    assert shown["mm_sigma"] == pytest.approx(90 / 6e5)
    assert shown["mm_kappa"] == pytest.approx(2.5)
    assert shown["mm_jump_ratio"] == pytest.approx(1.2)
    assert shown["mm_book_imbalance"] == pytest.approx(0.15)
    assert shown["mm_flow_imbalance"] == pytest.approx(-0.08)
    assert shown["mm_tail_risk_multiplier"] == pytest.approx(1.5)
    assert shown["mm_volatility_regime"] == 1
    assert shown["mm_mid_price"] == pytest.approx(10_000)
    assert shown["mm_spread_bps"] == pytest.approx(0.2)


def test_the_drawdown_is_the_one_that_the_kill_switch_compares():
    scale = 10**8
    guard = Guard(DRAWDOWN, scale // 50, scale // 20, "share of the peak", "halt beyond")
    assert values(changed(guards=(guard,)))["mm_drawdown_pct"] == pytest.approx(0.02)
    assert values(changed(guards=()))["mm_drawdown_pct"] == 0


def test_data_grow_stale_while_the_engine_receives_nothing():
    made = reading()
    assert values(made)["mm_data_staleness_secs"] == pytest.approx(0.25)
    later = replace(made, now=Nanos(made.now + 5 * NANOS_PER_SECOND))
    assert values(later)["mm_data_staleness_secs"] == pytest.approx(5.25)
    never = replace(later, snapshot=replace(made.snapshot, mid_x2=0, book_age_ns=0))
    assert values(never)["mm_data_staleness_secs"] == pytest.approx(65)


def test_a_kill_is_shown():
    assert values(reading(killed=True))["mm_kill_switch_triggered"] == 1
    assert values(reading())["mm_kill_switch_triggered"] == 0


def test_what_is_not_measured_yet_is_there_without_a_number():
    shown = values(changed(estimates=(), mid_x2=0, best_bid=Ticks(0), best_ask=Ticks(0)))
    assert set(shown) == {metric.name for metric in MAKER_METRICS}
    unknown = {name for name, value in shown.items() if math.isnan(value)}
    assert {"mm_sigma", "mm_kappa", "mm_adverse_selection_bps", "mm_mid_price"} <= unknown
    assert shown["mm_cascade_severity"] == shown["mm_volatility_regime"] == 0
    assert shown["mm_tail_risk_multiplier"] == 1


def test_a_position_without_a_limit_is_beyond_it():
    assert values(reading(max_position=0))["mm_inventory_utilization"] == 1


def test_each_has_its_help_and_type_from_the_start_and_a_sample_for_each_maker():
    page = maker_page([])
    assert page.count("# HELP ") == page.count("# TYPE ") == len(MAKER_METRICS)
    both = maker_page([reading(), reading(asset="hyna:BTC", quote="USDE")])
    assert 'mm_position{asset="BTC",quote="USDC"} ' in both
    assert 'mm_position{asset="hyna:BTC",quote="USDE"} ' in both


def test_promtool_takes_the_page_but_for_a_name_that_is_the_documents():
    page = maker_page([reading()])
    checked = subprocess.run(
        [need_program("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    (objection,) = checked.stderr.splitlines()
    assert objection.startswith("mm_quote_cycle_latency_ms metric names should not")
