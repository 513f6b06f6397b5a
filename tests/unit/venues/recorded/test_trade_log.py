from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.trade_log import PrintedTrade, TradeLog


def printed(first, last=None):
    return PrintedTrade(first, last or first, 1, "100", "1", bought=True)


def test_numbers_in_no_file_are_missing_and_those_skipped_are_not():
    rows = MarketRows(CaptureCounts())
    log = TradeLog(rows)
    log.trade(printed(1), 1)
    log.skip(2)
    log.trade(printed(3), 1)
    log.trade(printed(6), 1)
    log.trade(printed(6), 1)
    log.finish()
    assert (rows.counts.missing_trades, rows.counts.duplicate_trades, len(rows)) == (2, 1, 3)


def test_aggregates_fill_in_where_single_trades_are_absent():
    rows = MarketRows(CaptureCounts())
    log = TradeLog(rows)
    log.trade(printed(1), 1)
    log.aggregate(printed(1, 2), 1)
    log.aggregate(printed(3, 5), 1)
    log.aggregate(printed(3, 5), 1)
    log.finish()
    assert rows.kept().tolist() == [True, False, True]
    assert rows.counts.duplicate_trades == 1
