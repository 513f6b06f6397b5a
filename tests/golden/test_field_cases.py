"""Captures that failed in the field: each imports by itself, round-trips and replays."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.research.pool_currency import in_quote_currency
from market_maker.research.replay import ReplayPlan, default_config, replay
from market_maker.storage.recording import read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from tests.shared_data import need_field_case

FILES = (
    ("02", "nknusdt.txt"),
    ("03", "us.txt"),
    ("04", "zero.txt"),
    ("05", "bttc.txt"),
    ("06", "sig.txt"),
    ("07", "ntp.txt"),
    ("07", "ntp_ok.txt"),
    ("13", "lrcbtc.txt"),
    ("14", "na.txt"),
    ("15", "agg.txt"),
    ("16", "depth.csv"),
    ("16", "hlarch.txt"),
    ("16", "pd.txt"),
    ("16", "raw.txt"),
    ("16", "tardis.csv"),
)
WITH_OPTIONS = {
    "depth.csv": ImportOptions(symbol="BTCUSDT"),  # it names none
    "tardis.csv": ImportOptions(lot_size=Decimal("0.001")),  # a few records show no finer size
}


def taken(number, name):
    path = need_field_case(number, name)
    return import_capture(CaptureFormat.AUTO, [path], WITH_OPTIONS.get(name, ImportOptions()))


@pytest.mark.parametrize(("number", "name"), FILES)
def test_every_capture_imports_round_trips_and_replays(number, name, tmp_path):
    recording, _ = taken(number, name)
    path = tmp_path / "recording.mmrec"
    write_recording(path, recording)
    again = read_recording(path)
    for column in ("kind", "ticks", "lots", "ts_event", "ts_recv"):
        assert (getattr(again, column) == getattr(recording, column)).all()
    pool = (
        in_quote_currency(
            default_config(recording.instrument.symbol), recording.instrument, Decimal(50_000)
        )
        if name == "lrcbtc.txt"
        else default_config(recording.instrument.symbol)
    )
    step = Nanos(100 * NANOS_PER_MS)
    plan = ReplayPlan(recording=again, config=pool, exchange=ReplaySettings(), step_ns=step)
    assert evaluate(replay(plan), wall_seconds=1.0).result.turns > 0


def test_levels_of_an_older_grid_do_not_set_it():
    recording, report = taken("02", "nknusdt.txt")
    instrument = recording.instrument
    assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.0001"), Decimal(1))
    assert (report.rounded_prices, report.rounded_sizes) == (34, 49)


def test_an_odd_trade_ends_no_import_and_is_not_missing():
    assert taken("04", "zero.txt")[1].missing_trades == 0
    assert taken("14", "na.txt")[1].missing_trades == 0


def test_prices_above_a_thousand_have_the_venues_step():
    recording, _ = taken("06", "sig.txt")
    bands = recording.instrument.price_grid.bands
    assert len({band.step for band in bands}) > 1


def test_a_clock_that_steps_back_leaves_the_market_as_it_was():
    stepped, report = taken("07", "ntp.txt")
    plain, _ = taken("07", "ntp_ok.txt")
    assert report.clock_steps == 1
    assert report.span_s == pytest.approx(60.0, abs=1.0)
    assert (stepped.kind == plain.kind).all()
    assert (stepped.ticks == plain.ticks).all()


def test_a_quote_currency_that_is_no_dollar_needs_a_rate():
    recording, _ = taken("13", "lrcbtc.txt")
    config = default_config(recording.instrument.symbol)
    with pytest.raises(InvalidFieldError, match="quote_rate"):
        in_quote_currency(config, recording.instrument, None)


def test_aggregated_trades_are_trades_where_there_are_no_others():
    recording, _ = taken("15", "agg.txt")
    assert ((recording.kind == RowKind.BUY_TRADE) | (recording.kind == RowKind.SELL_TRADE)).any()
